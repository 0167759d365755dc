"""The numbers that the alarms watch."""

from invoicesync.conditions import Update
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.services.vitals import Vitals, read_vitals
from invoicesync.state import keys
from invoicesync.state.entry import State
from invoicesync.state.ledger import state_change
from invoicesync.state.realm import Realm
from tests.fakes import FakeClock, FakeTable


class Stack:
    """A table with entries in it, and what its vitals are."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.realm = Realm(self.table, self.clock, "company")
        self._last = 0

    def entry(self, state: State, *, seconds_ago: float) -> None:
        self._last += 1
        invoice_id = ServiceTradeId(self._last)
        set_, remove = state_change(state, self.clock.now() - seconds_ago)
        plain = {"servicetrade_id": invoice_id, **set_}
        self.table.write(Update(keys.ledger(invoice_id), set=plain, remove=remove))

    @property
    def vitals(self) -> Vitals:
        return read_vitals(self.table, self.realm, self.clock)


def test_a_stack_at_rest_has_no_age() -> None:
    stack = Stack()
    stack.entry(State.LOADED, seconds_ago=9000)
    stack.entry(State.IGNORED, seconds_ago=9000)
    stack.entry(State.WAITING, seconds_ago=9000)

    assert stack.vitals == Vitals(0.0, 0.0, 0.0)


def test_the_oldest_unsettled_work_is_queued_or_on_its_way() -> None:
    queued, flying = Stack(), Stack()
    queued.entry(State.QUEUED, seconds_ago=700)
    queued.entry(State.QUEUED, seconds_ago=300)
    queued.entry(State.IN_FLIGHT, seconds_ago=100)
    flying.entry(State.QUEUED, seconds_ago=100)
    flying.entry(State.IN_FLIGHT, seconds_ago=800)

    assert queued.vitals == Vitals(700.0, 0.0, 0.0)
    assert flying.vitals == Vitals(800.0, 0.0, 0.0)


def test_a_hold_has_an_age_of_its_own() -> None:
    stack = Stack()
    stack.entry(State.HELD, seconds_ago=90_000)
    stack.entry(State.HELD, seconds_ago=50)

    assert stack.vitals == Vitals(0.0, 90_000.0, 0.0)


def test_among_many_the_oldest_counts() -> None:
    stack = Stack()
    for seconds in (*range(10, 40), 5000, *range(40, 60)):
        stack.entry(State.QUEUED, seconds_ago=seconds)

    assert stack.vitals.oldest_unsettled_seconds == 5000.0


def test_an_open_breaker_has_an_age_until_it_closes() -> None:
    stack = Stack()
    stack.realm.open("QuickBooks refused the token")
    stack.clock.advance(660)

    assert stack.vitals.breaker_open_seconds == 660.0
    stack.realm.succeeded()
    assert stack.vitals.breaker_open_seconds == 0.0


def test_a_pause_is_no_open_breaker() -> None:
    stack = Stack()
    stack.realm.pause(paused=True)
    stack.clock.advance(660)

    assert stack.vitals.breaker_open_seconds == 0.0
