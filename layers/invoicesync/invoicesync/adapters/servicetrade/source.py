"""The `Source` port over ServiceTrade's API. Addresses are built here and nowhere taken over."""

from collections.abc import Callable, Mapping, Sequence

from requests.adapters import BaseAdapter

from invoicesync.adapters.servicetrade.budget import RESERVE_MS
from invoicesync.adapters.servicetrade.credentials import Credentials
from invoicesync.adapters.servicetrade.envelope import content_of
from invoicesync.adapters.servicetrade.exchange import Timeouts
from invoicesync.adapters.servicetrade.session import Session
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.ports.runtime import Clock
from invoicesync.ports.source import InvoiceFilter, Json, SourceList, SourcePage, Spent

_JOBS_A_CALL = 200
"""Ids of one job request; two hundred make an address of four thousand characters."""

_ROWS_A_PAGE = 500

# An office is a location of the contractor's own; there is no resource of that name.
_LISTS: Mapping[SourceList, tuple[str, str, Mapping[str, str]]] = {
    SourceList.OFFICES: ("location", "locations", {"isVendor": "true"}),
    SourceList.CUSTOMERS: ("company", "companies", {"isCustomer": "true"}),
    SourceList.TERMS: ("paymentterms", "paymentTerms", {}),
    SourceList.SERVICE_LINES: ("serviceline", "serviceLines", {}),
    SourceList.LIBRARY_ITEMS: ("libitem", "libItems", {}),
}


class ServiceTradeSource:
    """ServiceTrade, read only: sessions or OAuth2, body or Link paging."""

    def __init__(
        self,
        base_url: str,
        *,
        credentials: Callable[[], Credentials],
        clock: Clock,
        adapter: BaseAdapter | None = None,
        timeouts: Timeouts | None = None,
        reserve_ms: int = RESERVE_MS,
    ) -> None:
        """Bind to ``base_url``, such as ``https://api.servicetrade.com/api``."""
        self._session = Session(
            base_url,
            credentials=credentials,
            clock=clock,
            adapter=adapter,
            timeouts=timeouts,
            reserve_ms=reserve_ms,
        )

    def close(self) -> None:
        """Drop pooled connections."""
        self._session.close()

    def spent(self) -> Spent:
        """Say what the calls since this was asked last have taken."""
        return self._session.spent()

    def invoices(self, bounds: InvoiceFilter, *, page: int, limit: int) -> SourcePage:
        """Fetch one page, 1-based; past the last page it has no rows."""
        answer, shown = self._session.page(
            "invoice", "invoices", _parameters(bounds), page=page, limit=limit
        )
        return SourcePage(
            rows=shown.rows,
            page=shown.page,
            total_pages=shown.total_pages,
            source_time=answer.source_time(),
            bytes_read=answer.size,
        )

    def count(self, bounds: InvoiceFilter) -> int | None:
        """Count the invoices within ``bounds``; None if it cannot be had.

        A page of one row makes the number of pages the number of rows, except that no rows may
        be one page too.
        """
        _, shown = self._session.page("invoice", "invoices", _parameters(bounds), page=1, limit=1)
        rows, total = len(shown.rows), shown.total_pages
        if total is None or not shown.is_exact or rows > 1:
            return None
        if total <= 1:
            return rows
        return total if rows == 1 else None

    def invoice(self, invoice_id: ServiceTradeId) -> tuple[Json, int] | None:
        """Fetch one invoice and ServiceTrade's clock; None where it does not exist."""
        answer = self._session.get(f"read invoice {invoice_id}", f"/invoice/{int(invoice_id)}", {})
        if answer.is_not_found:
            return None
        row = content_of(answer)
        if row.get("id") != invoice_id and str(row.get("id")) != str(invoice_id):
            raise answer.unusable("with another invoice")
        return row, answer.source_time()

    def jobs(self, job_ids: Sequence[ServiceTradeId]) -> list[Json]:
        """Fetch jobs by id, whatever their status; those that do not come back are left out."""
        wanted = list(dict.fromkeys(job_ids))
        found: list[Json] = []
        for start in range(0, len(wanted), _JOBS_A_CALL):
            found.extend(self._some_jobs(wanted[start : start + _JOBS_A_CALL]))
        return found

    def everything(self, wanted: SourceList) -> list[Json]:
        """Fetch all rows of a list, each once."""
        return self._everything(*_LISTS[wanted])

    def unbilled(self, completed_after: int, completed_before: int) -> list[Json]:
        """Fetch the jobs completed within these seconds that no final invoice was made for."""
        parameters = {
            "status": "*",
            "isInvoiced": "false",
            "completedOnBegin": str(completed_after),
            "completedOnEnd": str(completed_before),
        }
        return self._everything("job", "jobs", parameters)

    def _everything(self, kind: str, plural: str, parameters: Mapping[str, str]) -> list[Json]:
        return self._session.every(kind, plural, parameters, limit=_ROWS_A_PAGE)

    def _some_jobs(self, wanted: Sequence[ServiceTradeId]) -> list[Json]:
        # Without a status the list holds scheduled jobs only, even when it is asked by id.
        asked = {"jobIds": ",".join(str(int(job_id)) for job_id in wanted), "status": "*"}
        ids = {str(job_id) for job_id in wanted}
        found: dict[str, Json] = {}
        page = 1
        while True:
            _, shown = self._session.page("job", "jobs", asked, page=page, limit=len(wanted))
            fresh = {str(row.get("id")): row for row in shown.rows if str(row.get("id")) in ids}
            is_last = shown.total_pages is not None and page >= shown.total_pages
            # A page without one new job ends the walk, whatever the server promises.
            is_idle = fresh.keys() <= found.keys()
            found |= fresh
            if is_last or is_idle or len(found) == len(ids):
                break
            page += 1
        return [found[str(job_id)] for job_id in wanted if str(job_id) in found]


def _parameters(bounds: InvoiceFilter) -> dict[str, str]:
    given = {
        "updatedAfter": bounds.updated_after,
        "createdAfter": bounds.created_after,
        "transactionDateAfter": bounds.dated_after,
        "transactionDateBefore": bounds.dated_before,
    }
    return {name: str(second) for name, second in given.items() if second is not None}
