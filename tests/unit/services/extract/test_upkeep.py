"""What waits, what is stuck and what is held is looked at again when it is time."""

from typing import Any

import pytest

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.revision import Disposition
from invoicesync.errors import RetryableError
from invoicesync.services.extract import Reason, upkeep
from invoicesync.state.entry import State
from tests.unit.services.extract.world import DAY, NOW, Failing, World

HOUR = 3600


def settled(world: World) -> None:
    """Let the watermark go past all that is there, so that the scan sees none of it again."""
    for _ in range(2):
        world.clock.advance(2 * HOUR)
        newest = world.invoice()
        world.tick()
        for message in world.take_messages():
            if message.servicetrade_id == newest:
                world.load(message)
    world.source.calls.clear()


def test_an_invoice_goes_when_its_job_closes_though_nobody_touched_the_invoice(
    world: World,
) -> None:
    job = world.job("scheduled")
    made = world.invoice(job)
    world.tick()
    assert world.entry(made).state is State.WAITING
    settled(world)
    world.account.close_job(job)

    result = world.tick()

    assert world.sent == [made]
    assert world.messages[0].revision.disposition is Disposition.DISPATCH
    assert world.entry(made).state is State.QUEUED
    assert result.reexamined == 1


def test_while_the_job_is_open_only_the_job_is_asked_for(world: World) -> None:
    jobs = [world.job("scheduled") for _ in range(3)]
    made = [world.invoice(job) for job in jobs]
    world.tick()
    settled(world)

    result = world.tick()

    assert world.sent == []
    assert result.reexamined == 0
    assert world.source.calls.count("jobs") == 2  # of the page of the scan, and of all that wait
    assert not [call for call in world.source.calls if call.startswith("invoice")]
    assert world.states(made) == [State.WAITING] * 3


@pytest.mark.parametrize("becomes", ["canceled", "gone"])
def test_a_job_that_is_canceled_or_gone_brings_its_invoice_before_a_person(
    world: World, becomes: str
) -> None:
    job = world.job("scheduled")
    made = world.invoice(job)
    world.tick()
    settled(world)
    if becomes == "gone":
        world.faults.add([{"fault": "empty_page", "route": "GET */job", "skip": 1, "times": 4}])
    else:
        world.account.edit("job", job, {"status": "canceled"})

    world.tick()

    (message,) = world.messages
    assert message.servicetrade_id == made
    expected = "job_canceled" if becomes == "canceled" else "job_not_found"
    assert message.reason == expected


def test_a_job_that_cannot_be_read_leaves_its_invoice_waiting(world: World) -> None:
    source = world.fake_source()
    source.job_rows = {id_: {"id": id_, "status": "completed"} for id_ in (900, 901)}
    for id_, job in ((1, 900), (2, 901)):
        world.put(ServiceTradeId(id_), State.WAITING, reason="job_open", job_id=job)
    source.broken = {900}

    world.tick()

    assert "invoice 1" not in source.calls
    assert "invoice 2" in source.calls


def test_a_wait_of_a_month_is_looked_at_once_a_day(world: World) -> None:
    job = world.job("scheduled")
    made = world.invoice(job)
    world.tick()
    world.clock.advance(31 * DAY)
    settled(world)
    world.tick()

    world.source.calls.clear()
    world.tick()
    asked_again = world.source.calls.count("jobs")
    world.account.close_job(job)
    world.tick(after=HOUR)
    assert made not in world.sent
    world.tick(after=DAY)

    assert asked_again == 1  # of the page of the scan alone
    assert made in world.sent


def test_what_waits_for_something_else_is_looked_at_once_a_day(world: World) -> None:
    made = world.invoice(status="internal_review")
    world.tick()
    settled(world)
    world.tick()
    assert f"invoice {made}" not in world.source.calls

    world.tick(after=DAY)
    world.tick()

    assert world.source.calls.count(f"invoice {made}") == 1
    assert made not in world.sent
    assert world.entry(made).state is State.WAITING


@pytest.mark.parametrize("state", [State.QUEUED, State.IN_FLIGHT])
def test_what_is_stuck_for_two_hours_is_sent_again(world: World, state: State) -> None:
    made = world.invoice()
    world.tick()
    settled(world)
    world.put(made, state)

    world.tick(after=HOUR)
    assert made not in world.sent
    world.tick(after=HOUR + 1)
    world.tick()

    assert world.sent.count(made) == 1


def test_what_is_held_is_tried_once_an_hour(world: World) -> None:
    made = world.invoice()
    world.tick()
    settled(world)
    world.put(made, State.HELD, reason="unmapped_item")

    for _ in range(24):
        world.tick()

    assert world.sent.count(made) == 1
    assert world.entry(made).state is State.HELD
    world.tick(after=HOUR)
    assert world.sent.count(made) == 2


