"""What QuickBooks holds against what was sent: only in our fields, only where it matters."""

from decimal import Decimal
from typing import Any

import pytest

from invoicesync.domain.echo import (
    changed_fields,
    differences,
    echo_hash,
    echoed_custom_fields,
    has_applied,
    is_same_content,
    is_voided,
    total_tax,
)

LINE: dict[str, Any] = {
    "DetailType": "SalesItemLineDetail",
    "Description": "Labor",
    "Amount": Decimal("480.00"),
    "SalesItemLineDetail": {
        "ItemRef": {"value": "1"},
        "Qty": Decimal(4),
        "UnitPrice": Decimal("120.0000000"),
        "TaxCodeRef": {"value": "TAX"},
        "ServiceDate": "2026-12-01",
    },
}
BODY: dict[str, Any] = {
    "DocNumber": "10482",
    "TxnDate": "2026-12-02",
    "CustomerRef": {"value": "7"},
    "PrivateNote": "Job 9001\n[st:101.0]",
    "CustomerMemo": {"value": "Thank you."},
    "ShipAddr": {"Line1": "1 Test Way", "City": "Pittsburgh", "PostalCode": "15201"},
    "CustomField": [{"DefinitionId": "1", "Type": "StringType", "StringValue": "77"}],
    "TxnTaxDetail": {"TotalTax": Decimal("33.60")},
    "Line": [LINE],
}


def stored(**changes: Any) -> dict[str, Any]:
    """Show the body as QuickBooks does: with ids, names, defaults and a subtotal."""
    detail = {**LINE["SalesItemLineDetail"], "UnitPrice": 120, "ItemAccountRef": {"value": "1"}}
    line = {**LINE, "Id": "1", "LineNum": 1, "Amount": Decimal(480), "SalesItemLineDetail": detail}
    subtotal = {"Amount": 480, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
    return {
        **BODY,
        "Id": "55",
        "SyncToken": "0",
        "CustomerRef": {"value": "7", "name": "Acme"},
        "ShipAddr": {"Id": "3", "Line1": "1 Test Way", "Line2": "Pittsburgh 15201", "Lat": "1"},
        "Line": [line, subtotal],
        "TotalAmt": Decimal("513.6"),
        "Balance": Decimal("513.60"),
        **changes,
    }


def with_line(**changes: Any) -> dict[str, Any]:
    entity = stored()
    line = entity["Line"][0]
    detail = line["SalesItemLineDetail"]
    inside = {name: changes.pop(name) for name in list(changes) if name in detail}
    entity["Line"][0] = {**line, **changes, "SalesItemLineDetail": {**detail, **inside}}
    return entity


def test_what_quickbooks_adds_is_no_difference() -> None:
    assert differences(BODY, stored()) == frozenset()
    assert is_same_content(BODY, stored())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"DocNumber": "10483"}, "DocNumber"),
        ({"TxnDate": "2026-12-03"}, "TxnDate"),
        ({"CustomerRef": {"value": "8"}}, "CustomerRef"),
        ({"CustomerRef": None}, "CustomerRef"),
        ({"CustomerMemo": {"value": "Typed."}}, "CustomerMemo"),
        ({"CustomerMemo": None}, "CustomerMemo"),
        ({"PrivateNote": None}, "PrivateNote"),
        ({"PrivateNote": "[st:101.0]"}, "PrivateNote"),
        ({"PrivateNote": "Job 90012\n[st:101.0]"}, "PrivateNote"),
        ({"CustomField": []}, "CustomField"),
        ({"CustomField": "none"}, "CustomField"),
        ({"TxnTaxDetail": {"TotalTax": 33}}, "TxnTaxDetail"),
        ({"TxnTaxDetail": None}, "TxnTaxDetail"),
        ({"TxnTaxDetail": {"TotalTax": "n/a"}}, "TxnTaxDetail"),
        ({"TxnTaxDetail": {"TotalTax": True}}, "TxnTaxDetail"),
        ({"Line": []}, "Line"),
        ({"Line": None}, "Line"),
    ],
)
def test_one_field_that_differs_is_named(change: dict[str, Any], field: str) -> None:
    assert differences(BODY, stored(**change)) == {field}
    assert not is_same_content(BODY, stored(**change))


