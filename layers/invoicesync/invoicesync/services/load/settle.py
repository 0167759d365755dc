"""Settle writes whose outcome was never recorded: look first, then at most the same bytes again.

A journal is settled whole: whoever meets one open intent claims its siblings, so that a crash
leaves nothing that only one message could mend.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from invoicesync.conditions import Item
from invoicesync.domain.ids import RequestId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.errors import (
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RealmBlockedError,
    RefusedError,
    TransientReadError,
)
from invoicesync.ports import BatchAnswer, Written
from invoicesync.services.load.drafts import BATCH_ITEMS, RESULTS, batch_body
from invoicesync.services.load.evidence import (
    Finding,
    Look,
    body_of,
    is_absent_for_good,
    look,
    next_look_seconds,
    read_back,
    with_absence,
)
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.record import Stored, bound_change, loaded_change
from invoicesync.services.load.send import Sender
from invoicesync.services.load.unknown import Unknowns
from invoicesync.services.load.work import Work
from invoicesync.state.entry import Entry, Intent, Operation, State
from invoicesync.state.leases import Change

JOURNALS_AT_ONCE = 3
TOGETHER_UNKNOWN = 1
"""How often a batch may end unknown before its items are sent one by one."""
SIBLING_BUSY_SECONDS = 60
LATER_SECONDS = 30


@dataclass(frozen=True, slots=True)
class OpenIntent:
    """One open intent under our lease, and the exact text of its write."""

    entry: Entry
    intent: Intent
    text: str
    work: Work | None


class Settler:
    """Settles open intents, journal by journal."""

    def __init__(self, kit: Kit, unknowns: Unknowns, sender: Sender) -> None:
        self._kit = kit
        self._unknowns = unknowns
        self._sender = sender

    def settle(self, works: Sequence[Work]) -> None:
        """Settle the intents of ``works``; those still open afterwards go back to the queue."""
        journals: dict[RequestId, list[Work]] = {}
        for work in works:
            if work.is_open and work.entry.intent is not None:
                journals.setdefault(work.entry.intent.request_id, []).append(work)
        for position, (request_id, met) in enumerate(journals.items()):
            if position >= JOURNALS_AT_ONCE:
                self._later(met, LATER_SECONDS, "too_many_journals")
            else:
                self._journal_of(request_id, met)

    def _journal_of(self, request_id: RequestId, works: Sequence[Work]) -> None:
        siblings = self._siblings(request_id, works)
        if siblings is None:
            self._later(works, SIBLING_BUSY_SECONDS, "sibling_busy")
            return
        texts = self._kit.journal.texts(request_id)
        opened = [
            *_opened([(work.entry, work) for work in works], request_id, texts),
            *_opened([(entry, None) for entry in siblings], request_id, texts),
        ]
        absent = [one for one in opened if self._is_absent(one)]
        for group in in_groups(absent, BATCH_ITEMS):
            self._resend(request_id, group)
        for work in works:
            if work.is_open and work.entry.intent is not None:
                # Its text is gone from the bucket: nothing can be proved any more.
                self._unknowns.hold(work)
        if all(work.entry.intent is None for work in works):
            self._kit.journal.close(request_id)

    def _siblings(self, request_id: RequestId, works: Sequence[Work]) -> list[Entry] | None:
        """Claim the other invoices of the request; None while somebody is at work on one."""
        ours = {work.id for work in works}
        others = [id_ for id_ in self._kit.journal.invoices(request_id) if id_ not in ours]
        waiting = {
            id_: entry
            for id_, entry in self._kit.ledger.get_many(others).items()
            if entry.intent is not None and entry.intent.request_id == request_id
        }
        if not waiting:
            return []
        claims = self._kit.leases.claim(list(waiting), lease_seconds=self._kit.lease_seconds)
        if claims.busy_until:
            self._kit.leases.release(claims.entries.values())
            return None
        return list(claims.entries.values())

    def _is_absent(self, one: OpenIntent) -> bool:
        """Look, record what was found, and say whether the write must be sent again."""
        found = look(self._kit.books, one.entry, one.intent, one.text)
        if found.finding is not Finding.ABSENT:
            self._found(one, found)
            return False
        now = self._kit.clock.now()
        if is_absent_for_good(one.intent, now):
            self._found(one, Look(Finding.DEAD))
            return False
        if self._unknowns.is_hopeless(one.intent):
            if one.work is not None:
                self._unknowns.hold(one.work)
            else:
                self._kit.leases.release([one.entry])
            return False
        return True

    def _found(self, one: OpenIntent, found: Look) -> None:
        """Record a finding; a work goes on under its lease, a sibling is given back."""
        entity = found.entity
        match found.finding:
            case Finding.TWICE:
                if one.work is None:
                    self._kit.leases.release([one.entry])
                    return
                detail = "our mark stands on more than one live invoice in QuickBooks"
                problem = Problem(ProblemCode.DUPLICATE_IN_QUICKBOOKS, detail)
                self._kit.recorder.held(one.work, [problem])
                return
            case Finding.DONE if entity is not None:
                stored = Stored(entity, one.intent, RESULTS[one.intent.operation])
                change = loaded_change(one.entry, stored)
            case Finding.BOUND if entity is not None:
                change = bound_change(one.entry, entity)
            case _:
                change = Change(one.entry, state=State.QUEUED, remove=("intent",))
        self._apply(one, change)

    def _apply(self, one: OpenIntent, change: Change) -> None:
        if one.work is None:
            closed = {**change.set, "lease_until": 0, "claims": 0}
            self._kit.leases.change([replace(change, set=closed)])
            return
        kept = {name: v for name, v in change.set.items() if name != "lease_until"}
        if self._kit.leases.change([replace(change, set=kept)]):
            one.work.retry(SIBLING_BUSY_SECONDS, "lease_lost")
            return
        one.work.entry = self._kit.ledger.get(one.work.id)

    def _resend(self, request_id: RequestId, group: Sequence[OpenIntent]) -> None:
        if not self._has_time(group):
            return
        try:
            answer = self._send_again(request_id, group)
        except OutcomeUnknownError:
            for one in group:
                self._unknown(one)
            return
        except (NotSentError, RateLimitedError, RealmBlockedError, RefusedError) as error:
            # Nothing was done now; the first send stays as unknown as it was.
            for one in group:
                self._still_absent(one, getattr(error, "delay_seconds", None))
            return
        for one in group:
            self._answered(one, answer.items.get(one.intent.bid))

    def _has_time(self, group: Sequence[OpenIntent]) -> bool:
        if self._sender.has_time([one.entry for one in group]):
            return True
        for one in group:
            if one.work is not None:
                one.work.retry(0, "no_time")
            else:
                self._kit.leases.release([one.entry])
        return False

    def _send_again(self, request_id: RequestId, group: Sequence[OpenIntent]) -> BatchAnswer:
        if group[0].intent.operation is Operation.VOID:
            written, tid = self._kit.books.void(group[0].text.encode(), request_id=request_id)
            return BatchAnswer({group[0].intent.bid: written}, tid)
        body = batch_body([one.text for one in group])
        return self._kit.books.batch(body, request_id=request_id)

    def _answered(self, one: OpenIntent, written: Written | None) -> None:
        if written is None or (written.entity is None and written.fault is None):
            self._unknown(one)
            return
        if written.entity is None:
            # The same fault again proves nothing about the first send.
            self._still_absent(one, None)
            return
        try:
            found = read_back(
                self._kit.books, one.intent, body_of(one.intent, one.text), written.entity
            )
        except TransientReadError as error:
            self._still_absent(one, error.delay_seconds)
            return
        self._found(one, found)

    def _unknown(self, one: OpenIntent) -> None:
        if one.work is not None:
            self._unknowns.note([one.work])
        else:
            self._unknowns.count(one.entry)

    def _still_absent(self, one: OpenIntent, delay: float | None) -> None:
        now = self._kit.clock.now()
        intent = with_absence(one.intent, now)
        closed: Item = {"intent": intent.plain(), "lease_until": 0, "claims": 0}
        self._kit.leases.change([Change(one.entry, set=closed)])
        if one.work is not None:
            one.work.retry(delay or next_look_seconds(intent, now), "absent")

    def _later(self, works: Sequence[Work], delay: float, code: str) -> None:
        for work in works:
            work.retry(delay, code)


def _opened(
    entries: Sequence[tuple[Entry, Work | None]], request_id: RequestId, texts: Mapping[str, str]
) -> list[OpenIntent]:
    return [
        OpenIntent(entry, entry.intent, texts[entry.intent.bid], work)
        for entry, work in entries
        if entry.intent is not None
        and entry.intent.request_id == request_id
        and entry.intent.bid in texts
    ]


def in_groups(absent: Sequence[OpenIntent], size: int) -> list[list[OpenIntent]]:
    """Group resends: together at first, one by one after two unknown outcomes; voids alone."""
    groups: list[list[OpenIntent]] = []
    together: list[OpenIntent] = []
    for one in absent:
        if one.intent.operation is Operation.VOID or one.intent.unknown > TOGETHER_UNKNOWN:
            groups.append([one])
        else:
            together.append(one)
    return groups + [together[i : i + size] for i in range(0, len(together), size)]
