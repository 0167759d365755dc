"""The use case: one batch of messages in, one outcome a message out."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence

from invoicesync.conditions import Absent, Equals, Not, Update, any_of
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.errors import (
    ConditionFailedError,
    MisconfiguredError,
    RateLimitedError,
    RealmBlockedError,
    RefusedError,
    RetryableError,
)
from invoicesync.ports import Deadline, Outgoing, Received
from invoicesync.services.load.backoff import delay_for
from invoicesync.services.load.customers import Customers
from invoicesync.services.load.gate import why_shut
from invoicesync.services.load.intake import (
    NEWER_SCHEMA_DELAY_SECONDS,
    Intake,
    Reduced,
    read_batch,
)
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.lag import Arrival, arrivals
from invoicesync.services.load.needs import LoadPorts, LoadReport, LoadSettings
from invoicesync.services.load.paced import PacedBooks
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.load.record import Recorder
from invoicesync.services.load.resolve import Resolver
from invoicesync.services.load.run import Run
from invoicesync.services.load.suspects import alone
from invoicesync.services.load.triage import verdict_of
from invoicesync.services.load.work import Outcome, Result, Work
from invoicesync.state import keys
from invoicesync.state.claimchecks import ClaimChecks
from invoicesync.state.entry import Entry, State
from invoicesync.state.journal import Journal
from invoicesync.state.leases import Change, Leases
from invoicesync.state.ledger import Ledger, state_change
from invoicesync.state.mappings import Mappings, Published
from invoicesync.state.realm import Realm
from invoicesync.state.references import References

TABLE_DELAY_SECONDS = 30


class Load:
    """Loads batches. What is cached here (references, preferences, mapping) outlives one batch."""

    def __init__(self, ports: LoadPorts, settings: LoadSettings) -> None:
        self._ports = ports
        self._settings = settings
        self._ledger = Ledger(ports.table)
        self._leases = Leases(ports.table, ports.clock, ports.random)
        self._claims = ClaimChecks(ports.bucket)
        self._mappings = Mappings(ports.table, ports.bucket, ports.clock)
        self._references = References(ports.table, ports.clock, settings.realm_id)
        self._realm = Realm(ports.table, ports.clock, settings.company)
        self._journal = Journal(ports.table, ports.bucket, ports.clock, self._leases)
        self._preferences = PreferencesReader(ports.clock)

    def __call__(self, batch: Sequence[Received], deadline: Deadline) -> LoadReport:
        """Load ``batch``; every message gets one outcome, whatever happens to the others."""
        ports = self._ports
        books = PacedBooks(ports.books, self._realm, ports.refresher, self._settings.paces)
        arrived: list[Arrival] = []
        try:
            outcomes = self._outcomes(batch, books, deadline, arrived)
        except RetryableError as error:
            # The state table does not answer: nothing is known to have ended.
            delay = error.delay_seconds or TABLE_DELAY_SECONDS
            outcomes = _all(batch, Result.RETRY, type(error).__name__, delay)
        return LoadReport(tuple(outcomes), books.calls, books.reads, tuple(arrived))

    def _outcomes(
        self,
        batch: Sequence[Received],
        books: PacedBooks,
        deadline: Deadline,
        arrived: list[Arrival],
    ) -> list[Outcome]:
        if shut := why_shut(self._realm, self._ports.clock, books):
            return _all(batch, Result.RETRY, shut.reason, shut.delay_seconds)
        intake = read_batch(batch, self._claims)
        outcomes = self._unloadable(intake)
        if intake.reduced:
            works, busy = self._load(intake.reduced, books, deadline)
            arrived += arrivals(works, now=self._ports.clock.now())
            outcomes += busy + [outcome for work in works for outcome in work.outcomes()]
        if books.is_well:
            self._realm.succeeded()
        return outcomes

    def _unloadable(self, intake: Intake) -> list[Outcome]:
        outcomes = _all(intake.too_new, Result.RETRY, "newer_schema", NEWER_SCHEMA_DELAY_SECONDS)
        for received, why in intake.unreadable:
            result = Result.UNREADABLE if self._is_parked(received, why) else Result.RETRY
            outcomes += _all([received], result, "unreadable_message", 60)
        for received, invoice_id in intake.lost_claims:
            self._extract_again(invoice_id)
            outcomes += _all([received], Result.SUPERSEDED, "claim_expired", 0)
        return outcomes

    def _is_parked(self, received: Received, why: str) -> bool:
        reason = {"reason": "unreadable_message", "detail": why[:200]}
        try:
            return all(self._ports.dead_letters.send([Outgoing(received.body, reason)]))
        except RetryableError:
            return False
        except RefusedError:
            return self._is_parked_aside(received.body, reason)

    def _is_parked_aside(self, body: str, reason: Mapping[str, str]) -> bool:
        """Park a body that leaves no room for its reason: it waits in the bucket."""
        raw = body.encode()
        key = f"journal/unreadable/{hashlib.sha256(raw).hexdigest()}"
        try:
            self._ports.bucket.put(key, raw)
            return all(self._ports.dead_letters.send([Outgoing(json.dumps({"body": key}), reason)]))
        except RetryableError:
            return False

    def _extract_again(self, invoice_id: ServiceTradeId) -> None:
        """Make an invoice look long queued: the extractor's next tick asks for it by id."""
        set_, remove = state_change(State.QUEUED, 0)
        unresolved = any_of(Absent("state"), Not(Equals("state", State.RESOLVED.value)))
        try:
            self._ports.table.write(
                Update(
                    keys.ledger(invoice_id),
                    set={"servicetrade_id": invoice_id, **set_},
                    remove=remove,
                    condition=unresolved,
                )
            )
        except ConditionFailedError:
            return  # a person has settled it, and only a newer look reopens it

    def _load(
        self, reduced: Sequence[Reduced], books: PacedBooks, deadline: Deadline
    ) -> tuple[list[Work], list[Outcome]]:
        """Load what can be claimed; return that, and the outcomes of the rest."""
        published = self._mappings.current()
        try:
            # Before anything is claimed: a wait for a slot must not eat a lease.
            books.reserve_batch()
        except RateLimitedError as limited:
            messages = [received for one in reduced for received in one.received]
            return [], _all(messages, Result.RETRY, "rate_limited", limited.delay_seconds or 30)
        claims = self._leases.claim(
            [one.message.servicetrade_id for one in reduced],
            lease_seconds=self._settings.lease_seconds,
        )
        works: list[Work] = []
        outcomes: list[Outcome] = []
        for one in reduced:
            entry = claims.entries.get(one.message.servicetrade_id)
            if entry is not None:
                works.append(_work(one, entry, published))
                continue
            if one.message.servicetrade_id in claims.newer:
                later = NEWER_SCHEMA_DELAY_SECONDS
                outcomes += _all(one.received, Result.RETRY, "newer_schema", later)
                continue
            until = claims.busy_until.get(one.message.servicetrade_id, 0)
            delay = max(0, until - self._ports.clock.now()) + self._ports.random.uniform(1, 15)
            outcomes += _all(one.received, Result.RETRY, "busy", delay)
        self._run(works, self._kit(books, deadline, published))
        return works, outcomes

    def _run(self, works: Sequence[Work], kit: Kit) -> None:
        """Load what was claimed. An unexpected error leaves leases and intents as they stand."""
        customers = Customers(kit.books, self._references, self._ports.random)
        resolver = Resolver(kit.books, self._references, customers)
        try:
            Run(kit, resolver, self._preferences).load(alone(works, kit))
        except (RetryableError, RealmBlockedError) as error:
            for work in works:
                if work.is_open:
                    work.retry(delay_for(work, error, kit.random), type(error).__name__)
        except RefusedError as refused:
            self._refused(works, kit, refused)
        except MisconfiguredError:
            # Every message fails: that is no invoice's doing.
            self._release(works)
            raise
        kit.recorder.tell(works)
        self._release([work for work in works if work.result is Result.RETRY])

    def _refused(self, works: Sequence[Work], kit: Kit, refused: RefusedError) -> None:
        """Find out whose question QuickBooks refuses: each is asked alone, as after a crash."""
        open_ = [work for work in works if work.is_open and not work.keeps_lease]
        if len(open_) == 1:
            detail = f"QuickBooks refused a question about it: {refused}"
            kit.recorder.held(open_[0], [Problem(ProblemCode.REJECTED_BY_QUICKBOOKS, detail)])
            return
        for work in open_:
            work.is_suspect = True
        for work in works:
            if work.is_open:
                work.retry(kit.random.uniform(1, 30), "refused_question")

    def _release(self, works: Iterable[Work]) -> None:
        """Give leases back but those under which a write is on its way."""
        free = [work for work in works if not work.keeps_lease]
        self._leases.change(
            [
                Change(work.entry, set={"lease_until": 0, "claims": _claims_after(work)})
                for work in free
            ]
        )

    def _kit(self, books: PacedBooks, deadline: Deadline, published: Published) -> Kit:
        ports = self._ports
        return Kit(
            books=books,
            ledger=self._ledger,
            leases=self._leases,
            journal=self._journal,
            published=published,
            recorder=Recorder(self._leases, ports.dead_letters, ports.outcomes, ports.notify),
            clock=ports.clock,
            random=ports.random,
            deadline=deadline,
            lease_seconds=self._settings.lease_seconds,
        )


def _claims_after(work: Work) -> int:
    """Return how many loads of it count as ended without a word."""
    if work.is_suspect:
        return work.entry.claims
    return work.entry.claims - 1 if work.is_untried else 0


def _work(one: Reduced, entry: Entry, published: Published) -> Work:
    verdict, serial = verdict_of(one.message, entry, published)
    return Work(one.message, one.received, entry, verdict, serial)


def _all(messages: Sequence[Received], result: Result, code: str, delay: float) -> list[Outcome]:
    return [Outcome(one.message_id, one.receipt, result, code, delay) for one in messages]