@pytest.mark.parametrize("code", sorted(upkeep.NOT_BY_ITSELF))
def test_a_hold_whose_cause_cannot_go_by_itself_is_left_to_people(world: World, code: str) -> None:
    made, other = world.invoices(2)
    world.tick()
    settled(world)
    world.put(made, State.HELD, reason=code)
    plain = {"code": code, "detail": "", "where": ""}
    world.put(other, State.HELD, reason="unmapped_item", problems=[plain])

    world.tick(after=2 * HOUR)

    assert not {made, other} & set(world.sent)


@pytest.mark.parametrize("code", sorted(set(ProblemCode) - upkeep.NOT_BY_ITSELF))
def test_every_other_hold_is_tried(world: World, code: str) -> None:
    made = world.invoice(updated=NOW - DAY)
    world.put(made, State.HELD, reason=code)

    world.tick(after=2 * HOUR)

    assert made in world.sent


def test_while_loaders_are_paused_nothing_is_sent_that_is_on_the_queue_anyway(
    world: World,
) -> None:
    held, queued = world.invoices(2)
    job = world.job("scheduled")
    waiting = world.invoice(job)
    world.tick()
    settled(world)
    world.put(held, State.HELD, reason="unmapped_item")
    world.put(queued, State.QUEUED)
    world.account.close_job(job)
    world.realm.pause(paused=True)

    world.tick(after=3 * HOUR)
    assert world.sent == [waiting]
    world.realm.pause(paused=False)
    world.tick()

    assert set(world.sent) == {waiting, queued, held}


def test_while_the_breaker_is_open_one_of_each_state_is_sent_to_be_tried(world: World) -> None:
    """Without a message there is no loader, and nobody else closes the breaker again."""
    held, queued = world.invoices(3), world.invoices(3)
    world.tick()
    settled(world)
    for one in held:
        world.put(one, State.HELD, reason="unmapped_item")
    for one in queued:
        world.put(one, State.QUEUED)
    world.realm.open("suspended")

    world.tick(after=3 * HOUR)

    assert len(set(world.sent) & set(held)) == 1
    assert len(set(world.sent) & set(queued)) == 1
    assert len(world.sent) == 2
    world.realm.succeeded()
    world.tick()
    assert set(world.sent) == {*held, *queued}


def test_a_tick_looks_at_so_many_and_the_longest_untried_come_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "MOST_LOOKED_AT", 2)
    made = world.invoices(5)
    world.tick()
    settled(world)
    for place, id_ in enumerate(made):
        world.put(id_, State.HELD, reason="unmapped_item", tried_at=NOW - place)

    world.tick(after=2 * HOUR)
    first = list(world.sent)
    world.tick()
    world.tick()

    assert first == [made[4], made[3]]
    assert sorted(world.sent) == made


def test_another_run_that_just_tried_it_is_enough(world: World) -> None:
    made = world.invoice()
    world.tick()
    settled(world)
    world.put(made, State.HELD, reason="unmapped_item")
    world.clock.advance(2 * HOUR)

    class Late:
        """The other run's touch comes between our reading and our writing."""

        def __getattr__(self, name: str) -> Any:
            if name == "by_state":
                return self._by_state
            return getattr(world.table, name)

        def get_many(self, keys: Any) -> Any:
            found = world.table.get_many(keys)
            for key in keys:
                if key.pk == f"INVOICE#{made}":
                    world.put(made, State.HELD, tried_at=int(world.clock.now()) - 1)
            return found

        def _by_state(self, *args: Any, **named: Any) -> Any:
            return world.table.by_state(*args, **named)

    world.tick(table=Late())

    assert made not in world.sent


def test_a_failure_while_looking_after_things_leaves_the_scan_as_it_was(world: World) -> None:
    made = world.invoices(2)
    broken = Failing(world.table, "by_state", error=RetryableError("throttled"))

    result = world.tick(table=broken)

    assert (result.complete, result.reason) == (True, Reason.COMPLETE)
    assert result.problems == ("upkeep stopped: throttled",)
    assert world.sent == made


def test_no_time_is_left_for_what_is_open(world: World) -> None:
    made = world.invoice()
    world.tick()
    settled(world)
    world.put(made, State.HELD, reason="unmapped_item")
    world.source.after = lambda call: world.clock.advance(100 if call == "count" else 0)

    result = world.tick(after=2 * HOUR, seconds=150)

    assert result.complete
    assert made not in world.sent
    assert "upkeep stopped" in result.problems[0]


def test_an_entry_that_the_index_still_shows_and_that_moved_on_is_left_alone(world: World) -> None:
    made = world.invoice()
    world.tick()
    settled(world)
    world.put(made, State.HELD, reason="unmapped_item")
    world.clock.advance(2 * HOUR)
    world.table._lag = 600
    world.put(made, State.LOADED)

    world.tick()

    assert made not in world.sent
