"""The auditor of QuickBooks speaks: each breach of the sync's is committed in real books."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.quickbooks.company import Company
from sandbox.quickbooks.people import People
from tests.simulation.books_auditor import BooksAuditor
from tests.simulation.people import line_of, open_lists
from tests.simulation.violations import Violations


class Books:
    """A company, its staff, and a sync that may do anything."""

    def __init__(self) -> None:
        self.company = Company(clock=lambda: 1_796_209_200.0)
        open_lists(self.company, with_customers=True)
        self.found = Violations(lambda: 0.0, lambda _: None)
        self.staff = People(self.company)
        self._keys = 0
        BooksAuditor(self.company, self.found, lambda _: None)

    def sync(self, operation: str = "create", **fields: Any) -> str:
        """Write as the sync does: under a key of its own."""
        self._keys += 1
        if "Id" in fields:
            token = self.company.read("Invoice", fields["Id"])["SyncToken"]
            fields = {"SyncToken": token, "sparse": True, **fields}
        else:
            fields = {"CustomerRef": {"value": "1"}, "Line": lines(1), **fields}
        written: Any = self.company.write(operation, "Invoice", fields, key=f"k{self._keys}")
        return str(written.body["Id"])

    @property
    def kinds(self) -> list[str]:
        return [violation.kind for violation in self.found.found]


def lines(version: int) -> list[dict[str, Any]]:
    told = line_of(version, 2)
    return [
        {
            "Amount": 240,
            "Description": told["description"],
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
        }
    ]


MARK = "Job 1\n[st:7.0]"


@pytest.fixture
def books() -> Books:
    return Books()


def test_what_the_sync_may_do_is_not_told(books: Books) -> None:
    made = books.sync(PrivateNote=MARK)
    books.staff.edit("Invoice", made, {"PrivateNote": f"{MARK}\nseen 1 ok"})
    books.sync("update", Id=made, Line=lines(2))
    books.staff.void("Invoice", made)
    books.sync(PrivateNote="[st:7.1]")
    assert books.kinds == []


def test_an_invoice_without_a_mark_is_told(books: Books) -> None:
    books.sync()
    assert books.kinds == ["unmarked"]


def test_a_second_invoice_of_ours_under_one_number_is_told(books: Books) -> None:
    first = books.sync(PrivateNote="[st:7.0]", DocNumber="Inv-1")
    books.staff.edit("Invoice", first, {"DocNumber": "P-1"})
    books.sync(PrivateNote="[st:8.0]", DocNumber="INV-1")
    assert books.kinds == []
    books.sync(PrivateNote="[st:9.0]", DocNumber="inv-1")
    assert books.kinds == ["number_twice"]


def test_a_second_live_invoice_for_one_is_told(books: Books) -> None:
    books.sync(PrivateNote=MARK)
    books.sync(PrivateNote=MARK)
    assert books.kinds == ["duplicate"]


def test_a_change_of_what_is_not_ours_is_told(books: Books) -> None:
    typed = books.staff.type_invoice("1", "9")["Id"]
    books.sync("update", Id=typed, Line=lines(1))
    assert books.kinds == ["foreign"]


def test_an_older_revision_over_a_newer_one_is_told(books: Books) -> None:
    made = books.sync(PrivateNote=MARK, Line=lines(2))
    books.sync("update", Id=made, Line=lines(1))
    assert books.kinds == ["older_over_newer"]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"DueDate": "2027-03-01"}, {"DueDate": "2027-02-01"}),
        ({"PrivateNote": f"{MARK}\nseen 1 ok"}, {"PrivateNote": MARK}),
    ],
)
def test_a_persons_words_that_are_overwritten_are_told(
    books: Books, theirs: dict[str, Any], ours: dict[str, Any]
) -> None:
    made = books.sync(PrivateNote=MARK, DueDate="2027-01-01")
    books.staff.edit("Invoice", made, theirs)
    books.sync("update", Id=made, **ours)
    assert books.kinds == ["person_overwritten"]


@pytest.mark.parametrize(
    "change",
    [
        lambda books, made: books.sync("update", Id=made, Line=lines(2)),
        lambda books, made: books.sync("void", Id=made),
    ],
)
def test_money_that_moves_under_a_payment_is_told(
    books: Books, change: Callable[[Books, str], object]
) -> None:
    made = books.sync(PrivateNote=MARK)
    books.staff.pay(made, 10)
    change(books, made)
    assert books.kinds == ["paid_changed"]
