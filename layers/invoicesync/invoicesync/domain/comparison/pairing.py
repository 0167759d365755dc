"""Find which invoices of the two sides belong together, and never guess.

Every step looks only at what is left over by the steps before. In a step, invoices are joined by
what they have in common; whatever hangs together stays together, so that the order of the input
decides nothing.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any

from invoicesync.domain.comparison.clusters import clusters
from invoicesync.domain.comparison.records import Absence, BooksRecord, SourceRecord
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.mapping_values import key

DAYS_APART = 3
"""How far apart the dates of two invoices may be that are paired by customer and total."""


class By(StrEnum):
    """How invoices were paired."""

    MARK = "mark"
    NUMBER = "number"
    """And the customer or the total."""
    CONTENT = "content"
    """Customer, total and date."""
    NUMBER_ALONE = "number_alone"
    """Neither customer nor total agrees: never taken for a pair."""


@dataclass(frozen=True, slots=True)
class Group:
    """Invoices that belong together; several of ServiceTrade where they cannot be told apart."""

    sources: tuple[SourceRecord, ...]
    books: tuple[BooksRecord, ...]
    by: By | None = None
    resembles: ServiceTradeId | None = None


def pair(
    sources: Iterable[SourceRecord], books: Iterable[BooksRecord], *, number_prefix: str = ""
) -> Iterator[Group]:
    """Group all records: each is in exactly one group. Raise `ValueError` where an id comes twice.

    ``number_prefix`` is what the mapping puts before a number.
    """
    return _Pairing(sources, books, number_prefix).groups()


class _Pairing:
    """Attaches invoices of QuickBooks to those of ServiceTrade, step by step."""

    def __init__(
        self, sources: Iterable[SourceRecord], books: Iterable[BooksRecord], number_prefix: str
    ) -> None:
        self._sources = {one.id: one for one in _each_once(sources, key=lambda one: one.id)}
        self._prefix = key(number_prefix)
        self._attached: dict[ServiceTradeId, list[BooksRecord]] = {}
        self._by: dict[ServiceTradeId, By] = {}
        self._free: dict[QuickBooksId, BooksRecord] = {}
        self._together: list[Group] = []
        for one in _each_once(books, key=_age):
            if one.mark is None:
                self._free[one.id] = one
            elif one.mark[0] in self._sources:
                self._attach(one.mark[0], (one,), By.MARK)
            else:
                self._together.append(Group((), (one,)))

    def groups(self) -> Iterator[Group]:
        """Take all steps, and yield every group."""
        for is_expected in (True, False):
            self._by_number(is_expected=is_expected)
        self._copies()
        for is_expected in (True, False):
            self._by_content(is_expected=is_expected)
        self._by_number_alone()
        yield from self._together
        for id_, source in self._sources.items():
            yield Group((source,), tuple(self._attached.get(id_, ())), self._by.get(id_))
        seen = self._likenesses()
        for one in self._free.values():
            yield Group((), (one,), resembles=_like(one, seen))

    def _by_number(self, *, is_expected: bool) -> None:
        for sources, books in self._of_a_number(self._unpaired(is_expected=is_expected)):
            self._settle(clusters(sources, books, _evidence, _evidence), By.NUMBER)

    def _by_content(self, *, is_expected: bool) -> None:
        # What is void was often made anew at once, for the same customer and the same money.
        sources = [s for s in self._unpaired(is_expected=is_expected) if not s.is_void]
        for some, others in _of_a_total(sources, self._free.values()):
            self._settle(clusters(some, others, _days_around, _day_of), By.CONTENT)

    def _copies(self) -> None:
        """Add what bears the number of an invoice that was found by its mark, and is like it."""
        marked = [s for id_, s in self._sources.items() if self._by.get(id_) is By.MARK]
        for sources, books in self._of_a_number(marked):
            for found, copies in clusters(sources, books, _evidence, _evidence):
                if len(found) == 1:
                    self._attach(found[0].id, copies, By.MARK)

    def _by_number_alone(self) -> None:
        """Put together what has the same number and nothing else; a person must look at that."""
        lost = [s for s in self._unpaired(is_expected=True) if s.id not in self._attached]
        for sources, books in self._of_a_number(lost):
            if live := [one for one in books if not one.is_void]:
                self._keep_together(sources, live, By.NUMBER_ALONE)

    def _settle(
        self,
        found: Iterable[tuple[Sequence[SourceRecord], Sequence[BooksRecord]]],
        by: By,
    ) -> None:
        for sources, books in found:
            if len(sources) == 1:
                self._attach(sources[0].id, books, by)
            else:
                self._keep_together(sources, books, by)

    def _attach(self, id_: ServiceTradeId, books: Sequence[BooksRecord], by: By) -> None:
        self._attached.setdefault(id_, []).extend(books)
        self._by[id_] = by
        self._take(books)

    def _keep_together(
        self, sources: Sequence[SourceRecord], books: Sequence[BooksRecord], by: By
    ) -> None:
        earlier = [one for source in sources for one in self._attached.pop(source.id, ())]
        together = sorted([*earlier, *books], key=_age)
        self._together.append(Group(tuple(sources), tuple(together), by))
        self._take(books)
        for source in sources:
            del self._sources[source.id]

    def _take(self, books: Sequence[BooksRecord]) -> None:
        for one in books:
            self._free.pop(one.id, None)

    def _unpaired(self, *, is_expected: bool) -> list[SourceRecord]:
        """List what has no live counterpart yet: what is to have one, or what may have one."""
        return [
            source
            for id_, source in self._sources.items()
            if source.is_expected is is_expected
            and source.absence is not Absence.NOT_AN_INVOICE
            and all(one.is_void for one in self._attached.get(id_, ()))
        ]

    def _of_a_number(
        self, sources: Sequence[SourceRecord]
    ) -> Iterator[tuple[list[SourceRecord], list[BooksRecord]]]:
        """Yield what shares a number, where both sides have any."""
        by_number: dict[str, tuple[list[SourceRecord], list[BooksRecord]]] = {}
        for source in sources:
            if number := key(source.number):
                by_number.setdefault(number, ([], []))[0].append(source)
        for one in self._free.values():
            bare = key(one.number).removeprefix(self._prefix)
            if bare in by_number:
                by_number[bare][1].append(one)
        yield from [(some, others) for some, others in by_number.values() if others]

    def _likenesses(self) -> dict[Hashable, ServiceTradeId]:
        """Remember, by customer, total and day, what is in QuickBooks already."""
        seen: dict[Hashable, ServiceTradeId] = {}
        totals = {one.total for one in self._free.values() if not one.is_void}
        for id_, source in self._sources.items():
            if source.total in totals and source.total and id_ in self._attached:
                for hub in _days_around(source):
                    seen.setdefault((source.total, hub), id_)
        return seen


def _of_a_total(
    sources: Iterable[SourceRecord], books: Iterable[BooksRecord]
) -> Iterator[tuple[list[SourceRecord], list[BooksRecord]]]:
    """Yield what comes to the same total, where both sides have any."""
    by_total: dict[int, tuple[list[SourceRecord], list[BooksRecord]]] = {}
    for source in sources:
        by_total.setdefault(source.total, ([], []))[0].append(source)
    for one in books:
        if not one.is_void and one.total in by_total:
            by_total[one.total][1].append(one)
    yield from [(some, others) for some, others in by_total.values() if others]


def _like(one: BooksRecord, seen: dict[Hashable, ServiceTradeId]) -> ServiceTradeId | None:
    if one.is_void:
        return None
    found = [id_ for hub in _day_of(one) if (id_ := seen.get((one.total, hub))) is not None]
    return min(found, default=None)


def _evidence(one: SourceRecord | BooksRecord) -> Iterator[Hashable]:
    """Give what makes the same number mean the same invoice: its customer, or its total."""
    yield from one.customer.keys
    if one.total:
        yield one.total


def _days_around(source: SourceRecord) -> Iterator[Hashable]:
    if source.dated is not None:
        for day in _near(source.dated):
            for name in source.customer.keys:
                yield name, day


def _day_of(one: BooksRecord) -> Iterator[Hashable]:
    if one.dated is not None:
        for name in one.customer.keys:
            yield name, one.dated.toordinal()


def _near(day: date) -> range:
    at = day.toordinal()
    return range(at - DAYS_APART, at + DAYS_APART + 1)


def _each_once[Record: (SourceRecord, BooksRecord)](
    records: Iterable[Record], *, key: Callable[[Record], Any]
) -> list[Record]:
    found = sorted(records, key=key)
    for one, next_ in pairwise(found):
        if one.id == next_.id:
            raise ValueError(f"invoice {one.id} was read twice")
    return found


def _age(one: BooksRecord) -> tuple[int, str]:
    """Sort by Id as QuickBooks counts it."""
    return len(one.id), one.id
