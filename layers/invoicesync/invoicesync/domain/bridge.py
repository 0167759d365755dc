"""The bridge from ServiceTrade to QuickBooks: every step by name, and what no step explains.

Both ends are added up from the two populations alone, and every step from what was found out about
single invoices, each by its own measure: a tax variance counts the difference of the taxes, and two
invoices that agree count nothing. So a cent that nobody accounted for, and an invoice that was
counted twice or never, is left over at the end instead of vanishing in a row.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.money import ZERO, total


class Cause(StrEnum):
    """Why the two ends of the bridge differ by an invoice, in the order in which people read it."""

    BEFORE_GO_LIVE = "before_go_live"
    EXCLUDED = "excluded"
    ZERO = "zero"
    VOID = "void"
    WAITING = "waiting"
    ON_ITS_WAY = "on_its_way"
    HELD = "held"
    RESOLVED = "resolved"
    TAX_VARIANCE = "tax_variance"
    ACCEPTED = "accepted"
    MISSING = "missing"
    DELETED = "deleted"
    VOIDED = "voided"
    STALE = "stale"
    DIFFERENT = "different"
    UNREVERSED = "unreversed"
    DUPLICATE = "duplicate"
    AMBIGUOUS = "ambiguous"
    BY_OTHERS = "by_others"
    OTHER_PERIOD = "other_period"
    ONLY_IN_QUICKBOOKS = "only_in_quickbooks"


EXPECTED = frozenset(
    {
        Cause.BEFORE_GO_LIVE,
        Cause.EXCLUDED,
        Cause.ZERO,
        Cause.VOID,
        Cause.WAITING,
        Cause.ON_ITS_WAY,
        Cause.HELD,
        Cause.RESOLVED,
        Cause.TAX_VARIANCE,
        Cause.ACCEPTED,
    }
)
"""Causes that the rules or a person decided: they lead to what is expected in QuickBooks."""


@dataclass(frozen=True, slots=True)
class Sum:
    """A number of invoices and what they come to."""

    count: int = 0
    amount: Decimal = ZERO

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.count + other.count, self.amount + other.amount)

    def __sub__(self, other: "Sum") -> "Sum":
        return Sum(self.count - other.count, self.amount - other.amount)

    @property
    def is_nothing(self) -> bool:
        """Say whether it is no invoice and no cent."""
        return not self.count and not self.amount


@dataclass(frozen=True, slots=True)
class Step:
    """What one invoice adds on the way from ServiceTrade to QuickBooks, and why.

    ``change`` is signed: an invoice that does not go is one less, a tax variance is money alone.
    ``source`` and ``books`` are what it comes to on either side, whatever its date there.
    """

    cause: Cause
    change: Sum
    servicetrade_id: ServiceTradeId | None = None
    number: str = ""
    customer: str = ""
    dated: str = ""
    source: Decimal = ZERO
    books: Decimal = ZERO
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """All steps of one cause."""

    cause: Cause
    change: Sum
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Bridge:
    """Both ends and the rows between.

    ``decided`` lead from ``source`` to ``expected``, ``differences`` from there to ``actual``: each
    of those is in front of somebody. ``reported`` is what QuickBooks' own report says of all sales,
    None where it was not asked.
    """

    source: Sum
    decided: tuple[Row, ...]
    expected: Sum
    differences: tuple[Row, ...]
    actual: Sum
    unexplained: Sum
    others: Sum
    sales: Sum
    reported: Sum | None = None

    @property
    def unreported(self) -> Sum:
        """What QuickBooks' own report has beyond what was read; nothing where it was not asked."""
        return Sum() if self.reported is None else self.reported - self.sales

    @property
    def closes(self) -> bool:
        """Say whether nothing is left over at either end, to the cent."""
        return self.unexplained.is_nothing and self.unreported.is_nothing

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every row, in the order in which people read it."""
        return (*self.decided, *self.differences)


def build(
    *,
    source: Iterable[Decimal],
    steps: Iterable[Step],
    ours: Iterable[Decimal],
    others: Iterable[Decimal] = (),
    reported: Sum | None = None,
) -> Bridge:
    """Build the bridge between the amounts of the two populations, over ``steps``.

    ``source`` are all invoices of ServiceTrade that are dated in the period, ``ours`` and
    ``others`` the live ones of QuickBooks that are.
    """
    by_cause: defaultdict[Cause, list[Step]] = defaultdict(list)
    for step in steps:
        by_cause[step.cause].append(step)
    rows = [_row(cause, by_cause[cause]) for cause in Cause if cause in by_cause]
    decided = tuple(row for row in rows if row.cause in EXPECTED)
    differences = tuple(row for row in rows if row.cause not in EXPECTED)
    begin, actual, strangers = _sum(source), _sum(ours), _sum(others)
    expected = _over(begin, decided)
    return Bridge(
        source=begin,
        decided=decided,
        expected=expected,
        differences=differences,
        actual=actual,
        unexplained=actual - _over(expected, differences),
        others=strangers,
        sales=actual + strangers,
        reported=reported,
    )


def _row(cause: Cause, steps: Sequence[Step]) -> Row:
    ordered = sorted(steps, key=lambda step: (step.dated, step.number, step.detail))
    return Row(cause, _over(Sum(), ordered), tuple(ordered))


def _over(begin: Sum, changes: Sequence[Row | Step]) -> Sum:
    amounts = [each.change.amount for each in changes]
    return begin + Sum(sum(each.change.count for each in changes), total(amounts))


def _sum(amounts: Iterable[Decimal]) -> Sum:
    listed = list(amounts)
    return Sum(len(listed), total(listed))
