"""Measure what it takes to read and compare two books of a hundred thousand invoices each.

Rows are made up page by page, as the two systems would send them; what is measured is ours:
parsing, deciding, keeping, pairing. The network and its waits are not in it.

    python -m benchmarks.compare_books [--invoices 100000]
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from invoicesync.adapters.aws.runtime import SystemClock, SystemRandom
from invoicesync.adapters.quickbooks.population import QuickBooksInvoices
from invoicesync.domain.comparison import Kind, Window
from invoicesync.domain.mapping import Mapping
from invoicesync.ports import InvoiceFilter, SourcePage
from invoicesync.services.audit import Audit, BooksReading, SourceReading
from invoicesync.services.extract.reader import Reader

FIRST = date(2026, 1, 1)
DAYS = 365
FIRST_SECOND = 1_767_225_600
CUSTOMERS = 2_000
FIRST_ID = 2_100_000_000_000_000
BUDGET_MB = 256
RESULTS = Path(__file__).resolve().parents[1] / "build" / "benchmarks" / "compare_books.json"


def _day(number: int) -> int:
    return number * 7 % DAYS


def _dollars(number: int) -> int:
    return 100 + number * 37 % 9_000


class Source:
    """ServiceTrade, with so many invoices."""

    def __init__(self, invoices: int) -> None:
        self._invoices = invoices
        self.calls = 0

    def invoices(self, bounds: InvoiceFilter, *, page: int, limit: int) -> SourcePage:
        """Make up one page."""
        del bounds
        self.calls += 1
        numbers = range((page - 1) * limit, min(page * limit, self._invoices))
        rows = [self._row(number) for number in numbers]
        return SourcePage(rows, page, -(-self._invoices // limit), FIRST_SECOND)

    def count(self, bounds: InvoiceFilter) -> int:
        """Count."""
        del bounds
        self.calls += 1
        return self._invoices

    def invoice(self, invoice_id: int) -> None:
        """Show none beyond the list."""
        del invoice_id

    def jobs(self, job_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Make up jobs that are done."""
        self.calls += 1
        return [{"id": id_, "number": id_, "status": "completed"} for id_ in job_ids]

    def _row(self, number: int) -> dict[str, Any]:
        dollars, customer = _dollars(number), number % CUSTOMERS
        line = {"id": number + 1, "description": "Labor", "quantity": 1, "price": dollars}
        money = {"subtotal": dollars, "taxAmount": 0, "totalPrice": dollars}
        return {
            "id": FIRST_ID + number,
            "type": "invoice",
            "status": "processed",
            "invoiceNumber": str(10_000 + number),
            "transactionDate": FIRST_SECOND + _day(number) * 86_400,
            "updated": FIRST_SECOND + _day(number) * 86_400 + 3600,
            "customer": {"id": customer + 1, "name": f"Customer {customer}"},
            "job": {"id": number + 1, "number": number + 1},
            "items": [{**line, **money}],
            **money,
        }


class Books:
    """QuickBooks, with as many; every second invoice is ours, the others were typed."""

    def __init__(self, invoices: int) -> None:
        self._invoices = invoices
        self.calls = 0

    def query(self, entity: str, *, start: int, limit: int, **how: object) -> list[dict[str, Any]]:
        """Make up one page."""
        del entity, how
        self.calls += 1
        numbers = range(start - 1, min(start - 1 + limit, self._invoices))
        return [self._row(number) for number in numbers]

    def _row(self, number: int) -> dict[str, Any]:
        total, customer = Decimal(_dollars(number)), number % CUSTOMERS
        stamp = "2026-11-01T10:00:00-07:00"
        return {
            "Id": str(number + 1),
            "DocNumber": str(10_000 + number),
            "TxnDate": (FIRST + timedelta(days=_day(number))).isoformat(),
            "CustomerRef": {"value": str(customer), "name": f"Customer {customer}"},
            "TotalAmt": total,
            "Balance": total,
            "PrivateNote": f"[st:{FIRST_ID + number}.0]" if number % 2 else "",
            "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
        }


class Hours:
    """Time enough."""

    def remaining_seconds(self) -> float:
        """Say so."""
        return 1e6


def measure(invoices: int) -> dict[str, Any]:
    """Compare two books of so many invoices."""
    source, books, clock = Source(invoices), Books(invoices), SystemClock()
    parts: Any = {"source": source, "clock": clock, "random": SystemRandom(), "deadline": Hours()}
    mapping = Mapping(go_live=FIRST)
    shelf: Any = books
    audit = Audit(
        source=SourceReading(
            reader=Reader(**parts, margin_seconds=0),
            mapping=mapping,
            clock=clock,
            names_obstacles=False,
        ),
        books=BooksReading(books=QuickBooksInvoices(shelf), clock=clock),
    )
    began = time.process_time()
    audited = audit(Window(FIRST, FIRST + timedelta(days=DAYS)))
    matched = audited.comparison.tallies()[Kind.MATCHED].findings
    if matched != invoices:
        raise RuntimeError(f"{matched} of {invoices} invoices match")
    return {
        "invoices": invoices,
        "cpu_seconds": round(time.process_time() - began, 1),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "budget_mb": BUDGET_MB,
        "quickbooks_reads_per_1000": round(1000 * books.calls / invoices, 2),
        "servicetrade_reads_per_1000": round(1000 * source.calls / invoices, 2),
    }


def main() -> int:
    """Measure, print, store; 1 where the budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--invoices", type=int, default=100_000)
    told = measure(parser.parse_args().invoices)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(told, indent=2))  # noqa: T201 - a benchmark's answer
    return int(told["peak_mb"] > BUDGET_MB)


if __name__ == "__main__":
    raise SystemExit(main())
