"""From findings to the bridge: it closes over whatever the comparison can tell apart."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicesync.domain.bridge import Bridge, Cause, Step, Sum
from invoicesync.domain.bridging import Bridging, Standing
from invoicesync.domain.comparison import (
    Absence,
    BooksRecord,
    Population,
    Rules,
    SourceRecord,
)
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from tests.unit.domain.comparison.invoices import (
    DAY,
    READ_AT,
    booked,
    compared,
    expected,
    told,
    voided,
)
from tests.unit.domain.comparison.test_properties import SIDES, Sides

MARKED = (ServiceTradeId(1), 0)
NOVEMBER = date(2026, 11, 2)
RULES = Rules(number_prefix="P", settle_seconds=600)


def bridged(
    sources: Iterable[SourceRecord],
    books: Iterable[BooksRecord],
    *,
    standings: dict[int, Standing] | None = None,
    linked: Iterable[str] = (),
    also: Iterable[BooksRecord] = (),
    reported: Sum | None = None,
    **how: Any,
) -> Bridge:
    """Compare October and build its bridge; ``also`` was read, and never compared."""
    some, others = list(sources), list(books)
    bridging = Bridging(
        compared(some, others, **how),
        {ServiceTradeId(id_): standing for id_, standing in (standings or {}).items()},
        {ServiceTradeId(1): "as the ledger says"},
        frozenset(QuickBooksId(id_) for id_ in linked),
    )
    return bridging.bridge(
        Population(some, READ_AT, READ_AT),
        Population([*others, *also], READ_AT, READ_AT),
        reported,
    )


def only(bridge: Bridge) -> Step:
    (row,) = bridge.rows
    (step,) = row.steps
    return step


def taxed(sides: Sides, taxes: int) -> Sides:
    """Let the tax of invoices be a few cents off, as digits of a number say."""
    books = [
        replace(one, tax=off, total=one.total + off) if not one.is_void else one
        for at, one in enumerate(sides[1])
        for off in [(taxes // 5**at) % 5 - 2]
    ]
    return sides[0], books


STANDINGS = st.dictionaries(st.integers(1, 7), st.sampled_from(Standing), max_size=7)
LINKED = st.sets(st.integers(8, 14).map(str))


@settings(max_examples=150)
@given(SIDES, STANDINGS, LINKED, st.integers(0, 5**7))
def test_it_closes_over_whatever_the_comparison_can_tell_apart(
    sides: Sides, standings: dict[int, Standing], linked: set[str], taxes: int
) -> None:
    sources, books = taxed(sides, taxes)

    bridge = bridged(sources, books, standings=standings, linked=linked, rules=RULES, deleted=[1])

    assert bridge.closes
    assert bridge.sales.count == len(
        [one for one in books if not one.is_void and compared([], []).window.holds(one.dated)]
    )


@settings(max_examples=30)
@given(SIDES, st.integers(-99, 99).filter(bool))
def test_a_cent_that_the_comparison_never_saw_is_left_over(sides: Sides, planted: int) -> None:
    unseen = booked(99, total=planted, tax=0, mark=MARKED)

    bridge = bridged(*sides, rules=RULES, also=[unseen])

    assert bridge.unexplained == Sum(1, Decimal(planted) / 100)


def test_an_invoice_that_agrees_is_no_step() -> None:
    bridge = bridged([told()], [booked(mark=MARKED)])

    assert bridge.rows == ()
    assert bridge.actual == Sum(1, Decimal("513.60"))
    assert bridge.closes


def test_a_tax_within_tolerance_is_a_variance_of_its_cents() -> None:
    bridge = bridged([told()], [booked(mark=MARKED, total=51_361, tax=3_361)])

    assert only(bridge).cause is Cause.TAX_VARIANCE
    assert only(bridge).change == Sum(0, Decimal("0.01"))
    assert bridge.differences == ()


def test_a_tax_that_quickbooks_worked_out_otherwise_is_a_variance_too() -> None:
    step = only(bridged([told()], [booked(mark=MARKED, total=51_400, tax=3_400)]))

    assert step.cause is Cause.TAX_VARIANCE
    assert step.change == Sum(0, Decimal("0.40"))
    assert step.detail.endswith("tax: $33.60 in ServiceTrade, $34.00 in QuickBooks")


@pytest.mark.parametrize(
    ("absence", "cause"),
    [
        (Absence.BEFORE_GO_LIVE, Cause.BEFORE_GO_LIVE),
        (Absence.EXCLUDED, Cause.EXCLUDED),
        (Absence.ZERO, Cause.ZERO),
        (Absence.VOID, Cause.VOID),
        (Absence.WAITING, Cause.WAITING),
    ],
)
def test_what_is_not_to_be_there_is_a_step_by_its_reason(absence: Absence, cause: Cause) -> None:
    step = only(bridged([told(absence=absence, why="job_open")], []))

    assert (step.cause, step.change) == (cause, Sum(-1, Decimal("-513.60")))
    assert (step.number, step.customer, step.dated) == ("10482", "Keystone Foods", "2026-10-15")
    assert step.detail == "job open"


def test_what_is_no_invoice_of_a_customer_is_on_no_side() -> None:
    bridge = bridged([told(absence=Absence.NOT_AN_INVOICE)], [])

    assert bridge.source == Sum()
    assert bridge.rows == ()


def test_what_was_typed_before_go_live_is_sales_of_others_and_no_difference() -> None:
    bridge = bridged([told(absence=Absence.BEFORE_GO_LIVE)], [booked()])

    assert only(bridge).cause is Cause.BEFORE_GO_LIVE
    assert bridge.others == Sum(1, Decimal("513.60"))
    assert bridge.closes


def test_once_loaded_it_does_not_matter_that_it_would_not_go_today() -> None:
    bridge = bridged([told(absence=Absence.EXCLUDED)], [booked(mark=MARKED)])

    assert bridge.rows == ()
    assert bridge.closes


def test_what_somebody_else_entered_is_told_apart_until_it_is_adopted() -> None:
    step = only(bridged([told()], [booked()]))
    adopted = bridged([told()], [booked()], linked=["901"])

    assert (step.cause, step.change) == (Cause.BY_OTHERS, Sum(-1, Decimal("-513.60")))
    assert adopted.rows == ()
    assert adopted.actual == Sum(1, Decimal("513.60"))


@pytest.mark.parametrize(
    ("source", "books", "cause", "change"),
    [
        (told(), [], Cause.MISSING, Sum(-1, Decimal("-513.60"))),
        (told(), [voided(mark=MARKED)], Cause.VOIDED, Sum(-1, Decimal("-513.60"))),
        (
            told(),
            [booked(mark=MARKED, total=51_000)],
            Cause.DIFFERENT,
            Sum(0, Decimal("-3.60")),
        ),
        (
            told(updated=1_700_000_200),
            [booked(mark=MARKED, total=50_000)],
            Cause.STALE,
            Sum(0, Decimal("-13.60")),
        ),
        (
            told(),
            [booked(mark=MARKED), booked(902, mark=MARKED)],
            Cause.DUPLICATE,
            Sum(1, Decimal("513.60")),
        ),
        (
            told(),
            [booked(customer=expected("Other"), total=7)],
            Cause.AMBIGUOUS,
            Sum(-1, Decimal("-513.60")),
        ),
    ],
)
def test_a_difference_is_named_with_all_that_it_makes(
    source: SourceRecord, books: list[BooksRecord], cause: Cause, change: Sum
) -> None:
    bridge = bridged([source], books)

    assert (only(bridge).cause, only(bridge).change) == (cause, change)
    assert [row.cause for row in bridge.differences] == [cause]
    assert bridge.closes


def test_what_should_be_void_is_void_here_and_live_there() -> None:
    bridge = bridged([told(absence=Absence.VOID)], [booked(mark=MARKED)])

    assert [(row.cause, row.change) for row in bridge.rows] == [
        (Cause.VOID, Sum(-1, Decimal("-513.60"))),
        (Cause.UNREVERSED, Sum(1, Decimal("513.60"))),
    ]
    assert bridge.expected == Sum()
    assert bridge.closes


def test_what_was_deleted_there_is_named_so() -> None:
    assert only(bridged([told()], [], deleted=[1])).cause is Cause.DELETED


def test_what_changed_just_now_is_on_its_way() -> None:
    fresh = told(updated=int(READ_AT) - 5)

    bridge = bridged([fresh], [], rules=RULES)

    assert only(bridge).cause is Cause.ON_ITS_WAY
    assert bridge.differences == ()


def test_ours_without_an_invoice_in_servicetrade_is_named() -> None:
    step = only(bridged([], [booked(mark=(ServiceTradeId(77), 0))]))
    unmarked = only(bridged([], [booked()], linked=["901"]))

    assert (step.cause, step.change) == (Cause.ONLY_IN_QUICKBOOKS, Sum(1, Decimal("513.60")))
    assert step.servicetrade_id is None
    assert unmarked.cause is Cause.ONLY_IN_QUICKBOOKS


def test_what_has_nothing_to_do_with_us_is_sales_of_others() -> None:
    bridge = bridged([], [booked()], reported=Sum(1, Decimal("513.60")))

    assert bridge.rows == ()
    assert bridge.others == Sum(1, Decimal("513.60"))
    assert bridge.closes


@pytest.mark.parametrize(
    ("standing", "cause"),
    [
        (Standing.HELD, Cause.HELD),
        (Standing.ON_ITS_WAY, Cause.ON_ITS_WAY),
        (Standing.RESOLVED, Cause.RESOLVED),
        (Standing.ACCEPTED, Cause.ACCEPTED),
    ],
)
def test_what_is_in_front_of_somebody_already_is_no_difference(
    standing: Standing, cause: Cause
) -> None:
    other = booked(mark=MARKED, total=50_000)

    bridge = bridged([told()], [other], standings={1: standing})

    assert only(bridge).cause is cause
    assert only(bridge).change == Sum(0, Decimal("-13.60"))
    assert only(bridge).detail == (
        "as the ledger says; amount: $480.00 in ServiceTrade, $466.40 in QuickBooks"
    )
    assert bridge.differences == ()
    assert bridge.closes


def test_a_date_that_closed_books_moved_leads_into_another_period() -> None:
    moved = Rules(moved_through=DAY)

    out = bridged([told()], [booked(mark=MARKED, dated=NOVEMBER)], rules=moved)
    here = bridged([told(dated=date(2026, 9, 30))], [booked(mark=MARKED, dated=DAY)], rules=moved)

    assert (only(out).cause, only(out).change) == (
        Cause.OTHER_PERIOD,
        Sum(-1, Decimal("-513.60")),
    )
    assert only(here).change == Sum(1, Decimal("513.60"))
    assert out.closes
    assert here.closes


def test_what_is_dated_elsewhere_on_both_sides_is_in_no_bridge() -> None:
    later = DAY + timedelta(days=40)

    bridge = bridged([told(dated=later)], [booked(mark=MARKED, dated=later)])

    assert bridge.source == bridge.actual == Sum()


def test_a_difference_that_is_no_money_is_listed_all_the_same() -> None:
    step = only(bridged([told(department="West")], [booked(mark=MARKED)]))

    assert (step.cause, step.change) == (Cause.DIFFERENT, Sum(0, Decimal(0)))
    assert step.detail.endswith("department: West in ServiceTrade, none in QuickBooks")
