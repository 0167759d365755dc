"""What is said of invoices that belong together, and of those that are alone."""

from datetime import date, timedelta
from typing import Any

import pytest

from invoicesync.domain.comparison import (
    ERRORS,
    Absence,
    Difference,
    Field,
    Kind,
    Rules,
    Tally,
)
from invoicesync.domain.ids import ServiceTradeId
from tests.unit.domain.comparison.invoices import (
    DAY,
    MONTH,
    READ_AT,
    booked,
    compared,
    expected,
    found,
    only,
    there,
    told,
    voided,
)

MARK = (ServiceTradeId(1), 0)
SOON = Rules(settle_seconds=900)
JUST_NOW = READ_AT - 600


def test_equal_invoices_match() -> None:
    finding = only(told(), booked())

    assert (finding.kind, finding.differences, finding.excess_cents) == (Kind.MATCHED, (), 0)
    assert finding.kind not in ERRORS


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"total": 61_360}, Difference(Field.AMOUNT, 48_000, 58_000, 10_000)),
        ({"total": 51_460, "tax": 3_460}, Difference(Field.TAX, 3_360, 3_460, 100)),
        ({"customer": there("Acme")}, Difference(Field.CUSTOMER, "Keystone Foods", "Acme")),
        (
            {"dated": DAY - timedelta(2)},
            Difference(Field.DATE, DAY, DAY - timedelta(2), -2),
        ),
        ({"dated": None}, Difference(Field.DATE, DAY, None)),
        ({"department": "East"}, Difference(Field.DEPARTMENT, "West", "East")),
    ],
)
def test_each_field_that_differs_is_named_and_by_how_much(
    changes: dict[str, Any], difference: Difference
) -> None:
    here: dict[str, Any] = {"department": "West"}

    finding = only(told(**here), booked(**(here | changes)))

    assert (finding.kind, finding.differences) == (Kind.DIFFERING, (difference,))


def test_tax_that_was_typed_as_part_of_the_amount_differs_twice_and_in_sum_not_at_all() -> None:
    finding = only(told(), booked(tax=0))

    assert [each.by for each in finding.differences] == [3_360, -3_360]
    assert finding.excess_cents == 0


def test_tax_within_tolerance_is_no_difference_and_its_cents_are_told() -> None:
    finding = only(told(), booked(total=51_362, tax=3_362))

    assert (finding.kind, finding.tax_cents, finding.excess_cents) == (Kind.MATCHED, 2, 2)
    assert only(told(), booked(total=51_363, tax=3_363)).differs_in(Field.TAX)
    assert only(told(), booked(total=51_363, tax=3_363)).tax_cents == 0
    assert only([], [booked()]).tax_cents == 0


def test_a_department_that_the_mapping_does_not_give_is_not_compared() -> None:
    assert only(told(), booked(department="East")).kind is Kind.MATCHED


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("West", "All:West"),
        ("All:West", "West"),
        ("West", "All:East:West"),
        ("All:East:West", "West"),
    ],
)
def test_a_department_may_be_shown_with_its_whole_path(ours: str, theirs: str) -> None:
    assert only(told(department=ours), booked(department=theirs)).kind is Kind.MATCHED


def test_an_invoice_whose_customer_is_unknown_differs_in_no_customer() -> None:
    assert only(told(customer=expected()), booked()).kind is Kind.MATCHED


def test_an_invoice_without_a_date_differs_in_no_date() -> None:
    assert only(told(dated=None), booked()).kind is Kind.MATCHED


@pytest.mark.parametrize(
    ("moved_through", "mark", "day", "kind"),
    [
        (DAY, MARK, DAY + timedelta(9), Kind.MATCHED),
        (DAY, MARK, DAY - timedelta(9), Kind.DIFFERING),
        (DAY, None, DAY + timedelta(9), Kind.DIFFERING),
        (DAY - timedelta(1), MARK, DAY + timedelta(9), Kind.DIFFERING),
        (None, MARK, DAY + timedelta(9), Kind.DIFFERING),
        (DAY, MARK, None, Kind.DIFFERING),
    ],
)
def test_a_date_that_the_loader_moved_out_of_closed_books_is_right(
    moved_through: date | None, mark: Any, day: date | None, kind: Kind
) -> None:
    rules = Rules(moved_through=moved_through)

    assert only(told(), booked(mark=mark, dated=day), rules=rules).kind is kind


def test_ours_is_stale_where_servicetrade_changed_later() -> None:
    changed = told(total=61_360, updated=1_700_000_101)

    assert only(changed, booked(mark=MARK)).kind is Kind.STALE
    assert only(told(total=61_360), booked(mark=MARK)).kind is Kind.DIFFERING
    assert only(changed, booked()).kind is Kind.DIFFERING


