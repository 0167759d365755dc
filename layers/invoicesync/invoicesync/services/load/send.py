"""Send planned writes, each stored before it is sent, and take in what came back.

A write whose outcome is unknown is neither done nor undone: the intent and the lease stay, and
whoever holds the invoice after the lease has ended looks before anything is written again.
"""

from collections.abc import Sequence
from dataclasses import replace

from invoicesync.domain.echo import differences
from invoicesync.domain.ids import RequestId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.errors import (
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RealmBlockedError,
    RefusedError,
)
from invoicesync.ports import Fault, Json, Written
from invoicesync.services.load.backoff import delay_for
from invoicesync.services.load.drafts import (
    RESULTS,
    Draft,
    Echo,
    batch_body,
    batches,
    echo_of,
    prepare,
)
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.lookup import same_number
from invoicesync.services.load.refusals import Refusal, after
from invoicesync.services.load.stored import Bound, Stored
from invoicesync.services.load.unknown import Unknowns
from invoicesync.services.load.work import Work
from invoicesync.state.entry import Entry, Operation, State
from invoicesync.state.journal import Prepared
from invoicesync.state.leases import Change

SEND_SECONDS = 140
"""Not begun with less left: a full batch may take Intuit's whole 120 seconds."""
LEASE_SECONDS = SEND_SECONDS + 120 + 30
"""What the lease must still hold: our wait, Intuit's time after it, and skew."""


