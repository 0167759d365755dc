import json
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.adapters.quickbooks.faults import read_body
from invoicesync.adapters.quickbooks.masking import masked, masked_body
from tests.unit.adapters.quickbooks.stand_ins import (
    TOKEN,
    fault_gateway,
    fault_json,
    fault_xml,
)

_INVOICE = {
    "Id": "266",
    "SyncToken": "3",
    "DocNumber": "1042-A",
    "TxnDate": "2026-03-01",
    "CustomerRef": {"value": "58", "name": "Ann Smith"},
    "CustomerMemo": {"value": "Gate code is Hunter, ask for Ann"},
    "PrivateNote": "[st:77.1] call 555-0100",
    "BillEmail": {"Address": "ann@example.com"},
    "BillAddr": {"Id": "9", "Line1": "1 Elm Street", "City": "Pittsburgh", "Lat": "40.4"},
    "CustomField": [{"DefinitionId": "1", "Type": "StringType", "StringValue": "PO of Ann"}],
    "Line": [
        {
            "Amount": Decimal("128.35"),
            "Description": "Repair at Ann's",
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"Qty": 2, "ItemRef": {"value": "12", "name": "Labor"}},
        }
    ],
    "TotalAmt": Decimal("128.35"),
    "AllowOnlinePayment": False,
    "MetaData": {"CreateTime": "2026-03-01T08:00:00-08:00"},
}


def _mask(raw: bytes) -> dict[str, Any]:
    shown = masked_body(raw, read_body(raw))
    json.dumps(shown)
    return shown


def test_ids_amounts_dates_and_codes_stay() -> None:
    shown = masked(_INVOICE)

    assert shown["Id"] == "266"
    assert shown["DocNumber"] == "1042-A"
    assert shown["CustomerRef"]["value"] == "58"
    assert shown["TotalAmt"] == "128.35"
    assert shown["Line"][0]["SalesItemLineDetail"]["Qty"] == 2
    assert shown["Line"][0]["DetailType"] == "SalesItemLineDetail"
    assert shown["AllowOnlinePayment"] is False
    assert shown["MetaData"]["CreateTime"] == "2026-03-01T08:00:00-08:00"


@pytest.mark.parametrize(
    "person", ["Ann", "Smith", "Elm", "Pittsburgh", "555-0100", "Hunter", "PO of", "Repair", "40.4"]
)
def test_nothing_of_a_person_stays(person: str) -> None:
    assert person not in json.dumps(masked(_INVOICE))


def test_the_shape_of_what_is_hidden_stays() -> None:
    shown = masked({"GivenName": "Ann", "Suffix": "", "Notes": None})

    assert shown == {"GivenName": "***", "Suffix": "", "Notes": None}


def test_a_detail_that_tells_what_was_wrong_stays() -> None:
    content = fault_json("2500", "Invalid Reference Id : Names element id 58 not found")

    assert _mask(json.dumps(content).encode())["json"]["Fault"]["Error"][0] == {
        "Message": "M",
        "Detail": "Invalid Reference Id : Names element id 58 not found",
        "code": "2500",
        "element": "",
    }


@pytest.mark.parametrize(
    ("code", "detail"),
    [
        ("005010", "Ann Smith saved first"),
        ("5010", "You and Ann Smith were working on this. Ann Smith saved first"),
        ("6240", "The name supplied already exists. : Ann Smith"),
        ("4000", "QueryParserError: Encountered Ann Smith"),
        ("6000", "You and Ann Smith were working on this at the same time"),
        ("2210", "Supplied value: Ann.Smith@example.com"),
        ("6000", "The owner is <Ann.Smith@example.com>"),
    ],
)
def test_a_detail_that_names_somebody_is_hidden(code: str, detail: str) -> None:
    for content in (fault_json(code, detail), fault_gateway(code, detail)):
        assert "Ann" not in json.dumps(_mask(json.dumps(content).encode()))
    escaped = detail.replace("<", "").replace(">", "")
    assert "Ann" not in json.dumps(_mask(fault_xml(code, escaped)))


@pytest.mark.parametrize("code", ["3200", "003200", "3201", "9999"])
def test_a_token_that_the_gateway_repeats_is_hidden(code: str) -> None:
    for content in (fault_json(code, f"Token expired: {TOKEN}"), {"error": TOKEN, "x": [TOKEN]}):
        assert TOKEN not in json.dumps(_mask(json.dumps(content).encode()))
    assert TOKEN not in json.dumps(_mask(fault_xml(code, f"Token expired: {TOKEN}")))


def test_a_page_of_a_proxy_leaves_its_title() -> None:
    shown = _mask(b"<html><head><title>504 Gateway Time-out</title></head>Ann</html>")

    assert shown["title"] == "504 Gateway Time-out"
    assert "Ann" not in json.dumps(shown)


def test_a_body_that_cannot_be_read_leaves_its_length_and_hash() -> None:
    shown = _mask(b'{"PrivateNote":"Ann')

    assert shown["bytes"] == 19
    assert len(shown["sha256"]) == 64
    assert "Ann" not in json.dumps(shown)


def test_an_empty_body_leaves_its_length() -> None:
    assert _mask(b"") == {"bytes": 0}
