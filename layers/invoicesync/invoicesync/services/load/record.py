"""Write what became of each invoice: in the ledger, to the outcome queue, to the dead letters."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from invoicesync.conditions import Item, Value
from invoicesync.domain.echo import echo_hash, total_tax
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem
from invoicesync.ports import Json, Outgoing, Queue
from invoicesync.services.load.work import Hold, Result, Work
from invoicesync.state.entry import Entry, Intent, Operation, State, revision_attributes
from invoicesync.state.leases import Change, Leases

_CLOSED: Item = {"lease_until": 0, "claims": 0}
_NO_HOLD = ("reason", "problems", "held_hash", "notified")
LOST_LEASE_DELAY_SECONDS = 60


class Notify(Protocol):
    """Tells people about invoices that are held; may raise `RetryableError`."""

    def __call__(self, holds: Sequence[Hold]) -> Collection[ServiceTradeId]:
        """Tell about these, grouped by cause, at most once an hour for one cause.

        Returns those that were told of; the others are offered again when they are tried again.
        """


@dataclass(frozen=True, slots=True)
class Stored:
    """What QuickBooks holds for an invoice, and the intent by which we know it."""

    entity: Json
    intent: Intent
    result: Result
    tid: str = ""


class Recorder:
    """Records outcomes, each in one conditional write under the lease."""

    def __init__(
        self, leases: Leases, dead_letters: Queue, outcomes: Queue, notify: Notify
    ) -> None:
        self._leases = leases
        self._dead_letters = dead_letters
        self._outcomes = outcomes
        self._notify = notify

    def loaded(self, done: Sequence[tuple[Work, Stored]]) -> None:
        """Record invoices that are in QuickBooks as they shall be."""
        changes = [loaded_change(work.entry, stored) for work, stored in done]
        self._finish([(work, stored.result, "") for work, stored in done], changes)

    def closed(self, work: Work, result: Result, state: State | None, reason: str) -> None:
        """Record an invoice that needs nothing in QuickBooks."""
        if state is None:
            self._finish([(work, result, reason)], [Change(work.entry, set=_CLOSED)])
            return
        attributes: Item = dict(_CLOSED)
        if state in {State.LOADED, State.IGNORED, State.VOIDED}:
            attributes |= revision_attributes("applied", work.message.revision)
            if work.entry.is_voided and work.entry.applied is not None:
                attributes |= revision_attributes("applied", work.entry.applied)
        job = work.message.source.invoice.job
        if state is State.WAITING and job is not None and job.id is not None:
            attributes["job_id"] = job.id
        if reason:
            attributes["reason"] = reason
        remove = _NO_HOLD[1:] if reason else _NO_HOLD
        change = Change(work.entry, state=state, set=attributes, remove=remove)
        self._finish([(work, result, reason)], [change])

    def held(
        self,
        work: Work,
        problems: Sequence[Problem],
        *,
        bound: Json | None = None,
        is_trusted: bool = True,
        clear_intent: bool = True,
    ) -> None:
        """Park an invoice: a copy to the dead letters, then HELD, then the acknowledgement.

        ``bound`` is what QuickBooks holds, where an Id is to be bound all the same; it is not
        trusted where a person may have changed it.
        """
        work.problems = tuple(problems)
        entry = work.entry
        code = problems[0].code.value
        rows = [problem.plain() for problem in problems]
        is_known = entry.state is State.HELD and list(entry.problems) == rows
        if not is_known and not self._park(work, code):
            work.retry(LOST_LEASE_DELAY_SECONDS, "dead_letter_queue")
            return
        attributes: dict[str, Value] = {
            **_CLOSED,
            "reason": code,
            "problems": rows,
            "held_hash": work.verdict.document.hash() if work.verdict.document else "",
            **(_binding(bound) if bound is not None else {}),
            **({} if is_trusted else {"echo_hash": ""}),
        }
        remove = ("intent",) if clear_intent else ()
        event: dict[str, Value] | None = (
            None if is_known else {"what": "held", "problems": rows, "reason": code}
        )
        change = Change(entry, state=State.HELD, set=attributes, remove=remove, event=event)
        self._finish([(work, Result.HELD, code)], [change])

    def tell(self, works: Sequence[Work]) -> None:
        """Tell people of holds that they have not been told of, then note that they know."""
        new = [w for w in works if w.result is Result.HELD and not _is_told(w)]
        if not new:
            return
        told = self._notify([_hold(work) for work in new])
        self._leases.change(
            [Change(w.entry, set={"notified": _told_key(w)}) for w in new if w.id in told]
        )

    def _park(self, work: Work, code: str) -> bool:
        sent = self._dead_letters.send(
            [
                Outgoing(
                    work.received[0].body,
                    {"reason": code, "invoice": str(work.id)},
                )
            ]
        )
        return all(sent)

    def _finish(self, ended: Sequence[tuple[Work, Result, str]], changes: Sequence[Change]) -> None:
        lost = self._leases.change(changes)
        told = [
            Outgoing(json.dumps({"invoice": w.id, "result": result.value, "reason": code}))
            for w, result, code in ended
            if result is not Result.SUPERSEDED and w.id not in lost
        ]
        # Before the acknowledgement, on every path: a hint may be doubled, never missing.
        confirmed = all(self._outcomes.send(told)) if told else True
        for work, result, code in ended:
            if work.id in lost:
                work.retry(LOST_LEASE_DELAY_SECONDS, "lease_lost")
            elif not confirmed:
                work.retry(LOST_LEASE_DELAY_SECONDS, "outcome_queue")
            else:
                work.finish(result, code)


def loaded_change(entry: Entry, stored: Stored) -> Change:
    """Build the write that makes an entry LOADED, or VOIDED."""
    intent = stored.intent
    attributes: dict[str, Value] = {
        **_CLOSED,
        **_binding(stored.entity),
        **revision_attributes("applied", intent.revision),
        "document_hash": intent.document_hash,
        "mapping_serial": intent.mapping_serial,
        "note": intent.note,
    }
    remove = ["intent", *_NO_HOLD]
    variance = total_tax(stored.entity) - Decimal(intent.tax)
    if intent.operation is not Operation.VOID and abs(variance) > Decimal(intent.tax_tolerance):
        attributes["tax_variance"] = format(variance, "f")
    else:
        remove.append("tax_variance")
    event: Item = {
        "what": stored.result.value,
        "qbo_id": str(stored.entity["Id"]),
        "intuit_tid": stored.tid,
        "request_id": intent.request_id,
        "revision": intent.revision.order,
    }
    return Change(
        entry, state=_state_after(entry, intent), set=attributes, remove=remove, event=event
    )


def _state_after(entry: Entry, intent: Intent) -> State:
    seen = entry.seen
    if seen is not None and seen.is_after(intent.revision) and not seen.is_same_as(intent.revision):
        return State.QUEUED  # something newer is known: final states are nobody's work
    return State.VOIDED if intent.operation is Operation.VOID else State.LOADED


def bound_change(entry: Entry, entity: Json) -> Change:
    """Build the write that binds an Id without trusting what stands there: a person changed it."""
    binding = {**_binding(entity), "echo_hash": ""}
    event: Item = {"what": "bound", "qbo_id": str(entity["Id"])}
    return Change(entry, state=State.QUEUED, set=binding, remove=("intent",), event=event)


def _binding(entity: Json) -> dict[str, Value]:
    customer: Any = entity.get("CustomerRef") or {}
    return {
        "qbo_id": str(entity["Id"]),
        "sync_token": str(entity.get("SyncToken", "0")),
        "number": str(entity.get("DocNumber", "")),
        "customer_id": str(customer.get("value", "")),
        "total": _plain(entity.get("TotalAmt")),
        "tax": format(total_tax(entity), "f"),
        "echo_hash": echo_hash(entity),
    }


def _plain(value: object) -> str:
    return format(Decimal(str(value)), "f") if value is not None else ""


def _told_key(work: Work) -> str:
    return f"{work.code}:{work.entry.seen.order if work.entry.seen else ''}"


def _is_told(work: Work) -> bool:
    return work.entry.notified == _told_key(work)


def _hold(work: Work) -> Hold:
    invoice = work.message.source.invoice
    document = work.verdict.document
    return Hold(
        servicetrade_id=work.id,
        number=document.number if document else (invoice.number or ""),
        customer=invoice.customer.name or "" if invoice.customer else "",
        dated=document.txn_date.isoformat() if document else "",
        total="" if invoice.total_price is None else format(invoice.total_price, "f"),
        problems=work.problems,
    )
