"""QuickBooks' invoices of a span of days: one query a thousand, and none lost between two pages."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import batched

from invoicesync.adapters.quickbooks.query import PAGE_SIZE
from invoicesync.errors import TransientReadError
from invoicesync.ports.books import Books, Comparison
from invoicesync.ports.source import Json

NUMBERS_A_QUERY = 100
MOST_STEPS_BACK = 100


class QuickBooksInvoices:
    """Invoices by date and by number; ``books`` brings its pace along, where there is one."""

    def __init__(self, books: Books, *, page_size: int = PAGE_SIZE) -> None:
        self._books = books
        self._page_size = page_size

    def dated(self, first: date, last: date) -> Iterator[Sequence[Json]]:
        """Yield, a page at a time, every invoice dated within these days; one may come twice.

        Pages are counted by position. Where an invoice of an earlier page is deleted or moved out
        of the window meanwhile, the rest moves up, and a row would be passed over. So each page
        begins with the last row of the one before; where another stands there, the walk goes back.
        """
        where = [
            Comparison("TxnDate", ">=", first.isoformat()),
            Comparison("TxnDate", "<=", last.isoformat()),
        ]
        seen: set[object] = set()
        start, steps_back = 1, 0
        while True:
            page = self._books.query("Invoice", where=where, start=start, limit=self._page_size)
            if start > 1 and (not page or page[0].get("Id") not in seen):
                steps_back += 1
                if steps_back > MOST_STEPS_BACK:
                    raise TransientReadError("QuickBooks' invoices move faster than they are read")
                start = max(1, start - self._page_size + 1)
                continue
            seen.update(row.get("Id") for row in page)
            yield page
            if len(page) < self._page_size:
                return
            start += self._page_size - 1

    def numbered(self, numbers: Sequence[str]) -> Iterator[Sequence[Json]]:
        """Yield every invoice that bears one of ``numbers``, a hundred numbers a query."""
        for some in batched(numbers, NUMBERS_A_QUERY, strict=False):
            yield self._books.query("Invoice", where=[Comparison("DocNumber", "IN", some)])
