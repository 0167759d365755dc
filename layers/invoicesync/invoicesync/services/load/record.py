"""Write what became of each invoice: in the ledger, to the outcome queue, to the dead letters."""

import json
from collections.abc import Collection, Sequence
from typing import Protocol

from invoicesync.conditions import Item, Value
from invoicesync.domain.alerts import Strange
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem
from invoicesync.domain.shown import shown
from invoicesync.errors import RetryableError
from invoicesync.ports import Outgoing, Queue
from invoicesync.services.load.stored import (
    CLOSED,
    HOLD_ATTRIBUTES,
    Bound,
    Stored,
    applied,
    binding,
    loaded_change,
    making,
    undone,
)
from invoicesync.services.load.triage import rolled_back
from invoicesync.services.load.work import Hold, Result, Work
from invoicesync.state.alerts import hold_mark
from invoicesync.state.entry import State
from invoicesync.state.leases import Change, Leases

AGAIN_SECONDS = 60


class Notify(Protocol):
    """Tells people about invoices that are held; may raise `RetryableError`."""

    def __call__(self, holds: Sequence[Hold]) -> Collection[ServiceTradeId]:
        """Tell about these, grouped by cause, at most once an hour for one cause.

        Returns those that were told of; the others are told of by the extractor's next tick that
        may, or offered again when they are tried again.
        """

    def undocumented(self, answers: Sequence[Strange]) -> None:
        """Tell of answers that nobody documents; nothing depends on it, so it never raises."""


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
        """Record invoices that are in QuickBooks as they shall be.

        What a rollback voided shall not be so for good: it is held before a person.
        """
        for work, stored in done:
            if stored.intent.rolls_back:
                self.held(work, [rolled_back(stored.intent.rolls_back)], voided=stored)
        done = [pair for pair in done if not pair[1].intent.rolls_back]
        changes = [loaded_change(work.entry, stored) for work, stored in done]
        self._finish([(work, stored.result, "") for work, stored in done], changes)

    def closed(self, work: Work, result: Result, state: State | None, reason: str) -> None:
        """Record an invoice that needs nothing in QuickBooks; no ``state``: it keeps its own."""
        if state is None:
            self._finish([(work, result, reason)], [Change(work.entry, set=CLOSED)])
            return
        attributes: Item = dict(CLOSED)
        if state in {State.LOADED, State.IGNORED, State.VOIDED} and not work.entry.is_voided:
            attributes |= applied(work.entry, work.message.revision)
        job = work.message.source.invoice.job
        if state is State.WAITING and job is not None and job.id is not None:
            attributes["job_id"] = job.id
        if reason:
            attributes["reason"] = reason
        remove = HOLD_ATTRIBUTES[1:] if reason else HOLD_ATTRIBUTES
        change = Change(work.entry, state=state, set=attributes, remove=remove)
        self._finish([(work, result, reason)], [change])

    def held(
        self,
        work: Work,
        problems: Sequence[Problem],
        *,
        bound: Bound | None = None,
        voided: Stored | None = None,
        clears_intent: bool = True,
    ) -> None:
        """Park an invoice: a copy to the dead letters, then HELD, then the acknowledgement.

        ``bound`` is what QuickBooks holds, where an Id is to be bound all the same, ``voided`` what
        a rollback left of it. Without the copy it is HELD too, for what QuickBooks said must not be
        lost, but not acknowledged.
        """
        work.problems = tuple(problems)
        code = problems[0].code.value
        rows = [problem.plain() for problem in problems]
        is_known = work.entry.parked == _cause(work, code)
        is_parked = is_known or self._park(work, code)
        attributes: dict[str, Value] = {
            **CLOSED,
            "reason": code,
            "problems": rows,
            "held_hash": work.asked_hash,
            # A loader may be faster than the extractor that marks what it sent.
            "shown": json.dumps(_shown(work), ensure_ascii=False),
            "parked": _cause(work, code) if is_parked else "",
            **(binding(bound, before=work.entry.echo_hash) if bound is not None else {}),
            **(making(work.entry) if bound is not None else {}),
            **(undone(work.entry, voided) if voided is not None else {}),
        }
        job = work.message.source.invoice.job
        attributes |= {} if job is None or job.id is None else {"job_id": job.id}
        event: dict[str, Value] = {"what": "held", "problems": rows, "reason": code}
        if work.entry.intent is not None:
            event["request_id"] = work.entry.intent.request_id
        if voided is not None:
            event["intuit_tid"] = voided.tid
        change = Change(
            work.entry,
            state=State.HELD,
            set=attributes,
            remove=("intent",) if clears_intent else (),
            event=None if is_known else event,
        )
        self._finish([(work, Result.HELD, code)], [change])
        if not is_parked:
            work.retry(AGAIN_SECONDS, "dead_letter_queue")

    def tell(self, works: Sequence[Work]) -> None:
        """Tell people of holds that they have not been told of, then note that they know.

        Where they cannot be told, the messages come again: a hold that nobody hears of is a loss.
        """
        if strange := _strange(works):
            self._notify.undocumented(strange)
        new = [
            w for w in works if w.result is Result.HELD and w.entry.notified != _cause(w, w.code)
        ]
        if not new:
            return
        try:
            told = self._notify([_hold(work) for work in new])
        except RetryableError:
            for work in new:
                work.retry(AGAIN_SECONDS, "nobody_told")
            return
        self._leases.change(
            [Change(w.entry, set={"notified": _cause(w, w.code)}) for w in new if w.id in told]
        )

    def _park(self, work: Work, code: str) -> bool:
        letter = Outgoing(work.received[0].body, {"reason": code, "invoice": str(work.id)})
        return _is_sent(self._dead_letters, [letter])

    def _finish(self, ended: Sequence[tuple[Work, Result, str]], changes: Sequence[Change]) -> None:
        lost = self._leases.change(changes)
        told = [
            {"invoice": w.id, "result": result.value, "reason": code}
            for w, result, code in ended
            if result is not Result.SUPERSEDED and w.id not in lost
        ]
        # Before the acknowledgement, on every path: a hint may be doubled, never missing.
        letters = [Outgoing(json.dumps({"outcomes": told}))] if told else []
        confirmed = _is_sent(self._outcomes, letters)
        for work, result, code in ended:
            work.keeps_lease = False
            if work.id in lost:
                work.retry(AGAIN_SECONDS, "lease_lost")
            elif not confirmed:
                work.retry(AGAIN_SECONDS, "outcome_queue")
            else:
                work.finish(result, code)


