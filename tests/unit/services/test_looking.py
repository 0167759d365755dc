"""Whoever looks at QuickBooks waits behind the loaders, and tells them what it was told."""

import pytest

from invoicesync.errors import RateLimitedError
from invoicesync.services.looking import (
    GAP_SECONDS,
    LONGEST_WAIT_SECONDS,
    LOOKS,
    Alone,
    BehindLoaders,
    ReadOnlyBooks,
)
from invoicesync.state.pace import Pace
from tests.fakes import FakeClock
from tests.fakes.world import QUERY, World

PER_MINUTE = 420
LOADERS = Pace("requests", per_minute=PER_MINUTE, burst=2)


def looks_at(world: World) -> ReadOnlyBooks:
    return ReadOnlyBooks(world.client(), BehindLoaders(world.realm, PER_MINUTE))


def test_a_few_looks_go_at_the_loaders_pace_and_many_at_their_own() -> None:
    world = World()
    books, began = looks_at(world), world.clock.now()

    for _ in range(LOOKS.burst):
        books.query("Item")
    assert world.clock.now() - began < 2
    for _ in range(20):
        books.query("Item")

    assert world.clock.now() - began >= 20 * 60 / LOOKS.per_minute - 0.01
    assert books.calls == world.calls("query") == LOOKS.burst + 20


def test_a_loader_never_waits_for_a_slot_because_of_a_look() -> None:
    world = World()
    books, loader = looks_at(world), world.realm
    for _ in range(5):
        books.query("Item")

        began = world.clock.now()
        loader.reserve(LOADERS)

        assert world.clock.now() == began


def test_a_look_waits_while_the_loaders_are_ahead_of_their_time() -> None:
    world = World()
    loader, books = world.realm, looks_at(world)
    loader.reserve(LOADERS)
    loader.reserve(LOADERS)
    began = world.clock.now()

    books.query("Item")

    assert world.clock.now() - began >= 60 / PER_MINUTE


def test_what_a_look_was_told_every_loader_knows() -> None:
    world = World()
    world.fail("throttle_json", QUERY)
    books = looks_at(world)

    with pytest.raises(RateLimitedError):
        books.query("Item")

    assert world.realm.usage().share == 0.5
    began = world.clock.now()
    with pytest.raises(RateLimitedError, match=f"within {LONGEST_WAIT_SECONDS:.0f} s"):
        books.query("Item")
    assert world.clock.now() == began


def test_who_looks_without_a_stack_takes_two_looks_a_second() -> None:
    clock = FakeClock()
    turn, began = Alone(clock), clock.now()

    turn.take()
    assert clock.now() == began
    clock.sleep(0.2)
    turn.take()
    assert clock.now() == began + GAP_SECONDS
    clock.sleep(5)
    turn.take()
    assert clock.now() == began + GAP_SECONDS + 5


def test_who_looks_without_a_stack_keeps_away_when_it_is_told_to() -> None:
    clock = FakeClock()
    turn, began = Alone(clock), clock.now()

    turn.throttled(7)
    turn.take()
    assert clock.now() == began + 7
    turn.throttled(None)
    turn.take()
    assert clock.now() == began + 67
