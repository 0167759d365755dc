"""ServiceTrade as a list of rows, for what its simulator cannot be made to do."""

from collections.abc import Callable, Sequence
from typing import Any

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import TransientReadError
from invoicesync.ports import InvoiceFilter, Json, SourcePage
from tests.fakes.runtime import FakeClock

type Bend = Callable[[SourcePage], SourcePage]


class FakeSource:
    """A `Source` over rows in memory, in the order of their ids.

    A page that holds a row of ``broken``, or a list that holds such a job, cannot be read.
    ``bend`` changes a page before it is handed out; ``counts`` answers instead of a count.
    """

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.rows: list[Any] = []
        self.job_rows: dict[int, Any] = {}
        self.broken: set[int] = set()
        self.bend: Bend = lambda page: page
        self.counts: Callable[[int], int | None] = lambda count: count
        self.calls: list[str] = []

    def invoices(self, bounds: InvoiceFilter, *, page: int, limit: int) -> SourcePage:
        """Fetch one page, 1-based."""
        self.calls.append(f"page {page} of {limit}")
        rows = self._within(bounds)
        shown = rows[(page - 1) * limit : page * limit]
        if self.broken & {_id(row) for row in shown}:
            raise TransientReadError("list invoices was answered 500")
        return self.bend(
            SourcePage(shown, page, -(-len(rows) // limit), int(self._clock.now()), len(shown))
        )

    def count(self, bounds: InvoiceFilter) -> int | None:
        """Count the invoices within ``bounds``."""
        self.calls.append("count")
        return self.counts(len(self._within(bounds)))

    def invoice(self, invoice_id: ServiceTradeId) -> tuple[Json, int] | None:
        """Fetch one invoice and the clock."""
        self.calls.append(f"invoice {invoice_id}")
        if invoice_id in self.broken:
            raise TransientReadError(f"read invoice {invoice_id} was answered 500")
        found = next((row for row in self.rows if _id(row) == invoice_id), None)
        return None if found is None else (found, int(self._clock.now()))

    def jobs(self, job_ids: Sequence[ServiceTradeId]) -> list[Json]:
        """Fetch jobs by id."""
        self.calls.append(f"jobs {list(job_ids)}")
        if self.broken & set(job_ids):
            raise TransientReadError("list jobs was answered 500")
        return [self.job_rows[id_] for id_ in job_ids if id_ in self.job_rows]

    def _within(self, bounds: InvoiceFilter) -> list[Any]:
        return sorted((row for row in self.rows if _is_within(row, bounds)), key=_id)


def _id(row: Any) -> int:
    id_ = row.get("id", 0)
    return id_ if isinstance(id_, int) else 0


def _is_within(row: Any, bounds: InvoiceFilter) -> bool:
    first, last = bounds.dated_after, bounds.dated_before
    dated = row.get("transactionDate") or 0
    return (
        (bounds.updated_after is None or row["updated"] >= bounds.updated_after)
        and (bounds.created_after is None or row["created"] >= bounds.created_after)
        and (first is None or dated >= first)
        and (last is None or dated <= last)
    )
