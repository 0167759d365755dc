"""A document as the JSON that QuickBooks takes."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicesync.domain.document import Address, Document, Line, Reference
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.rendering import (
    Resolved,
    encode,
    marker,
    merge_note,
    read_marker,
    render,
    sparse,
)
from invoicesync.domain.transform import transform
from tests.unit.domain.invoices import a_mapping, a_source

MARK = marker(ServiceTradeId(101), 0)
LABOR = Reference(name="Labor")


@pytest.fixture
def document() -> Document:
    made = transform(a_source(), a_mapping()).document
    assert made is not None
    return made


def resolved(document: Document) -> Resolved:
    return Resolved(
        customer_id="7",
        item_ids={line.item: "1" for line in document.lines if line.item},
        class_ids={"Mechanical": "5000000000000000001"},
        term_id="3",
        department_id="2",
        custom_field_ids={"P.O. Number": "1"},
    )


def test_a_document_is_rendered_field_by_field(document: Document) -> None:
    body = render(document, resolved(document), mark=MARK)

    assert body == {
        "DocNumber": "10482",
        "TxnDate": "2026-12-02",
        "DueDate": "2027-01-01",
        "CustomerRef": {"value": "7"},
        "SalesTermRef": {"value": "3"},
        "DepartmentRef": {"value": "2"},
        "PrivateNote": "Job 9001 · PO 77\n[st:101.0]",
        "CustomerMemo": {"value": "Thank you."},
        "ShipAddr": {
            "Line1": "1 Test Way",
            "City": "Pittsburgh",
            "CountrySubDivisionCode": "PA",
            "PostalCode": "15201",
        },
        "ShipFromAddr": {
            "Line1": "9 Mill Street",
            "City": "Pittsburgh",
            "CountrySubDivisionCode": "PA",
            "PostalCode": "15203",
        },
        "Line": [
            {
                "DetailType": "SalesItemLineDetail",
                "Description": "Labor",
                "Amount": Decimal("480.00"),
                "SalesItemLineDetail": {
                    "ItemRef": {"value": "1"},
                    "Qty": Decimal(4),
                    "UnitPrice": Decimal(120),
                    "TaxCodeRef": {"value": "TAX"},
                    "ClassRef": {"value": "5000000000000000001"},
                    "ServiceDate": "2026-12-01",
                },
            }
        ],
    }


def test_what_a_document_does_without_is_not_sent(document: Document) -> None:
    bare = replace(
        document,
        due_date=None,
        term=None,
        department=None,
        ship_to=None,
        ship_from=None,
        note="",
        memo="",
        lines=(Line("Labor", Decimal(10), item=LABOR), Line("see report", Decimal(0))),
    )

    body = render(bare, Resolved("7", {LABOR: "1"}), mark=MARK)

    assert set(body) == {
        *("DocNumber", "TxnDate", "CustomerRef", "PrivateNote", "CustomerMemo", "Line")
    }
    assert (body["PrivateNote"], body["CustomerMemo"]) == (MARK, {"value": ""})
    assert body["Line"][0]["SalesItemLineDetail"] == {"ItemRef": {"value": "1"}}
    assert body["Line"][1] == {
        "DetailType": "DescriptionOnly",
        "Description": "see report",
        "DescriptionLineDetail": {},
    }


def test_what_only_some_documents_ask_for_is_sent(document: Document) -> None:
    asked = replace(
        document,
        custom_fields=(("P.O. Number", "77"),),
        tax_override=Decimal("0.00"),
        online_payment=False,
        bill_to=Address("9 Main", "Erie", "PA", "16501"),
        bill_email="ap@example.com",
    )

    body = render(asked, resolved(document), mark=MARK)

    assert body["CustomField"] == [
        {"DefinitionId": "1", "Name": "P.O. Number", "Type": "StringType", "StringValue": "77"}
    ]
    assert body["TxnTaxDetail"] == {"TotalTax": Decimal("0.00")}
    assert body["AllowOnlineCreditCardPayment"] is False
    assert body["AllowOnlineACHPayment"] is False
    assert body["BillEmail"] == {"Address": "ap@example.com"}
    assert body["BillAddr"]["City"] == "Erie"


def test_an_update_names_the_version_that_it_changes() -> None:
    assert sparse(QuickBooksId("55"), "3", {"TxnDate": "2026-12-02"}) == {
        "Id": "55",
        "SyncToken": "3",
        "sparse": True,
        "TxnDate": "2026-12-02",
    }


@pytest.mark.parametrize(
    ("note", "mark"),
    [
        ("[st:101.0]", (101, 0)),
        ("Job 9001\nEve: [st:2100000000000101.3] see", (2_100_000_000_000_101, 3)),
        ("[st:101]", None),
        ("[st:x.0]", None),
        (None, None),
        (7, None),
    ],
)
def test_the_mark_is_read_wherever_it_stands(note: object, mark: tuple[int, int] | None) -> None:
    assert read_marker(note) == mark


def test_only_our_line_and_our_mark_are_replaced() -> None:
    current = "call first\nJob 9001 · PO 77\nEve: paid [st:101.0]\n\nBob: no"

    merged = merge_note(current, before="Job 9001 · PO 77", line="Job 9001 · PO 78", mark=MARK)

    assert merged == "Job 9001 · PO 78\ncall first\nEve: paid \nBob: no\n[st:101.0]"
    assert merge_note(merged, before="Job 9001 · PO 78", line="Job 9001 · PO 78", mark=MARK) == (
        merged
    )


LINES = st.lists(st.text(st.characters(exclude_characters="\n[]"), min_size=1), max_size=4)


@given(LINES, st.sampled_from(["", "Job 1", "Job 2"]), st.sampled_from(["", "Job 1", "Job 3"]))
def test_no_line_of_a_person_is_ever_lost(people: list[str], before: str, line: str) -> None:
    current = "\n".join([before, *people, MARK])

    merged = merge_note(current, before=before, line=line, mark=MARK).split("\n")

    theirs = [one for one in people if one.strip() and one.strip() not in (before, line)]
    assert [one for one in merged if one in theirs] == theirs
    assert merged[-1] == MARK
    assert merged.count(MARK) == 1


def test_numbers_are_written_digit_by_digit() -> None:
    value = {"a": Decimal("1861.08"), "b": [Decimal("1E+2"), (Decimal("0.1000000"),)], "c": "é"}

    assert encode(value) == '{"a":1861.08,"b":[100,[0.1000000]],"c":"é"}'
    assert encode({"t": True, "n": None}) == '{"t":true,"n":null}'


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text()
        | st.decimals(allow_nan=False, allow_infinity=False, places=7),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_is_encoded_reads_back_the_same(value: object) -> None:
    read = json.loads(encode(value), parse_float=Decimal)

    assert read == value
