"""The parts of a report: the lists behind the bridge, and what else a month end asks for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from invoicesync.domain.bridge import Bridge, Row
from invoicesync.domain.bridging import Bridging, money
from invoicesync.domain.comparison import (
    Absence,
    BooksRecord,
    Comparison,
    Finding,
    Kind,
    SourceRecord,
)
from invoicesync.domain.number_gaps import gaps
from invoicesync.domain.unbilled import UnbilledJob
from invoicesync.services.audit import Audited
from invoicesync.services.report.model import WORDS, Column, Day, HeldFor, Table
from invoicesync.state.actions import Action
from invoicesync.state.entry import Entry

_STEP = (
    Column("Invoice"),
    Column("Customer"),
    Column("Dated"),
    Column("ServiceTrade", is_number=True),
    Column("QuickBooks", is_number=True),
    Column("What is known"),
)
_CHANGED = frozenset({Kind.DIFFERING, Kind.STALE, Kind.UNREVERSED})
_LEFT_OUT = frozenset({Absence.VOID, Absence.NOT_AN_INVOICE})


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


def tables(
    material: Material, actions: Sequence[Action], reported: Mapping[str, int], today: date
) -> Iterator[Table]:
    """Yield every list, those without a row too.

    ``reported`` says when a month was first reported, by its name.
    """
    yield from map(_steps, material.bridge.differences)
    yield from map(_steps, material.bridge.decided)
    yield _changed_after_payment(material.comparison)
    yield _late(material, reported)
    yield _not_ours(material)
    yield _unbilled(material.audited.unbilled, today)
    yield _gaps(material)
    yield _actions(actions)


def days(material: Material) -> tuple[Day, ...]:
    """Add up both books day by day; a day on which neither has anything is a day of nothing."""
    window = material.comparison.window
    here: defaultdict[date, int] = defaultdict(int)
    there: defaultdict[date, int] = defaultdict(int)
    for one in material.sources:
        if one.dated is not None and one.absence not in _LEFT_OUT:
            here[one.dated] += one.total
    for each in material.books:
        if each.dated is not None and not each.is_void and material.bridging.is_ours(each):
            there[each.dated] += each.total
    span = range(window.first.toordinal(), window.last.toordinal() + 1)
    return tuple(
        Day(day, money(here[day]), money(there[day])) for day in map(date.fromordinal, span)
    )


def held_for(entries: Iterable[Entry]) -> tuple[HeldFor, ...]:
    """Add up what is held by its reason, the most money first."""
    sums: defaultdict[str, list[Decimal]] = defaultdict(list)
    for entry in entries:
        sums[entry.reason].append(Decimal(entry.shown.get("total") or entry.total or "0"))
    found = [HeldFor(reason, len(some), sum(some, Decimal(0))) for reason, some in sums.items()]
    return tuple(sorted(found, key=lambda each: (-each.amount, each.reason)))


def _steps(row: Row) -> Table:
    words = WORDS[row.cause]
    return Table(
        row.cause.value,
        f"{words.label[0].upper()}{words.label[1:]}",
        words.says,
        _STEP,
        tuple(
            (
                step.number or str(step.servicetrade_id or ""),
                step.customer,
                step.dated,
                step.source,
                step.books,
                step.detail,
            )
            for step in row.steps
        ),
    )


def _changed_after_payment(comparison: Comparison) -> Table:
    def is_paid(finding: Finding) -> bool:
        return any(one.balance < one.total for one in finding.live)

    return Table(
        "changed_after_payment",
        "Changed after a payment",
        "Something is applied to them in QuickBooks, and ServiceTrade says something else since.",
        (*_STEP[:5], Column("Still open", is_number=True)),
        tuple(
            (
                one.number,
                one.customer.name,
                _day(one.dated),
                money(finding.source_cents),
                money(one.total),
                money(one.balance),
            )
            for finding in comparison.findings
            if finding.kind in _CHANGED and is_paid(finding)
            for one in finding.live
        ),
    )


def _late(material: Material, reported: Mapping[str, int]) -> Table:
    window = material.comparison.window
    rows = [
        (one.number, one.customer.name, _day(one.dated), money(one.total), _moment(one.created))
        for one in material.books
        if window.holds(one.dated) and material.bridging.is_ours(one) and not one.is_void
        if one.created > reported.get(_day(one.dated)[:7], one.created)
    ]
    return Table(
        "late",
        "Posted late",
        "Made in QuickBooks after the month that they are dated in had been reported.",
        (*_STEP[:3], Column("QuickBooks", is_number=True), Column("Made there")),
        tuple(sorted(rows, key=lambda row: (row[2], row[0]))),
    )


def _not_ours(material: Material) -> Table:
    window = material.comparison.window
    like = {
        one.id: str(finding.resembles)
        for finding in material.comparison.of(Kind.FOREIGN)
        if finding.resembles is not None
        for one in finding.books
    }
    return Table(
        "not_ours",
        "QuickBooks invoices not made by us",
        "Entered by people or by other programs. What may be a second copy names its original.",
        (*_STEP[:3], Column("QuickBooks", is_number=True), Column("Like ServiceTrade's")),
        tuple(
            (one.number, one.customer.name, _day(one.dated), money(one.total), like.get(one.id, ""))
            for one in sorted(material.books, key=lambda one: (_day(one.dated), one.number))
            if window.holds(one.dated) and not one.is_void and not material.bridging.is_ours(one)
        ),
    )


def _unbilled(jobs: Sequence[UnbilledJob], today: date) -> Table:
    return Table(
        "unbilled",
        "Work that was never invoiced",
        "Jobs completed in the period without a final invoice, by ServiceTrade's own word.",
        (
            Column("Job"),
            Column("Customer"),
            Column("What"),
            Column("Completed"),
            Column("Days ago", is_number=True),
            Column("Estimate", is_number=True),
        ),
        tuple(
            (
                job.number or str(job.id),
                job.customer,
                job.name,
                _day(job.completed),
                (today - job.completed).days,
                "none" if job.estimate is None else money(job.estimate),
            )
            for job in jobs
        ),
    )


def _gaps(material: Material) -> Table:
    window = material.comparison.window
    numbers = [one.number for one in material.sources if window.holds(one.dated)]
    return Table(
        "number_gaps",
        "Gaps in ServiceTrade's numbers",
        "Numbers that no invoice of the period bears: deleted, or dated elsewhere.",
        (Column("From"), Column("To"), Column("Numbers", is_number=True)),
        tuple((gap.first, gap.last, gap.count) for gap in gaps(numbers)),
    )


def _actions(actions: Sequence[Action]) -> Table:
    return Table(
        "actions",
        "What operators did",
        "Every command that changed something, from the first day of the period until today.",
        (
            Column("When"),
            Column("Who"),
            Column("What"),
            Column("Invoices", is_number=True),
            Column("Why"),
        ),
        tuple(
            (_moment(each.at), each.actor, each.what, len(each.invoices), each.note)
            for each in sorted(actions, key=lambda each: each.at)
        ),
    )


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _moment(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M} UTC"