class Sender:
    """Writes to QuickBooks, first sends only; resends are `invoicesync.services.load.settle`'s."""

    def __init__(self, kit: Kit, unknowns: Unknowns) -> None:
        self._kit = kit
        self._unknowns = unknowns

    def send(self, drafts: Sequence[Draft]) -> None:
        """Send creates and updates together, voids one by one."""
        together = [d for d in drafts if d.write.operation is not Operation.VOID]
        for batch in batches(together):
            self._batch(batch)
        for draft in drafts:
            if draft.write.operation is Operation.VOID:
                self._void(draft)

    def has_time(self, entries: Sequence[Entry]) -> bool:
        """Say whether a request for ``entries`` would end within this run and their leases."""
        now = self._kit.clock.now()
        return self._kit.deadline.remaining_seconds() >= SEND_SECONDS and all(
            entry.lease_until - now >= LEASE_SECONDS for entry in entries
        )

    def _may_send(self, works: Sequence[Work]) -> bool:
        if self.has_time([work.entry for work in works]):
            return True
        for work in works:
            work.retry(0, "no_time")
        return False

    def _batch(self, drafts: Sequence[Draft]) -> None:
        works = [draft.work for draft in drafts]
        if not drafts or not self._may_send(works):
            return
        request_id = RequestId(self._kit.random.token())
        opened = self._open(request_id, drafts)
        if not opened:
            return
        body = batch_body([prepared.text for _, prepared in opened])
        sent = [draft.work for draft, _ in opened]
        try:
            answer = self._kit.books.batch(body, request_id=request_id)
        except OutcomeUnknownError as unknown:
            self._unknowns.note(sent, unknown)
            return
        except (NotSentError, RateLimitedError, RealmBlockedError) as error:
            self._not_done(sent, error)
            return
        except RefusedError as refused:
            self._split([draft for draft, _ in opened], refused)
            return
        answered = [(draft, answer.items.get(ready.intent.bid)) for draft, ready in opened]
        self._unknowns.note([draft.work for draft, written in answered if written is None])
        returned = [(draft, written) for draft, written in answered if written is not None]
        for draft, written in returned:
            if written.fault is not None and not written.fault.is_documented:
                draft.work.met(f"fault {written.fault.code or 'without a code'}", answer.evidence)
        self._record(returned, answer.tid)
        self._close(request_id, sent)

    def _record(self, answered: Sequence[tuple[Draft, Written]], tid: str) -> None:
        stored = [row for draft, written in answered for row in self._take(draft, written, tid)]
        self._kit.recorder.loaded(stored)

    def _close(self, request_id: RequestId, sent: Sequence[Work]) -> None:
        """Let the journal expire once nothing of it is open."""
        if not any(work.keeps_lease for work in sent):
            self._kit.journal.close(request_id)

    def _void(self, draft: Draft) -> None:
        work = draft.work
        if not work.is_open or not self._may_send([work]):
            return
        request_id = RequestId(self._kit.random.token())
        opened = self._open(request_id, [draft])
        if not opened:
            return
        try:
            written, tid = self._kit.books.void(opened[0][1].text.encode(), request_id=request_id)
        except OutcomeUnknownError as unknown:
            self._unknowns.note([work], unknown)
            return
        except (NotSentError, RateLimitedError, RealmBlockedError) as error:
            self._not_done([work], error)
            return
        except RefusedError as refused:
            self._hold_refused(work, refused.code, str(refused))
            return
        self._record([(draft, written)], tid)
        self._close(request_id, [work])

    def _open(self, request_id: RequestId, drafts: Sequence[Draft]) -> list[tuple[Draft, Prepared]]:
        """Journal the drafts; those whose lease was lost meanwhile go back to the queue.

        One whose number another loader is about to use, or just used, is held: the look for it came
        too early to show that.
        """
        prepared = [
            prepare(draft, request_id, str(position))
            for position, draft in enumerate(drafts, start=1)
        ]
        stored = self._kit.journal.open(request_id, prepared)
        by_id = {ready.entry.servicetrade_id: ready for ready in stored.items}
        opened: list[tuple[Draft, Prepared]] = []
        for draft in drafts:
            if (other := stored.others.get(draft.work.id)) is not None:
                number = draft.write.body["DocNumber"]
                self._kit.recorder.held(draft.work, [same_number(number, other)])
                continue
            if (ready := by_id.get(draft.work.id)) is None:
                draft.work.retry(60, "lease_lost")
                continue
            draft.work.entry = ready.entry
            draft.work.keeps_lease = True
            opened.append((draft, ready))
        return opened

    def _take(self, draft: Draft, written: Written, tid: str) -> list[tuple[Work, Stored]]:
        """Take in one item's answer; what is to be recorded as loaded is returned."""
        work = draft.work
        if written.entity is not None:
            return self._verify(draft, written.entity, tid)
        if written.fault is None:
            self._unknowns.note([work])
            return []
        self._refused(draft, written.fault)
        return []

    def _verify(self, draft: Draft, entity: Json, tid: str) -> list[tuple[Work, Stored]]:
        work, intent = draft.work, draft.work.entry.intent_or_raise
        match echo_of(draft.write, entity):
            case Echo.STRANGE:
                # The answer is not about our invoice: it proves nothing, and no Id is bound.
                self._unknowns.note([work])
                return []
            case Echo.MISMATCH:
                differing = ", ".join(sorted(differences(draft.write.body, entity)))
                problem = Problem(
                    ProblemCode.ECHO_MISMATCH,
                    f"QuickBooks stored id {entity['Id']} with another {differing}",
                )
                bound = Bound(entity, draft.write.body, intent.custom_fields)
                self._kit.recorder.held(work, [problem], bound=bound)
                return []
            case _:
                result = RESULTS[intent.operation]
                return [(work, Stored(entity, intent, result, draft.write.body, tid))]

    def _refused(self, draft: Draft, fault: Fault) -> None:
        work = draft.work
        match after(fault, is_second_try=work.is_second_try):
            case Refusal.UNKNOWN:
                self._unknowns.note([work])
            case Refusal.BLOCKED:
                self._kit.books.block(fault)
                self._clear_intent(work)
                if work.is_open:
                    work.retry(600, "realm_blocked")
            case Refusal.TRY_AGAIN:
                work.wants_second_try = True
                self._clear_intent(work)
            case code:
                detail = f"QuickBooks refused it: {fault.code} {fault.message}"
                self._kit.recorder.held(work, [Problem(code, detail, fault.element)])

    def _split(self, drafts: Sequence[Draft], refused: RefusedError) -> None:
        """Refused as a whole and certainly not done: try halves under new keys, down to singles."""
        if len(drafts) == 1:
            self._hold_refused(drafts[0].work, refused.code, str(refused))
            return
        for draft in drafts:
            self._clear_intent(draft.work)
        kept = [draft for draft in drafts if draft.work.is_open]
        middle = len(kept) // 2
        self._batch(kept[:middle])
        self._batch(kept[middle:])

    def _hold_refused(self, work: Work, code: str, text: str) -> None:
        detail = f"QuickBooks refused the request: {code} {text}".strip()
        self._kit.recorder.held(work, [Problem(ProblemCode.REJECTED_BY_QUICKBOOKS, detail)])

    def _clear_intent(self, work: Work) -> None:
        change = Change(work.entry, state=State.QUEUED, remove=("intent",), add={"attempts": -1})
        if self._kit.leases.change([change]):
            work.retry(60, "lease_lost")
            return
        work.entry = replace(work.entry, intent=None, state=State.QUEUED)
        work.keeps_lease = False

    def _not_done(self, works: Sequence[Work], error: Exception) -> None:
        """Clear what was journaled and certainly not done, and return it to the queue."""
        for work in works:
            self._clear_intent(work)
            if work.is_open:
                delay = delay_for(work, error, self._kit.random)
                work.retry(delay, type(error).__name__)
