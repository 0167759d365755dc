"""The use case: one batch of messages in, one outcome a message out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from invoicesync.conditions import Update
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.verdict import Verdict, judge
from invoicesync.errors import (
    RateLimitedError,
    RealmBlockedError,
    RefusedError,
    RetryableError,
    TransientReadError,
)
from invoicesync.ports import (
    Books,
    Bucket,
    Clock,
    Deadline,
    Outgoing,
    Queue,
    Random,
    Received,
    Table,
    TokenRefresher,
)
from invoicesync.services.load.customers import Customers
from invoicesync.services.load.intake import (
    NEWER_SCHEMA_DELAY_SECONDS,
    Intake,
    Reduced,
    read_batch,
)
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.paced import PacedBooks, Paces
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.load.record import Notify, Recorder
from invoicesync.services.load.resolve import Resolver
from invoicesync.services.load.run import Run
from invoicesync.services.load.send import delay_of
from invoicesync.services.load.work import Outcome, Result, Work
from invoicesync.state import keys
from invoicesync.state.claimchecks import ClaimChecks
from invoicesync.state.entry import Entry, State
from invoicesync.state.journal import Journal
from invoicesync.state.leases import Leases
from invoicesync.state.ledger import Ledger, state_change
from invoicesync.state.mappings import Mappings, Published
from invoicesync.state.realm import Realm
from invoicesync.state.references import References

CRASHES = 5
GATE_DELAY_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPorts:
    """The outside, as a load needs it."""

    books: Books
    refresher: TokenRefresher
    table: Table
    bucket: Bucket
    dead_letters: Queue
    outcomes: Queue
    notify: Notify
    clock: Clock
    random: Random


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """What a load is told: whose books, how fast, and how long a lease lasts.

    ``company`` names the pace and the breaker that it shares; ``realm_id`` keys cached references.

    A lease is the function's timeout, plus the 120 s for which Intuit may go on executing a request
    that we gave up, plus 60 s for index lag and clocks that differ.
    """

    realm_id: str
    paces: Paces
    company: str = "company"
    timeout_seconds: int = 180

    @property
    def lease_seconds(self) -> int:
        """How long a claim lasts."""
        return self.timeout_seconds + 120 + 60


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of each message, and how many QuickBooks calls it took."""

    outcomes: tuple[Outcome, ...]
    calls: int = 0

    @property
    def results(self) -> Counter[str]:
        """Count messages by result."""
        return Counter(outcome.result.value for outcome in self.outcomes)


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
        books = PacedBooks(
            self._ports.books, self._realm, self._ports.refresher, self._settings.paces
        )
        if shut := self._gate(books):
            outcomes = _all(batch, Result.RETRY, shut, GATE_DELAY_SECONDS)
            return LoadReport(tuple(outcomes), books.calls)
        intake = read_batch(batch, self._claims)
        outcomes = self._unloadable(intake)
        if intake.reduced:
            outcomes += self._load(intake.reduced, books, deadline)
        if books.has_succeeded:
            self._realm.succeeded()
        return LoadReport(tuple(outcomes), books.calls)

    def _gate(self, books: PacedBooks) -> str:
        """Say why nothing may be loaded now, if so; one loader tries an open breaker."""
        now = self._ports.clock.now()
        gate = self._realm.gate()
        if gate.paused:
            return "paused"
        if not gate.opened_at:
            return ""
        if now < gate.open_until or not self._realm.take_probe():
            return "breaker_open"
        try:
            books.preferences()
        except (RetryableError, RefusedError):
            self._realm.extend()
            return "breaker_open"
        self._realm.succeeded()
        return ""

    def _unloadable(self, intake: Intake) -> list[Outcome]:
        outcomes = _all(intake.too_new, Result.RETRY, "newer_schema", NEWER_SCHEMA_DELAY_SECONDS)
        for received, why in intake.unreadable:
            parked = self._ports.dead_letters.send(
                [Outgoing(received.body, {"reason": "unreadable_message", "detail": why[:200]})]
            )
            result = Result.UNREADABLE if all(parked) else Result.RETRY
            outcomes += _all([received], result, "unreadable_message", 60)
        for received, invoice_id in intake.lost_claims:
            self._extract_again(invoice_id)
            outcomes += _all([received], Result.SUPERSEDED, "claim_expired", 0)
        return outcomes

    def _extract_again(self, invoice_id: ServiceTradeId) -> None:
        """Make an invoice look long queued: the extractor's next tick asks for it by id."""
        set_, remove = state_change(State.QUEUED, 0)
        self._ports.table.write(Update(keys.ledger(invoice_id), set=set_, remove=remove))

    def _load(
        self, reduced: Sequence[Reduced], books: PacedBooks, deadline: Deadline
    ) -> list[Outcome]:
        published = self._mappings.current()
        try:
            # Before anything is claimed: a wait for a slot must not eat a lease.
            books.reserve_batch()
        except RateLimitedError as limited:
            messages = [received for one in reduced for received in one.received]
            return _all(messages, Result.RETRY, "rate_limited", limited.delay_seconds or 30)
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
            until = claims.busy_until.get(one.message.servicetrade_id, 0)
            delay = max(0, until - self._ports.clock.now()) + self._ports.random.uniform(1, 15)
            outcomes += _all(one.received, Result.RETRY, "busy", delay)
        self._run(works, books, deadline)
        return outcomes + [outcome for work in works for outcome in work.outcomes()]

    def _run(self, works: Sequence[Work], books: PacedBooks, deadline: Deadline) -> None:
        """Load what was claimed. An unexpected error leaves leases and intents as they stand."""
        kit = self._kit(books, deadline)
        customers = Customers(books, self._references, self._ports.random)
        resolver = Resolver(books, self._references, customers)
        try:
            Run(kit, resolver, self._preferences).load(self._without_suspects(works, kit))
        except (RateLimitedError, RealmBlockedError, TransientReadError) as error:
            for work in works:
                if work.is_open:
                    work.retry(delay_of(error), type(error).__name__)
        self._leases.release(
            work.entry for work in works if work.result is Result.RETRY and not work.keeps_lease
        )

    def _without_suspects(self, claimed: Sequence[Work], kit: Kit) -> Sequence[Work]:
        """Run an invoice that seems to crash loaders alone; after that, hold it."""
        suspects = [work for work in claimed if work.entry.claims > CRASHES]
        if not suspects:
            return claimed
        first = suspects[0]
        if first.entry.claims > CRASHES + 1:
            detail = f"{first.entry.claims - 1} loads of it ended without a word"
            kit.recorder.held(first, [Problem(ProblemCode.CRASHES_LOADER, detail)])
        for work in claimed:
            if work is not first:
                work.retry(self._ports.random.uniform(1, 30), "after_a_suspect")
        return [first]

    def _kit(self, books: PacedBooks, deadline: Deadline) -> Kit:
        ports = self._ports
        return Kit(
            books=books,
            ledger=self._ledger,
            leases=self._leases,
            journal=self._journal,
            recorder=Recorder(self._leases, ports.dead_letters, ports.outcomes, ports.notify),
            clock=ports.clock,
            random=ports.random,
            deadline=deadline,
            lease_seconds=self._settings.lease_seconds,
        )


def _work(one: Reduced, entry: Entry, published: Published) -> Work:
    """Join message and entry; a message made with an older mapping is judged anew.

    So is one whose invoice was loaded since: dispatch no longer decides about it.
    """
    message = one.message
    is_stale = message.mapping_serial < published.serial
    is_left = message.document is None and not message.problems and entry.is_loaded
    if is_stale or is_left:
        verdict = judge(message.source, published.mapping, is_loaded=entry.is_loaded)
        return Work(message, one.received, entry, verdict, published.serial)
    verdict = Verdict(
        message.revision.disposition, message.reason, message.document, message.problems
    )
    return Work(message, one.received, entry, verdict, message.mapping_serial)


def _all(messages: Sequence[Received], result: Result, code: str, delay: float) -> list[Outcome]:
    return [Outcome(one.message_id, one.receipt, result, code, delay) for one in messages]
