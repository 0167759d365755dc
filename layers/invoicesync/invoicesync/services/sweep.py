"""Give every dead letter a reason: the queue's own last net parks messages without one."""

from dataclasses import dataclass
from typing import Protocol

from invoicesync.conditions import Absent, Key, Less, Update, any_of
from invoicesync.errors import ConditionFailedError, RefusedError, RetryableError
from invoicesync.ports import Clock, Outgoing, Received, Table

SWEEP = Key("CHECKPOINT#invoice", "SWEEP")
EVERY_SECONDS = 3600
AT_ONCE = 10
ROUNDS = 50
REASON = "retries_exhausted"


class DeadLetterBox(Protocol):
    """The dead-letter queue, read by whoever explains or redrives it."""

    def receive(self, limit: int) -> list[Received]:
        """Take up to ``limit`` messages out of sight for a while, with their attributes."""

    def send(self, message: Outgoing) -> bool:
        """Put a message in; True where it was confirmed."""

    def delete(self, receipt: str) -> None:
        """Delete a message that was received."""


@dataclass(frozen=True, slots=True)
class SweepResult:
    """How many messages were looked at, and how many had no reason."""

    seen: int = 0
    unexplained: int = 0


class Sweep:
    """Looks through the dead letters, at most once an hour."""

    def __init__(self, box: DeadLetterBox, table: Table, clock: Clock) -> None:
        self._box = box
        self._table = table
        self._clock = clock

    def __call__(self) -> SweepResult | None:
        """Explain what has no reason; None where an earlier run did so within the hour.

        A message is copied with its reason before it is deleted: a crash doubles a letter, which
        harms nothing, and never loses one.
        """
        if not self._is_due():
            return None
        seen = unexplained = 0
        try:
            for _ in range(ROUNDS):
                received = self._box.receive(AT_ONCE)
                if not received:
                    break
                seen += len(received)
                strange = [letter for letter in received if "reason" not in letter.attributes]
                unexplained += len(strange)
                for letter in strange:
                    self._explain(letter)
        except RetryableError:
            # The queue does not answer. What was counted stands, and the next hour is another look.
            return SweepResult(seen, unexplained)
        return SweepResult(seen, unexplained)

    def _explain(self, letter: Received) -> None:
        # SQS gives back no text for what is not text, and takes no empty one.
        kept = {name: text for name, text in letter.attributes.items() if text}
        try:
            is_copied = self._box.send(Outgoing(letter.body, {**kept, "reason": REASON}))
        except RefusedError:
            return  # not even a copy with a reason fits: it stays, and the alarm keeps ringing
        if is_copied:
            self._box.delete(letter.receipt)

    def _is_due(self) -> bool:
        now = int(self._clock.now())
        try:
            self._table.write(
                Update(
                    SWEEP,
                    set={"at": now},
                    condition=any_of(Absent("at"), Less("at", now - EVERY_SECONDS)),
                )
            )
        except ConditionFailedError:
            return False
        return True
