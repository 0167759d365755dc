"""Whatever ends a run in the middle, the next one repeats and leaves no gap."""

from typing import Any

import pytest

from invoicesync.conditions import Item, Update
from invoicesync.errors import RetryableError
from invoicesync.services.extract import Reason
from invoicesync.state import keys
from invoicesync.state.entry import State
from tests.unit.services.extract.world import NOW, CrashError, Failing, World, moves


def crash(world: World, port: str, method: str, **how: Any) -> None:
    """Run a tick whose process ends at this call."""
    broken: Any = {port: Failing(getattr(world, port), method, error=CrashError(), **how)}
    with pytest.raises(CrashError):
        world.tick(**broken)
    # The lease of a process that ended without a word lasts; the tests go on after it.
    world.clock.advance(1000)


def test_a_crash_between_enqueue_and_mark_repeats_the_messages(world: World) -> None:
    made = world.invoices(3)

    crash(world, "table", "write_all")
    assert world.sent == made
    assert world.states(made) == [None] * 3
    world.tick()

    assert world.sent == made * 2
    assert world.states(made) == [State.QUEUED] * 3
    first, again = world.messages[0], world.messages[3]
    assert first.revision.is_same_as(again.revision)


def test_a_crash_between_mark_and_commit_leaves_the_watermark_and_repeats_nothing(
    world: World,
) -> None:
    made = world.invoices(3)

    crash(world, "table", "write", when=moves(keys.LIVE, "watermark"))
    assert world.watermark is None
    assert world.tick().complete

    assert world.sent == made
    assert world.watermark == NOW


def test_a_crash_after_the_commit_costs_nothing(world: World) -> None:
    made = world.invoices(3)

    crash(world, "table", "write", when=moves(keys.LIVE, "watermark"), after=True)
    world.tick()

    assert world.sent == made
    assert world.watermark == NOW


def test_a_crash_before_enqueue_loses_nothing(world: World) -> None:
    made = world.invoices(3)

    crash(world, "queue", "send")
    assert world.sent == []
    world.tick()

    assert world.sent == made


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_write_is_made_good_by_the_next_ticks(*, after: bool) -> None:
    for at in range(40):
        world = World(page_size=2)
        made = world.invoices(3)
        waiting = world.invoice(status="internal_review")
        count = iter(range(10**6))
        how: dict[str, Any] = {"when": lambda *_, n=at, c=count: next(c) == n, "after": after}
        table = Failing(
            Failing(world.table, "write", error=CrashError(), **how),
            "write_all",
            error=CrashError(),
            **how,
        )
        try:
            world.tick(table=table)
        except CrashError:
            world.clock.advance(1000)
        else:
            assert at == 11
            break
        world.tick()
        world.tick()

        assert set(world.sent) == set(made)
        assert world.states([*made, waiting]) == [*[State.QUEUED] * 3, State.WAITING]
        assert world.watermark == NOW


def test_an_error_frees_the_lease_for_the_next_tick(world: World) -> None:
    made = world.invoices(2)
    refused = Failing(world.table, "get_many", error=RetryableError("throttled"))

    stopped = world.tick(table=refused)
    result = world.tick()

    assert (stopped.complete, stopped.reason) == (False, Reason.UNAVAILABLE)
    assert result.complete
    assert world.sent == made


def test_messages_that_the_queue_does_not_confirm_are_sent_again(world: World) -> None:
    made = world.invoices(5)
    losses = iter([True, False, True, False, False, True])
    world.queue.loses = lambda: next(losses, False)

    result = world.tick()

    assert sorted(world.sent) == made
    assert result.enqueued == 5
    assert result.complete
    assert len(world.clock.slept) == 2


def test_a_queue_that_confirms_none_of_some_keeps_the_watermark_where_it_is(world: World) -> None:
    made = world.invoices(3)
    world.queue.loses = lambda: len(world.queue.bodies) >= 1

    result = world.tick()

    assert (result.complete, result.reason) == (False, Reason.UNAVAILABLE)
    assert "the queue did not confirm 2 of 3" in result.problems
    assert world.states(made) == [State.QUEUED, None, None]
    assert world.watermark is None

    world.queue.loses = lambda: False
    assert world.tick().complete
    assert world.sent == made


def test_a_second_extractor_finds_the_lease_taken(world: World) -> None:
    made = world.invoices(3)
    seen: list[Any] = []
    world.source.after = lambda call: seen.append(
        world.extract().tick() if call == "page 1" and not seen else None
    )

    result = world.tick()

    assert (seen[0].complete, seen[0].reason) == (False, Reason.BUSY)
    assert "another run holds LIVE" in seen[0].problems[0]
    assert seen[0].rows == 0
    assert result.complete
    assert world.sent == made


