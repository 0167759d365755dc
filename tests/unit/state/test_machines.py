"""Looks, checkpoints, paces and the journal, each in any order beside a model of a few lines."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from invoicesync.conditions import Update
from invoicesync.domain.ids import RequestId, ServiceTradeId
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.errors import BusyError, RateLimitedError
from invoicesync.state import keys
from invoicesync.state.checkpoint import Checkpoint, Checkpoints
from invoicesync.state.entry import Entry, Intent, Operation, State
from invoicesync.state.journal import Journal, Prepared
from invoicesync.state.leases import Leases
from invoicesync.state.ledger import Ledger
from invoicesync.state.looks import Look, Looks
from invoicesync.state.pace import Pace, Pacer
from tests.fakes import FakeBucket, FakeClock, FakeTable, SeededRandom

INVOICES = [ServiceTradeId(number) for number in (1, 2)]
QUICK = settings(max_examples=20, stateful_step_count=25, derandomize=True, deadline=None)

revisions = st.builds(
    Revision,
    updated=st.integers(1000, 1002),
    epoch=st.integers(1, 3),
    position=st.integers(0, 1),
    disposition=st.sampled_from((Disposition.DISPATCH, Disposition.WAITING)),
    fingerprint=st.sampled_from(("1:a", "1:b")),
)


class LookMachine(RuleBasedStateMachine):
    """Of all looks the latest stands, and one that needs no message never covers an unread one."""

    befores: Bundle[Entry] = Bundle("befores")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.looks, self.ledger = Looks(self.table, self.clock), Ledger(self.table)
        self.newest: dict[ServiceTradeId, tuple[Revision, State]] = {}
        self.bound: set[ServiceTradeId] = set()

    @rule(
        seen=st.dictionaries(st.sampled_from(INVOICES), revisions, min_size=1),
        state=st.sampled_from((State.QUEUED, State.IGNORED)),
    )
    def mark(self, seen: dict[ServiceTradeId, Revision], state: State) -> None:
        self.looks.mark([Look(id_, revision, state, "seen") for id_, revision in seen.items()])

        for id_, revision in seen.items():
            known = self.newest.get(id_)
            if known is None or revision.order > known[0].order:
                self.newest[id_] = revision, state

    @rule(target=befores, id_=st.sampled_from(INVOICES))
    def read(self, id_: ServiceTradeId) -> Entry:
        return self.ledger.get(id_)

    @rule(before=befores, revision=revisions)
    def settle(self, before: Entry, revision: Revision) -> None:
        id_ = before.servicetrade_id
        known = self.newest.get(id_)
        is_unchanged = (None if known is None else known[0].order) == (
            None if before.seen is None else before.seen.order
        )
        is_done_already = known is not None and known[0] == revision

        settled = self.looks.settle_unsent(Look(id_, revision, State.WAITING, "waits"), before)

        may_write = is_unchanged and id_ not in self.bound
        assert settled == (may_write or is_done_already)
        if may_write:
            self.newest[id_] = revision, State.WAITING

    @rule(id_=st.sampled_from(INVOICES))
    def bind(self, id_: ServiceTradeId) -> None:
        self.table.write(Update(keys.ledger(id_), set={"qbo_id": "7"}))
        self.bound.add(id_)

    @invariant()
    def the_latest_look_stands(self) -> None:
        for id_ in INVOICES:
            entry = self.ledger.get(id_)
            assert (entry.seen, entry.state) == self.newest.get(id_, (None, None))


class CheckpointMachine(RuleBasedStateMachine):
    """One run holds a checkpoint; only it moves the watermark, and only forward."""

    runs: Bundle[Checkpoint] = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.checkpoints = Checkpoints(self.table, self.clock, SeededRandom())
        self.nonce, self.until, self.epoch = "", -1, 0
        self.watermark: int | None = None

    @rule(target=runs, seconds=st.integers(1, 50))
    def acquire(self, seconds: int) -> Checkpoint | MultipleResults[Checkpoint]:
        now = int(self.clock.now())
        held = self._tried(seconds)
        if isinstance(held, BusyError):
            assert now <= self.until == now + (held.delay_seconds or 0)
            return multiple()
        assert self.until < now
        assert held.epoch > self.epoch
        assert held.watermark == self.watermark
        self.nonce, self.until, self.epoch = held.nonce, now + seconds, held.epoch
        return held

    def _tried(self, seconds: int) -> Checkpoint | BusyError:
        try:
            return self.checkpoints.acquire(keys.LIVE, lease_seconds=seconds)
        except BusyError as busy:
            return busy

    @rule(seconds=st.integers(1, 40))
    def wait(self, seconds: int) -> None:
        self.clock.sleep(seconds)

    @rule(target=runs, run=runs, to=st.integers(1, 9))
    def commit(self, run: Checkpoint, to: int) -> Checkpoint | MultipleResults[Checkpoint]:
        try:
            moved = self.checkpoints.commit(run, to, source_time=1, unnamed=False)
        except BusyError:
            # Not ours any more, or what we remember of the watermark is older than what stands.
            assert run.nonce != self.nonce or max(to, run.watermark or to) < (self.watermark or 0)
            return multiple()
        assert run.nonce == self.nonce
        assert moved.watermark is not None
        assert moved.watermark >= (self.watermark or 0)
        self.watermark = moved.watermark
        return moved

    @rule(run=consumes(runs))
    def release(self, run: Checkpoint) -> None:
        self.checkpoints.release(run)

        if run.nonce == self.nonce:
            self.until = 0

    @invariant()
    def the_table_agrees_and_the_watermark_never_fell(self) -> None:
        item = self.table.get(keys.LIVE) or {}
        assert item.get("watermark") == self.watermark
        assert item.get("nonce", "") == self.nonce


class PaceMachine(RuleBasedStateMachine):
    """Whoever asks, calls keep their distance, and nobody calls while all are held back."""

    PACE = Pace("requests", per_minute=30, burst=3)
    INTERVAL = 2.0

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        table = FakeTable(self.clock)
        self.pacers = [Pacer(table, self.clock, "9") for _ in range(3)]
        self.granted: list[float] = []
        self.held_until = 0.0

    @rule(who=st.integers(0, 2))
    def reserve(self, who: int) -> None:
        asked = self.clock.now()
        try:
            self.pacers[who].reserve(self.PACE)
        except RateLimitedError:
            return
        now = self.clock.now()
        assert now - asked <= 20.5
        assert now >= self.held_until - 0.001
        self.granted.append(now)
        slack = self.INTERVAL * (self.PACE.burst - 1) + 0.01
        for before, at in enumerate(reversed(self.granted)):
            assert now - at >= before * self.INTERVAL - slack, (before, self.granted)

    @rule(seconds=st.floats(0.01, 200))
    def wait(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    @rule(who=st.integers(0, 2), seconds=st.sampled_from((None, 5.0, 30.0)))
    def throttled(self, who: int, seconds: float | None) -> None:
        self.pacers[who].throttled(seconds)

        self.held_until = max(
            self.held_until, int(self.clock.now() * 1000) / 1000 + (seconds or 60)
        )
        assert self.pacers[who].usage().share <= 0.5


class JournalMachine(RuleBasedStateMachine):
    """What may be sent is exactly what was stored under a lease that still held."""

    entries: Bundle[Entry] = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        table = FakeTable(self.clock)
        self.leases, self.ledger = Leases(table, self.clock, SeededRandom()), Ledger(table)
        self.journal = Journal(table, FakeBucket(), self.clock, self.leases)
        self.nonce: dict[ServiceTradeId, str] = {}
        self.intent: dict[ServiceTradeId, Intent] = {}
        self.texts: dict[RequestId, dict[str, str]] = {}

    @rule(target=entries, id_=st.sampled_from(INVOICES))
    def claim(self, id_: ServiceTradeId) -> MultipleResults[Entry]:
        claims = self.leases.claim([id_], lease_seconds=10)
        for entry in claims.entries.values():
            self.nonce[id_] = entry.nonce
        return multiple(*claims.entries.values())

    @rule(seconds=st.integers(1, 20))
    def wait(self, seconds: int) -> None:
        self.clock.sleep(seconds)

    @rule(
        given=st.lists(entries, min_size=1, max_size=2, unique_by=lambda e: e.servicetrade_id),
        text=st.text(max_size=5),
    )
    def open(self, given: list[Entry], text: str) -> None:
        request_id = RequestId(f"r{len(self.texts)}")
        items = [
            Prepared(entry, _intent(request_id, f"b{at}"), f"{text}{at}")
            for at, entry in enumerate(given)
        ]

        opened = self.journal.open(request_id, items)

        ours = [it for it in items if self.nonce[it.entry.servicetrade_id] == it.entry.nonce]
        assert [it.text for it in opened.items] == [it.text for it in ours]
        assert opened.others == {}
        for item in ours:
            self.intent[item.entry.servicetrade_id] = item.intent
        self.texts[request_id] = {it.intent.bid: it.text for it in items}
        assert set(self.journal.invoices(request_id)) == {e.servicetrade_id for e in given}

    @rule()
    def close(self) -> None:
        for request_id in self.texts:
            self.journal.close(request_id)

    @invariant()
    def requests_and_intents_are_as_they_were_stored(self) -> None:
        for request_id, texts in self.texts.items():
            assert self.journal.texts(request_id) == texts
        for id_ in INVOICES:
            entry = self.ledger.get(id_)
            assert entry.intent == self.intent.get(id_)
            assert (entry.state is State.IN_FLIGHT) == (id_ in self.intent)


def _intent(request_id: RequestId, bid: str) -> Intent:
    revision = Revision(1000, 1, 0, Disposition.DISPATCH, "1:a")
    return Intent(request_id, bid, Operation.CREATE, revision, "hash", 1)


for machine in (LookMachine, CheckpointMachine, PaceMachine, JournalMachine):
    machine.TestCase.settings = QUICK

TestLooks = LookMachine.TestCase
TestCheckpoints = CheckpointMachine.TestCase
TestPaces = PaceMachine.TestCase
TestJournal = JournalMachine.TestCase
