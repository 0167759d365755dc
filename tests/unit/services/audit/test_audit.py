"""Both books read and compared, and nothing written to either."""

from dataclasses import replace
from datetime import date
from typing import Any, cast

import pytest

from invoicesync.adapters.quickbooks.population import QuickBooksInvoices
from invoicesync.domain.comparison import Absence, By, Kind, Rules
from invoicesync.errors import TransientReadError
from invoicesync.services.audit import Audit, ListNeverWholeError, rules_of
from tests.unit.domain.invoices import NOON, a_mapping
from tests.unit.services.audit.books import DAY, WINDOW, Books

FAR = NOON + 60 * DAY


@pytest.fixture
def books() -> Books:
    return Books()


def kinds(audited: Any) -> list[Kind]:
    return [each.kind for each in audited.comparison.findings]


def test_equal_books_agree_and_nothing_is_found(books: Books) -> None:
    for number in range(7):
        books.invoice(number)
        books.typed(number)

    audited = books.audit()

    assert kinds(audited) == [Kind.MATCHED] * 7
    assert not audited.is_found


def test_nothing_is_written(books: Books) -> None:
    books.invoice(0)
    books.typed(1)
    before = books.world.writes

    books.audit()

    assert books.world.writes == before
    assert set(books.world.company.calls.counts) == {"query", "status 200"}


def test_what_is_missing_double_different_and_foreign_is_found(books: Books) -> None:
    for number in range(3):
        books.invoice(number)
    books.typed(1)
    books.typed(1)
    books.typed(2, amount=490)
    books.typed(77, amount=99)

    audited = books.audit()

    assert kinds(audited) == [Kind.DIFFERING, Kind.MISSING, Kind.DOUBLE, Kind.FOREIGN]
    assert [each.excess_cents for each in audited.comparison.findings] == [
        1_000,
        -48_000,
        48_000,
        9_900,
    ]
    assert audited.is_found


def test_an_invoice_is_found_by_its_number_whenever_it_is_dated(books: Books) -> None:
    books.invoice()
    books.typed(TxnDate="2026-06-30")

    (finding,) = books.audit().comparison.findings

    assert (finding.kind, finding.by) == (Kind.DIFFERING, By.NUMBER)


def test_a_prefix_may_have_been_typed_or_not(books: Books) -> None:
    books.invoice(0)
    books.invoice(1)
    books.typed(0, DocNumber="ST-10482", TxnDate="2026-06-30")
    books.typed(1, TxnDate="2026-06-30")

    assert kinds(books.audit(rules=Rules(number_prefix="ST-"))) == [Kind.DIFFERING] * 2


def test_of_two_of_one_number_each_is_looked_for(books: Books) -> None:
    books.invoice(0)
    other = {"id": 8, "name": "Acme"}
    books.invoice(1, invoiceNumber="10482", customer=other, totalPrice=77, subtotal=77)
    books.typed(0, TxnDate="2026-06-30")

    assert kinds(books.audit()) == [Kind.DIFFERING, Kind.MISSING]


def test_a_number_of_long_ago_that_has_nothing_else_in_common_is_left_alone(books: Books) -> None:
    books.invoice()
    other = str(books.world.company.create("Customer", {"DisplayName": "Other"})["Id"])
    books.typed(amount=7, CustomerRef={"value": other}, TxnDate="2026-06-30")

    assert kinds(books.audit()) == [Kind.MISSING]


def test_a_mark_leads_back_to_an_invoice_that_is_dated_elsewhere(books: Books) -> None:
    id_ = books.invoice(transactionDate=FAR)
    books.typed(PrivateNote=f"[st:{id_}.0]")

    (finding,) = books.audit().comparison.findings

    assert (finding.kind, finding.by) == (Kind.DIFFERING, By.MARK)


def test_ours_that_somebody_dated_elsewhere_is_found_by_its_number(books: Books) -> None:
    id_ = books.invoice()
    books.invoice(1)
    books.typed(PrivateNote=f"[st:{id_}.0]", TxnDate="2026-06-30")
    books.typed(1, PrivateNote="[st:4711.0]", TxnDate="2026-06-30")

    assert kinds(books.audit()) == [Kind.DIFFERING, Kind.MISSING]


def test_a_mark_of_an_invoice_that_is_gone_is_untraceable(books: Books) -> None:
    books.typed(PrivateNote="[st:4711.0]")

    assert kinds(books.audit()) == [Kind.UNTRACEABLE]


def test_what_the_caller_knows_to_be_deleted_is_told_as_deleted(books: Books) -> None:
    id_ = books.invoice()

    assert kinds(books.audit(deleted=[id_])) == [Kind.DELETED]


def test_an_invoice_without_a_number_is_not_looked_for_by_it(books: Books) -> None:
    books.invoice(invoiceNumber="", refNumber="")

    assert kinds(books.audit()) == [Kind.MISSING]


def test_dispatch_is_asked_with_the_job_of_each_invoice(books: Books) -> None:
    books.invoice()
    books.source.job_rows[50]["status"] = "scheduled"

    (finding,) = books.audit().comparison.findings

    assert (finding.kind, finding.sources[0].absence) == (Kind.ABSENT, Absence.WAITING)


