"""What a report is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from invoicesync.domain.bridge import Bridge
from invoicesync.domain.bridging import Bridging
from invoicesync.domain.comparison import BooksRecord, Comparison, SourceRecord
from invoicesync.services.audit import Audited
from invoicesync.state.entry import Entry


@dataclass(frozen=True, slots=True)
class Material:
    """What a report is made of."""

    audited: Audited
    bridging: Bridging
    bridge: Bridge
    held: Sequence[Entry]

    @property
    def comparison(self) -> Comparison:
        """What was found."""
        return self.audited.comparison

    @property
    def sources(self) -> Sequence[SourceRecord]:
        """ServiceTrade's invoices."""
        return self.audited.source.records

    @property
    def books(self) -> Sequence[BooksRecord]:
        """QuickBooks' invoices."""
        return self.audited.books.records
