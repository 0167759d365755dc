"""The parts of a report: the lists behind the bridge, and what else a month end asks for."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from invoicesync.domain.bridge import Row
from invoicesync.domain.bridging import money
from invoicesync.domain.comparison import (
    Absence,
)
from invoicesync.services.reconcile import month_end
from invoicesync.services.reconcile.material import Material
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
_LEFT_OUT = frozenset({Absence.VOID, Absence.NOT_AN_INVOICE})


def tables(
    material: Material, actions: Sequence[Action], reported: Mapping[str, int], today: date
) -> Iterator[Table]:
    """Yield every list, those without a row too.

    ``reported`` says when a month was first reported, by its name.
    """
    yield from map(_steps, material.bridge.differences)
    yield from map(_steps, material.bridge.decided)
    yield month_end.changed_after_payment(material.comparison)
    yield month_end.late(material, reported)
    yield month_end.not_ours(material)
    yield month_end.unbilled(material.audited.unbilled, today)
    yield month_end.number_gaps(material)
    yield month_end.done_by_hand(actions)


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
