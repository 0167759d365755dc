"""One run holds a checkpoint, moves it forward only, and frees it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from invoicesync.conditions import Key, Update, Write
from invoicesync.errors import BusyError, RetryableError
from invoicesync.state import keys, schemas
from invoicesync.state.checkpoint import Checkpoint, Checkpoints, Hint, OpenBackfill
from tests.fakes import FakeClock, FakeTable, SeededRandom

HINT = Hint(
    lower=100,
    upper=None,
    source_time=1000,
    largest_updated=900,
    ids_key="claims/scans/LIVE-1.json",
    ids_before_pass=3,
    passes=2,
    page=4,
    page_size=200,
    unnamed=1,
    is_odd=True,
)


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.checkpoints = Checkpoints(self.table, self.clock, SeededRandom(1))

    def acquire(self, **how: Any) -> Checkpoint:
        return self.checkpoints.acquire(keys.LIVE, lease_seconds=960, **how)

    def commit(self, held: Checkpoint, watermark: int | None, **how: Any) -> Checkpoint:
        return self.checkpoints.commit(
            held, watermark, source_time=2000, unnamed=how.get("unnamed", False)
        )

    @property
    def item(self) -> dict[str, Any]:
        return dict(self.table.get(keys.LIVE) or {})


@pytest.fixture
def world() -> World:
    return World()


def test_the_first_run_finds_nothing(world: World) -> None:
    held = world.acquire()

    assert (held.epoch, held.watermark, held.hint, held.unnamed_runs) == (1, None, None, 0)
    assert (held.start, held.end) == (0, 0)
    assert world.item["lease_until"] == int(world.clock.now()) + 960


def test_every_epoch_is_a_new_one(world: World) -> None:
    taken = [world.checkpoints.next_epoch(), world.acquire().epoch, world.checkpoints.next_epoch()]

    assert taken == [1, 2, 3]


def test_while_the_lease_lasts_nobody_else_gets_it(world: World) -> None:
    world.acquire()
    world.clock.advance(900)

    with pytest.raises(
        BusyError, match=r"^another run holds LIVE; its lease ends in 60 s$"
    ) as busy:
        world.acquire()
    assert busy.value.delay_seconds == 60

    world.clock.advance(60)
    with pytest.raises(BusyError, match=r"its lease ends in 0 s"):
        world.acquire()


def test_an_expired_lease_is_taken_over(world: World) -> None:
    first = world.acquire()
    world.clock.advance(961)

    second = world.acquire()

    assert second.epoch > first.epoch
    assert second.nonce != first.nonce


def test_a_released_lease_is_free_at_once(world: World) -> None:
    world.checkpoints.release(world.acquire())

    world.acquire()


def test_a_run_that_slept_through_another_lease_does_not_hold_it_under_an_older_epoch(
    world: World,
) -> None:
    class Slow(FakeTable):
        """Between this run's epoch and its lease another run comes and goes."""

        def write(self, write: Write) -> Any:
            if write.key == keys.LIVE and isinstance(write, Update) and "lease_until" in write.set:
                other = world.acquire()
                world.checkpoints.release(other)
            return world.table.write(write)

    slow = Checkpoints(Slow(world.clock), world.clock, SeededRandom(2))
    world.table.write(Update(keys.EPOCH, set={"value": 10}))

    with pytest.raises(BusyError):
        slow.acquire(keys.LIVE, lease_seconds=960)


def test_a_repeated_write_of_its_own_does_not_lock_a_run_out(world: World) -> None:
    world.table._repeats = lambda: True

    held = world.acquire()
    held = world.checkpoints.leave(held, HINT)
    held = world.commit(held, 500)
    world.checkpoints.release(held)

    assert world.item["watermark"] == 500
    assert world.item["lease_until"] == 0


def test_a_commit_moves_the_watermark_and_ends_the_hint(world: World) -> None:
    held = world.checkpoints.leave(world.acquire(), HINT)

    committed = world.commit(held, 500)

    assert (committed.watermark, committed.hint) == (500, None)
    assert world.item["watermark"] == 500
    assert world.item["scanned_at"] == 2000
    assert "hint" not in world.item


@pytest.mark.parametrize(("then", "stands"), [(499, 500), (500, 500), (501, 501), (None, 500)])
def test_the_watermark_never_goes_back(world: World, then: int | None, stands: int) -> None:
    held = world.commit(world.acquire(), 500)

    assert world.commit(held, then).watermark == stands
    assert world.item["watermark"] == stands


def test_a_watermark_that_went_on_without_us_is_not_set_back(world: World) -> None:
    held = world.acquire()
    world.table.write(Update(keys.LIVE, set={"watermark": 900}))

    with pytest.raises(BusyError):
        world.commit(held, 800)
    assert world.item["watermark"] == 900


def test_a_run_that_lost_its_lease_changes_nothing(world: World) -> None:
    zombie = world.acquire()
    world.clock.advance(961)
    world.acquire()
    before = world.item

    changes: list[Callable[[], Checkpoint]] = [
        lambda: world.commit(zombie, 500),
        lambda: world.checkpoints.leave(zombie, HINT),
        lambda: world.checkpoints.start_over(zombie, unnamed=True),
        lambda: world.checkpoints.finish(zombie),
    ]
    for change in changes:
        with pytest.raises(BusyError, match="LIVE is no longer ours under epoch 1"):
            change()
    world.checkpoints.release(zombie)

    assert world.item == before


