"""What is kept of an invoice to compare it: compact, for there may be a hundred thousand a side."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.mapping_values import key


class Absence(StrEnum):
    """Why an invoice of ServiceTrade is not to be in QuickBooks (yet)."""

    BEFORE_GO_LIVE = "before_go_live"
    NOT_AN_INVOICE = "not_an_invoice"
    """A vendor bill, or of another type: never paired with an invoice by number or content."""
    EXCLUDED = "excluded"
    """By a tag."""
    ZERO = "zero"
    WAITING = "waiting"
    """For its job to be closed, or for its approval."""
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Party:
    """A customer as one of the two systems names it; two are the same if they share a key."""

    name: str
    keys: frozenset[str]

    def is_same_as(self, other: "Party") -> bool:
        """Say whether both name the same customer, or one of them its parent."""
        return not self.keys.isdisjoint(other.keys)


@lru_cache(maxsize=20_000)
def party(names: tuple[str, ...], ids: tuple[str, ...] = (), *, expected: bool = False) -> Party:
    """Make a party of its names, the parent first, and its ids in QuickBooks.

    ``expected`` is one that ServiceTrade names: a customer is met by any of its sub-customers, and
    a sub-customer by its parent alone, but never by another sub-customer. Of a sub-customer
    QuickBooks may show the last name only.
    """
    keys = {f"id {id_}" for id_ in ids if id_}
    if path := [folded for name in names if (folded := key(name))]:
        top, is_alone = path[0], len(path) == 1
        keys.add(f"last {path[-1]}")
        if is_alone or not expected:
            keys.add(f"top {top}")
        if is_alone is not expected:
            keys.add(f"itself {top}")
    return Party(":".join(name for name in names if name), frozenset(keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRecord:
    """An invoice of ServiceTrade, as it is to stand in QuickBooks. Money in cents.

    ``number`` is without the prefix that QuickBooks' numbers may have. ``department`` is empty
    where the mapping gives none: it is not compared then. ``absence`` says why it is not to be
    there (None: it is), ``why`` the same by dispatch's own word, or what stops one that is to be
    there. ``updated`` is ServiceTrade's second.
    """

    id: ServiceTradeId
    number: str = ""
    customer: Party = Party("", frozenset())
    dated: date | None = None
    total: int = 0
    tax: int = 0
    department: str = ""
    absence: Absence | None = None
    why: str = ""
    updated: int = 0

    @property
    def is_expected(self) -> bool:
        """Say whether it is to be in QuickBooks."""
        return self.absence is None

    @property
    def is_void(self) -> bool:
        """Say whether ServiceTrade has voided it."""
        return self.absence is Absence.VOID

    @property
    def obstacle(self) -> str:
        """What stops it though it is to be in QuickBooks: the code of a problem, or nothing."""
        return self.why if self.absence is None else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksRecord:
    """An invoice of QuickBooks. Money in cents; ``created`` and ``updated`` are its own seconds.

    ``mark`` is ours, from the note: whose invoice it is, and of which generation.
    """

    id: QuickBooksId
    number: str = ""
    customer: Party = Party("", frozenset())
    dated: date | None = None
    total: int = 0
    tax: int = 0
    balance: int = 0
    department: str = ""
    mark: tuple[ServiceTradeId, int] | None = None
    is_void: bool = False
    created: int = 0
    updated: int = 0

    @property
    def is_ours(self) -> bool:
        """Say whether InvoiceSync made it."""
        return self.mark is not None


@dataclass(frozen=True, slots=True)
class Population[Record: (SourceRecord, BooksRecord)]:
    """All invoices of one side, as they stood between two moments (UTC seconds).

    ``unreadable`` counts rows that had no id to know them by; they are in no finding.
    """

    records: Sequence[Record]
    read_from: int
    read_to: int
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """Invoice dates, both days included."""

    first: date
    last: date

    def holds(self, day: date | None) -> bool:
        """Say whether a day is inside; an invoice without a date is everywhere."""
        return day is None or self.first <= day <= self.last
