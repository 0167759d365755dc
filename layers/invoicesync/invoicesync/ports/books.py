"""QuickBooks Online, as the use cases see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from invoicesync.domain.ids import QuickBooksId, RequestId
from invoicesync.ports.source import Json


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
    is_documented: bool = True


@dataclass(frozen=True, slots=True)
class Written:
    """What came of one write: the entity as QuickBooks stored it, or a fault."""

    entity: Json | None = None
    fault: Fault | None = None


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """The answer to a batch by bId; an item that is not here has an unknown outcome.

    ``evidence`` says where the whole answer lies, masked, if it was no plain success.
    """

    items: Mapping[str, Written]
    tid: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed since a time: whole objects, and what is left of deleted ones.

    ``is_cut``: as many as one answer holds, so there may be more. ``at`` is QuickBooks' clock.
    """

    rows: Sequence[Json]
    is_cut: bool
    at: float


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

    def changes(self, entity: str, *, since: float) -> Changes:
        """Ask for what changed since a time at most 30 days ago, deletions too."""

    def transaction_list(self, first: date, last: date) -> Json:
        """Read QuickBooks' own report of the invoices dated within these days."""

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


class Evidence(Protocol):
    """Keeps what was refused, masked, for a person to read."""

    def keep(self, name: str, record: Mapping[str, Any]) -> str:
        """Store a record and return where it lies."""