def test_a_lease_that_cannot_be_released_now_ends_by_itself(world: World) -> None:
    held = world.acquire()

    def throttled(write: Write) -> Any:
        raise RetryableError(f"throttled: {write.key}")

    world.table.write = throttled  # type: ignore[method-assign]

    world.checkpoints.release(held)


@pytest.mark.parametrize("other", [{"epoch": 7}, {"nonce": "another's"}])
def test_the_lease_is_of_one_epoch_and_one_nonce(world: World, other: dict[str, Any]) -> None:
    held = world.acquire()

    with pytest.raises(BusyError):
        world.commit(replace(held, **other), 500)

    assert world.commit(held, 500).watermark == 500


def test_the_next_run_begins_at_the_watermark_of_the_last(world: World) -> None:
    world.checkpoints.release(world.commit(world.acquire(), 500))

    assert world.acquire().watermark == 500


def test_what_is_no_number_in_the_table_is_none(world: World) -> None:
    world.table.write(Update(keys.LIVE, set={"watermark": "soon", "unnamed_runs": "some"}))

    held = world.acquire()

    assert (held.watermark, held.unnamed_runs) == (None, 0)


@pytest.mark.parametrize(
    ("written", "is_read"),
    [
        ({"schema": schemas.HINT}, True),
        ({"schema": schemas.HINT + 1}, False),
        ({}, True),
        ({"a field of a later release": 1}, True),
    ],
)
def test_a_hint_is_read_unless_its_release_knows_better(
    world: World, written: dict[str, Any], *, is_read: bool
) -> None:
    world.checkpoints.release(world.checkpoints.leave(world.acquire(), HINT))
    left = world.item["hint"]
    assert left.pop("schema") == schemas.HINT
    world.table.write(Update(keys.LIVE, set={"hint": left | written}))

    assert world.acquire().hint == (HINT if is_read else None)


def test_a_hint_that_lacks_a_field_is_left_for_the_first_page(world: World) -> None:
    world.checkpoints.release(world.checkpoints.leave(world.acquire(), HINT))
    left = world.item["hint"]
    del left["lower"]
    world.table.write(Update(keys.LIVE, set={"hint": left}))

    assert world.acquire().hint is None


def test_a_hint_comes_back_as_it_was_left(world: World) -> None:
    held = world.checkpoints.leave(world.acquire(), HINT)
    assert held.hint == HINT
    world.checkpoints.release(held)

    assert world.acquire().hint == HINT


def test_runs_that_met_what_has_no_name_are_counted_until_one_meets_none(world: World) -> None:
    held = world.acquire()
    held = world.checkpoints.start_over(world.checkpoints.leave(held, HINT), unnamed=True)
    assert (held.unnamed_runs, held.hint) == (1, None)
    held = world.checkpoints.start_over(held, unnamed=False)
    assert held.unnamed_runs == 1
    held = world.commit(held, 500, unnamed=True)
    assert held.unnamed_runs == world.item["unnamed_runs"] == 2

    assert world.commit(held, 500).unnamed_runs == 0


def test_a_backfill_is_open_until_it_is_finished(world: World) -> None:
    key = keys.backfill("august")
    held = world.checkpoints.acquire(key, lease_seconds=960, bounds=(100, 200))
    assert world.checkpoints.open_backfills() == [OpenBackfill("august", 100, 200)]
    assert (held.start, held.end) == (100, 200)

    finished = world.checkpoints.finish(world.checkpoints.leave(held, HINT))

    assert finished.hint is None
    assert world.checkpoints.open_backfills() == []


def test_the_live_checkpoint_is_no_backfill(world: World) -> None:
    world.acquire()

    assert world.checkpoints.open_backfills() == []


def test_a_finished_backfill_says_when_and_forgets_where_it_was_and_what_had_no_name(
    world: World,
) -> None:
    key = keys.backfill("august")
    held = world.checkpoints.acquire(key, lease_seconds=960, bounds=(100, 200))
    held = world.checkpoints.start_over(held, unnamed=True)

    finished = world.checkpoints.finish(world.checkpoints.leave(held, HINT))

    item = world.table.get(key)
    assert item is not None
    assert (item["finished_at"], item["unnamed_runs"]) == (int(world.clock.now()), 0)
    assert "hint" not in item
    assert finished.unnamed_runs == 0


def test_a_run_that_starts_over_leaves_the_count_and_no_hint_to_the_next(world: World) -> None:
    held = world.checkpoints.leave(world.acquire(), HINT)
    world.checkpoints.release(world.checkpoints.start_over(held, unnamed=True))

    following = world.acquire()

    assert (following.unnamed_runs, following.hint) == (1, None)


def test_at_most_a_hundred_open_backfills_are_read_and_nothing_else_takes_their_place(
    world: World,
) -> None:
    world.table.write(Update(Key(keys.LIVE.pk, "ANOTHER"), set={"open": 1}))
    for number in range(100, 201):
        key = keys.backfill(str(number))
        world.checkpoints.acquire(key, lease_seconds=960, bounds=(1, 2))

    names = [backfill.name for backfill in world.checkpoints.open_backfills()]

    assert names == [str(number) for number in range(100, 200)]