def test_what_is_to_be_there_and_is_not_is_missing_unless_its_end_is_known() -> None:
    assert only(told(), []).kind is Kind.MISSING
    assert only(told(), [], deleted=[1]).kind is Kind.DELETED
    assert only(told(), voided()).kind is Kind.VOIDED
    assert only(told(), voided(mark=MARK, number="")).kind is Kind.VOIDED


@pytest.mark.parametrize("absence", Absence)
def test_what_is_not_to_be_there_is_absent(absence: Absence) -> None:
    finding = only(told(absence=absence, why="why"), [])

    assert finding.kind is Kind.ABSENT
    assert finding.kind not in ERRORS
    assert finding.sources[0].obstacle == ""


def test_what_servicetrade_voided_must_not_live_in_quickbooks() -> None:
    source = told(absence=Absence.VOID, why="void")

    assert only(source, booked(mark=MARK)).kind is Kind.UNREVERSED
    assert only(source, booked()).kind is Kind.UNREVERSED
    assert only(source, voided(mark=MARK)).kind is Kind.ABSENT
    assert only(source, [booked(1, mark=MARK), booked(2, mark=MARK)]).kind is Kind.DOUBLE


def test_what_changed_just_now_may_still_be_on_its_way() -> None:
    fresh = told(updated=JUST_NOW)
    void = told(updated=JUST_NOW, absence=Absence.VOID)
    repriced = told(updated=JUST_NOW, total=61_360)

    assert only(fresh, [], rules=SOON).kind is Kind.UNSETTLED
    assert only(void, booked(mark=MARK), rules=SOON).kind is Kind.UNSETTLED
    assert only(repriced, booked(mark=MARK), rules=SOON).kind is Kind.UNSETTLED
    assert only(fresh, []).kind is Kind.MISSING
    assert only(told(updated=JUST_NOW - 301), [], rules=SOON).kind is Kind.MISSING


def test_a_mark_of_nothing_that_servicetrade_shows_is_untraceable() -> None:
    assert only([], booked(mark=MARK)).kind is Kind.UNTRACEABLE


def test_only_what_is_dated_outside_on_both_sides_is_outside() -> None:
    before, after = MONTH.first - timedelta(1), MONTH.last + timedelta(1)

    assert only(told(dated=before), []).kind is Kind.OUTSIDE
    assert only([], booked(dated=after)).kind is Kind.OUTSIDE
    assert only(told(dated=after), booked(dated=after)).kind is Kind.OUTSIDE
    assert only(told(dated=before), booked(dated=MONTH.first)).kind is Kind.DIFFERING
    assert only(told(dated=MONTH.last), booked(dated=after)).kind is Kind.DIFFERING


def test_the_one_invoice_of_a_finding_is_there_only_where_it_is_one() -> None:
    pair = only(told(), booked())
    several = only([told(1, number="1"), told(2, number="2")], booked(number="71"))

    assert pair.source == told()
    assert pair.live == (booked(),)
    assert several.source is None
    assert several.tax_cents == 0


def test_the_tallies_add_up_to_both_populations() -> None:
    sources = [
        told(1),
        told(2, number="2", total=900, tax=0),
        told(3, number="3", dated=date(2026, 1, 1)),
    ]
    books = [booked(1), booked(2, number="x", total=77), voided(3, number="y")]

    comparison = compared(sources, books)
    tallies = comparison.tallies()

    assert tallies[Kind.MATCHED] == Tally(1, 51_360, 51_360)
    assert tallies[Kind.MISSING] == Tally(1, 900, 0)
    assert tallies[Kind.FOREIGN] == Tally(2, 0, 77)
    assert tallies[Kind.STALE] == Tally()
    assert [each.kind for each in comparison.of(Kind.MATCHED, Kind.OUTSIDE)] == [
        Kind.MATCHED,
        Kind.OUTSIDE,
    ]


def test_a_comparison_says_what_was_read_and_when() -> None:
    comparison = compared([], [])

    assert comparison.window == MONTH
    assert comparison.source_read == (READ_AT - 60, READ_AT - 30)
    assert comparison.books_read == (READ_AT, READ_AT + 30)
    assert comparison.unreadable == 1


def test_what_stops_an_invoice_that_is_to_be_there_is_told() -> None:
    (finding,) = found(told(why="unmapped_item"), [])

    assert (finding.kind, finding.sources[0].obstacle) == (Kind.MISSING, "unmapped_item")
