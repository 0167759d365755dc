"""Two books of any size, made up.

They are rows of JSON, made as they are asked for, and parsed as the adapters parse them. One
invoice of a thousand is missing, one differs, and one is a stranger's.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from invoicesync.adapters.quickbooks.query import PAGE_SIZE
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.ports import InvoiceFilter, Json, SourcePage
from tests.unit.domain.invoices import a_job, an_invoice

FIRST_ID = 2_100_000_000_000_000
FIRST_DAY = date(2026, 10, 1)
DAYS = 31
RARE = 1000
_ROW = an_invoice()
_JOB = a_job()


def day_of(number: int) -> date:
    """Spread the invoices over the month."""
    return FIRST_DAY + timedelta(days=number % DAYS)


def parsed(rows: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Send rows through JSON, as if they had come over the network."""
    text = json.dumps(rows, default=str).encode()
    found: list[Json] = json.loads(text, parse_float=Decimal)
    return found


class ServiceTrade:
    """As many invoices as asked for, each with its job."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.pages = 0

    def invoices(self, bounds: InvoiceFilter, *, page: int, limit: int) -> SourcePage:
        del bounds
        self.pages += 1
        numbers = range((page - 1) * limit, min(page * limit, self._count))
        total = -(-self._count // limit)
        return SourcePage(parsed([self._row(n) for n in numbers]), page, total, 1_800_000_000)

    def count(self, bounds: InvoiceFilter) -> int:
        del bounds
        return self._count

    def invoice(self, invoice_id: ServiceTradeId) -> tuple[Json, int] | None:
        raise NotImplementedError(f"nobody asks for {invoice_id} alone")

    def jobs(self, job_ids: Sequence[ServiceTradeId]) -> list[Json]:
        return parsed([{**_JOB, "id": id_} for id_ in job_ids])

    def unbilled(self, completed_after: int, completed_before: int) -> list[Json]:
        del completed_after, completed_before
        return []

    def _row(self, number: int) -> dict[str, Any]:
        noon = datetime.combine(day_of(number), datetime.min.time(), UTC).timestamp()
        return {
            **_ROW,
            "id": FIRST_ID + number,
            "invoiceNumber": str(number),
            "transactionDate": int(noon),
            "updated": int(noon),
            "job": {"id": 50 + number, "number": number},
        }


class QuickBooks:
    """The copies of ServiceTrade's invoices, by day."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.reads = 0

    def dated(self, first: date, last: date) -> Iterator[Sequence[Json]]:
        del first, last
        page: list[dict[str, Any]] = []
        for number in range(self._count):
            if number % RARE != 1:
                page.append(self._row(number))
            if len(page) == PAGE_SIZE - 1:
                self.reads += 1
                yield parsed(page)
                page = []
        self.reads += 1
        yield parsed(page)

    def numbered(self, numbers: Sequence[str]) -> Iterator[Sequence[Json]]:
        self.reads += -(-len(numbers) // 100)
        return iter(())

    def _row(self, number: int) -> dict[str, Any]:
        net = 480 if number % RARE != 2 else 490
        day = day_of(number).isoformat()
        is_strange = number % RARE == 3
        line = {
            "Id": "1",
            "Amount": net,
            "DetailType": "SalesItemLineDetail",
            "Description": "Technician labor, two hours on site, and the way there and back",
            "SalesItemLineDetail": {"ItemRef": {"value": "1", "name": "Labor"}, "Qty": 4},
        }
        mark = "" if is_strange else f"[st:{FIRST_ID + number}.0]"
        return {
            "Id": str(number + 1),
            "SyncToken": "0",
            "DocNumber": f"X{number}" if is_strange else str(number),
            "TxnDate": day,
            "CustomerRef": {"value": "7", "name": "Keystone Foods, Inc."},
            "DepartmentRef": {"value": "1", "name": "West"},
            "PrivateNote": f"{mark} Thank you.",
            "TotalAmt": Decimal(net) + (0 if is_strange else Decimal("33.60")),
            "Balance": net,
            "TxnTaxDetail": {"TotalTax": Decimal(0) if is_strange else Decimal("33.60")},
            "Line": [line, {"Amount": net, "DetailType": "SubTotalLineDetail"}],
            "MetaData": {
                "CreateTime": f"{day}T20:00:00-07:00",
                "LastUpdatedTime": f"{day}T20:00:00-07:00",
            },
        }
