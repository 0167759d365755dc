"""The bridge closes over whatever was found out, and shows the cent nobody accounts for."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from invoicesync.domain.bridge import EXPECTED, Bridge, Cause, Step, Sum, build
from invoicesync.domain.ids import ServiceTradeId

CENTS = st.integers(-10_000_000, 10_000_000).map(lambda cents: Decimal(cents) / 100)


@dataclass(frozen=True)
class Case:
    """One invoice: what ServiceTrade has, what QuickBooks has of it, and what is known of both."""

    source: tuple[Decimal, ...]
    ours: tuple[Decimal, ...]
    step: Step | None


def step(cause: Cause, count: int, amount: Decimal, id_: int = 1) -> Step:
    return Step(cause, Sum(count, amount), ServiceTradeId(id_), str(id_))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    one, other = draw(CENTS), draw(CENTS)
    cause = draw(st.sampled_from([None, *Cause]))
    match cause:
        case None:
            return Case((one,), (one,), None)
        case Cause.DUPLICATE:
            return Case((one,), (one, other), step(cause, 1, other))
        case Cause.ONLY_IN_QUICKBOOKS:
            return Case((), (other,), step(cause, 1, other))
        case Cause.TAX_VARIANCE | Cause.ACCEPTED | Cause.DIFFERENT | Cause.STALE:
            return Case((one,), (other,), step(cause, 0, other - one))
        case _:
            return Case((one,), (), step(cause, -1, -one))


def over(known: Sequence[Case], reported: Sum | None = None) -> Bridge:
    return build(
        source=[amount for case in known for amount in case.source],
        ours=[amount for case in known for amount in case.ours],
        steps=[case.step for case in known if case.step],
        reported=reported,
    )


@settings(max_examples=50)
@given(st.lists(cases(), max_size=30))
def test_it_closes_over_whatever_is_accounted_for(known: list[Case]) -> None:
    bridge = over(known)

    assert bridge.closes
    assert bridge.unexplained == Sum(0, Decimal("0.00"))
    steps = [row.change for row in bridge.rows]
    assert bridge.source.amount + sum((each.amount for each in steps), Decimal(0)) == (
        bridge.actual.amount
    )
    assert bridge.source.count + sum(each.count for each in steps) == bridge.actual.count


@settings(max_examples=50)
@given(
    st.lists(cases(), max_size=30),
    st.integers(-500, 500).filter(bool).map(lambda cents: Decimal(cents) / 100),
)
def test_money_that_nobody_accounts_for_is_left_over_to_the_cent(
    known: list[Case], planted: Decimal
) -> None:
    unequal = Case((Decimal("100.00"),), (Decimal("100.00") + planted,), None)

    bridge = over([*known, unequal])

    assert not bridge.closes
    assert bridge.unexplained == Sum(0, planted)


@settings(max_examples=50)
@given(st.lists(cases(), max_size=30), cases())
def test_an_invoice_that_was_never_counted_or_counted_twice_is_left_over(
    known: list[Case], case: Case
) -> None:
    if case.step is None or case.step.change.is_nothing:
        case = Case((Decimal(5),), (), step(Cause.MISSING, -1, Decimal(-5)))
    assert case.step is not None

    never = over([*known, Case(case.source, case.ours, None)])
    twice = over([*known, case, Case((), (), case.step)])

    assert never.unexplained == case.step.change
    assert twice.unexplained == Sum() - case.step.change


def test_two_wrongs_of_opposite_sign_do_not_make_it_close() -> None:
    bridge = build(source=[Decimal(5), Decimal(0)], ours=[Decimal(5)], steps=[])

    assert bridge.unexplained == Sum(-1, Decimal("0.00"))
    assert not bridge.closes


def test_what_was_decided_leads_to_what_is_expected_and_the_rest_to_what_is_there() -> None:
    known = [
        Case((Decimal(10),), (), step(Cause.WAITING, -1, Decimal(-10))),
        Case((Decimal(7),), (), step(Cause.MISSING, -1, Decimal(-7))),
        Case((Decimal(3),), (Decimal(3),), None),
    ]

    bridge = over(known)

    assert [row.cause for row in bridge.decided] == [Cause.WAITING]
    assert [row.cause for row in bridge.differences] == [Cause.MISSING]
    assert bridge.expected == Sum(2, Decimal("10.00"))
    assert bridge.actual == Sum(1, Decimal("3.00"))


def test_rows_come_in_the_order_in_which_people_read_them_and_list_their_steps_by_date() -> None:
    late = Step(Cause.HELD, Sum(-1, Decimal(-1)), number="2", dated="2026-10-02")
    early = Step(Cause.HELD, Sum(-1, Decimal(-1)), number="9", dated="2026-10-01")
    twice = Step(Cause.DUPLICATE, Sum(1, Decimal(1)))

    bridge = build(source=[], ours=[], steps=[twice, late, early])

    assert [row.cause for row in bridge.rows] == [Cause.HELD, Cause.DUPLICATE]
    assert bridge.rows[0].steps == (early, late)
    assert {row.cause for row in bridge.decided} <= EXPECTED


def test_it_does_not_close_where_quickbooks_own_report_has_more_than_was_read() -> None:
    known = [Case((Decimal(5),), (Decimal(5),), None)]

    unequal = over(known, reported=Sum(2, Decimal(9)))
    equal = over(known, reported=Sum(1, Decimal(5)))

    assert unequal.unreported == Sum(1, Decimal(4))
    assert not unequal.closes
    assert equal.closes
    assert over(known).unreported.is_nothing


def test_invoices_of_others_are_sales_and_never_ours() -> None:
    bridge = build(source=[], ours=[], steps=[], others=[Decimal(4), Decimal(6)])

    assert bridge.others == Sum(2, Decimal(10))
    assert bridge.sales == Sum(2, Decimal(10))
    assert bridge.closes
