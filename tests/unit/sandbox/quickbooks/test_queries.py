"""The query language, its answers and its faults."""

from typing import Any

import pytest

from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.company import Company
from tests.unit.sandbox.quickbooks.world import Client, Open, invoice, line, refused

INVOICES = "select * from Invoice"


@pytest.fixture
def filled(company: Company) -> Company:
    for number, customer, day, amount in (
        ("A-1", "1", "2026-01-05", "10.00"),
        ("A-2", "1", "2026-02-05", "20.00"),
        ("B-1", "2", "2026-02-06", "30.00"),
    ):
        company.create(
            "Invoice", invoice(line(amount), customer=customer, DocNumber=number, TxnDate=day)
        )
    company.create("Invoice", invoice(TxnDate="2026-03-01"))
    return company


def numbers(company: Company, rest: str) -> list[Any]:
    found = company.query(f"{INVOICES} {rest}")
    return [row.body.get("DocNumber") for row in found.rows]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("where DocNumber = 'A-1'", ["A-1"]),
        ("WHERE DocNumber = 'a-1'", ["A-1"]),
        ("where docnumber IN ('A-1', 'B-1', 'ZZ') orderby Id", ["A-1", "B-1"]),
        ("where DocNumber like 'A%' order by TxnDate desc", ["A-2", "A-1"]),
        ("where CustomerRef = '2'", ["B-1"]),
        ("where CustomerRef = '1' and TxnDate >= '2026-02-01' and TxnDate < '2026-02-28'", ["A-2"]),
        ("where TxnDate = '2026-02-06'", ["B-1"]),
        ("where Balance > '15' and Balance <= '30.00' orderby Balance", ["A-2", "B-1"]),
        ("where TotalAmt != '100' orderby Id startposition 2 maxresults 1", ["A-2"]),
        ("where Id = '2'", ["A-2"]),
        ("where Id in ('1','3') orderby Id desc", ["B-1", "A-1"]),
        ("where DocNumber = ' '", [None]),
        ("where TxnDate > CURRENT_DATE", []),
        ("where MetaData.CreateTime > '2026-09-21T14:13:19Z' and Id = '1'", ["A-1"]),
        ("where MetaData.LastUpdatedTime > '2026-09-21T07:13:20-07:00'", []),
        ("where Metadata.LastUpdatedTime >= '2026-09-21' and Id = '1'", ["A-1"]),
        ("", [None, "B-1", "A-2", "A-1"]),
    ],
)
def test_a_condition_selects(filled: Company, where: str, expected: list[object]) -> None:
    assert numbers(filled, where) == expected


def test_transactions_come_newest_date_first(company: Company) -> None:
    for day in ("2026-02-01", "2026-03-01", "2026-01-01"):
        company.create("Invoice", invoice(TxnDate=day))

    found = company.query(INVOICES)

    assert [row.identity for row in found.rows] == ["2", "1", "3"]


def test_an_apostrophe_is_escaped_with_a_backslash(company: Company) -> None:
    company.create("Customer", {"DisplayName": "Amy's \\ Sons"})

    found = company.query(r"select * from Customer where DisplayName = 'Amy\'s \\ Sons'")

    assert len(found.rows) == 1
    with refused("4000"):
        company.query("select * from Customer where DisplayName = 'Amy''s'")


@pytest.mark.parametrize(
    "statement",
    [
        "select * from Invoice where Balance > 0",
        "select DocNumber from Invoice",
        "select * from Invoice where DocNumber = 'A' or DocNumber = 'B'",
        "select * from Invoice where not DocNumber = 'A'",
        "select * from Invoice group by DocNumber",
        'select * from Invoice where DocNumber = "A"',
        "select * from Invoice where DocNumber = 'A",
        "select * from Invoice where DocNumber 'A'",
        "select * from Invoice startposition 0",
        "update Invoice",
        "",
    ],
)
def test_what_is_no_statement_is_refused_with_4000(company: Company, statement: str) -> None:
    with refused("4000", "QueryParserError"):
        company.query(statement)


