"""Limits, tokens, suspension and outages: nothing is lost, nothing is doubled, nothing is held."""

import math
from typing import Any

import pytest

from invoicesync.errors import AuthenticationError, BusyError, MisconfiguredError
from invoicesync.state.entry import State
from invoicesync.state.pace import Pace
from tests.fakes.world import BATCH, QUERY, World, labor, results
from tests.unit.domain.invoices import NOON


def everything_is_loaded(world: World, count: int) -> None:
    assert [len(world.invoices(at)) for at in range(count)] == [1] * count
    entries = [world.entry(at) for at in range(count)]
    assert {entry.state for entry in entries} == {State.LOADED}
    assert {(entry.intent, entry.lease_until, entry.claims) for entry in entries} == {(None, 0, 0)}
    assert (world.dead.bodies, world.told.holds) == ([], [])


def test_a_storm_of_429_loses_nothing_and_counts_no_attempt(world: World) -> None:
    world.fail("throttle_xml", times=25)
    world.put(*[world.message(at) for at in range(5)])

    world.drain()

    everything_is_loaded(world, 5)
    assert {world.entry(at).attempts for at in range(5)} == {1}


def test_after_a_429_on_the_batch_every_loader_waits(world: World) -> None:
    world.fail("throttle_xml", BATCH)
    outcomes = world.run(world.message(0), world.message(1))

    assert {(one.result, one.delay_seconds) for one in outcomes} == {("retry", 60.0)}
    assert [world.entry(at).intent for at in range(2)] == [None, None]
    assert [world.entry(at).attempts for at in range(2)] == [0, 0]
    calls = len(world.company.calls.newest())

    (other,) = world.run(world.message(2), load=world.loader())

    assert (other.result, other.code) == ("retry", "rate_limited")
    assert len(world.company.calls.newest()) == calls

    world.drain()
    everything_is_loaded(world, 3)


def test_a_retry_after_is_honoured(world: World) -> None:
    world.fail("throttle_xml", BATCH, retry_after=240)

    (outcome,) = world.run(world.message())

    assert outcome.delay_seconds == 240
    at = world.clock.now()
    world.drain()
    assert world.clock.now() >= at + 240
    everything_is_loaded(world, 1)


def test_each_429_halves_the_pace_that_is_left_and_quiet_minutes_give_it_back(
    world: World,
) -> None:
    def seconds_for_ten() -> float:
        world.pass_seconds(120)
        began = world.clock.now()
        for _ in range(10):
            world.realm.reserve(Pace("tries", per_minute=60, burst=1))
        return world.clock.now() - began

    assert seconds_for_ten() == pytest.approx(9, abs=0.2)
    world.realm.throttled(1)
    assert 15 < seconds_for_ten() < 18
    world.pass_seconds(30 * 60)
    assert seconds_for_ten() == pytest.approx(9, abs=0.2)
    # Months of rare 429s do not add up.
    for _ in range(10):
        world.pass_seconds(86_400)
        world.realm.throttled(1)
    assert 15 < seconds_for_ten() < 18


def test_a_token_that_ended_is_refreshed_once_and_the_same_request_sent_again(
    world: World,
) -> None:
    world.fail("unauthorized_401", BATCH)

    assert results(world.run(world.message())) == ["created"]

    assert world.refresher.times == 1
    tried = [c for c in world.company.calls.newest() if c.path.endswith("/batch")]
    assert [call.status for call in tried] == [401, 200]
    assert tried[0].requestid == tried[1].requestid
    assert (world.writes, world.entry().attempts) == (1, 1)


@pytest.mark.parametrize(
    "raises", [AuthenticationError("invalid_grant"), None], ids=["refused", "new one refused too"]
)
def test_a_token_that_cannot_be_had_opens_the_breaker_and_keeps_the_message(
    world: World, raises: Exception | None
) -> None:
    world.fail("unauthorized_401", BATCH, times=2)
    world.refresher.raises = [raises] if raises else []

    (outcome,) = world.run(world.message())

    assert outcome.result == "retry"
    assert (world.entry().intent, world.entry().attempts, world.entry().claims) == (None, 0, 0)
    assert world.realm.gate().opened_at
    world.faults.clear()
    world.drain()
    everything_is_loaded(world, 1)


def test_a_refresher_that_is_busy_is_no_unknown_outcome(world: World) -> None:
    world.fail("unauthorized_401", BATCH)
    world.refresher.raises = [BusyError("another refresh is under way", delay_seconds=5)]

    (outcome,) = world.run(world.message())

    assert (outcome.result, outcome.delay_seconds) == ("retry", 5)
    assert world.entry().intent is None
    world.drain()
    everything_is_loaded(world, 1)


