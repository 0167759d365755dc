"""The steps of one load, from claimed invoices to recorded ones."""

from collections.abc import Callable, Sequence

from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.revision import Disposition
from invoicesync.errors import TransientReadError
from invoicesync.services.load.backoff import delay_for
from invoicesync.services.load.drafts import Draft, intent_of
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.lookup import by_numbers, obstacle, same_number, sort_out
from invoicesync.services.load.plan import (
    Already,
    Gone,
    Plan,
    Write,
    plan_adoption,
    plan_create,
    plan_revival,
    plan_rollback,
    plan_update,
    plan_void,
)
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.load.resend import Resender
from invoicesync.services.load.resolve import Resolver
from invoicesync.services.load.send import Sender
from invoicesync.services.load.settle import Settler
from invoicesync.services.load.stored import Bound, Stored
from invoicesync.services.load.triage import (
    Close,
    Keep,
    Proceed,
    approvable_hash,
    fix_number,
    is_outdated,
    is_resolved,
    triage,
    verdict_of,
)
from invoicesync.services.load.unknown import Unknowns
from invoicesync.services.load.work import Result, Work
from invoicesync.state.entry import Entry, Operation, State


class Run:
    """One run over claimed invoices."""

    def __init__(
        self,
        kit: Kit,
        resolver: Resolver,
        preferences: PreferencesReader,
        *,
        sender: Sender | None = None,
        settler: Settler | None = None,
    ) -> None:
        """Join the steps; a preview brings a sender and a settler that do nothing."""
        self._kit = kit
        self._resolver = resolver
        self._preferences = preferences
        unknowns = Unknowns(kit)
        self._sender = sender or Sender(kit, unknowns)
        self._settler = settler or Settler(kit, unknowns, Resender(kit, unknowns, self._sender))

    def load(self, works: Sequence[Work]) -> None:
        """Take every work to its result."""
        self._settler.settle(works)
        voids, documents = self._fence([work for work in works if work.is_open])
        self._sender.send(self._drafts(voids, self._plan_void))
        self._write(documents)
        again = [w for w in [*voids, *documents] if w.is_open and w.wants_second_try]
        for work in again:
            work.is_second_try, work.wants_second_try = True, False
        self._sender.send(self._drafts([w for w in again if w in voids], self._plan_void))
        self._write([w for w in again if w not in voids])

    def _fence(self, works: Sequence[Work]) -> tuple[list[Work], list[Work]]:
        """Close what needs nothing in QuickBooks; return what must be voided, and the rest."""
        voids: list[Work] = []
        documents: list[Work] = []
        for work in works:
            if is_resolved(work.message.revision, work.entry):
                self._kit.recorder.closed(work, Result.UNCHANGED, None, "")
                continue
            now = self._kit.clock.now()
            work.entry = self._kit.ledger.raise_seen(work.entry, work.message.revision, now=now)
            self._judge(work)
            if is_outdated(work.mapping_serial, work.entry):
                work.retry(self._kit.random.uniform(1, 30), "older_mapping")
                continue
            match triage(work.message.revision, work.verdict, work.entry, work.asked_hash):
                case Close(result, state, reason):
                    self._kit.recorder.closed(work, result, state, reason)
                case Keep(problems):
                    self._kit.recorder.held(work, problems)
                case Proceed(void=True):
                    voids.append(work)
                case _:
                    documents.append(work)
        return voids, documents

    def _judge(self, work: Work) -> None:
        """Say what is to become of it, now that the ledger says whether it is loaded."""
        work.verdict, work.mapping_serial = verdict_of(
            work.message, work.entry, self._kit.published
        )
        if work.verdict.document is not None:
            work.set_document(fix_number(work.document, work.entry))
            work.asked_hash = approvable_hash(work.document, work.mapping_serial, work.entry)

    def _write(self, works: Sequence[Work]) -> None:
        """Resolve, look up, decide, and send creates and updates."""
        if not works:
            return
        for work in works:
            if work.is_second_try:
                self._resolver.forget(work.document)
                self._preferences.forget()
        self._resolve(works)
        self._look_up([work for work in works if work.is_open and _is_sought(work.entry)])
        ready = [work for work in works if work.is_open and work.resolved is not None]
        self._sender.send(self._drafts(ready, self._plan_of))

    def _resolve(self, works: Sequence[Work]) -> None:
        preferences = self._preferences.read(self._kit.books)
        open_: list[Work] = []
        for work in works:
            problems: list[Problem] = []
            if not work.entry.is_loaded:
                work.set_document(preferences.in_open_period(work.document, problems))
            if problems:
                self._kit.recorder.held(work, problems)
            else:
                open_.append(work)
        for work, found in self._resolver.resolve(open_, preferences):
            if found:
                self._kit.recorder.held(work, found)

    def _look_up(self, works: Sequence[Work]) -> None:
        """Look for each number in QuickBooks before anything is created: one query for all."""
        found = by_numbers(self._kit.books, [work.document.number for work in works])
        taken: dict[str, Work] = {}
        for work in works:
            number = work.document.number.casefold()
            work.found = sort_out(work.entry, found.get(number, []))
            problem = obstacle(work.id, work.document.number, work.found)
            if problem is None and (other := taken.setdefault(number, work)) is not work:
                problem = same_number(work.document.number, other.id)
            if problem is not None:
                # Ours is bound though a person must choose: under another number it would be made
                # anew.
                bound = Bound(work.found.first) if work.found.live else None
                self._kit.recorder.held(work, [problem], bound=bound)

    def _plan_of(self, work: Work) -> Plan:
        entry, resolved = work.entry, work.ready
        if entry.is_loaded:
            current = self._kit.books.read_invoice(entry.qbo_id_or_raise)
            if current is not None:
                preferences = self._preferences.read(self._kit.books)
                work.set_document(preferences.as_dated(work.document, current))
            plan = plan_revival if entry.rolled_back else plan_update
            return plan(entry, work.document, resolved, current)
        ours = [*work.found.live, *work.found.voided]
        if ours:
            return plan_adoption(entry, work.document, resolved, ours[0])
        return plan_create(entry, work.document, resolved)

    def _plan_void(self, work: Work) -> Plan:
        current = self._kit.books.read_invoice(work.entry.qbo_id_or_raise)
        is_source_void = work.verdict.disposition is Disposition.VOID
        return (plan_void if is_source_void else plan_rollback)(work.entry, current)

    def _drafts(self, works: Sequence[Work], plan: Callable[[Work], Plan]) -> list[Draft]:
        """Plan each; one that cannot be read waits by itself, a second one is nobody's fault."""
        drafts: list[Draft] = []
        failed = 0
        for work in works:
            try:
                drafts += self._decide(work, plan(work))
            except TransientReadError as error:
                failed += 1
                if failed > 1:
                    raise
                work.retry(delay_for(work, error, self._kit.random), "not_read")
        return drafts

    def _decide(self, work: Work, plan: Plan) -> list[Draft]:
        match plan:
            case Write():
                return [Draft(work, plan)]
            case Already(entity, body):
                is_void = work.verdict.document is None
                operation = Operation.VOID if is_void else Operation.UPDATE
                result = Result.VOIDED if is_void else Result.UNCHANGED
                intent = intent_of(work, operation, "", "")
                self._kit.recorder.loaded([(work, Stored(entity, intent, result, body))])
            case Gone():
                self._kit.recorder.closed(work, Result.VOIDED, State.VOIDED, "")
            case _:
                self._kit.recorder.held(work, [plan.problem], bound=plan.bound)
        return []


def _is_sought(entry: Entry) -> bool:
    """Say whether it may stand in QuickBooks without our knowing, or stood there twice."""
    codes = {row["code"] for row in entry.problems}
    return not entry.is_loaded or ProblemCode.DUPLICATE_IN_QUICKBOOKS in codes
