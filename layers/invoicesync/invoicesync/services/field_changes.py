"""What an update would change in an invoice, field by field, in the words of a person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from invoicesync.domain import wording
from invoicesync.domain.document import Document, Line, Reference
from invoicesync.ports import Json
from invoicesync.services.load.plan import FIELD_WORDS

_OF_THE_WRITE = frozenset({"Id", "SyncToken", "sparse"})
_WORDS = {
    **FIELD_WORDS,
    "BillAddr": "billing address",
    "BillEmail": "e-mail address",
    "PrivateNote": "memo",
    "ShipAddr": "service address",
    "ShipFromAddr": "office address",
    "TxnTaxDetail": "tax",
}
_MOVES_MONEY = frozenset({"CustomerRef", "DepartmentRef", "TxnDate"})
"""Fields that say whose, where and when all of the money is."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, before and after; ``line`` counts from 1, and 0 is the invoice itself.

    ``amount`` is the money that the change moves: of the line, or of the whole invoice before tax.
    """

    field: str
    before: str
    after: str
    line: int = 0
    amount: Decimal | None = None


def changes_of(document: Document, body: Json, there: Json) -> tuple[FieldChange, ...]:
    """Compare the ``body`` of an update with what is ``there``, by names where there are any."""
    found = [*_of_header(document, body, there)]
    if "Line" in body:
        found += _of_lines(document, body, there)
    return tuple(found)


def _of_header(document: Document, body: Json, there: Json) -> Iterator[FieldChange]:
    names = _names(document)
    for name in sorted(set(body) - _OF_THE_WRITE - {"Line", "CustomField"}):
        before, after = _said(there.get(name)), names.get(name) or _said(body[name])
        if _plain(name, body[name]) != _plain(name, there.get(name)):
            amount = document.subtotal if name in _MOVES_MONEY else None
            yield FieldChange(_WORDS.get(name, name), before, after, amount=amount)
    customs = wording.customs(there.get("CustomField"))
    for row in body.get("CustomField", ()):
        before, after = customs.get(str(row["DefinitionId"]), ""), str(row["StringValue"])
        if before != after:
            yield FieldChange(str(row.get("Name") or "custom field"), before, after)


def _names(document: Document) -> dict[str, str]:
    """Name what the body gives by id alone."""
    return {
        "CustomerRef": _named(document.customer.reference),
        "DepartmentRef": document.department or "",
        "SalesTermRef": document.term or "",
    }


def _of_lines(document: Document, body: Json, there: Json) -> Iterator[FieldChange]:
    wanted = list(zip(document.lines, body["Line"], strict=True))
    for number, (new, old) in enumerate(zip_longest(wanted, _lines(there)), start=1):
        if new is None:
            amount = Decimal(wording.number(old.get("Amount")) or "0")
            yield FieldChange("line", _described(old), "", number, -amount)
        elif old is None:
            yield FieldChange("line", "", new[0].description, number, new[0].amount)
        else:
            line, asked = new
            yield from _of_line(number, line, asked, old)


def _of_line(number: int, line: Line, asked: Json, got: Json) -> Iterator[FieldChange]:
    parts: Sequence[tuple[str, str, str]] = (
        ("product", "ItemRef", "" if line.item is None else _named(line.item)),
        ("class", "ClassRef", line.class_name or ""),
        ("tax code", "TaxCodeRef", line.tax_code or ""),
        ("quantity", "Qty", ""),
        ("price", "UnitPrice", ""),
        ("service date", "ServiceDate", ""),
    )
    wanted, there = (row.get("SalesItemLineDetail") or {} for row in (asked, got))
    for word, name, called in parts:
        if name in wanted and _plain(name, wanted[name]) != _plain(name, there.get(name)):
            after = called or _said(wanted[name])
            yield FieldChange(word, _said(there.get(name)), after, number, line.amount)
    before, after = wording.number(got.get("Amount")), wording.number(asked.get("Amount"))
    if before != after:
        moved = Decimal(after or "0") - Decimal(before or "0")
        yield FieldChange("amount", before, after, number, moved)
    if wording.text(got.get("Description")) != wording.text(asked.get("Description")):
        yield FieldChange("description", _described(got), line.description, number)


def _lines(entity: Json) -> list[Json]:
    rows = entity.get("Line") or []
    return [row for row in rows if row.get("DetailType") != "SubTotalLineDetail"]


def _described(row: Json) -> str:
    return wording.text(row.get("Description"))


def _named(reference: Reference) -> str:
    return reference.name or f"id {reference.id}"


def _plain(name: str, value: Any) -> str:  # noqa: ANN401 - whatever QuickBooks holds there
    """Read a value so that two that mean the same are equal."""
    if name.endswith("Ref"):
        return wording.reference(value)
    if name.endswith("Addr"):
        return wording.address(value)
    if name in {"Qty", "UnitPrice"}:
        return wording.number(value)
    return _said(value)


def _said(value: Any) -> str:  # noqa: ANN401 - whatever QuickBooks holds there
    """Say a value: of a reference its name, of an address its lines."""
    if isinstance(value, dict):
        named = value.get("name") or value.get("value")
        parts = [named] if named is not None else [v for k, v in value.items() if k != "Id"]
        return ", ".join(_said(part) for part in parts if part not in (None, ""))
    if isinstance(value, Decimal | int | float) and not isinstance(value, bool):
        return wording.number(value)
    return wording.text(value) if isinstance(value, str) else str(value or "")