def test_of_two_overlapping_extractors_only_the_holder_of_the_lease_commits(world: World) -> None:
    made = world.invoices(3, updated=NOW - 50)
    later: list[Any] = []

    def oversleep(call: str) -> None:
        if call == "count" and not later:
            later.append(None)
            world.clock.advance(1000)  # the first one is frozen past the end of its lease
            made.append(world.invoice())
            later[0] = world.extract().tick()

    world.source.before = oversleep

    zombie = world.tick(seconds=5000)

    assert later[0].complete
    assert zombie.problems == ("LIVE is no longer ours under epoch 1",)
    assert (zombie.complete, zombie.reason) == (False, Reason.LEASE_LOST)
    assert world.watermark == later[0].watermark == NOW + 1240
    assert set(world.sent) == set(made)


def test_a_zombie_neither_leaves_a_hint_nor_frees_the_lease_of_another(world: World) -> None:
    world.invoices(7)

    def oversleep(call: str) -> None:
        if call == "page 2":
            world.clock.advance(1000)
            world.table.write(
                Update(
                    keys.LIVE,
                    set={"epoch": 99, "nonce": "other", "lease_until": NOW + 9000},
                )
            )

    world.source.after = oversleep

    zombie = world.tick()

    assert (zombie.reason, zombie.hint_left) == (Reason.LEASE_LOST, False)
    assert "hint" not in world.live
    assert world.live["lease_until"] == NOW + 9000


def test_what_a_zombie_looked_at_too_long_ago_does_not_win(world: World) -> None:
    made = world.invoice(notes="old")
    slept: list[bool] = []

    def oversleep(call: str) -> None:
        if call == "page 1" and not slept:
            slept.append(True)
            world.clock.advance(1000)
            world.edit(made, notes="new")
            world.extract().tick()

    world.source.after = oversleep

    world.tick(seconds=5000)

    entry = world.entry(made)
    newest = max(world.messages, key=lambda message: message.revision.order)
    assert newest.source.invoice.notes == "new"
    assert entry.seen is not None
    assert entry.seen.is_same_as(newest.revision)


def test_of_two_runs_in_one_second_the_later_look_wins(world: World) -> None:
    made = world.invoice(notes="first")
    looked: list[bool] = []

    def edit_and_look(call: str) -> None:
        if call == "page 1" and not looked:
            looked.append(True)
            world.edit(made, notes="second", updated=NOW)
            world.look_at(made)

    world.source.after = edit_and_look

    world.tick()

    newest = max(world.messages, key=lambda message: message.revision.order)
    assert newest.source.invoice.notes == "second"
    # The list's own, older row was not sent above it; the invoice was looked at once more.
    assert [message.source.invoice.notes for message in world.messages] == ["second"]


def test_a_page_is_stamped_before_it_is_asked_for(world: World) -> None:
    """Whoever asks while the page is under way asks later, and must bear the higher number."""
    made = world.invoice()
    others: list[int] = []

    def look(call: str) -> None:
        if call == "page 1" and not others:
            others.append(0)
            others.extend(world.look_at(made).epochs)

    world.source.before = look
    lease, page, *_ = world.tick().epochs

    assert lease < page < others[1]


def test_a_look_that_cannot_be_repeated_is_taken_as_it_was_seen(world: World) -> None:
    made = world.invoice()
    world.tick()
    world.take_messages()
    world.edit(made, notes="again", updated=NOW)
    world.faults.add([{"fault": "error_500", "route": f"GET */invoice/{made}", "times": None}])

    result = world.tick()

    assert world.sent == [made]
    assert result.complete
    assert f"invoice {made} was not looked at again" in result.problems[0]


def test_a_repeated_write_of_ours_is_not_taken_for_somebody_elses() -> None:
    world = World()
    made = [*world.invoices(2), world.invoice(status="internal_review")]
    world.table._repeats = lambda: True

    result = world.tick()

    assert result.complete
    assert world.states(made) == [State.QUEUED, State.QUEUED, State.WAITING]
    assert world.sent == made[:2]


def test_a_loader_that_is_faster_than_the_mark_is_not_undone(world: World) -> None:
    made = world.invoice()

    class FastLoader:
        def send(self, messages: Any) -> Any:
            confirmed = world.queue.send(messages)
            for message in world.messages:
                order = message.revision.order
                plain: Item = {
                    "seen_order": order,
                    "applied_order": order,
                    "state": State.LOADED.value,
                }
                world.table.write(Update(keys.ledger(message.servicetrade_id), set=plain))
            return confirmed

    world.tick(queue=FastLoader())

    assert world.entry(made).state is State.LOADED
