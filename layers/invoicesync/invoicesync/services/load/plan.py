"""Decide, from what QuickBooks holds now, what is to be written to it. Pure."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from invoicesync.domain.document import Document
from invoicesync.domain.echo import (
    MONEY_FIELDS,
    changed_fields,
    differences,
    echoed_custom_fields,
    has_applied,
    holds_line,
    is_same_content,
    is_voided,
)
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.rendering import Resolved, encode, marker, merge_note, render, sparse
from invoicesync.ports import Json
from invoicesync.services.load.stored import Bound
from invoicesync.state.entry import Entry, Operation


@dataclass(frozen=True)
class Write:
    """One write to make, with its whole body; ``before`` is what an update changes."""

    operation: Operation
    body: dict[str, Any]
    before: Json = field(default_factory=dict[str, Any])

    @cached_property
    def text(self) -> str:
        """The exact JSON of the body, written once."""
        return encode(self.body)


@dataclass(frozen=True, slots=True)
class Already:
    """QuickBooks holds it already; ``body`` is what was to be there, ``entity`` what is."""

    entity: Json
    body: Json


@dataclass(frozen=True, slots=True)
class Refuse:
    """A person must look; ``bound`` is what QuickBooks holds where that is to be remembered."""

    problem: Problem
    bound: Bound | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """What was to be voided is not there any more: nothing is left to do."""


type Plan = Write | Already | Refuse | Gone


_VOIDED = re.compile(r"\AVoided[\s:-]*")
"""What QuickBooks writes before the note of an invoice that it voids."""

FIELD_WORDS = {
    "CustomerMemo": "message to the customer",
    "CustomerRef": "customer",
    "DepartmentRef": "location",
    "DocNumber": "number",
    "DueDate": "due date",
    "Line": "lines",
    "SalesTermRef": "terms",
    "TxnDate": "date",
}
"""How a person would name our fields."""


def plan_create(entry: Entry, document: Document, resolved: Resolved) -> Write:
    """Plan an invoice that is not in QuickBooks."""
    mark = marker(entry.servicetrade_id, entry.generation)
    return Write(Operation.CREATE, render(document, resolved, mark=mark))


def plan_adoption(entry: Entry, document: Document, resolved: Resolved, found: Json) -> Plan:
    """Plan for an invoice of ours that the ledger did not know: it binds, it proves no revision."""
    wanted = plan_create(entry, document, resolved).body
    if is_same_content(wanted, found):
        return Already(found, wanted)
    detail = f"invoice {document.number} (id {found['Id']}) is ours but holds other content"
    return Refuse(Problem(ProblemCode.EDITED_IN_QUICKBOOKS, detail), bound=Bound(found))


def plan_update(entry: Entry, document: Document, resolved: Resolved, current: Json | None) -> Plan:
    """Plan the change from what is there to what shall be: only the fields that differ."""
    if current is None:
        return Refuse(_deleted(entry))
    wanted = _wanted(entry, document, resolved, current)
    differing = differences(wanted, current) | _note_change(entry, document, current)
    if not differing:
        return Already(current, wanted)
    if problem := _touched(entry, current):
        return Refuse(problem)
    if has_applied(current) and differing & MONEY_FIELDS:
        names = ", ".join(sorted(differing & MONEY_FIELDS))
        detail = f"a payment or credit is applied; {names} would change"
        return Refuse(Problem(ProblemCode.PAYMENT_APPLIED, detail))
    fields = {name: value for name, value in wanted.items() if name in differing}
    body = sparse(entry.qbo_id_or_raise, str(current.get("SyncToken", "0")), fields)
    return Write(Operation.UPDATE, body, current)


def plan_void(entry: Entry, current: Json | None) -> Plan:
    """Plan a void: never of what a person changed, never under a payment."""
    if current is None:
        return Gone()
    if is_voided(current):
        return Already(current, {})
    if problem := _touched(entry, current):
        return Refuse(problem)
    if has_applied(current):
        detail = "voided in ServiceTrade, but a payment or credit is applied in QuickBooks"
        return Refuse(Problem(ProblemCode.PAYMENT_APPLIED, detail))
    return _void(entry, current)


def plan_rollback(entry: Entry, current: Json | None) -> Plan:
    """Plan the void of what a wrong mapping made, though ServiceTrade wants it still."""
    if current is None:
        return Refuse(_deleted(entry))
    if problem := _touched(entry, current):
        return Refuse(problem)
    if has_applied(current):
        detail = "to be rolled back, but a payment or credit is applied in QuickBooks"
        return Refuse(Problem(ProblemCode.PAYMENT_APPLIED, detail))
    return _void(entry, current)


def plan_revival(
    entry: Entry, document: Document, resolved: Resolved, current: Json | None
) -> Plan:
    """Plan to bring back, whole and under its number, the very invoice that a rollback voided.

    A second invoice would need a second number: a voided one keeps its own.
    """
    if current is None:
        return Refuse(_deleted(entry))
    if not is_voided(current) or changed_fields(entry.echo_hash, current):
        detail = "somebody changed it in QuickBooks since it was rolled back"
        return Refuse(Problem(ProblemCode.EDITED_IN_QUICKBOOKS, detail))
    note = _VOIDED.sub("", str(current.get("PrivateNote") or ""))
    wanted = _wanted(entry, document, resolved, {**current, "PrivateNote": note})
    body = sparse(entry.qbo_id_or_raise, str(current.get("SyncToken", "0")), wanted)
    return Write(Operation.UPDATE, body, current)


def _void(entry: Entry, current: Json) -> Write:
    body = {"Id": entry.qbo_id_or_raise, "SyncToken": str(current.get("SyncToken", "0"))}
    return Write(Operation.VOID, body)


def _wanted(entry: Entry, document: Document, resolved: Resolved, current: Json) -> dict[str, Any]:
    mark = marker(entry.servicetrade_id, entry.generation)
    wanted = render(document, resolved, mark=mark)
    if entry.echo_hash:
        wanted.pop("DocNumber")  # fixed at the first create
    wanted["PrivateNote"] = merge_note(
        str(current.get("PrivateNote") or ""), before=entry.note, line=document.note, mark=mark
    )
    if custom := _custom_fields(entry, wanted.get("CustomField", []), current):
        wanted["CustomField"] = custom
    return wanted


def _custom_fields(entry: Entry, ours: list[dict[str, Any]], current: Json) -> list[dict[str, Any]]:
    """Join our custom fields with other people's: an update replaces the whole list."""
    ids = {row["DefinitionId"] for row in ours}
    emptied = echoed_custom_fields(entry.echo_hash) - ids
    if not ids and not emptied:
        return []
    others = [
        dict(row)
        for row in current.get("CustomField") or []
        if row.get("StringValue") and row.get("DefinitionId") not in ids | emptied
    ]
    gone = [{"DefinitionId": id_, "Type": "StringType", "StringValue": ""} for id_ in emptied]
    return [*ours, *others, *sorted(gone, key=lambda row: row["DefinitionId"])]


def _note_change(entry: Entry, document: Document, current: Json) -> frozenset[str]:
    """Say whether our line of the note still stands where another is wanted."""
    is_old = document.note != entry.note and bool(entry.note)
    stands = is_old and holds_line(str(current.get("PrivateNote") or ""), entry.note)
    return frozenset({"PrivateNote"} if stands else ())


def _touched(entry: Entry, current: Json) -> Problem | None:
    """Say what a person did to our fields since we last saw them, if anything."""
    if is_voided(current):
        detail = "somebody voided it in QuickBooks"
    elif not entry.echo_hash:
        detail = "it holds what we did not write"
    elif changed := changed_fields(entry.echo_hash, current):
        names = sorted({FIELD_WORDS.get(name, "a custom field") for name in changed})
        detail = f"somebody changed its {', '.join(names)} in QuickBooks"
    else:
        return None
    return Problem(ProblemCode.EDITED_IN_QUICKBOOKS, detail)


def _deleted(entry: Entry) -> Problem:
    detail = f"invoice {entry.number} (id {entry.qbo_id}) is no longer in QuickBooks"
    return Problem(ProblemCode.DELETED_IN_QUICKBOOKS, detail)
