"""Two books that can be compared: rows of ServiceTrade, and the simulator of QuickBooks."""

from datetime import UTC, date, datetime
from typing import Any

from invoicesync.adapters.quickbooks.population import QuickBooksInvoices
from invoicesync.domain.comparison import Rules, Window
from invoicesync.ports import Json
from invoicesync.services.audit import Audit, Audited, BooksReading, SourceReading
from invoicesync.services.extract.reader import Reader
from tests.fakes import FakeClock, FakeDeadline, SeededRandom
from tests.fakes.source import FakeSource
from tests.fakes.world import World
from tests.unit.domain.invoices import NOON, a_job, a_mapping, an_invoice, an_item

WINDOW = Window(date(2026, 12, 1), date(2026, 12, 31))
DAY = 86_400


class Jobs:
    """Stands for ServiceTrade's list of jobs that nobody invoiced."""

    def __init__(self) -> None:
        self.rows: list[Json] = []
        self.asked: list[tuple[int, int]] = []

    def unbilled(self, completed_after: int, completed_before: int) -> list[Json]:
        self.asked.append((completed_after, completed_before))
        return self.rows


class Books:
    """ServiceTrade and QuickBooks, side by side."""

    def __init__(self, **options: Any) -> None:
        self.world = World(**options)
        self.clock: FakeClock = self.world.clock
        self.source = FakeSource(self.clock)
        self.jobs = Jobs()
        self.customer = str(next(self.world.company.objects("Customer"))["Id"])

    def invoice(self, number: int = 0, **changes: Any) -> int:
        """Add an invoice of 480 dollars to ServiceTrade; return its id."""
        id_ = int(self.world.id_of(number))
        item = an_item(taxAmount=0, taxRate=0)
        told = {
            "id": id_,
            "invoiceNumber": str(10_482 + number),
            "items": [item],
            "taxAmount": 0,
            "totalPrice": 480,
            "subtotal": 480,
            "job": {"id": 50 + number},
            **changes,
        }
        self.source.rows.append(an_invoice(**told))
        self.source.job_rows[50 + number] = a_job(id=50 + number)
        return id_

    def typed(self, number: int = 0, amount: int = 480, **changes: Any) -> str:
        """Type an invoice into QuickBooks; return its Id."""
        line = {
            "Amount": amount,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "NON"}},
        }
        body = {
            "CustomerRef": {"value": self.customer},
            "DocNumber": str(10_482 + number),
            "TxnDate": datetime.fromtimestamp(NOON, UTC).date().isoformat(),
            "DepartmentRef": {"value": "1"},
            "Line": [line],
            **changes,
        }
        made = self.world.company.create("Invoice", body, allow_duplicate=True)
        return str(made["Id"])

    def reading(self, *, page_size: int = 2) -> SourceReading:
        """Read ServiceTrade."""
        reader = Reader(
            source=self.source,
            clock=self.clock,
            random=SeededRandom(),
            deadline=FakeDeadline(self.clock, 3600),
            margin_seconds=0,
        )
        return SourceReading(
            reader=reader, mapping=a_mapping(), clock=self.clock, page_size=page_size
        )

    def shelf(self, *, page_size: int = 3) -> BooksReading:
        """Read QuickBooks."""
        books = QuickBooksInvoices(self.world.client(), page_size=page_size)
        return BooksReading(books=books, clock=self.clock)

    def audit(self, *, rules: Rules | None = None, **how: Any) -> Audited:
        """Compare December."""
        use_case = Audit(
            source=self.reading(), books=self.shelf(), rules=rules or Rules(), jobs=self.jobs
        )
        return use_case(WINDOW, **how)
