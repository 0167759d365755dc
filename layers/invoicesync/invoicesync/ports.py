"""What the use cases need from the outside, as roles. Adapters and fakes fill them.

Numbers of seconds are UTC epoch seconds unless named otherwise. Every error is from
`invoicesync.errors`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from invoicesync.conditions import Item, Key, Write
from invoicesync.domain.ids import QuickBooksId, RequestId, ServiceTradeId

type Json = Mapping[str, Any]
"""A parsed JSON object whose numbers are int or Decimal, never float."""


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> float:
        """Return UTC epoch seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Random(Protocol):
    """The only source of chance."""

    def uniform(self, low: float, high: float) -> float:
        """Draw a number between ``low`` and ``high``."""

    def token(self) -> str:
        """Draw 32 hexadecimal digits."""


class Deadline(Protocol):
    """How long this invocation may still run."""

    def remaining_seconds(self) -> float:
        """Return the seconds left."""


class Parallel(Protocol):
    """The only way to do several things at once, so that a simulator can order them."""

    def map[A, B](self, work: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """Apply ``work`` to each; results in order; the first error is raised after all ended."""


# ServiceTrade


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Server-side bounds of a scan, inclusive; never a status or a tag (rows would shift)."""

    updated_after: int | None = None
    created_after: int | None = None


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One page of invoices. ``source_time`` is ServiceTrade's clock when it answered."""

    rows: Sequence[Json]
    page: int
    total_pages: int | None
    source_time: int
    bytes_read: int = 0


class Source(Protocol):
    """ServiceTrade, read only.

    Every call raises `RateLimitedError`, `TransientReadError`, `MisconfiguredError` (credentials).
    """

    def invoices(self, bounds: InvoiceFilter, *, page: int, limit: int) -> SourcePage:
        """Fetch one page, 1-based."""

    def count(self, bounds: InvoiceFilter) -> int | None:
        """Count the invoices within ``bounds`` (limit=1, totalPages); None if it cannot be had."""

    def invoice(self, invoice_id: ServiceTradeId) -> tuple[Json, int] | None:
        """Fetch one invoice and ServiceTrade's clock; None where it does not exist."""

    def jobs(self, job_ids: Sequence[ServiceTradeId]) -> list[Json]:
        """Fetch jobs by id, whatever their status."""


# QuickBooks Online


class FaultKind(StrEnum):
    """What a fault of one write means, whatever its encoding."""

    STALE = "stale"
    NOT_FOUND = "not_found"
    INVALID_REFERENCE = "invalid_reference"
    DUPLICATE_NUMBER = "duplicate_number"
    DUPLICATE_NAME = "duplicate_name"
    CLOSED_PERIOD = "closed_period"
    SETTLED = "settled"
    INACTIVE_CUSTOMER = "inactive_customer"
    BLOCKED = "blocked"
    REFUSED = "refused"
    """A listed validation fault: definitely not done."""
    UNKNOWN = "unknown"
    """Undocumented, or documented as proving nothing: the write may have landed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, as QuickBooks worded it, and what it means."""

    kind: FaultKind
    code: str
    message: str
    detail: str = ""
    element: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What came of one write: the entity as QuickBooks stored it, or a fault."""

    entity: Json | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to a batch by bId; an item that is not here has an unknown outcome."""

    items: Mapping[str, Written]
    tid: str = ""


class Books(Protocol):
    """QuickBooks Online for one company.

    A write raises `NotSentError`, `RateLimitedError`, `RefusedError` and its kinds (certainly not
    done), or `OutcomeUnknownError`. A read raises `TransientReadError`, `RateLimitedError`,
    `RefusedError`.
    """

    def batch(self, body: bytes, *, request_id: RequestId) -> BatchAnswer:
        """POST /batch with exactly these bytes."""

    def void(self, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """POST /invoice?operation=void with exactly these bytes; the second part is intuit_tid."""

    def create(self, entity: str, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """POST one new entity with exactly these bytes; the second part is intuit_tid."""

    def read_invoice(self, invoice_id: QuickBooksId) -> Json | None:
        """Read one invoice; None where QuickBooks has none under that Id (610)."""

    def query(
        self,
        entity: str,
        *,
        where: "Sequence[Comparison]" = (),
        order_by: str = "Id",
        start: int = 1,
        limit: int = 1000,
    ) -> list[Json]:
        """Run one SELECT; values are quoted by the adapter."""

    def preferences(self) -> Json:
        """Read the company's preferences."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One condition of a query: ``operator`` is =, <, >, <=, >=, IN or LIKE."""

    field: str
    operator: str
    value: str | Sequence[str]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Intuit's token endpoint gave; never logged."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in_seconds: int
    refresh_expires_in_seconds: int


class TokenEndpoint(Protocol):
    """Intuit's token endpoint."""

    def refresh(self, refresh_token: str) -> Tokens:
        """Trade a refresh token for new tokens.

        Raises `AuthenticationError` on invalid_grant, `MisconfiguredError` on invalid_client,
        `OutcomeUnknownError` where the answer was lost (the old token may be spent).
        """


class TokenRefresher(Protocol):
    """Asks the one writer of tokens to write; everyone else only reads."""

    def refresh(self) -> None:
        """Return once AWSCURRENT holds a token younger than the one that was refused."""


# AWS


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

    def get(self, key: str) -> bytes | None:
        """Read; None where there is none."""


class Topic(Protocol):
    """Mail to people."""

    def publish(self, subject: str, text: str) -> None:
        """Send one message; ``subject`` is ASCII, one line, under 100 characters."""


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


class Evidence(Protocol):
    """Keeps what was refused, masked, for a person to read."""

    def keep(self, name: str, record: Mapping[str, Any]) -> str:
        """Store a record and return where it lies."""
