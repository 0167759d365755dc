"""Mail to people by SNS."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from invoicesync.adapters.aws.failures import translated

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

SUBJECT_CHARACTERS = 99
TEXT_BYTES = 262_144
_CUT = "\n(cut here: too long for one message)"


def subject_line(subject: str) -> str:
    """Make a subject that SNS takes: ASCII, one line, under 100 characters, never empty."""
    plain = unicodedata.normalize("NFKD", subject).encode("ascii", "ignore").decode()
    words = "".join(letter if letter.isprintable() else " " for letter in plain).split()
    return " ".join(words)[:SUBJECT_CHARACTERS].rstrip() or "InvoiceSync"


def fitting(text: str) -> str:
    """Cut a text to what one message carries: a shortened alert is better than none."""
    if len(text.encode()) <= TEXT_BYTES:
        return text or subject_line(text)
    room = TEXT_BYTES - len(_CUT.encode())
    return text.encode()[:room].decode(errors="ignore") + _CUT


class SnsTopic:
    """A `Topic` on SNS."""

    def __init__(self, client: SNSClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def publish(self, subject: str, text: str) -> None:
        """Send one message, put into the form that SNS takes."""
        with translated(f"publishing to {self._arn}"):
            self._client.publish(
                TopicArn=self._arn, Subject=subject_line(subject), Message=fitting(text)
            )
