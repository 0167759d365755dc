"""A run that has no time left stops in order, and the next tick goes on from there."""

from dataclasses import replace

import pytest

from invoicesync.services.extract import ExtractResult, Reason
from invoicesync.state import keys
from invoicesync.state.entry import State
from tests.unit.services.extract.world import DAY, NOW, CrashError, Failing, World, moves


def slow(world: World, seconds: float = 100) -> None:
    """Let every page take its time."""
    world.source.after = lambda call: (
        world.clock.advance(seconds) if call.startswith("page") else None
    )


def ticks_to_the_end(world: World) -> list[ExtractResult]:
    results = [world.tick(after=0, seconds=350)]
    while not results[-1].complete:
        assert len(results) < 20
        results.append(world.tick(after=0, seconds=350))
    return results


def test_several_short_runs_equal_one_long_run(world: World) -> None:
    made = world.invoices(33, updated=NOW - 1000)
    slow(world)

    results = ticks_to_the_end(world)

    assert len(results) == 3
    assert world.sent == made
    assert world.watermark == NOW - 1000
    assert [result.reason for result in results] == [
        Reason.OUT_OF_TIME,
        Reason.OUT_OF_TIME,
        Reason.COMPLETE,
    ]
    assert all(result.is_run_completed for result in results)
    assert sum(result.pages for result in results) == 7
    assert "hint" not in world.live


def test_each_run_goes_on_under_a_new_epoch(world: World) -> None:
    world.invoices(33)
    slow(world)

    first, second, *_ = ticks_to_the_end(world)

    assert max(first.epochs) < min(second.epochs)


def test_the_source_clock_of_the_first_run_caps_the_watermark(world: World) -> None:
    world.invoices(33)
    slow(world)

    world.tick(after=0, seconds=350)
    world.invoice()
    late = ticks_to_the_end(world)[-1]

    assert late.source_time == NOW
    assert late.watermark == NOW - 60


def test_the_largest_time_of_all_runs_is_the_watermark(world: World) -> None:
    job = world.job()
    for n in range(33):
        world.invoice(job, name=f"M{n:02}", updated=NOW - 200 - n)
    slow(world)

    assert ticks_to_the_end(world)[-1].watermark == NOW - 200


def test_a_run_that_stops_before_the_count_does_not_read_the_pages_again(world: World) -> None:
    made = world.invoices(9)
    slow(world, 150)

    first = world.tick(after=0, seconds=500)
    second = world.tick(after=0, seconds=500)

    assert (first.reason, first.pages, first.passes) == (Reason.OUT_OF_TIME, 2, 1)
    assert (second.complete, second.pages) == (True, 0)
    assert world.sent == made


def test_the_passes_of_all_runs_are_counted_together(world: World) -> None:
    world.invoices(9)
    world.source.counts = lambda _: 99
    slow(world, 150)

    results = [world.tick(after=0, seconds=350) for _ in range(20)]

    endless = [result for result in results if result.reason is Reason.NEVER_WHOLE]
    assert endless
    assert world.watermark is None


def test_a_hint_of_another_window_is_not_taken_up(world: World) -> None:
    made = world.invoices(12)
    slow(world)
    world.tick(after=0, seconds=180)
    world.mappings.publish("go_live: 2026-09-02\nitems: {default: Services}")

    world.source.after = lambda _: None
    result = world.tick()

    assert result.complete
    assert result.pages == 3
    assert set(world.sent) == set(made)


def test_a_hint_whose_ids_are_gone_is_not_taken_up(world: World) -> None:
    world.invoices(12)
    slow(world)
    world.tick(after=0, seconds=180)
    gone = [key for key in world.bucket.objects if key.startswith("claims/")]
    assert gone
    for key in gone:
        del world.bucket.objects[key]

    result = world.tick()

    assert (result.complete, result.pages) == (True, 3)


def test_with_pages_of_another_size_the_pass_begins_again(world: World) -> None:
    made = world.invoices(12)
    slow(world)
    world.tick(after=0, seconds=180)
    world.page_size = 4

    result = world.tick()

    assert (result.complete, result.pages) == (True, 3)
    assert sorted(set(world.sent)) == made


def test_a_run_without_time_for_its_first_page_leaves_nothing(world: World) -> None:
    world.invoices(3)

    result = world.tick(seconds=30)

    assert (result.reason, result.hint_left, result.rows) == (Reason.OUT_OF_TIME, False, 0)
    assert not result.is_run_completed
    assert "hint" not in world.live
    assert world.tick().complete


def test_a_crash_while_the_hint_is_written_repeats_the_run(world: World) -> None:
    made = world.invoices(12)
    slow(world)
    broken = Failing(world.table, "write", when=moves(keys.LIVE, "hint"), error=CrashError())
    with pytest.raises(CrashError):
        world.tick(after=0, seconds=180, table=broken)
    world.clock.advance(1000)

    result = world.tick()

    assert result.complete
    assert world.sent == made


def test_a_row_that_came_while_the_scan_lay_still_is_found(world: World) -> None:
    job = world.job()
    made = [world.invoice(job, name=f"M{n:02}") for n in range(12)]
    slow(world)
    world.tick(after=0, seconds=280)
    made.append(world.invoice(job, name="A first"))

    result = ticks_to_the_end(world)[-1]

    assert result.complete
    assert sorted(world.sent) == sorted(made)


def test_a_pass_that_ended_oddly_is_no_proof_after_a_rest(world: World) -> None:
    """The rows of page 2 were hidden when the first run stopped, and no count can be had."""
    world.page_size = 2
    made = world.invoices(3)
    world.source.bend = lambda page: replace(page, rows=[]) if page.page == 2 else page
    world.source.counts = lambda _: None
    world.source.after = lambda call: world.clock.advance(70 if call == "page 2" else 0)

    first = world.tick(after=0, seconds=290)
    world.source.bend = lambda page: page
    world.source.after = lambda _: None
    second = world.tick(after=0)

    assert first.reason is Reason.OUT_OF_TIME
    assert second.complete
    assert world.sent == made


def test_work_that_is_open_goes_first_where_the_last_run_had_no_time_for_it(world: World) -> None:
    job = world.job("scheduled")
    waiting = world.invoice(job, updated=NOW - DAY)
    world.invoices(33)
    world.tick()
    world.invoices(33)
    slow(world)
    world.account.close_job(job)

    first = world.tick(after=0, seconds=350)
    assert world.entry(waiting).state is State.WAITING
    second = world.tick(after=0, seconds=350)

    assert (first.reexamined, second.reexamined) == (0, 1)
    assert second.reason is Reason.OUT_OF_TIME
    assert waiting in world.sent
