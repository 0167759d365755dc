"""What an update changes is told field by field, by names, with the money that moves."""

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

from invoicesync.domain.document import Address, Document, Reference
from invoicesync.domain.rendering import Resolved, render
from invoicesync.domain.transform import transform
from invoicesync.services.field_changes import FieldChange, changes_of
from tests.unit.domain.invoices import a_mapping, a_source

CUSTOM = (("Job", "9001"),)


def a_document() -> Document:
    document = transform(a_source(), a_mapping()).document
    assert document is not None
    return replace(document, custom_fields=CUSTOM)


def a_body(document: Document, **ids: str) -> dict[str, Any]:
    """Render a document as the body of an update of every field."""
    resolved = Resolved(
        customer_id=ids.get("customer", "7"),
        item_ids={line.item: ids.get("item", "1") for line in document.lines if line.item},
        class_ids={line.class_name: "3" for line in document.lines if line.class_name},
        term_id=ids.get("term", "5"),
        department_id=ids.get("department", "6"),
        custom_field_ids={"Job": "1"},
    )
    return {"Id": "9", "SyncToken": "0", "sparse": True, **render(document, resolved, mark="[m]")}


def as_it_is() -> dict[str, Any]:
    """Show the invoice as QuickBooks holds it: the same, with the names of what it refers to."""
    body = deepcopy(a_body(a_document()))
    body["CustomerRef"]["name"] = "Keystone Foods, Inc."
    body["DepartmentRef"]["name"] = "West"
    body["SalesTermRef"]["name"] = "Net 30 days"
    body["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"] = "Labor"
    body["Line"].append({"DetailType": "SubTotalLineDetail", "Amount": Decimal(480)})
    return body


def told(document: Document, body: dict[str, Any], there: dict[str, Any]) -> set[FieldChange]:
    return set(changes_of(document, body, there))


def test_the_same_is_no_change() -> None:
    assert told(a_document(), a_body(a_document()), as_it_is()) == set()


def test_whose_where_and_when_move_the_whole_money() -> None:
    document = replace(a_document(), department="East", term="Net 15")
    named = replace(document.customer, reference=replace(document.customer.reference, name="Acme"))
    document = replace(document, customer=named)
    body = a_body(document, customer="8", department="61", term="51")
    there = as_it_is() | {"TxnDate": "2026-11-30"}

    assert told(document, body, there) == {
        FieldChange("customer", "Keystone Foods, Inc.", "Acme", amount=Decimal(480)),
        FieldChange("location", "West", "East", amount=Decimal(480)),
        FieldChange("date", "2026-11-30", "2026-12-02", amount=Decimal(480)),
        FieldChange("terms", "Net 30 days", "Net 15"),
    }


def test_what_a_line_sells_moves_its_money() -> None:
    body = a_body(a_document(), item="2")

    (change,) = told(a_document(), body, as_it_is())

    assert (change.field, change.line, change.before) == ("product", 1, "Labor")
    assert change.amount == Decimal(480)


def test_what_a_line_had_not_is_told_as_nothing() -> None:
    there = as_it_is()
    there["Line"][0]["SalesItemLineDetail"].pop("ClassRef")
    there["Line"][0]["Description"] = "Other words"

    assert told(a_document(), a_body(a_document()), there) == {
        FieldChange("class", "", "Mechanical", 1, Decimal(480)),
        FieldChange("description", "Other words", "Labor", 1),
    }


def test_another_amount_moves_the_difference() -> None:
    there = as_it_is()
    there["Line"][0]["Amount"] = Decimal(500)

    assert told(a_document(), a_body(a_document()), there) == {
        FieldChange("amount", "500", "480", 1, Decimal(-20))
    }


def test_lines_that_come_and_go_are_told_whole() -> None:
    document = a_document()
    more, fewer = as_it_is(), as_it_is() | {"Line": []}
    more["Line"].insert(1, {**more["Line"][0], "Description": "Travel", "Amount": Decimal(50)})

    assert told(document, a_body(document), more) == {
        FieldChange("line", "Travel", "", 2, Decimal(-50))
    }
    assert told(document, a_body(document), fewer) == {
        FieldChange("line", "", "Labor", 1, Decimal(480))
    }


def test_words_addresses_and_custom_fields_are_told_as_they_read() -> None:
    document = replace(a_document(), ship_to=Address("1 Test Way", "Pittsburgh", "PA", "15201"))
    there = as_it_is()
    there |= {
        "ShipAddr": {"Id": "4", "Line1": "2 Other Way", "City": "Erie"},
        "CustomerMemo": {"value": "Old words"},
        "CustomField": [{"DefinitionId": "1", "Name": "Job", "StringValue": "8000"}],
    }
    found = {change.field: change for change in told(document, a_body(document), there)}

    assert found["service address"].before == "2 Other Way, Erie"
    assert found["service address"].after == "1 Test Way, Pittsburgh, PA, 15201"
    assert found["message to the customer"].before == "Old words"
    assert (found["Job"].before, found["Job"].after) == ("8000", "9001")


def test_a_note_alone_says_nothing_of_lines() -> None:
    body = {"Id": "9", "SyncToken": "0", "sparse": True, "PrivateNote": "New", "TxnTaxDetail": {}}

    (change,) = changes_of(a_document(), body, as_it_is() | {"PrivateNote": "Old"})

    assert (change.field, change.before, change.after) == ("memo", "Old", "New")


def test_a_reference_without_a_name_is_told_by_its_id_and_tax_by_its_sum() -> None:
    document = a_document()
    line = replace(document.lines[0], item=Reference(id="77"))
    document = replace(document, lines=(line,))
    body = a_body(document, item="77") | {"TxnTaxDetail": {"TotalTax": Decimal("5.00")}}

    found = {change.field: change.after for change in told(document, body, as_it_is())}

    assert found == {"product": "id 77", "tax": "5"}
