"""The past is scanned beside the present, and moves nothing but its own checkpoint."""

import pytest

from invoicesync.services.extract import Reason
from invoicesync.state import keys
from invoicesync.state.entry import State
from tests.fakes import FakeDeadline
from tests.unit.services.extract.world import DAY, NOW, CrashError, World

START, END = NOW - 10 * DAY, NOW - 5 * DAY


def test_what_was_created_within_the_bounds_is_sent(world: World) -> None:
    before = world.invoice(created=START - 1)
    first = world.invoice(created=START)
    last = world.invoice(created=END)
    after = world.invoice(created=END + 1)

    result = world.extract().backfill("august", START, END)

    assert world.sent == [first, last]
    assert result.complete
    assert (result.kind, result.rows) == ("backfill august", 3)
    assert {message.group for message in world.queue.messages} == {"backfill"}
    assert world.states([before, after]) == [None, None]


def test_the_live_watermark_does_not_move(world: World) -> None:
    world.invoice(created=START)

    result = world.extract().backfill("august", START, END)

    assert result.complete
    assert result.watermark is None
    assert world.watermark is None
    assert world.table.get(keys.LIVE) is None


def test_go_live_holds_in_a_backfill_too(world: World) -> None:
    made = world.invoice(created=START, transactionDate=NOW - 60 * DAY)

    world.extract().backfill("august", START, END)

    assert world.sent == []
    assert world.entry(made).state is State.IGNORED


def test_it_runs_beside_the_live_scan(world: World) -> None:
    made = world.invoice(created=START)
    ran: list[object] = []

    def backfill(call: str) -> None:
        if call == "page 1" and not ran:
            ran.append(None)
            ran.append(world.extract().backfill("august", START, END).complete)

    world.source.after = backfill
    live = world.extract().tick()

    assert live.complete
    assert ran == [None, True]
    assert set(world.sent) == {made}


def test_of_two_runs_of_one_backfill_the_second_finds_it_busy(world: World) -> None:
    world.invoice(created=START)
    results: list[object] = []
    world.source.after = lambda call: (
        results.append(world.extract().backfill("august", START, END).reason)
        if call == "page 1"
        else None
    )

    assert world.extract().backfill("august", START, END).complete
    assert results == [Reason.BUSY]


def test_a_live_edit_wins_over_the_backfill_that_read_before_it(world: World) -> None:
    made = world.invoice(created=START, notes="old")
    ran: list[object] = []

    def edit(call: str) -> None:
        if call == "page 1" and not ran:
            ran.append(None)
            world.clock.advance(100)
            world.edit(made, notes="new")
            world.extract().tick()

    world.source.after = edit

    world.extract().backfill("august", START, END)

    newest = max(world.messages, key=lambda message: message.revision.order)
    assert newest.source.invoice.notes == "new"
    seen = world.entry(made).seen
    assert seen is not None
    assert seen.is_same_as(newest.revision)


def test_a_backfill_without_time_is_ended_by_the_ticks(world: World) -> None:
    made = world.invoices(12, created=START, updated=NOW - 400 * DAY)
    world.source.after = lambda call: world.clock.advance(100) if call.startswith("page") else None

    first = world.extract(deadline=FakeDeadline(world.clock, 180)).backfill("x", START, END)
    second = world.tick(seconds=400)
    third = world.tick(seconds=900)

    assert (first.reason, first.hint_left) == (Reason.OUT_OF_TIME, True)
    assert [part.kind for part in second.backfills] == ["backfill x"]
    assert second.complete
    assert third.backfills == () or third.backfills[0].complete
    assert world.sent == made
    assert world.tick().backfills == ()


def test_a_backfill_that_crashed_is_ended_by_the_next_tick(world: World) -> None:
    made = world.invoices(3, created=START, updated=NOW - 400 * DAY)

    def crash(_: str) -> None:
        raise CrashError

    world.source.after = crash
    with pytest.raises(CrashError):
        world.extract().backfill("x", START, END)
    world.source.after = lambda _: None
    world.clock.advance(1000)

    result = world.tick()

    assert result.backfills[0].complete
    assert world.sent == made


def test_an_error_in_a_backfill_frees_its_lease(world: World) -> None:
    def fail(_: str) -> None:
        raise ZeroDivisionError

    world.source.after = fail
    with pytest.raises(ZeroDivisionError):
        world.extract().backfill("x", START, END)
    world.source.after = lambda _: None

    assert world.extract().backfill("x", START, END).complete


def test_with_other_bounds_a_backfill_begins_again(world: World) -> None:
    late = world.invoice(created=END + DAY)
    world.invoices(11, created=START)
    world.source.after = lambda call: world.clock.advance(100) if call.startswith("page") else None
    world.extract(deadline=FakeDeadline(world.clock, 180)).backfill("x", START, END)
    world.source.after = lambda _: None

    result = world.extract().backfill("x", START, END + DAY)

    assert result.complete
    assert result.pages == 3
    assert late in world.sent


def test_a_row_that_cannot_be_named_is_tried_in_three_runs(world: World) -> None:
    source = world.fake_source()
    source.rows = [{"id": {}, "created": START, "updated": START}]

    first = world.extract().backfill("x", START, END)
    ticks = [world.tick().backfills[0] for _ in range(2)]

    assert first.reason is Reason.UNREADABLE
    assert [tick.reason for tick in ticks] == [Reason.UNREADABLE, Reason.COMPLETE]
