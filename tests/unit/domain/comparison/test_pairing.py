"""Which invoices of the two sides belong together."""

from datetime import timedelta
from typing import Any

import pytest

from invoicesync.domain.comparison import DAYS_APART, Absence, By, Finding, Kind, Party, Rules
from invoicesync.domain.ids import ServiceTradeId
from tests.unit.domain.comparison.invoices import (
    DAY,
    booked,
    expected,
    found,
    only,
    there,
    told,
    voided,
)

MARK = (ServiceTradeId(1), 0)


def kinds(findings: list[Finding]) -> list[Kind]:
    return [each.kind for each in findings]


def test_a_mark_says_whose_invoice_it_is_whatever_else_it_holds() -> None:
    renumbered = booked(mark=MARK, number="A-1", customer=there("Other"), total=100, tax=0)

    finding = only(told(), renumbered)

    assert (finding.kind, finding.by) == (Kind.DIFFERING, By.MARK)


def test_a_marked_invoice_is_never_taken_for_another_one_of_its_number() -> None:
    findings = found([told(1), told(2)], booked(mark=MARK))

    assert kinds(findings) == [Kind.MATCHED, Kind.MISSING]


def test_a_number_pairs_where_the_customer_agrees() -> None:
    finding = only(told(), booked(total=61_360))

    assert (finding.kind, finding.by) == (Kind.DIFFERING, By.NUMBER)


def test_a_number_pairs_where_the_total_agrees() -> None:
    finding = only(told(), booked(customer=there("Keystone Foods of Ohio")))

    assert (finding.kind, finding.by) == (Kind.DIFFERING, By.NUMBER)


def test_a_number_alone_is_shown_to_a_person_and_is_no_pair() -> None:
    finding = only(told(), booked(customer=there("Somebody Else"), total=100))

    assert (finding.kind, finding.by) == (Kind.AMBIGUOUS, By.NUMBER_ALONE)


def test_a_number_alone_means_nothing_to_an_invoice_that_is_not_to_be_there() -> None:
    waiting = told(absence=Absence.WAITING, why="job_open")

    findings = found(waiting, booked(customer=there("Somebody Else"), total=100))

    assert kinds(findings) == [Kind.FOREIGN, Kind.ABSENT]


def test_numbers_are_the_same_whatever_their_case_spacing_and_prefix() -> None:
    one = told(1, number="a-17", customer=expected("One"))
    two = told(2, number="18", customer=expected("Two"))
    books = [
        booked(1, number=" A-17", customer=there("One")),
        booked(2, number="ST-18", customer=there("Two")),
    ]

    findings = found([one, two], books, rules=Rules(number_prefix="st-"))

    assert [(each.kind, each.by) for each in findings] == [(Kind.MATCHED, By.NUMBER)] * 2


def test_two_invoices_of_one_number_are_told_apart_by_their_customers() -> None:
    sources = [told(1, customer=expected("One")), told(2, customer=expected("Two"), total=900)]
    books = [booked(1, customer=there("Two"), total=900), booked(2, customer=there("One"))]

    findings = found(sources, books)

    assert [(each.sources[0].id, each.books[0].id) for each in findings] == [(1, "2"), (2, "1")]


@pytest.mark.parametrize("days", [-DAYS_APART, 0, DAYS_APART])
def test_customer_and_total_pair_within_three_days(days: int) -> None:
    finding = only(told(), booked(number="2071", dated=DAY + timedelta(days)))

    assert (finding.kind is Kind.MATCHED, finding.by) == (days == 0, By.CONTENT)


@pytest.mark.parametrize(
    "changes",
    [
        {"dated": DAY + timedelta(DAYS_APART + 1)},
        {"dated": None},
        {"total": 51_361},
        {"customer": there("Keystone Steel")},
    ],
)
def test_without_the_number_all_three_must_agree(changes: dict[str, Any]) -> None:
    findings = found(told(), booked(number="2071", **changes))

    assert kinds(findings) == [Kind.MISSING, Kind.FOREIGN]


def test_of_two_alike_nobody_guesses_which_is_which() -> None:
    sources = [told(1, number="1"), told(2, number="2")]

    finding = only(sources, [booked(1, number="71"), booked(2, number="72")])

    assert (finding.kind, finding.by) == (Kind.AMBIGUOUS, By.CONTENT)
    assert (len(finding.sources), len(finding.books)) == (2, 2)


def test_what_two_have_in_common_joins_them_only_if_the_other_side_has_it_too() -> None:
    """Alike, but a week apart: each has its own counterpart."""
    sources = [told(1, number="1"), told(2, number="2", dated=DAY + timedelta(7))]
    books = [booked(1, number="71"), booked(2, number="72", dated=DAY + timedelta(7))]

    assert kinds(found(sources, books)) == [Kind.MATCHED, Kind.MATCHED]


def test_a_chain_of_likenesses_is_one_question() -> None:
    sources = [told(1, number="1"), told(2, number="2", dated=DAY + timedelta(6))]

    finding = only(sources, booked(1, number="71", dated=DAY + timedelta(3)))

    assert (finding.kind, len(finding.sources), len(finding.books)) == (Kind.AMBIGUOUS, 2, 1)


