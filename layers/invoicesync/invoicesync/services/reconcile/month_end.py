"""What a month end asks for beside the bridge, each as a list."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from invoicesync.domain.bridging import money
from invoicesync.domain.comparison import Comparison, Finding, Kind
from invoicesync.domain.number_gaps import gaps
from invoicesync.domain.unbilled import UnbilledJob
from invoicesync.services.reconcile.material import Material
from invoicesync.services.report.model import Column, Table
from invoicesync.state.actions import Action

_INVOICE = (Column("Invoice"), Column("Customer"), Column("Dated"))
_CHANGED = frozenset({Kind.DIFFERING, Kind.STALE, Kind.UNREVERSED})


def changed_after_payment(comparison: Comparison) -> Table:
    """List what changed in ServiceTrade while something was applied to it in QuickBooks."""

    def is_paid(finding: Finding) -> bool:
        return any(one.balance < one.total for one in finding.live)

    return Table(
        "changed_after_payment",
        "Changed after a payment",
        "Something is applied to them in QuickBooks, and ServiceTrade says something else since.",
        (
            *_INVOICE,
            Column("ServiceTrade", is_number=True),
            Column("QuickBooks", is_number=True),
            Column("Still open", is_number=True),
        ),
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


def late(material: Material, reported: Mapping[str, int]) -> Table:
    """List what was made after its month had been reported; ``reported`` says when that was."""
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
        (*_INVOICE, Column("QuickBooks", is_number=True), Column("Made there")),
        tuple(sorted(rows, key=lambda row: (row[2], row[0]))),
    )


def not_ours(material: Material) -> Table:
    """List what others entered in QuickBooks."""
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
        (*_INVOICE, Column("QuickBooks", is_number=True), Column("Like ServiceTrade's")),
        tuple(
            (one.number, one.customer.name, _day(one.dated), money(one.total), like.get(one.id, ""))
            for one in sorted(material.books, key=lambda one: (_day(one.dated), one.number))
            if window.holds(one.dated) and not one.is_void and not material.bridging.is_ours(one)
        ),
    )


def unbilled(jobs: Sequence[UnbilledJob], today: date) -> Table:
    """List completed jobs without an invoice, with their age."""
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


def number_gaps(material: Material) -> Table:
    """List numbers that nobody bears."""
    window = material.comparison.window
    numbers = [one.number for one in material.sources if window.holds(one.dated)]
    return Table(
        "number_gaps",
        "Gaps in ServiceTrade's numbers",
        "Numbers that no invoice of the period bears: deleted, or dated elsewhere.",
        (Column("From"), Column("To"), Column("Numbers", is_number=True)),
        tuple((gap.first, gap.last, gap.count) for gap in gaps(numbers)),
    )


def done_by_hand(actions: Sequence[Action]) -> Table:
    """List what operators did."""
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
