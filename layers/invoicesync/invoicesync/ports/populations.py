"""Both systems' invoices and jobs of a span of days, to compare the books; read only.

ServiceTrade's invoices of a span of days come from `Source` (`InvoiceFilter.dated_after`).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Protocol

from invoicesync.ports.source import Json


class BooksInvoices(Protocol):
    """QuickBooks' invoices; deleted ones are in no answer. Raises what reads of `Books` raise."""

    def dated(self, first: date, last: date) -> Iterator[Sequence[Json]]:
        """Yield, a page at a time, every invoice dated from ``first`` to ``last``.

        One may come twice, where rows moved between two pages: the later is to be believed.
        """

    def numbered(self, numbers: Sequence[str]) -> Iterator[Sequence[Json]]:
        """Yield every invoice that bears one of ``numbers``, whatever its date."""


class UnbilledJobs(Protocol):
    """ServiceTrade's jobs that nobody has invoiced; raises what `Source` raises."""

    def unbilled(self, completed_after: int, completed_before: int) -> list[Json]:
        """Fetch the jobs completed within these seconds that no final invoice was made for."""
