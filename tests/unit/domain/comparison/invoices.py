"""Invoices of both sides that match each other, to vary."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from invoicesync.domain.comparison import (
    BooksRecord,
    Comparison,
    Finding,
    Party,
    Population,
    Rules,
    SourceRecord,
    Window,
    compare,
    party,
)
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId

DAY = date(2026, 10, 15)
MONTH = Window(date(2026, 10, 1), date(2026, 10, 31))
READ_AT = 1_800_000_000


def expected(*names: str, ids: tuple[str, ...] = ()) -> Party:
    """Name a customer as ServiceTrade does."""
    return party(names, ids, expected=True)


def there(*names: str, id_: str = "") -> Party:
    """Name a customer as QuickBooks does."""
    return party(names, (id_,))


def told(id_: int = 1, **changes: Any) -> SourceRecord:
    """Make an invoice of ServiceTrade."""
    plain: dict[str, Any] = {
        "number": "10482",
        "customer": expected("Keystone Foods"),
        "dated": DAY,
        "total": 51_360,
        "tax": 3_360,
        "updated": 1_700_000_000,
    }
    return SourceRecord(id=ServiceTradeId(id_), **(plain | changes))


def booked(id_: int = 901, **changes: Any) -> BooksRecord:
    """Make an invoice of QuickBooks: the counterpart of `told`, typed in by hand."""
    plain: dict[str, Any] = {
        "number": "10482",
        "customer": there("Keystone Foods", id_="7"),
        "dated": DAY,
        "total": 51_360,
        "tax": 3_360,
        "balance": 51_360,
        "created": 1_700_000_100,
        "updated": 1_700_000_100,
    }
    return BooksRecord(id=QuickBooksId(str(id_)), **(plain | changes))


def voided(id_: int = 901, **changes: Any) -> BooksRecord:
    """Make an invoice that was voided in QuickBooks."""
    return booked(id_, **({"total": 0, "tax": 0, "balance": 0, "is_void": True} | changes))


def compared(
    sources: Iterable[SourceRecord],
    books: Iterable[BooksRecord],
    *,
    rules: Rules | None = None,
    deleted: Iterable[int] = (),
) -> Comparison:
    """Compare October."""
    return compare(
        Population(list(sources), READ_AT - 60, READ_AT - 30),
        Population(list(books), READ_AT, READ_AT + 30, unreadable=1),
        window=MONTH,
        rules=rules,
        deleted=[ServiceTradeId(id_) for id_ in deleted],
    )


def found(
    sources: SourceRecord | list[SourceRecord],
    books: BooksRecord | list[BooksRecord],
    **how: Any,
) -> list[Finding]:
    """Compare October, and give what was found."""
    some = sources if isinstance(sources, list) else [sources]
    others = books if isinstance(books, list) else [books]
    return list(compared(some, others, **how).findings)


def only(
    sources: SourceRecord | list[SourceRecord],
    books: BooksRecord | list[BooksRecord],
    **how: Any,
) -> Finding:
    """Compare October, and give the one thing that was found."""
    (finding,) = found(sources, books, **how)
    return finding