def test_the_refusal_tells_what_was_met_and_where(company: Company) -> None:
    with refused("4000", 'Encountered " <IDENTIFIER> "TxnDate "" at line 1, column 29'):
        company.query("select * from Invoice order TxnDate")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("select * from Custmoer", "invalid context declaration: Custmoer"),
        ("select * from invoice", "invalid context declaration: invoice"),
        (
            "select * from Purchase where NoSuchField = 'x'",
            "Property NoSuchField not found for Entity Purchase",
        ),
        ("select * from Invoice where DepartmentRef = '1'", "property 'DepartmentRef' is not"),
        ("select * from Invoice where PrivateNote = 'x'", "property 'PrivateNote' is not"),
        ("select * from Invoice where Id > '1'", "only the operators"),
        ("select * from Invoice where TxnDate > 'soon'", "not valid"),
        ("select * from Invoice orderby CustomerRef", "not sortable"),
    ],
)
def test_what_can_not_be_asked_is_refused_with_4001(
    company: Company, statement: str, words: str
) -> None:
    with refused("4001", words):
        company.query(statement)


def test_inactive_entries_are_hidden_until_asked_for(company: Company) -> None:
    company.update("Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})

    assert len(company.query("select * from Customer").rows) == 1
    assert len(company.query("select * from Customer where Active in (true, false)").rows) == 2
    assert len(company.query("select * from Customer where Active = false").rows) == 1


def test_a_hundred_rows_come_by_default_and_a_thousand_at_most(company: Company) -> None:
    for number in range(1001):
        company.create("Term", {"Name": f"T{number}", "DueDays": 1})

    assert len(company.query("select * from Term").rows) == 100
    assert len(company.query("select * from Term maxresults 5000").rows) == 1000
    assert company.query("select count(*) from Term").response() == {"totalCount": 1001}


def test_an_answer_counts_its_own_rows_and_none_is_empty(filled: Company) -> None:
    client = Client(filled)

    found = client.query("select * from Invoice where CustomerRef = '1' maxresults 2")

    assert found["startPosition"] == 1
    assert found["maxResults"] == len(found["Invoice"]) == 2
    assert client.query("select * from Invoice where DocNumber = 'none'") == {}


def test_a_query_may_be_posted_as_text(filled: Company) -> None:
    client = Client(filled)

    answer = client.session.post(
        f"{client.base}/query",
        data="select * from Invoice where DocNumber = 'A-1'",
        headers={"Content-Type": "application/text"},
    )

    assert answer.json()["QueryResponse"]["Invoice"][0]["DocNumber"] == "A-1"


def test_a_query_sees_a_new_object_only_after_the_lag(opened: Open) -> None:
    company = opened(index_lag_seconds=30)
    assert isinstance(company.clock, VirtualClock)
    company.clock.advance(60)
    made = company.create("Invoice", invoice(DocNumber="A"))

    assert numbers(company, "where DocNumber = 'A'") == []
    assert company.read("Invoice", made["Id"])["DocNumber"] == "A"
    company.clock.advance(30)
    assert numbers(company, "where DocNumber = 'A'") == ["A"]


def test_a_query_sees_the_old_version_during_the_lag(opened: Open) -> None:
    company = opened(index_lag_seconds=30)
    assert isinstance(company.clock, VirtualClock)
    made = company.create("Invoice", invoice(DocNumber="A"))
    company.clock.advance(60)
    company.update(
        "Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "DocNumber": "B"}
    )

    assert numbers(company, "where DocNumber in ('A', 'B')") == ["A"]
    company.clock.advance(30)
    assert numbers(company, "where DocNumber in ('A', 'B')") == ["B"]


def test_a_customers_default_tax_code_shows_in_reads_not_in_queries(company: Company) -> None:
    prefs = {"TaxPrefs": {"TaxGroupCodeRef": {"value": "2"}}}
    company.update("Preferences", {"Id": "1", "SyncToken": "0", "sparse": True, **prefs})

    queried = company.query("select * from Customer where Id = '1'").rows[0].body

    assert company.read("Customer", "1")["DefaultTaxCodeRef"] == {"value": "2"}
    assert "DefaultTaxCodeRef" not in queried
