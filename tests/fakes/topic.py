"""Mail that nobody gets."""

from dataclasses import dataclass

from invoicesync.adapters.aws.topic import fitting, subject_line


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as its readers would see it."""

    subject: str
    text: str


class FakeTopic:
    """A `Topic` that keeps what was published."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    def publish(self, subject: str, text: str) -> None:
        """Keep one message."""
        self.mails.append(Mail(subject_line(subject), fitting(text)))
