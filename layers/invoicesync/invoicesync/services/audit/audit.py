"""The use case: read both sides, look further for what seems alone, compare."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from invoicesync.domain.comparison import (
    ERRORS,
    BooksRecord,
    Comparison,
    Kind,
    Population,
    Rules,
    SourceRecord,
    Window,
    compare,
)
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_values import key
from invoicesync.domain.money import to_cents
from invoicesync.domain.unbilled import UnbilledJob, read_unbilled
from invoicesync.ports import UnbilledJobs
from invoicesync.services.audit.reading import BooksReading, SourceReading, midnight


@dataclass(frozen=True, slots=True)
class Audited:
    """What came of it: the comparison of what was read, and the work that was never invoiced."""

    comparison: Comparison
    source: Population[SourceRecord]
    books: Population[BooksRecord]
    unbilled: tuple[UnbilledJob, ...] = ()

    @property
    def is_found(self) -> bool:
        """Say whether there is anything for a person to look at."""
        errs = any(
            each.kind in ERRORS or each.resembles is not None for each in self.comparison.findings
        )
        return errs or bool(self.unbilled) or bool(self.comparison.unreadable)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Compares the books over a window of invoice dates. Reads, and nothing else.

    ServiceTrade is read first: whatever is synced meanwhile is in QuickBooks when that is read, and
    its mark leads back to ServiceTrade. Without ``jobs`` nothing is said of unbilled work.
    """

    source: SourceReading
    books: BooksReading
    rules: Rules = field(default_factory=Rules)
    jobs: UnbilledJobs | None = None

    def __call__(self, window: Window, *, deleted: Collection[ServiceTradeId] = ()) -> Audited:
        """Compare; ``deleted`` as in `compare`."""
        source, books = self.source.read(window), self.books.read(window)
        source = self._with_marked(source, books)
        first = self._compare(source, books, window, deleted)
        further = self._elsewhere(first)
        if further:
            books = replace(books, records=[*books.records, *further])
            first = self._compare(source, books, window, deleted)
        return Audited(first, source, books, self._unbilled(window))

    def _compare(
        self,
        source: Population[SourceRecord],
        books: Population[BooksRecord],
        window: Window,
        deleted: Collection[ServiceTradeId],
    ) -> Comparison:
        return compare(source, books, window=window, rules=self.rules, deleted=deleted)

    def _with_marked(
        self, source: Population[SourceRecord], books: Population[BooksRecord]
    ) -> Population[SourceRecord]:
        """Read the invoices whose marks stand in QuickBooks and whose dates lie elsewhere."""
        known = {each.id for each in source.records}
        marked = {each.mark[0] for each in books.records if each.mark} - known
        return replace(source, records=[*source.records, *self.source.named(sorted(marked))])

    def _elsewhere(self, comparison: Comparison) -> list[BooksRecord]:
        """Look for what is missing under its number: it may be dated far away."""
        missing: dict[str, list[SourceRecord]] = {}
        for each in comparison.of(Kind.MISSING, Kind.DELETED):
            if number := key(each.sources[0].number):
                missing.setdefault(number, []).append(each.sources[0])
        if not missing:
            return []
        known = {one.id for each in comparison.findings for one in each.books}
        prefix = self.rules.number_prefix
        numbers = sorted(one.number for some in missing.values() for one in some)
        # Who types an invoice may leave the prefix out.
        asked = {*numbers, *(f"{prefix}{number}" for number in numbers)}
        found = self.books.numbered(sorted(asked))
        return [
            one
            for one in found
            if one.id not in known
            and any(
                _may_be(source, one)
                for source in missing.get(key(one.number).removeprefix(key(prefix)), ())
            )
        ]

    def _unbilled(self, window: Window) -> tuple[UnbilledJob, ...]:
        if self.jobs is None:
            return ()
        rows = self.jobs.unbilled(
            midnight(window.first), midnight(window.last + timedelta(days=1)) - 1
        )
        found = [job for row in rows if (job := read_unbilled(row)) is not None]
        return tuple(sorted(found, key=lambda job: (job.completed, job.id)))


def rules_of(mapping: Mapping, *, closed_through: date | None, settle_seconds: int) -> Rules:
    """Say what counts as equal under a mapping; ``closed_through`` is QuickBooks' closing date."""
    tax = mapping.tax
    moves = mapping.closed_period == "first_open_day"
    return Rules(
        tax_tolerance=0 if tax.authority == "servicetrade" else to_cents(tax.tolerance),
        number_prefix=mapping.document_number.prefix,
        moved_through=closed_through if moves else None,
        settle_seconds=settle_seconds,
    )


def _may_be(source: SourceRecord, one: BooksRecord) -> bool:
    """Say whether an invoice of the same number and another time is the one that is missed."""
    if one.mark is not None:
        return one.mark[0] == source.id
    return one.customer.is_same_as(source.customer) or one.total == source.total