def test_two_of_one_number_and_customer_are_a_double() -> None:
    finding = only(told(), [booked(1), booked(2, dated=DAY + timedelta(5))])

    assert (finding.kind, finding.by) == (Kind.DOUBLE, By.NUMBER)


def test_what_was_typed_beside_ours_under_its_number_is_a_double() -> None:
    finding = only(told(), [booked(1, mark=MARK), booked(2)])

    assert (finding.kind, finding.by, finding.excess_cents) == (Kind.DOUBLE, By.MARK, 51_360)


def test_a_copy_of_two_marked_invoices_of_one_number_belongs_to_neither() -> None:
    books = [booked(1, mark=MARK), booked(2, mark=(ServiceTradeId(2), 0)), booked(3)]

    findings = found([told(1), told(2)], books)

    assert kinds(findings) == [Kind.MATCHED, Kind.MATCHED, Kind.FOREIGN]
    assert findings[2].resembles == 1


def test_a_likeness_under_another_number_is_foreign_and_says_what_it_may_copy() -> None:
    copy = booked(2, number="2071", dated=DAY + timedelta(2))

    findings = found(told(), [booked(1, mark=MARK), copy])

    assert kinds(findings) == [Kind.MATCHED, Kind.FOREIGN]
    assert findings[1].resembles == 1


def test_a_foreign_invoice_that_is_like_nothing_resembles_nothing() -> None:
    others = [booked(2, number="2071", total=900), voided(3, number="2072"), booked(4, total=9)]

    findings = found(told(total=900), [booked(1, total=900, mark=MARK), *others[1:]])

    assert [each.resembles for each in findings[1:]] == [None] * len(findings[1:])


def test_what_was_voided_and_typed_anew_is_paired_with_the_living() -> None:
    finding = only(told(), [voided(1, mark=MARK), booked(2, number="2071")])

    assert (finding.kind, finding.by) == (Kind.MATCHED, By.CONTENT)
    assert [one.id for one in finding.books] == ["1", "2"]


def test_a_voided_invoice_that_is_nothing_of_ours_is_no_double() -> None:
    assert only(told(), [booked(1), voided(2)]).kind is Kind.MATCHED


def test_a_voided_stranger_of_the_same_number_leaves_an_invoice_missing() -> None:
    findings = found(told(), voided(customer=there("Somebody Else")))

    assert kinds(findings) == [Kind.MISSING, Kind.FOREIGN]


def test_what_is_void_gives_way_to_the_invoice_that_was_made_in_its_place() -> None:
    sources = [told(1, absence=Absence.VOID, why="void"), told(2)]

    assert kinds(found(sources, booked())) == [Kind.MATCHED, Kind.ABSENT]
    assert kinds(found(sources, booked(number="2071"))) == [Kind.MATCHED, Kind.ABSENT]


def test_what_is_void_is_never_found_by_its_content() -> None:
    source = told(absence=Absence.VOID, why="void")

    assert kinds(found(source, booked(number="2071"))) == [Kind.FOREIGN, Kind.ABSENT]


def test_a_vendor_bill_has_nothing_to_do_with_an_invoice_of_its_number() -> None:
    bill = told(absence=Absence.NOT_AN_INVOICE, why="vendor_bill")

    assert kinds(found(bill, booked())) == [Kind.FOREIGN, Kind.ABSENT]


def test_what_stands_in_quickbooks_too_early_is_paired_all_the_same() -> None:
    waiting = told(absence=Absence.WAITING, why="job_open")

    assert only(waiting, booked()).kind is Kind.MATCHED
    assert only(waiting, booked(number="2071")).kind is Kind.MATCHED


def test_invoices_without_numbers_are_not_paired_by_that() -> None:
    findings = found(told(number=""), booked(number="", dated=None))

    assert kinds(findings) == [Kind.MISSING, Kind.FOREIGN]


def test_an_invoice_that_was_read_twice_is_no_population() -> None:
    with pytest.raises(ValueError, match="invoice 1 was read twice"):
        found([told(1), told(1)], [])
    with pytest.raises(ValueError, match="invoice 901 was read twice"):
        found([], [booked(), booked()])


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        (expected("Acme"), there("ACME "), True),
        (expected("Acme"), there("Acme", "Main St"), True),
        (expected("Acme", "Main St"), there("Acme"), True),
        (expected("Acme", "Main St"), there("Acme", "Main St"), True),
        (expected("Acme", "Main St"), there("Main St"), True),
        (expected("Acme"), there("Holding", "Acme"), True),
        (expected("Acme", "Main St"), there("Acme", "Elm St"), False),
        (expected("Acme", "Main St"), there("Other", "Elm St"), False),
        (expected("Acme"), there("Acme West"), False),
        (expected("Acme", ids=("7",)), there("Acme West", id_="7"), True),
        (expected(ids=("7",)), there("Acme", id_="8"), False),
        (expected(), there(), False),
    ],
)
def test_a_customer_is_its_sub_customer_and_one_of_these_is_not_the_other(
    ours: Party, theirs: Party, *, same: bool
) -> None:
    assert ours.is_same_as(theirs) is same
