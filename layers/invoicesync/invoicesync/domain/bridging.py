"""From what the comparison found, and what people and the ledger say of it, to the bridge.

Where an invoice agrees, nothing is counted; where it is not to be in QuickBooks, or is missing
there, all of it; where tax was worked out otherwise, the difference of the taxes. What remains is
in front of somebody by name, with all that it makes the two ends differ by.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from invoicesync.domain.bridge import Bridge, Cause, Step, Sum, build
from invoicesync.domain.comparison import (
    Absence,
    BooksRecord,
    Comparison,
    Difference,
    Field,
    Finding,
    Kind,
    Population,
    SourceRecord,
)
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.money import dollars


class Standing(StrEnum):
    """How the ledger has an invoice of which the books do not agree."""

    ON_ITS_WAY = "on_its_way"
    HELD = "held"
    RESOLVED = "resolved"
    ACCEPTED = "accepted"


_BY_STANDING = {
    Standing.ON_ITS_WAY: Cause.ON_ITS_WAY,
    Standing.HELD: Cause.HELD,
    Standing.RESOLVED: Cause.RESOLVED,
    Standing.ACCEPTED: Cause.ACCEPTED,
}
_BY_ABSENCE = {
    Absence.BEFORE_GO_LIVE: Cause.BEFORE_GO_LIVE,
    Absence.EXCLUDED: Cause.EXCLUDED,
    Absence.NOT_AN_INVOICE: Cause.EXCLUDED,
    Absence.ZERO: Cause.ZERO,
    Absence.WAITING: Cause.WAITING,
    Absence.VOID: Cause.VOID,
}
_BY_KIND = {
    Kind.DIFFERING: Cause.DIFFERENT,
    Kind.STALE: Cause.STALE,
    Kind.MISSING: Cause.MISSING,
    Kind.DOUBLE: Cause.DUPLICATE,
    Kind.AMBIGUOUS: Cause.AMBIGUOUS,
    Kind.VOIDED: Cause.VOIDED,
    Kind.DELETED: Cause.DELETED,
    Kind.UNREVERSED: Cause.UNREVERSED,
    Kind.UNTRACEABLE: Cause.ONLY_IN_QUICKBOOKS,
    Kind.FOREIGN: Cause.ONLY_IN_QUICKBOOKS,
    Kind.UNSETTLED: Cause.ON_ITS_WAY,
    Kind.MATCHED: Cause.OTHER_PERIOD,
    Kind.ABSENT: Cause.ONLY_IN_QUICKBOOKS,
    Kind.OUTSIDE: Cause.OTHER_PERIOD,
}


@dataclass(frozen=True, slots=True)
class Bridging:
    """What a bridge is built from.

    ``standings`` are of invoices whose books do not agree, ``details`` what the ledger says of
    them, and ``linked`` invoices of QuickBooks that bear no mark of ours and were adopted.
    """

    comparison: Comparison
    standings: Mapping[ServiceTradeId, Standing]
    details: Mapping[ServiceTradeId, str]
    linked: Collection[QuickBooksId] = ()

    def bridge(
        self,
        source: Population[SourceRecord],
        books: Population[BooksRecord],
        reported: Sum | None = None,
    ) -> Bridge:
        """Build the bridge between two populations that were compared.

        ``reported`` is what QuickBooks' own report says, those of no amount not counted.
        """
        window = self.comparison.window
        live = [one for one in books.records if not one.is_void and window.holds(one.dated)]
        if reported is not None:
            reported += Sum(len([one for one in live if not one.total]))
        return build(
            source=[
                money(one.total)
                for one in source.records
                if window.holds(one.dated) and one.absence is not Absence.NOT_AN_INVOICE
            ],
            steps=self.steps(),
            ours=[money(one.total) for one in live if self.is_ours(one)],
            others=[money(one.total) for one in live if not self.is_ours(one)],
            reported=reported,
        )

    def is_ours(self, one: BooksRecord) -> bool:
        """Say whether we made it, or linked it."""
        return one.is_ours or one.id in self.linked

    def steps(self) -> Iterator[Step]:
        """Yield what each invoice adds on the way."""
        for finding in self.comparison.findings:
            yield from self._steps(finding)

    def _steps(self, finding: Finding) -> Iterator[Step]:
        window = self.comparison.window
        sources = [one for one in finding.sources if one.absence is not Absence.NOT_AN_INVOICE]
        there = [one for one in finding.live if self.is_ours(one)]
        begin = [money(one.total) for one in sources if window.holds(one.dated)]
        end = [money(one.total) for one in there if window.holds(one.dated)]
        if not begin and not end:
            return
        only = finding.source
        is_void = only is not None and only.absence is Absence.VOID
        if only is not None and only.absence is not None and begin and (is_void or not there):
            yield _step(_BY_ABSENCE[only.absence], -1, -begin.pop(), finding, only.why)
        if not begin and not end:
            return
        if finding.kind is Kind.MATCHED and len(begin) == len(end) == 1:
            if finding.tax_cents:
                yield _step(Cause.TAX_VARIANCE, 0, money(finding.tax_cents), finding)
        else:
            cause = self._cause(finding, there)
            net = sum(end, Decimal(0)) - sum(begin, Decimal(0))
            taxes = money(sum(each.by for each in finding.differences))
            change = taxes if cause is Cause.TAX_VARIANCE else net
            count = len(end) - len(begin)
            yield _step(cause, count, change, finding, self._detail(finding))

    def _cause(self, finding: Finding, there: list[BooksRecord]) -> Cause:
        standings = {self.standings.get(one.id) for one in finding.sources}
        if len(standings) == 1 and (standing := standings.pop()) is not None:
            return _BY_STANDING[standing]
        if finding.kind is Kind.DIFFERING and _is_tax_alone(finding, there):
            return Cause.TAX_VARIANCE
        if finding.live and finding.sources and not there and finding.kind in _ONE_AND_ONE:
            return Cause.BY_OTHERS
        return _BY_KIND[finding.kind]

    def _detail(self, finding: Finding) -> str:
        told = [self.details.get(one.id, "") for one in finding.sources]
        return "; ".join(part for part in (*told, *map(_worded, finding.differences)) if part)


_ONE_AND_ONE = frozenset({Kind.MATCHED, Kind.DIFFERING})


def money(cents: int) -> Decimal:
    """Write cents as dollars, exactly."""
    return Decimal(cents).scaleb(-2)


def _is_tax_alone(finding: Finding, there: list[BooksRecord]) -> bool:
    """A tax that QuickBooks worked out otherwise stays: it is listed, and never sent again."""
    return bool(there) and {each.field for each in finding.differences} == {Field.TAX}


def _step(cause: Cause, count: int, amount: Decimal, finding: Finding, detail: str = "") -> Step:
    source = finding.sources[0] if finding.sources else None
    shown = source or finding.books[0]
    numbers = [one.number for one in finding.sources] + [one.number for one in finding.books]
    return Step(
        cause=cause,
        change=Sum(count, amount),
        servicetrade_id=None if source is None else source.id,
        number=", ".join(dict.fromkeys(filter(None, numbers))),
        customer=shown.customer.name,
        dated="" if shown.dated is None else shown.dated.isoformat(),
        source=money(finding.source_cents),
        books=money(sum(one.total for one in finding.live)),
        detail=detail.replace("_", " "),
    )


def _worded(one: Difference) -> str:
    here, there = _value(one.field, one.source), _value(one.field, one.books)
    return f"{one.field}: {here} in ServiceTrade, {there} in QuickBooks"


def _value(field: Field, value: object) -> str:
    if isinstance(value, int) and field in {Field.AMOUNT, Field.TAX}:
        return dollars(money(value))
    return str(value or "none")