def test_work_that_was_never_invoiced_is_listed_by_age(books: Books) -> None:
    job: dict[str, Any] = {
        "id": 9,
        "number": 9009,
        "name": "Leak",
        "status": "completed",
        "customer": {"id": 7, "name": "Keystone Foods"},
        "completedOn": NOON,
        "estimatedPrice": 250,
    }
    books.jobs.rows = [
        job,
        job | {"id": 8, "completedOn": NOON - DAY, "estimatedPrice": None, "customer": None},
        job | {"id": 7, "status": "canceled"},
        job | {"id": 6, "completedOn": None},
    ]

    audited = books.audit()

    assert [(each.id, each.completed, each.estimate) for each in audited.unbilled] == [
        (8, date(2026, 12, 1), None),
        (9, date(2026, 12, 2), 25_000),
    ]
    assert audited.is_found
    assert books.jobs.asked == [(1_796_083_200, 1_796_083_200 + 31 * DAY - 1)]


def test_without_a_list_of_jobs_nothing_is_said_of_unbilled_work(books: Books) -> None:
    audit = Audit(source=books.reading(), books=books.shelf())

    assert audit(WINDOW).unbilled == ()


def test_a_row_without_an_id_is_counted_and_is_something_to_look_at(books: Books) -> None:
    books.invoice()
    books.typed()
    books.source.rows.append(books.source.rows[0] | {"id": None})

    audited = books.audit()

    assert (audited.comparison.unreadable, audited.is_found) == (1, True)


def test_a_list_that_lost_a_row_between_two_pages_is_read_again(books: Books) -> None:
    for number in range(4):
        books.invoice(number)
        books.typed(number)
    lost = iter([True])
    books.source.bend = lambda page: (
        replace(page, rows=page.rows[1:]) if next(lost, False) else page
    )

    assert kinds(books.audit()) == [Kind.MATCHED] * 4


def test_without_a_count_a_list_is_whole_once_a_reading_shows_nothing_new(books: Books) -> None:
    books.invoice()
    books.source.counts = lambda _: None

    assert len(books.reading().read(WINDOW).records) == 1
    assert books.source.calls.count("page 1 of 2") == 2


def test_a_list_that_never_is_whole_is_no_list(books: Books) -> None:
    books.invoice()
    books.source.counts = lambda count: count + 1

    with pytest.raises(ListNeverWholeError, match="5 readings"):
        books.reading().read(WINDOW)


def test_a_page_that_cannot_be_read_is_read_in_parts_and_what_is_left_is_counted(
    books: Books,
) -> None:
    ids = [books.invoice(number) for number in range(3)]
    books.source.broken = {ids[1]}

    population = books.reading().read(WINDOW)

    assert (len(population.records), population.unreadable) == (2, 1)


def test_rows_that_move_up_while_quickbooks_is_read_are_not_passed_over(books: Books) -> None:
    """Deleted on the first page after that was read: the second begins one row further on."""
    ids = [books.typed(number) for number in range(7)]
    pages = books.shelf(page_size=3).books.dated(WINDOW.first, WINDOW.last)
    seen = {row["Id"] for row in next(pages)}
    for gone in ids[:2]:
        books.world.people.delete("Invoice", gone)

    seen |= {row["Id"] for page in pages for row in page}

    assert seen == set(ids)


def test_rows_that_never_stand_still_end_the_reading() -> None:
    class Restless:
        def __init__(self) -> None:
            self.asked = 0

        def query(self, entity: str, **how: Any) -> list[dict[str, Any]]:
            del entity
            self.asked += 1
            return [{"Id": f"{self.asked}.{row}"} for row in range(how["limit"])]

    shelf = QuickBooksInvoices(cast("Any", Restless()), page_size=2)

    with pytest.raises(TransientReadError, match="faster than they are read"):
        list(shelf.dated(WINDOW.first, WINDOW.last))


def test_an_invoice_of_quickbooks_without_an_id_is_counted(books: Books) -> None:
    shelf = books.shelf()

    class Odd:
        def dated(self, first: date, last: date) -> list[list[dict[str, Any]]]:
            return [[{"DocNumber": f"{first} {last}"}]]

        def numbered(self, numbers: list[str]) -> list[list[dict[str, Any]]]:
            return [[{"DocNumber": number} for number in numbers]]

    odd = replace(shelf, books=cast("Any", Odd()))

    assert odd.read(WINDOW).unreadable == 1
    assert odd.numbered(["1"]) == []


def test_the_mapping_says_what_counts_as_equal() -> None:
    closed = date(2026, 11, 30)
    usual = rules_of(a_mapping(), closed_through=closed, settle_seconds=900)
    other = rules_of(
        a_mapping(
            tax={"authority": "servicetrade"},
            closed_period="first_open_day",
            document_number={"prefix": "ST-"},
        ),
        closed_through=closed,
        settle_seconds=0,
    )

    assert usual == Rules(tax_tolerance=2, settle_seconds=900)
    assert other == Rules(tax_tolerance=0, number_prefix="ST-", moved_through=closed)
