"""ServiceTrade, as the use cases see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from invoicesync.domain.ids import ServiceTradeId

type Json = Mapping[str, Any]
"""A parsed JSON object whose numbers are int or Decimal, never float."""


@dataclass(frozen=True, slots=True)
class InvoiceFilter:
    """Server-side bounds of a scan, inclusive; never a status or a tag (rows would shift)."""

    updated_after: int | None = None
    created_after: int | None = None
    dated_after: int | None = None
    dated_before: int | None = None
    """By `transactionDate`; what has none is in no such list."""


@dataclass(frozen=True, slots=True)
class SourcePage:
    """One page of invoices. ``source_time`` is ServiceTrade's clock when it answered."""

    rows: Sequence[Json]
    page: int
    total_pages: int | None
    source_time: int
    bytes_read: int = 0


MILLISECONDS_A_MINUTE = 60_000
"""Of its own time ServiceTrade gives each user so much a minute."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What calls to ServiceTrade took of its server time, which it admits by the minute.

    ``least_left_ms`` is the least that it told was left of a minute; None: it told nothing.
    """

    calls: int = 0
    milliseconds: int = 0
    least_left_ms: int | None = None


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


class SourceWriter(Protocol):
    """ServiceTrade, as far as we write to it.

    Reads raise what those of `Source` do. A write raises `RefusedError` (403: the user may not) or
    `RateLimitedError`, and was certainly not done then, or `OutcomeUnknownError`.
    """

    def invoice(self, invoice_id: ServiceTradeId) -> Json | None:
        """Fetch one invoice; None where it does not exist."""

    def set_status(self, invoice_id: ServiceTradeId, status: str) -> None:
        """Give an invoice a status."""

    def comments(self, job_id: ServiceTradeId) -> list[str]:
        """Fetch the texts of all comments on a job."""

    def comment(self, job_id: ServiceTradeId, text: str) -> None:
        """Write a comment on a job."""


class SourceList(StrEnum):
    """A list of ServiceTrade whose names a mapping may hold."""

    OFFICES = "offices"
    CUSTOMERS = "customers"
    TERMS = "payment terms"
    SERVICE_LINES = "service lines"
    LIBRARY_ITEMS = "library items"


class SourceLists(Protocol):
    """The lists of ServiceTrade, read only; raises what `Source` raises."""

    def everything(self, wanted: SourceList) -> list[Json]:
        """Fetch all rows of a list, each once."""