def _is_sent(queue: Queue, messages: Sequence[Outgoing]) -> bool:
    try:
        return not messages or all(queue.send(messages))
    except RetryableError:
        return False


def _cause(work: Work, code: str) -> str:
    return hold_mark(code, work.entry.seen)


def _strange(works: Sequence[Work]) -> list[Strange]:
    """Put together the answers that nobody documents, each with its invoices."""
    found: dict[str, list[Work]] = {}
    for work in works:
        if work.strange:
            found.setdefault(work.strange, []).append(work)
    return [
        Strange(answer, some[0].evidence, [_name(work) for work in some])
        for answer, some in sorted(found.items())
    ]


def _shown(work: Work) -> dict[str, str]:
    return shown(work.message.source, work.verdict.document)


def _name(work: Work) -> str:
    return work.message.source.invoice.number or str(work.id)


def _hold(work: Work) -> Hold:
    invoice, known, document = work.message.source.invoice, _shown(work), work.verdict.document
    return Hold(
        servicetrade_id=work.id,
        # By what people find it in ServiceTrade: in QuickBooks somebody may have renumbered it.
        number=known["number"] or (document.number if document else ""),
        customer=known["customer"],
        dated=known["dated"],
        total=known["total"],
        problems=work.problems,
        job=None if invoice.job is None else invoice.job.id,
    )
