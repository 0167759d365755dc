"""Compare what QuickBooks holds with what was sent, field by field, and only in our fields.

QuickBooks adds defaults, line ids, a subtotal line and its own tax; none of that is ours, and none
of it is a difference.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from invoicesync.domain import wording
from invoicesync.domain.rendering import read_marker

type Json = Mapping[str, Any]

_NOT_APPLIED = frozenset({"Estimate", "TimeActivity", "ReimburseCharge", "StatementCharge"})

MONEY_FIELDS = frozenset(
    {"CustomerRef", "TxnDate", "Line", "TxnTaxDetail", "ShipAddr", "ShipFromAddr", "DepartmentRef"}
)
"""Fields that must not change under a payment: money, whose, when, and what tax comes of it."""

BINDING_FIELDS = frozenset({"CustomerRef", "Line", "TxnDate"})
"""Fields that make an echo a mismatch: a wrong customer, date, line or amount."""


def differences(body: Json, entity: Json) -> frozenset[str]:
    """Name the fields that ``body`` asks for and ``entity`` does not hold."""
    plain = {
        name
        for name, read in _COMPARED.items()
        if name in body and _unlike(body[name], entity.get(name), read)
    }
    own = {"Line": _lines_differ, "PrivateNote": _notes_differ, "CustomField": _customs_differ}
    return frozenset(
        plain | {name for name, differ in own.items() if name in body and differ(body, entity)}
    )


def is_same_content(body: Json, entity: Json) -> bool:
    """Say whether an invoice holds what ``body`` asked for, addresses aside (they are reworded)."""
    return not differences(body, entity) - _ADDRESSES and bears_mark(body, entity)


def echo_hash(
    body: Json, entity: Json, *, before: str = "", custom_fields: Collection[str] = ()
) -> str:
    """Hash each field of ``body`` as QuickBooks holds it, to notice later that a person changed it.

    What ``body`` leaves alone keeps its hash of ``before``; of its custom fields only those with
    the definition ids ``custom_fields`` are ours. Never hashed: the note (people write there),
    addresses (QuickBooks rewords them) and tax (QuickBooks reckons it).
    """
    sent = {name for name in _HASHED if name in body}
    if "CustomField" in body:
        sent |= {f"{_CUSTOM}{id_}" for id_ in custom_fields}
    hashes = _read_echo(before) | {name: _digest(name, entity) for name in sent}
    return ";".join(f"{name}={hashes[name]}" for name in sorted(hashes))


def changed_fields(echo: str, entity: Json) -> tuple[str, ...]:
    """Name our fields that are no longer as QuickBooks echoed them."""
    then = _read_echo(echo)
    return tuple(sorted(name for name, hash_ in then.items() if _digest(name, entity) != hash_))


def echo_again(echo: str, entity: Json) -> str:
    """Hash the fields of ``echo`` as they stand now: what changed them was a void of ours."""
    return ";".join(f"{name}={_digest(name, entity)}" for name in sorted(_read_echo(echo)))


def echoed_custom_fields(echo: str) -> frozenset[str]:
    """Name the definition ids of the custom fields that were ours."""
    names = _read_echo(echo)
    return frozenset(n.removeprefix(_CUSTOM) for n in names if n.startswith(_CUSTOM))


def is_voided(entity: Json) -> bool:
    """Say whether an invoice was voided: there is no field for it, only a zero and a word."""
    note = entity.get("PrivateNote")
    return (
        wording.number(entity.get("TotalAmt")) == "0"
        and isinstance(note, str)
        and note.startswith("Voided")
    )


def has_applied(entity: Json) -> bool:
    """Say whether a payment or credit is applied to an invoice."""
    linked = entity.get("LinkedTxn") or []
    applied = any(
        isinstance(link, dict) and link.get("TxnType") not in _NOT_APPLIED for link in linked
    )
    return applied or wording.number(entity.get("Balance")) != wording.number(
        entity.get("TotalAmt")
    )


def total_tax(entity: Json) -> Decimal:
    """Return the tax that QuickBooks put on an invoice."""
    detail = entity.get("TxnTaxDetail") or {}
    return Decimal(wording.number(detail.get("TotalTax")) or "0")


def _notes_differ(body: Json, entity: Json) -> bool:
    wanted, there = wording.text(body["PrivateNote"]), wording.text(entity.get("PrivateNote"))
    return any(not holds_line(there, line) for line in wanted.split("\n"))


def holds_line(note: str, line: str) -> bool:
    """Say whether a note holds these words one after the other; people write beside them."""
    return f" {' '.join(line.split())} " in f" {' '.join(note.split())} "


def bears_mark(body: Json, entity: Json) -> bool:
    """Say whether the mark in ``body`` is the mark in ``entity``."""
    return read_marker(body.get("PrivateNote")) == read_marker(entity.get("PrivateNote"))


def _customs_differ(body: Json, entity: Json) -> bool:
    """Compare the custom fields that are asked for; any other is somebody else's."""
    there = wording.customs(entity.get("CustomField"))
    wanted = wording.customs(body["CustomField"])
    return any(there.get(id_, "") != value for id_, value in wanted.items())


