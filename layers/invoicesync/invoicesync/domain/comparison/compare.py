"""Compare two populations: pair, then classify every group."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from invoicesync.domain.comparison.differences import differences
from invoicesync.domain.comparison.finding import Finding, Kind
from invoicesync.domain.comparison.pairing import By, Group, pair
from invoicesync.domain.comparison.records import (
    BooksRecord,
    Population,
    SourceRecord,
    Window,
)
from invoicesync.domain.ids import ServiceTradeId


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What counts as equal. ``tax_tolerance`` in cents.

    ``number_prefix`` and ``moved_through`` (books closed through that day, dates moved) are the
    mapping's. What ServiceTrade changed within ``settle_seconds`` before the books were read may
    still be on its way: no error yet. Where no sync runs that is 0.
    """

    tax_tolerance: int = 2
    number_prefix: str = ""
    moved_through: date | None = None
    settle_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Tally:
    """How many findings of one kind, and what their invoices come to on each side, in cents."""

    findings: int = 0
    source_cents: int = 0
    books_cents: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """All findings, sorted by kind and date; each record of both populations is in one of them."""

    window: Window
    findings: tuple[Finding, ...]
    source_read: tuple[int, int]
    books_read: tuple[int, int]
    unreadable: int = 0

    def of(self, *kinds: Kind) -> tuple[Finding, ...]:
        """List the findings of these kinds."""
        return tuple(each for each in self.findings if each.kind in kinds)

    def tallies(self) -> dict[Kind, Tally]:
        """Add up each kind, those without a finding too."""
        sums = {kind: [0, 0, 0] for kind in Kind}
        for each in self.findings:
            row = sums[each.kind]
            row[0] += 1
            row[1] += each.source_cents
            row[2] += each.books_cents
        return {kind: Tally(*row) for kind, row in sums.items()}


def compare(
    source: Population[SourceRecord],
    books: Population[BooksRecord],
    *,
    window: Window,
    rules: Rules | None = None,
    deleted: Collection[ServiceTradeId] = (),
) -> Comparison:
    """Classify every record. Raise `ValueError` where an id stands twice in a population.

    ``deleted`` are invoices of ServiceTrade whose invoice in QuickBooks is known to be deleted.
    """
    told = rules or Rules()
    judge = _Judge(window, told, frozenset(deleted), books.read_from - told.settle_seconds)
    groups = pair(source.records, books.records, number_prefix=told.number_prefix)
    found = [judge.finding(group) for group in groups]
    return Comparison(
        window,
        tuple(sorted(found, key=_place)),
        (source.read_from, source.read_to),
        (books.read_from, books.read_to),
        source.unreadable + books.unreadable,
    )


@dataclass(frozen=True, slots=True)
class _Judge:
    window: Window
    rules: Rules
    deleted: frozenset[ServiceTradeId]
    settled_by: int

    def finding(self, group: Group) -> Finding:
        if not any(map(self.window.holds, _days(group.sources, group.books))):
            return Finding(Kind.OUTSIDE, group.sources, group.books, group.by)
        if len(group.sources) == 1 and group.by is not By.NUMBER_ALONE:
            return self._of_one(group.sources[0], group)
        if group.sources:
            return Finding(Kind.AMBIGUOUS, group.sources, group.books, group.by)
        is_ours = any(one.is_ours for one in group.books)
        kind = Kind.UNTRACEABLE if is_ours else Kind.FOREIGN
        return Finding(kind, (), group.books, None, (), group.resembles)

    def _of_one(self, source: SourceRecord, group: Group) -> Finding:
        live = [one for one in group.books if not one.is_void]
        if not live:
            return Finding(self._absent(source, group), group.sources, group.books, group.by)
        if len(live) > 1:
            return Finding(Kind.DOUBLE, group.sources, group.books, group.by)
        differing = differences(
            source,
            live[0],
            tax_tolerance=self.rules.tax_tolerance,
            moved_through=self.rules.moved_through,
        )
        if source.is_void:
            kind = self._unless_fresh(source, Kind.UNREVERSED)
        elif not differing:
            kind = Kind.MATCHED
        elif live[0].is_ours and source.updated > live[0].updated:
            kind = self._unless_fresh(source, Kind.STALE)
        else:
            kind = Kind.DIFFERING
        return Finding(kind, group.sources, group.books, group.by, differing)

    def _absent(self, source: SourceRecord, group: Group) -> Kind:
        if source.absence is not None:
            return Kind.ABSENT
        if group.books:
            return Kind.VOIDED
        if source.id in self.deleted:
            return Kind.DELETED
        return self._unless_fresh(source, Kind.MISSING)

    def _unless_fresh(self, source: SourceRecord, kind: Kind) -> Kind:
        return Kind.UNSETTLED if source.updated > self.settled_by else kind


_ORDER = {kind: place for place, kind in enumerate(Kind)}


def _place(finding: Finding) -> tuple[int, date, int, str]:
    """Sort by kind, then by day, then by the ids."""
    days = [day for day in _days(finding.sources, finding.books) if day is not None]
    first = finding.sources[0].id if finding.sources else 0
    other = finding.books[0].id.rjust(24) if finding.books else ""
    return _ORDER[finding.kind], min(days, default=date.min), first, other


def _days(sources: tuple[SourceRecord, ...], books: tuple[BooksRecord, ...]) -> list[date | None]:
    return [one.dated for one in sources] + [one.dated for one in books]
