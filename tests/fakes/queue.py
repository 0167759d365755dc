"""A standard queue in memory: at least once, visibility, receive counts, a dead-letter queue."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from invoicesync.adapters.aws.queue import LONGEST_DELAY_SECONDS, size_of
from invoicesync.errors import RefusedError, TooLargeError
from invoicesync.ports import Outgoing, Received
from tests.fakes.runtime import Chance, FakeClock, never

LARGEST_MESSAGE_BYTES = 1_048_576
_NOT_CARRIED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(slots=True)
class _Held:
    """One message in the queue. Every delivery makes another receipt; only the last one counts."""

    message_id: str
    outgoing: Outgoing
    sent_at: float
    visible_at: float
    receive_count: int = 0
    receipt: str = ""


@dataclass(slots=True)
class FakeQueue:
    """A `Queue` in memory, with the consumer's side that Lambda drives in the cloud.

    ``loses``: this message of a batch is not confirmed, and not stored. ``doubles``: a delivery
    leaves the message visible, so that somebody else gets it too. A stale receipt deletes nothing.
    """

    clock: FakeClock = field(default_factory=FakeClock)
    name: str = "queue"
    visibility_seconds: float = 1100
    dead_letters: "FakeQueue | None" = None
    max_receive_count: int = 200
    loses: Chance = never
    doubles: Chance = never
    _held: dict[str, _Held] = field(default_factory=dict[str, _Held])
    _sent: int = 0
    _deliveries: int = 0

    def send(self, messages: Sequence[Outgoing]) -> tuple[bool, ...]:
        """Send; True for each message that the queue confirmed, in order."""
        for message in messages:
            _check(message)
        return tuple(self._send(message) for message in messages)

    def _send(self, message: Outgoing) -> bool:
        if self.loses():
            return False
        self._sent += 1
        now = self.clock.now()
        message_id = f"{self.name}-{self._sent}"
        self._held[message_id] = _Held(message_id, message, now, now)
        return True

    def delay(self, receipt: str, seconds: int) -> None:
        """Hide a received message for ``seconds`` from now; nothing if it is no longer ours."""
        held = self._find(receipt)
        if held is not None and held.visible_at > self.clock.now():
            held.visible_at = self.clock.now() + min(seconds, LONGEST_DELAY_SECONDS)

    def receive(self, limit: int = 10) -> list[Received]:
        """Deliver up to ``limit`` visible messages, oldest first, and hide them."""
        delivered: list[Received] = []
        now = self.clock.now()
        for held in [held for held in self._held.values() if held.visible_at <= now]:
            if len(delivered) == limit:
                break
            if self.dead_letters is not None and held.receive_count >= self.max_receive_count:
                del self._held[held.message_id]
                self.dead_letters.send([held.outgoing])
                continue
            delivered.append(self._deliver(held))
        return delivered

    def _deliver(self, held: _Held) -> Received:
        self._deliveries += 1
        held.receive_count += 1
        held.receipt = f"{held.message_id}/{self._deliveries}"
        if not self.doubles():
            held.visible_at = self.clock.now() + self.visibility_seconds
        return Received(
            message_id=held.message_id,
            receipt=held.receipt,
            body=held.outgoing.body,
            receive_count=held.receive_count,
            attributes=dict(held.outgoing.attributes),
        )

    def delete(self, receipt: str) -> None:
        """Delete a message by its newest receipt; an older one deletes nothing."""
        held = self._find(receipt)
        if held is not None:
            del self._held[held.message_id]

    def purge(self, message_id: str | None = None) -> None:
        """Drop a message or all, received or not, as a person or the end of retention does."""
        if message_id is None:
            self._held.clear()
        else:
            del self._held[message_id]

    def _find(self, receipt: str) -> _Held | None:
        held = self._held.get(receipt.rpartition("/")[0])
        return held if held is not None and held.receipt == receipt else None

    @property
    def bodies(self) -> list[str]:
        """The bodies of all messages, visible or not, oldest first."""
        return [held.outgoing.body for held in self._held.values()]

    @property
    def messages(self) -> list[Outgoing]:
        """All messages, visible or not, oldest first."""
        return [held.outgoing for held in self._held.values()]

    def next_visible_at(self) -> float | None:
        """Return when the next message can be received; None for an empty queue."""
        return min((held.visible_at for held in self._held.values()), default=None)


def _check(message: Outgoing) -> None:
    for text in (message.body, *message.attributes.values()):
        if not text or _NOT_CARRIED.search(text):
            raise RefusedError("the queue does not carry this text", code="InvalidMessageContents")
    if size_of(message) > LARGEST_MESSAGE_BYTES:
        raise TooLargeError("the message is too long", code="MessageTooLong")