@pytest.mark.parametrize(
    "change",
    [
        {"Amount": Decimal("480.01")},
        {"Description": "Labour"},
        {"DetailType": "DescriptionOnly"},
        {"ItemRef": {"value": "2"}},
        {"Qty": 5},
        {"UnitPrice": Decimal("120.01")},
        {"TaxCodeRef": {"value": "NON"}},
        {"ServiceDate": "2026-12-02"},
    ],
)
def test_a_line_that_differs_is_named(change: dict[str, Any]) -> None:
    assert differences(BODY, with_line(**change)) == {"Line"}


def test_what_a_line_leaves_out_is_quickbooks_to_fill_in() -> None:
    detail = {"ItemRef": {"value": "1"}}
    body = {"Line": [{**LINE, "SalesItemLineDetail": detail}]}

    assert differences(body, stored()) == frozenset()
    assert differences({"Line": [LINE]}, with_line(SalesItemLineDetail=detail)) == frozenset()


def test_a_line_of_text_has_no_amount() -> None:
    text = {"DetailType": "DescriptionOnly", "Description": "see report"}

    assert differences({"Line": [text]}, {"Line": [{**text, "Id": "1", "Amount": 0}]}) == set()


def test_what_people_write_beside_our_words_is_no_difference() -> None:
    note = "Eve: Job 9001 paid by card [st:101.0] \r\n call first"

    assert differences(BODY, stored(PrivateNote=note)) == frozenset()


def test_a_reworded_address_is_the_same_content() -> None:
    moved = stored(ShipAddr={"Line1": "2 Other Way"})

    assert differences(BODY, moved) == {"ShipAddr"}
    assert is_same_content(BODY, moved)
    assert differences({"ShipAddr": None}, {}) == frozenset()
    assert differences({"ShipAddr": BODY["ShipAddr"]}, {"ShipAddr": "gone"}) == {"ShipAddr"}


def test_the_same_words_under_another_mark_are_not_ours() -> None:
    other = stored(PrivateNote="Job 9001\n[st:102.0]\n[st:101.0]")

    assert not is_same_content(BODY, other)


def test_the_custom_fields_of_others_are_no_difference() -> None:
    fields = [*BODY["CustomField"], {"DefinitionId": "2", "StringValue": "Blue"}, "rubbish"]

    assert differences(BODY, stored(CustomField=fields)) == frozenset()


def test_what_a_person_changes_is_noticed_by_the_hash_of_each_field() -> None:
    echo = echo_hash(BODY, stored(), custom_fields=("1",))

    assert changed_fields(echo, stored()) == ()
    assert changed_fields(echo, stored(DocNumber="1", CustomField=[])) == (
        "CustomField.1",
        "DocNumber",
    )
    assert changed_fields(echo, with_line(Qty=5)) == ("Line",)
    assert changed_fields(echo, stored(SalesTermRef={"value": "3"}, DueDate="2027-01-01")) == ()
    ignored = stored(PrivateNote="", ShipAddr={}, TxnTaxDetail={})
    assert changed_fields(echo, ignored) == ()
    assert echoed_custom_fields(echo) == {"1"}


def test_an_update_leaves_the_hashes_of_what_it_left_alone() -> None:
    first = echo_hash(BODY, stored())
    typed = stored(DocNumber="X-1", CustomerMemo={"value": "Again."})

    echo = echo_hash({"CustomerMemo": {"value": "Again."}}, typed, before=first)

    assert changed_fields(echo, typed) == ("DocNumber",)
    assert echo_hash({}, typed, before=first) == first


def test_a_void_is_a_zero_and_a_word() -> None:
    assert is_voided(stored(TotalAmt=Decimal("0.00"), PrivateNote="Voided - Job 9001"))
    assert not is_voided(stored(TotalAmt=0))
    assert not is_voided(stored(PrivateNote="Voided - Job 9001"))
    assert not is_voided(stored(TotalAmt=0, PrivateNote=None))


def test_a_payment_a_credit_or_a_deposit_is_applied() -> None:
    assert not has_applied(stored())
    assert not has_applied(stored(LinkedTxn=[{"TxnId": "1", "TxnType": "Estimate"}]))
    assert has_applied(stored(LinkedTxn=[{"TxnId": "1", "TxnType": "Payment"}]))
    assert has_applied(stored(Balance=Decimal("513.59")))


def test_tax_is_what_quickbooks_says_or_nothing() -> None:
    assert total_tax(stored()) == Decimal("33.6")
    assert total_tax({}) == 0
    assert total_tax({"TxnTaxDetail": {}}) == 0