def test_what_is_misconfigured_is_no_invoices_doing(world: World) -> None:
    world.put(world.message())
    for _ in range(8):
        world.fail("unauthorized_401", QUERY)
        world.refresher.raises = [MisconfiguredError("no secret")]
        with pytest.raises(MisconfiguredError):
            world.deliver()
        assert world.entry().claims == 0
        world.pass_seconds(1200)
    world.faults.clear()
    world.drain()

    everything_is_loaded(world, 1)


def test_an_outage_of_three_days_does_not_use_up_the_receives_of_a_message(world: World) -> None:
    """The queue parks what was received two hundred times, whatever the reason."""
    world.fail("error_500", times=None)
    world.put(world.message())
    receives = 0
    until = world.clock.now() + 3 * 86_400
    while (at := world.queue.next_visible_at() or 0) < until:
        world.pass_seconds(max(0.0, math.ceil(at - world.clock.now())))
        receives += len(world.deliver())
    assert receives < 160

    world.faults.clear()
    world.drain()

    everything_is_loaded(world, 1)


def test_a_disconnected_company_opens_the_breaker_and_a_probe_closes_it(world: World) -> None:
    world.fail("forbidden_403_3100", times=None)

    (outcome,) = world.run(world.message())
    assert (outcome.result, outcome.code) == ("retry", "RealmBlockedError")
    (outcome,) = world.run(world.message(1))
    assert (outcome.result, outcome.code) == ("retry", "breaker_open")
    calls = len(world.company.calls.newest())

    world.pass_seconds(301)
    assert world.realm.take_probe()  # another loader tries it just now
    world.deliver()
    assert len(world.company.calls.newest()) == calls
    world.pass_seconds(61)
    world.run(world.message(2))
    assert len(world.company.calls.newest()) == calls + 1  # one probe, and the breaker stays open
    world.run(world.message(3))
    assert len(world.company.calls.newest()) == calls + 1

    world.faults.clear()
    world.drain()
    everything_is_loaded(world, 4)
    assert not world.realm.gate().opened_at


def test_a_suspended_company_keeps_its_messages_though_reads_go_well(world: World) -> None:
    world.people.suspend()

    outcomes = world.run(world.message(0), world.message(1))

    assert {(one.result, one.code) for one in outcomes} == {("retry", "realm_blocked")}
    assert world.realm.gate().opened_at
    assert {world.entry(at).attempts for at in range(2)} == {0}

    world.pass_seconds(1000)
    world.deliver()
    world.people.resume()
    world.drain()
    everything_is_loaded(world, 2)


def test_an_operators_pause_keeps_everything_back(world: World) -> None:
    world.realm.pause(paused=True)

    (outcome,) = world.run(world.message())

    assert (outcome.result, outcome.code, outcome.delay_seconds) == ("retry", "paused", 600)
    assert world.company.calls.newest() == []
    world.realm.pause(paused=False)
    world.drain()
    everything_is_loaded(world, 1)


@pytest.mark.parametrize("fault", ["error_500", "bad_gateway_502_html", "request_lost"])
def test_a_run_of_failures_opens_the_breaker_though_some_reads_go_well(
    world: World, fault: str
) -> None:
    world.fail(fault, BATCH, times=None)
    world.put(world.message())

    for _ in range(60):
        world.deliver()
        if world.realm.gate().opened_at:
            break
        world.pass_seconds(400)
    assert world.realm.gate().opened_at


@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        ("error_500", {}),
        ("timeout_504_xml", {"commit": False}),
        ("request_lost", {}),
        ("request_lost", {"refused": True}),
        ("bad_gateway_502_html", {}),
    ],
)
def test_after_an_outage_of_five_days_everything_is_loaded_once(
    world: World, fault: str, settings: dict[str, Any]
) -> None:
    world.run(world.message(3))
    world.put(world.message(0), world.message(1), world.message(3, updated=NOON + 60, **labor(3)))
    world.fail(fault, times=None, **settings)
    back = world.clock.now() + 5 * 86_400

    while (at := world.queue.next_visible_at() or back) < back:
        world.pass_seconds(max(0.0, at - world.clock.now()))
        world.deliver()
        if world.queue.next_visible_at() == at:
            raise AssertionError("the queue is polled without a pause")
    world.put(world.message(2))
    world.faults.clear()
    world.drain()

    everything_is_loaded(world, 4)
    assert world.invoice(3)["TotalAmt"] == 360


def test_an_outage_that_meets_writes_holds_nothing_within_a_day(world: World) -> None:
    world.run(world.message(9))
    world.fail("request_lost", BATCH, times=8)
    world.put(*[world.message(at) for at in range(3)])

    world.drain()

    everything_is_loaded(world, 3)