def _read_echo(echo: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in echo.split(";") if part)


def _digest(name: str, entity: Json) -> str:
    value: Any
    if name.startswith(_CUSTOM):
        value = wording.customs(entity.get("CustomField")).get(name.removeprefix(_CUSTOM), "")
    elif name == "Line":
        value = [_line(row) for row in _lines(entity)]
    else:
        value = _COMPARED[name](entity.get(name))
    return hashlib.sha256(_ENCODE(value).encode()).hexdigest()[:_DIGITS]


def _lines(invoice: Json) -> list[Json]:
    rows = invoice.get("Line") or []
    return [
        row
        for row in rows
        if isinstance(row, dict) and row.get("DetailType") != "SubTotalLineDetail"
    ]


def _lines_differ(body: Json, entity: Json) -> bool:
    wanted, there = _lines(body), _lines(entity)
    return len(wanted) != len(there) or any(
        _line_differs(asked, got) for asked, got in zip(wanted, there, strict=True)
    )


def _line_differs(asked: Json, got: Json) -> bool:
    """Compare what a line asks for; what it leaves out is QuickBooks' to fill in."""
    kind = asked.get("DetailType")
    if kind != got.get("DetailType"):
        return True
    if _unlike(asked.get("Description"), got.get("Description"), wording.text):
        return True
    if kind == _SALES and _unlike(asked.get("Amount"), got.get("Amount"), wording.number):
        return True
    wanted, there = (line.get("SalesItemLineDetail") or {} for line in (asked, got))
    return any(
        name not in there or _unlike(wanted[name], there[name], read)
        for name, read in _LINE_PARTS.items()
        if name in wanted
    )


def _unlike(one: object, other: object, read: Callable[[object], Any]) -> bool:
    """Say whether two values differ in more than their wording; most are the same as they stand."""
    return one != other and bool(read(one) != read(other))


def _line(row: Json) -> dict[str, str]:
    """Read what a line says, in one wording."""
    kind = str(row.get("DetailType"))
    detail = row.get("SalesItemLineDetail") or {}
    said = {"DetailType": kind, "Description": wording.text(row.get("Description"))}
    if kind == _SALES:
        said["Amount"] = wording.number(row.get("Amount"))
    for name, read in _LINE_PARTS.items():
        if name in detail:
            said[name] = read(detail[name])
    return said


_SALES = "SalesItemLineDetail"
_LINE_PARTS: dict[str, Callable[[object], str]] = {
    "ItemRef": wording.reference,
    "Qty": wording.number,
    "UnitPrice": wording.number,
    "TaxCodeRef": wording.reference,
    "ClassRef": wording.reference,
    "ServiceDate": wording.text,
}
_COMPARED: dict[str, Callable[[object], Any]] = {
    "DocNumber": wording.text,
    "TxnDate": wording.text,
    "DueDate": wording.text,
    "CustomerRef": wording.reference,
    "SalesTermRef": wording.reference,
    "DepartmentRef": wording.reference,
    "CustomerMemo": wording.value,
    "ShipAddr": wording.address,
    "ShipFromAddr": wording.address,
    "TxnTaxDetail": wording.tax,
}
_ADDRESSES = frozenset({"ShipAddr", "ShipFromAddr"})
_HASHED = frozenset(_COMPARED) - _ADDRESSES - {"TxnTaxDetail"} | {"Line"}
_CUSTOM = "CustomField."
_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
_DIGITS = 16
