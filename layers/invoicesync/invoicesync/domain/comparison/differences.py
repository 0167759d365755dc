"""In what a pair differs, and by how much."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from invoicesync.domain.comparison.records import BooksRecord, SourceRecord
from invoicesync.domain.mapping_values import key


class Field(StrEnum):
    """What is compared."""

    AMOUNT = "amount"
    """Before tax."""
    TAX = "tax"
    CUSTOMER = "customer"
    DATE = "date"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field: what ServiceTrade says, what QuickBooks holds, and by how many cents or days.

    ``by`` is QuickBooks' less ServiceTrade's: cents of amount and tax, days of the date, else 0.
    """

    field: Field
    source: int | str | date | None
    books: int | str | date | None
    by: int = 0


def differences(
    source: SourceRecord, books: BooksRecord, *, tax_tolerance: int, moved_through: date | None
) -> tuple[Difference, ...]:
    """Compare a pair; what QuickBooks holds by rule (tax within tolerance, a moved date) is equal.

    ``moved_through`` is the day through which the books are closed, where the loader moves dates.
    """
    return tuple(_differences(source, books, tax_tolerance, moved_through))


def tax_delta(source: SourceRecord, books: BooksRecord) -> int:
    """Return QuickBooks' tax less ServiceTrade's, in cents."""
    return books.tax - source.tax


def _differences(
    source: SourceRecord, books: BooksRecord, tax_tolerance: int, moved_through: date | None
) -> Iterator[Difference]:
    nets = source.total - source.tax, books.total - books.tax
    if nets[0] != nets[1]:
        yield Difference(Field.AMOUNT, *nets, by=nets[1] - nets[0])
    if abs(tax_delta(source, books)) > tax_tolerance:
        yield Difference(Field.TAX, source.tax, books.tax, by=tax_delta(source, books))
    if source.customer.keys and not source.customer.is_same_as(books.customer):
        yield Difference(Field.CUSTOMER, source.customer.name, books.customer.name)
    if not _is_same_day(source.dated, books, moved_through):
        yield Difference(Field.DATE, source.dated, books.dated, by=_days(source, books))
    if source.department and not _is_same_place(source.department, books.department):
        yield Difference(Field.DEPARTMENT, source.department, books.department)


def _is_same_day(expected: date | None, books: BooksRecord, moved_through: date | None) -> bool:
    if expected == books.dated or expected is None:
        return True
    # The loader dates what falls into closed books on the first day that is open when it comes.
    is_moved = books.is_ours and moved_through is not None and expected <= moved_through
    return is_moved and books.dated is not None and books.dated > expected


def _days(source: SourceRecord, books: BooksRecord) -> int:
    if source.dated is None or books.dated is None:
        return 0
    return (books.dated - source.dated).days


def _is_same_place(expected: str, there: str) -> bool:
    """Compare departments; of one below another QuickBooks may show the whole path."""
    return key(there) in {key(expected), key(expected.rpartition(":")[2])} or key(
        there.rpartition(":")[2]
    ) == key(expected)
