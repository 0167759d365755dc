"""Read one side's invoices into compact records; of what came nothing else is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from invoicesync.domain.comparison import (
    DAYS_APART,
    BooksRecord,
    Population,
    SourceRecord,
    Window,
    books_record,
    source_record,
)
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.mapping import Mapping
from invoicesync.errors import TransientReadError
from invoicesync.ports import BooksInvoices, Clock, InvoiceFilter, Json
from invoicesync.services.extract.pages import Pages
from invoicesync.services.extract.reader import Reader
from invoicesync.services.extract.sights import read_row

PAGE_SIZE = 500
MOST_PASSES = 5

_MARGIN = timedelta(days=DAYS_APART)
# No zone is further than a day from UTC.
_ZONES = timedelta(days=1)


class ListNeverWholeError(TransientReadError):
    """ServiceTrade's list kept changing while it was read: try again when less is going on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReading:
    """ServiceTrade's side: by invoice date, each page with the jobs of its invoices.

    ``names_obstacles``: the mapping was written for this company.
    """

    reader: Reader
    mapping: Mapping
    clock: Clock
    names_obstacles: bool = True
    page_size: int = PAGE_SIZE

    def read(self, window: Window) -> Population[SourceRecord]:
        """Read all invoices dated within the window, and some days around it.

        Raises `ListNeverWholeError` where five passes have not shown as many as there are.
        """
        began = int(self.clock.now())
        bounds = InvoiceFilter(
            dated_after=midnight(window.first - _MARGIN - _ZONES),
            dated_before=midnight(window.last + _MARGIN + _ZONES + timedelta(days=1)),
        )
        found: dict[ServiceTradeId, SourceRecord] = {}
        for _ in range(MOST_PASSES):
            before = len(found)
            nameless = self._pass(bounds, found)
            count = self.reader.count(bounds)
            is_whole = before == len(found) if count is None else len(found) + nameless >= count
            if is_whole:
                now = int(self.clock.now())
                return Population(list(found.values()), began, now, nameless)
        raise ListNeverWholeError(
            f"ServiceTrade's list of invoices never was whole in {MOST_PASSES} readings"
        )

    def named(self, ids: Iterable[ServiceTradeId]) -> list[SourceRecord]:
        """Read single invoices; those that ServiceTrade does not show are left out."""
        answers = [self.reader.invoice(id_) for id_ in ids]
        return self._records([answer[0] for answer in answers if answer is not None])

    def _pass(self, bounds: InvoiceFilter, found: dict[ServiceTradeId, SourceRecord]) -> int:
        """Take one walk through the list; return how many rows have no id."""
        pages = Pages(self.reader, bounds, self.page_size)
        pages.start()
        number, nameless = 1, 0
        while True:
            page = pages.read(number)
            for record in self._records(page.rows):
                if record.id:
                    found[record.id] = record
                else:
                    nameless += 1
            nameless += len(page.unreadable)
            if page.is_last:
                return nameless
            number += 1

    def _records(self, page: Sequence[Json]) -> list[SourceRecord]:
        rows = [read_row(json) for json in page]
        ids = dict.fromkeys(row.job_id for row in rows if row.job_id is not None)
        jobs = self.reader.jobs(list(ids))
        return [
            source_record(row.beside(jobs), self.mapping, names_obstacles=self.names_obstacles)
            for row in rows
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksReading:
    """QuickBooks' side: by invoice date."""

    books: BooksInvoices
    clock: Clock

    def read(self, window: Window) -> Population[BooksRecord]:
        """Read all invoices dated within the window, and some days around it."""
        began = int(self.clock.now())
        found: dict[QuickBooksId, BooksRecord] = {}
        nameless = 0
        for page in self.books.dated(window.first - _MARGIN, window.last + _MARGIN):
            nameless += _keep(page, found)
        return Population(list(found.values()), began, int(self.clock.now()), nameless)

    def numbered(self, numbers: Sequence[str]) -> list[BooksRecord]:
        """Read the invoices that bear these numbers, whatever their date."""
        found: dict[QuickBooksId, BooksRecord] = {}
        for page in self.books.numbered(numbers):
            _keep(page, found)
        return list(found.values())


def _keep(page: Iterable[Json], found: dict[QuickBooksId, BooksRecord]) -> int:
    """Keep the records of a page, the later for the earlier; count what has no Id."""
    nameless = 0
    for row in page:
        record = books_record(row)
        if record is None:
            nameless += 1
        else:
            found[record.id] = record
    return nameless


def midnight(day: date) -> int:
    """Return the second at which a day begins, in UTC."""
    return int(datetime.combine(day, time(), UTC).timestamp())
