"""Leases in any order of claims, waits, changes and releases, beside a model of a few lines."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
)

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.state.entry import Entry
from invoicesync.state.leases import Change, Leases
from invoicesync.state.ledger import Ledger
from tests.fakes import FakeClock, FakeTable, SeededRandom

INVOICES = [ServiceTradeId(number) for number in (1, 2, 3)]


@dataclass
class Held:
    """What the model knows of one invoice: who holds it, until when, and how often it was taken."""

    nonce: str = ""
    until: int = 0
    fence: int = 0
    attempts: int = 0


class LeaseMachine(RuleBasedStateMachine):
    """One holder at a time, fences that rise by one, and no change by whoever lost the lease."""

    entries: Bundle[Entry] = Bundle("entries")

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        table = FakeTable(self.clock)
        self.leases = Leases(table, self.clock, SeededRandom())
        self.ledger = Ledger(table)
        self.model = {invoice: Held() for invoice in INVOICES}
        self.nonces: set[str] = set()

    @rule(
        target=entries,
        asked=st.lists(st.sampled_from(INVOICES), min_size=1, unique=True),
        seconds=st.integers(1, 100),
    )
    def claim(self, asked: list[ServiceTradeId], seconds: int) -> MultipleResults[Entry]:
        now = self.clock.now()
        free = {invoice for invoice in asked if self.model[invoice].until < now}

        claims = self.leases.claim(asked, lease_seconds=seconds)

        assert set(claims.entries) == free
        assert claims.busy_until == {i: self.model[i].until for i in asked if i not in free}
        fresh = {entry.nonce for entry in claims.entries.values()}
        assert len(fresh) <= 1
        assert not fresh & self.nonces
        self.nonces |= fresh
        for invoice, entry in claims.entries.items():
            held = self.model[invoice]
            held.nonce, held.until, held.fence = entry.nonce, int(now) + seconds, held.fence + 1
            assert entry.fence == held.fence
        return multiple(*claims.entries.values())

    @rule(seconds=st.integers(1, 60))
    def wait(self, seconds: int) -> None:
        self.clock.sleep(seconds)

    @rule(entry=entries, attempts=st.integers(1, 9))
    def change(self, entry: Entry, attempts: int) -> None:
        held = self.model[entry.servicetrade_id]

        lost = self.leases.change([Change(entry, add={"attempts": attempts})])

        assert lost == (set() if entry.nonce == held.nonce else {entry.servicetrade_id})
        held.attempts += 0 if lost else attempts

    @rule(given=st.lists(entries, min_size=1, max_size=3, unique_by=lambda e: e.servicetrade_id))
    def release(self, given: list[Entry]) -> None:
        self.leases.release(given)

        for entry in given:
            held = self.model[entry.servicetrade_id]
            if held.nonce == entry.nonce:
                held.until = 0

    @invariant()
    def the_table_agrees(self) -> None:
        found = self.ledger.get_many(INVOICES)
        for invoice, held in self.model.items():
            entry = found[invoice]
            assert (entry.nonce, entry.lease_until) == (held.nonce, held.until)
            assert (entry.fence, entry.attempts) == (held.fence, held.attempts)


LeaseMachine.TestCase.settings = settings(
    max_examples=80, stateful_step_count=40, derandomize=True, deadline=None
)
TestLeases = LeaseMachine.TestCase
