"""The ledger's writes about what QuickBooks holds."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from invoicesync.conditions import Item, Value
from invoicesync.domain.echo import echo_again, echo_hash, total_tax
from invoicesync.domain.revision import Revision
from invoicesync.ports import Json
from invoicesync.services.load.work import Result
from invoicesync.state.entry import Entry, Intent, Operation, State
from invoicesync.state.leases import Change
from invoicesync.state.revisions import revision_attributes

CLOSED: Item = {"lease_until": 0, "claims": 0}
HOLD_ATTRIBUTES = ("reason", "problems", "held_hash", "notified", "parked")


@dataclass(frozen=True, slots=True)
class Stored:
    """What QuickBooks holds for an invoice, and the intent and the body by which we know it."""

    entity: Json
    intent: Intent
    result: Result
    body: Json = field(default_factory=dict[str, Any])
    tid: str = ""


@dataclass(frozen=True, slots=True)
class Bound:
    """What QuickBooks holds where an Id is to be bound and nothing else is proved.

    Without ``body``, the fields that are ours, a person's hand is taken to be in all of them.
    """

    entity: Json
    body: Json | None = None
    custom_fields: tuple[str, ...] = ()


def loaded_change(entry: Entry, stored: Stored) -> Change:
    """Build the write that makes an entry LOADED, or VOIDED; QUEUED, to be held, if rolled back."""
    intent = stored.intent
    if intent.rolls_back:
        left = {**CLOSED, **undone(entry, stored)}
        return Change(entry, State.QUEUED, left, remove=("intent",), event=_event(stored))
    before = entry.echo_hash if intent.operation is Operation.UPDATE else ""
    echo = echo_hash(stored.body, stored.entity, before=before, custom_fields=intent.custom_fields)
    attributes: dict[str, Value] = {
        **CLOSED,
        **_binding(stored.entity, echo),
        **applied(entry, intent.revision),
        "document_hash": intent.document_hash,
        "mapping_serial": intent.mapping_serial,
        "note": intent.note,
        **_made(entry, intent),
    }
    remove = ["intent", *HOLD_ATTRIBUTES]
    variance = total_tax(stored.entity) - Decimal(intent.tax)
    if intent.operation is not Operation.VOID and abs(variance) > Decimal(intent.tax_tolerance):
        attributes["tax_variance"] = format(variance, "f")
    else:
        remove.append("tax_variance")
    state = _state_after(entry, intent)
    return Change(entry, state, attributes, {}, remove, _event(stored), intent.ready_at)


def undone(entry: Entry, stored: Stored) -> Item:
    """Give the attributes of an invoice that a rollback voided: bound, and nobody's approval left.

    What it holds now is what the void left; whatever else is found later, a person did.
    """
    return {
        **_binding(stored.entity, echo_again(entry.echo_hash, stored.entity)),
        "rolled_back": stored.intent.rolls_back,
        "rollback": 0,
        "released_hash": "",
        "document_hash": "",
    }


def _made(entry: Entry, intent: Intent) -> Item:
    """Note which mapping made the invoice in QuickBooks; one that is brought back is made anew."""
    is_rolled_back = bool(entry.rollback or entry.rolled_back)
    settled: Item = {"rollback": 0, "rolled_back": 0} if is_rolled_back else {}
    is_revival = bool(entry.rolled_back) and intent.operation is Operation.UPDATE
    made: Item = {"made_by": intent.mapping_serial}
    return {**settled, **(made if intent.operation is Operation.CREATE or is_revival else {})}


def _event(stored: Stored) -> Item:
    return {
        "what": stored.result.value,
        "qbo_id": str(stored.entity["Id"]),
        "intuit_tid": stored.tid,
        "request_id": stored.intent.request_id,
        "revision": stored.intent.revision.order,
    }


def bound_change(entry: Entry, entity: Json, body: Json) -> Change:
    """Build the write that binds an Id and drops the intent: decide anew from what stands there.

    The number is the one that ``body`` asked for: a person may have typed another since.
    """
    event: Item = {"what": "bound", "qbo_id": str(entity["Id"])}
    values = {**binding(Bound(entity)), **making(entry)}
    if "DocNumber" in body:
        values["number"] = str(body["DocNumber"])
    return Change(entry, state=State.QUEUED, set=values, remove=("intent",), event=event)


def making(entry: Entry) -> Item:
    """Note which mapping made the invoice that is bound, where its create is still open."""
    intent = entry.intent
    is_create = intent is not None and intent.operation is Operation.CREATE
    return {"made_by": intent.mapping_serial} if intent is not None and is_create else {}


def applied(entry: Entry, revision: Revision) -> Item:
    """Note what QuickBooks holds; an older look that says the same changes nothing."""
    if entry.applied is not None and entry.applied.is_after(revision):
        return {}
    return revision_attributes("applied", revision)


def binding(bound: Bound, *, before: str = "") -> dict[str, Value]:
    """Give the attributes that tie an entry to an invoice in QuickBooks."""
    if bound.body is None:
        return _binding(bound.entity, "")
    echo = echo_hash(bound.body, bound.entity, before=before, custom_fields=bound.custom_fields)
    return _binding(bound.entity, echo)


def _state_after(entry: Entry, intent: Intent) -> State:
    seen = entry.seen
    if seen is not None and seen.is_after(intent.revision) and not seen.is_same_as(intent.revision):
        return State.QUEUED  # something newer is known: final states are nobody's work
    return State.VOIDED if intent.operation is Operation.VOID else State.LOADED


def _binding(entity: Json, echo: str) -> dict[str, Value]:
    customer: Any = entity.get("CustomerRef") or {}
    return {
        "qbo_id": str(entity["Id"]),
        "sync_token": str(entity.get("SyncToken", "0")),
        "number": str(entity.get("DocNumber", "")),
        "customer_id": str(customer.get("value", "")),
        "total": _plain(entity.get("TotalAmt")),
        "tax": format(total_tax(entity), "f"),
        "echo_hash": echo,
    }


def _plain(value: object) -> str:
    return format(Decimal(str(value)), "f") if value is not None else ""
