"""Decide, from what QuickBooks holds now, what is to be written to it. Pure."""

from dataclasses import dataclass
from typing import Any

from invoicesync.domain.document import Document
from invoicesync.domain.echo import (
    MONEY_FIELDS,
    differences,
    echo_hash,
    has_applied,
    is_same_content,
    is_voided,
)
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.rendering import Resolved, marker, merge_note, render, sparse
from invoicesync.ports import Json
from invoicesync.state.entry import Entry, Operation


@dataclass(frozen=True, slots=True)
class Write:
    """One write to make, with its whole body."""

    operation: Operation
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Already:
    """QuickBooks holds it already; ``entity`` is what it holds."""

    entity: Json


@dataclass(frozen=True, slots=True)
class Refuse:
    """A person must look; ``bound`` is what QuickBooks holds where that is to be remembered."""

    problem: Problem
    bound: Json | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """What was to be voided is not there any more: nothing is left to do."""


type Plan = Write | Already | Refuse | Gone


def plan_create(entry: Entry, document: Document, resolved: Resolved) -> Write:
    """Plan an invoice that is not in QuickBooks."""
    mark = marker(entry.servicetrade_id, entry.generation)
    return Write(Operation.CREATE, render(document, resolved, mark=mark))


def plan_adoption(entry: Entry, document: Document, resolved: Resolved, found: Json) -> Plan:
    """Plan for an invoice of ours that the ledger did not know: it binds, it proves no revision."""
    wanted = plan_create(entry, document, resolved).body
    if is_same_content(wanted, found):
        return Already(found)
    detail = f"invoice {document.number} (id {found['Id']}) is ours but holds other content"
    return Refuse(Problem(ProblemCode.EDITED_IN_QUICKBOOKS, detail), bound=found)


def plan_update(entry: Entry, document: Document, resolved: Resolved, current: Json | None) -> Plan:
    """Plan the change from what is there to what shall be: only the fields that differ."""
    if current is None:
        return Refuse(_deleted(entry))
    wanted = _wanted(entry, document, resolved, current)
    differing = differences(wanted, current)
    if not differing:
        return Already(current)
    if problem := _touched(entry, current):
        return Refuse(problem)
    if has_applied(current) and differing & MONEY_FIELDS:
        names = ", ".join(sorted(differing & MONEY_FIELDS))
        detail = f"a payment or credit is applied; {names} would change"
        return Refuse(Problem(ProblemCode.PAYMENT_APPLIED, detail))
    fields = {name: value for name, value in wanted.items() if name in differing}
    body = sparse(entry.qbo_id_or_raise, str(current.get("SyncToken", "0")), fields)
    return Write(Operation.UPDATE, body)


def plan_void(entry: Entry, current: Json | None) -> Plan:
    """Plan a void: never of what a person changed, never under a payment."""
    if current is None:
        return Gone()
    if is_voided(current):
        return Already(current)
    if problem := _touched(entry, current):
        return Refuse(problem)
    if has_applied(current):
        detail = "voided in ServiceTrade, but a payment or credit is applied in QuickBooks"
        return Refuse(Problem(ProblemCode.PAYMENT_APPLIED, detail))
    body = {"Id": entry.qbo_id_or_raise, "SyncToken": str(current.get("SyncToken", "0"))}
    return Write(Operation.VOID, body)


def _wanted(entry: Entry, document: Document, resolved: Resolved, current: Json) -> dict[str, Any]:
    mark = marker(entry.servicetrade_id, entry.generation)
    wanted = render(document, resolved, mark=mark)
    wanted.pop("DocNumber")  # fixed at the first create
    wanted["PrivateNote"] = merge_note(
        str(current.get("PrivateNote") or ""), before=entry.note, line=document.note, mark=mark
    )
    return wanted


def _touched(entry: Entry, current: Json) -> Problem | None:
    """Say what a person did to our fields since we last saw them, if anything."""
    if is_voided(current):
        detail = "somebody voided it in QuickBooks"
    elif echo_hash(current) != entry.echo_hash:
        detail = "somebody changed its number, customer, date, lines or terms in QuickBooks"
    else:
        return None
    return Problem(ProblemCode.EDITED_IN_QUICKBOOKS, detail)


def _deleted(entry: Entry) -> Problem:
    detail = f"invoice {entry.number} (id {entry.qbo_id}) is no longer in QuickBooks"
    return Problem(ProblemCode.DELETED_IN_QUICKBOOKS, detail)
