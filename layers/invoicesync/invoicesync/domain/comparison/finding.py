"""What the comparison says about one invoice, or about several that could not be told apart."""

from dataclasses import dataclass
from enum import StrEnum

from invoicesync.domain.comparison.differences import Difference, Field
from invoicesync.domain.comparison.pairing import By
from invoicesync.domain.comparison.records import BooksRecord, SourceRecord
from invoicesync.domain.ids import ServiceTradeId


class Kind(StrEnum):
    """What was found. Voided invoices of QuickBooks may stand beside any of these."""

    MATCHED = "matched"
    """One in ServiceTrade, one live in QuickBooks, equal in all that is compared."""
    DIFFERING = "differing"
    """One and one, and they differ."""
    STALE = "stale"
    """Ours, differing, and ServiceTrade changed since QuickBooks did: an update is outstanding."""
    MISSING = "missing"
    """To be in QuickBooks, and not there."""
    DOUBLE = "double"
    """One in ServiceTrade, two or more live in QuickBooks."""
    AMBIGUOUS = "ambiguous"
    """Several that may belong to each other, or that have only their number in common."""
    VOIDED = "voided"
    """To be in QuickBooks, and voided there."""
    DELETED = "deleted"
    """To be in QuickBooks, and deleted there: the caller looked."""
    UNREVERSED = "unreversed"
    """Void in ServiceTrade, and live in QuickBooks."""
    UNTRACEABLE = "untraceable"
    """In QuickBooks with our mark, for an invoice that ServiceTrade does not show."""
    FOREIGN = "foreign"
    """In QuickBooks, not made by us, and nothing in ServiceTrade is its counterpart."""
    UNSETTLED = "unsettled"
    """Would be missing, stale or unreversed, but changed so lately that the sync may be at it."""
    ABSENT = "absent"
    """Not in QuickBooks, and not to be there: the record's ``absence`` says why."""
    OUTSIDE = "outside"
    """Dated outside the window on both sides."""


ERRORS = frozenset(
    {
        Kind.DIFFERING,
        Kind.STALE,
        Kind.MISSING,
        Kind.DOUBLE,
        Kind.AMBIGUOUS,
        Kind.VOIDED,
        Kind.DELETED,
        Kind.UNREVERSED,
        Kind.UNTRACEABLE,
    }
)
"""Kinds by which the books do not agree; foreign invoices are for people to look through."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One class with the records that are in it; each record is in one finding only."""

    kind: Kind
    sources: tuple[SourceRecord, ...] = ()
    books: tuple[BooksRecord, ...] = ()
    by: By | None = None
    differences: tuple[Difference, ...] = ()
    resembles: ServiceTradeId | None = None

    @property
    def source(self) -> SourceRecord | None:
        """The one invoice of ServiceTrade; None where there is none, or several."""
        return self.sources[0] if len(self.sources) == 1 else None

    @property
    def live(self) -> tuple[BooksRecord, ...]:
        """The invoices of QuickBooks that are not voided."""
        return tuple(each for each in self.books if not each.is_void)

    @property
    def source_cents(self) -> int:
        """What its invoices of ServiceTrade come to, tax included."""
        return sum(each.total for each in self.sources)

    @property
    def books_cents(self) -> int:
        """What its invoices of QuickBooks come to, tax included."""
        return sum(each.total for each in self.books)

    @property
    def excess_cents(self) -> int:
        """By how much QuickBooks holds more than ServiceTrade."""
        return self.books_cents - self.source_cents

    @property
    def tax_cents(self) -> int:
        """By how much a pair's tax is off though that is within tolerance."""
        if self.source is None or len(self.live) != 1 or self.differs_in(Field.TAX):
            return 0
        return self.live[0].tax - self.source.tax

    def differs_in(self, field: Field) -> bool:
        """Say whether a field is among the differences."""
        return any(each.field is field for each in self.differences)
