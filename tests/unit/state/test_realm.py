"""The pace, the breaker and the pause that all loaders of a company share."""

import pytest

from invoicesync.conditions import Item, Update, Write
from invoicesync.errors import RateLimitedError
from invoicesync.state import keys
from invoicesync.state.pace import Pace, Usage
from invoicesync.state.realm import (
    FAILURES_TO_OPEN,
    LONGEST_OPEN_SECONDS,
    OPEN_SECONDS,
    PROBE_SECONDS,
    Realm,
)
from tests.fakes import FakeClock, FakeTable

PACE = Pace("requests", per_minute=60, burst=3)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def table(clock: FakeClock) -> FakeTable:
    return FakeTable(clock)


@pytest.fixture
def realm(table: FakeTable, clock: FakeClock) -> Realm:
    return Realm(table, clock, "company")


def test_a_burst_goes_at_once_and_the_rest_at_the_pace(realm: Realm, clock: FakeClock) -> None:
    began = clock.now()
    for _ in range(3):
        realm.reserve(PACE)
    assert clock.now() == began

    for _ in range(10):
        realm.reserve(PACE)

    assert clock.now() - began == pytest.approx(10, abs=0.1)


def test_two_loaders_share_one_pace(table: FakeTable, clock: FakeClock) -> None:
    began = clock.now()
    for at in range(13):
        Realm(table, clock, "company").reserve(PACE)
        assert at >= 0

    assert clock.now() - began == pytest.approx(10, abs=0.1)


def test_nobody_waits_longer_than_twenty_seconds(realm: Realm, clock: FakeClock) -> None:
    realm.throttled(90)

    with pytest.raises(RateLimitedError, match="no slot for requests") as limited:
        realm.reserve(PACE)

    assert limited.value.delay_seconds == pytest.approx(90)
    assert clock.slept == []
    realm.throttled(30)  # a shorter one changes nothing
    with pytest.raises(RateLimitedError) as limited:
        realm.reserve(PACE)
    assert limited.value.delay_seconds == pytest.approx(90)


class Crowded(FakeTable):
    """A table where, before each of our first writes, another loader takes a slot."""

    def __init__(self, clock: FakeClock, times: int, pace: Pace = PACE) -> None:
        super().__init__(clock)
        self.pace = pace
        self.others = Realm(self, clock, "company")
        self.times = times

    def write(self, write: Write) -> Item:
        if self.times:
            self.times, left = 0, self.times - 1
            self.others.reserve(self.pace)
            self.times = left
        return super().write(write)


def test_a_loader_that_is_overtaken_takes_the_next_slot(clock: FakeClock) -> None:
    table = Crowded(clock, times=1)

    Realm(table, clock, "company").reserve(PACE)

    assert clock.slept == []
    item = table.get(keys.realm("company", "RATE#calls")) or {}
    assert item["tat_requests"] == int(clock.now() * 1000) + 2000


def test_a_loader_that_is_overtaken_twice_lets_the_others_pass(clock: FakeClock) -> None:
    tight = Pace("requests", per_minute=60, burst=2)
    table = Crowded(clock, times=2, pace=tight)

    Realm(table, clock, "company").reserve(tight)

    assert clock.slept[0] == 0.05


def test_a_hold_that_another_loader_made_shorter_is_looked_at_again(
    realm: Realm, table: FakeTable, clock: FakeClock
) -> None:
    realm.throttled(90)
    key = keys.realm("company", "RATE#calls")
    table.write(Update(key, set={"until": int(clock.now() * 1000) - 1}))

    realm.reserve(PACE)

    assert clock.slept[0] == 0.05


def test_a_run_of_failures_opens_the_breaker_and_one_success_ends_the_run(
    realm: Realm, clock: FakeClock
) -> None:
    for _ in range(FAILURES_TO_OPEN - 1):
        realm.failed("no answers")
    realm.succeeded()
    realm.succeeded()
    for _ in range(FAILURES_TO_OPEN - 1):
        realm.failed("no answers")
    assert realm.gate().opened_at == 0

    realm.failed("no answers")

    gate = realm.gate()
    assert (gate.reason, gate.opened_at) == ("no answers", int(clock.now()))
    assert gate.is_shut(clock.now())
    assert not gate.is_shut(clock.now() + OPEN_SECONDS)
    assert not gate.is_long_open(clock.now() + OPEN_SECONDS)
    assert gate.is_long_open(clock.now() + OPEN_SECONDS + 1)
    clock.advance(100)
    assert not realm.open("again")
    assert realm.gate() == gate


def test_one_loader_tries_an_open_breaker(realm: Realm, clock: FakeClock) -> None:
    assert not realm.take_probe()
    assert realm.open("blocked")

    assert realm.take_probe()
    assert not realm.take_probe()
    clock.advance(PROBE_SECONDS + 1)
    assert realm.take_probe()

    assert realm.extend(realm.gate()) == OPEN_SECONDS
    assert realm.gate().open_until == int(clock.now()) + OPEN_SECONDS
    clock.advance(1)
    assert realm.take_probe()
    realm.succeeded()
    assert realm.gate().opened_at == 0


def test_a_breaker_that_was_closed_meanwhile_is_not_kept_open(realm: Realm) -> None:
    assert realm.extend(realm.gate()) == 0

    assert realm.gate().open_until == 0


def test_a_breaker_that_has_been_open_for_long_is_tried_less_often(
    realm: Realm, clock: FakeClock
) -> None:
    realm.open("blocked")
    waits = []
    for hours in (1, 1, 70):
        clock.advance(hours * 3600)
        waits.append(realm.extend(realm.gate()))

    assert waits == [900, 1800, LONGEST_OPEN_SECONDS]


def test_an_operator_pauses_and_resumes(realm: Realm, clock: FakeClock) -> None:
    realm.pause(paused=True)
    assert realm.gate().is_shut(clock.now())

    realm.pause(paused=False)
    assert not realm.gate().paused


def test_the_share_of_the_pace_that_is_left_can_be_read() -> None:
    clock = FakeClock()
    shared = Realm(FakeTable(clock), clock, "1")
    assert shared.usage() == Usage(share=1.0, requests=0, reads=0)

    shared.throttled(60)

    assert shared.usage().share == 0.5


def test_calls_and_the_reads_among_them_are_counted_by_month_whoever_makes_them() -> None:
    clock = FakeClock()
    table = FakeTable(clock)
    shared, other = Realm(table, clock, "1"), Realm(table, clock, "1")

    shared.reserve(PACE)
    other.reserve(PACE, is_read=True)
    shared.reserve(PACE, is_read=True)

    assert (shared.usage().requests, other.usage().reads) == (3, 2)
    clock.advance(32 * 86_400)
    assert (shared.usage().requests, shared.usage().reads) == (0, 0)
