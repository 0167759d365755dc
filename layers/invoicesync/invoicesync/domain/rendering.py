"""Turn a document whose names are resolved into the JSON that QuickBooks takes.

Field rules are Intuit's (Invoice entity, minor version 75). Numbers are written from Decimal, digit
by digit: a binary float would not survive QuickBooks' check of amount against quantity and price.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from json.encoder import encode_basestring
from typing import Any

from invoicesync.domain.document import Address, Document, Line, Reference
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId

_MARKER = re.compile(r"\[st:(\d+)\.(\d+)\]")


@dataclass(frozen=True, slots=True)
class Resolved:
    """QuickBooks' ids for the names in one document."""

    customer_id: str
    item_ids: Mapping[Reference, str] = field(default_factory=dict)
    class_ids: Mapping[str, str] = field(default_factory=dict)
    term_id: str | None = None
    department_id: str | None = None
    custom_field_ids: Mapping[str, str] = field(default_factory=dict)


def marker(invoice_id: ServiceTradeId, generation: int) -> str:
    """Return the mark in PrivateNote by which we know an invoice as ours."""
    return f"[st:{invoice_id}.{generation}]"


def read_marker(private_note: object) -> tuple[ServiceTradeId, int] | None:
    """Find our mark anywhere in a note: whose invoice it is, and of which generation."""
    found = _MARKER.search(private_note) if isinstance(private_note, str) else None
    return None if found is None else (ServiceTradeId(int(found[1])), int(found[2]))


def without_marks(text: str) -> str:
    """Break what looks like our mark in a text of somebody else: it would make theirs another's."""
    return text.replace("[st:", "[st :")


def merge_note(current: str, *, before: str, line: str, mark: str) -> str:
    """Replace our line and our mark in a note, and keep whatever people wrote beside them."""
    kept = [
        text
        for text in _MARKER.sub("", current).split("\n")
        if text.strip() and text.strip() not in (before, line)
    ]
    return "\n".join([*([line] if line else []), *kept, mark])


def render(document: Document, resolved: Resolved, *, mark: str) -> dict[str, Any]:
    """Render the body of a create: every field that is ours, and no other."""
    body: dict[str, Any] = {
        "DocNumber": document.number,
        "TxnDate": document.txn_date.isoformat(),
        "CustomerRef": {"value": resolved.customer_id},
        "PrivateNote": merge_note("", before="", line=document.note, mark=mark),
        "CustomerMemo": {"value": document.memo},
        "Line": [_line(line, resolved) for line in document.lines],
    }
    return body | {
        name: value for name, value in _optional(document, resolved) if value is not None
    }


def _optional(document: Document, resolved: Resolved) -> Iterator[tuple[str, Any]]:
    """Give the fields that an invoice may do without; None: it does."""
    yield "DueDate", document.due_date and document.due_date.isoformat()
    yield "SalesTermRef", resolved.term_id and {"value": resolved.term_id}
    yield "DepartmentRef", resolved.department_id and {"value": resolved.department_id}
    custom = [_custom_field(name, value, resolved) for name, value in document.custom_fields]
    yield "CustomField", custom or None
    yield "ShipAddr", document.ship_to and _address(document.ship_to)
    yield "ShipFromAddr", document.ship_from and _address(document.ship_from)
    yield "BillAddr", document.bill_to and _address(document.bill_to)
    yield "BillEmail", document.bill_email and {"Address": document.bill_email}
    if document.tax_override is not None:
        yield "TxnTaxDetail", {"TotalTax": document.tax_override}
    yield "AllowOnlineCreditCardPayment", document.online_payment
    yield "AllowOnlineACHPayment", document.online_payment


def _custom_field(name: str, value: str, resolved: Resolved) -> dict[str, str]:
    return {
        "DefinitionId": resolved.custom_field_ids[name],
        "Name": name,
        "Type": "StringType",
        "StringValue": value,
    }


def sparse(invoice_id: QuickBooksId, sync_token: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Render the body of an update that changes only ``fields``."""
    return {"Id": invoice_id, "SyncToken": sync_token, "sparse": True, **fields}


def encode(value: object) -> str:
    """Write JSON; a Decimal becomes a number with exactly its digits."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        parts = [f"{encode_basestring(key)}:{encode(part)}" for key, part in value.items()]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join([encode(part) for part in value]) + "]"
    return json.dumps(value)


def _line(line: Line, resolved: Resolved) -> dict[str, Any]:
    if line.item is None:
        return {
            "DetailType": "DescriptionOnly",
            "Description": line.description,
            "DescriptionLineDetail": _service_date(line),
        }
    detail: dict[str, Any] = {"ItemRef": {"value": resolved.item_ids[line.item]}}
    if line.quantity is not None and line.unit_price is not None:
        detail |= {"Qty": line.quantity, "UnitPrice": line.unit_price}
    if line.tax_code is not None:
        detail["TaxCodeRef"] = {"value": line.tax_code}
    if line.class_name is not None:
        detail["ClassRef"] = {"value": resolved.class_ids[line.class_name]}
    return {
        "DetailType": "SalesItemLineDetail",
        "Description": line.description,
        "Amount": line.amount,
        "SalesItemLineDetail": {**detail, **_service_date(line)},
    }


def _service_date(line: Line) -> dict[str, str]:
    return {} if line.service_date is None else {"ServiceDate": line.service_date.isoformat()}


def _address(address: Address) -> dict[str, str]:
    return {
        "Line1": address.street,
        "City": address.city,
        "CountrySubDivisionCode": address.state,
        "PostalCode": address.postal_code,
    }
