"""AWS, as the use cases see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from invoicesync.conditions import Item, Key, Write
from invoicesync.domain.events import Event


class Table(Protocol):
    """The state table. Raises `ConditionFailedError`, `TransactionCanceledError`, `RetryableError`.

    A write that was retried below may fail its condition because its own first try won: only an
    equal nonce tells (docs/delivery-guarantee.md).
    """

    def get(self, key: Key) -> Item | None:
        """Read one item, consistently."""

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Read many items, consistently; those that do not exist are left out."""

    def write(self, write: Write) -> Item:
        """Make one write; return the item as it is now (empty after a delete)."""

    def write_all(self, writes: Sequence[Write]) -> None:
        """Make all writes (at most 100, no key twice) or none."""

    def query(self, pk: str, *, prefix: str = "", limit: int = 100) -> list[Item]:
        """Read the items under ``pk`` whose sk begins with ``prefix``, in order, consistently."""

    def by_state(self, state: str, *, until: int, limit: int = 100) -> list[Item]:
        """Find items of an open state that entered it no later than ``until``, oldest first.

        Eventually consistent: confirm each by `get`.
        """

    def scan(self, sk: str) -> list[Item]:
        """Read every item under this sk, consistently: the whole table is read for it."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to send. ``group`` keeps one kind of sender from starving the others."""

    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """One message as delivered."""

    message_id: str
    receipt: str
    body: str
    receive_count: int = 1
    attributes: Mapping[str, str] = field(default_factory=dict)


class Queue(Protocol):
    """A standard queue: at least once, any order."""

    def send(self, messages: Sequence[Outgoing]) -> tuple[bool, ...]:
        """Send; True for each message that the queue confirmed, in order."""

    def delay(self, receipt: str, seconds: int) -> None:
        """Hide a received message for ``seconds`` from now (at most 12 h)."""


class Bucket(Protocol):
    """Objects by key."""

    def put(self, key: str, body: bytes) -> None:
        """Store, replacing."""

    def put_new(self, key: str, body: bytes) -> bool:
        """Store where nothing is yet; False, and nothing changed, where something is."""

    def get(self, key: str) -> bytes | None:
        """Read; None where there is none."""


class Topic(Protocol):
    """Mail to people."""

    def publish(self, subject: str, text: str) -> None:
        """Send one message; ``subject`` is ASCII, one line, under 100 characters."""


class EventBus(Protocol):
    """Tells other programs what happened: at least once, in any order."""

    def publish(self, events: Sequence[Event]) -> tuple[bool, ...]:
        """Publish; True for each event that the bus confirmed, in order."""


class Stage(StrEnum):
    """The labels of a secret's versions."""

    CURRENT = "AWSCURRENT"
    PENDING = "AWSPENDING"
    PREVIOUS = "AWSPREVIOUS"


@dataclass(frozen=True, slots=True)
class SecretVersion:
    """One version of a secret."""

    version_id: str
    value: str = field(repr=False)


class Secret(Protocol):
    """One secret with labelled versions."""

    def read(self, stage: Stage) -> SecretVersion | None:
        """Read the version that bears ``stage``; None where there is none."""

    def put_pending(self, value: str, *, version_id: str) -> None:
        """Store a new version as AWSPENDING; the same id and value again changes nothing."""

    def promote(self, version_id: str, *, replacing: str | None) -> None:
        """Move AWSCURRENT to ``version_id`` if ``replacing`` still holds it.

        Raises `ConditionFailedError` where it does not.
        """


class LoaderSwitch(Protocol):
    """The event source mapping that feeds the loader."""

    def is_on(self) -> bool:
        """Say whether messages are being delivered."""

    def turn(self, *, on: bool) -> None:
        """Start or stop delivery; asking for what is already so changes nothing."""
