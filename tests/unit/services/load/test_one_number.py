"""Two invoices of ServiceTrade under one number: of two loaders at once only one makes its own."""

from functools import partial
from typing import Any

import pytest

from invoicesync.domain.message import Message
from invoicesync.state.entry import State
from tests.fakes.world import BATCH, Lifeline, World, results

NUMBER = "7000"
UNGUARDED: dict[str, Any] = {"warn_duplicate_number": False, "index_lag_seconds": 20}
"""A company that takes every number, and shows a new invoice to queries late."""


def twins(world: World) -> tuple[Message, Message]:
    return world.message(0, invoiceNumber=NUMBER), world.message(1, invoiceNumber=NUMBER)


def made(world: World) -> list[int]:
    return [len(world.invoices(at)) for at in (0, 1)]


def moments(world: World) -> range:
    """Name each call of the life that was lived, from the look for the number on."""
    names = world.line.names
    look = max(at for at, name in enumerate(names, 1) if name == "books.query")
    return range(look, len(names) + 1)


@pytest.fixture
def world() -> World:
    return World(**UNGUARDED)


def test_two_loaders_never_make_one_number_twice(world: World) -> None:
    """Each finds it free; were it not named in the transaction of the intent, both would use it."""
    world.run(twins(world)[0])
    for at in moments(world):
        world = World(**UNGUARDED)
        first, second = twins(world)
        world.line.live()
        world.line.pause_at = at
        world.line.meanwhile = partial(world.run, second, load=world.loader(Lifeline()))

        world.run(first)
        world.line.live()
        world.drain()

        assert sum(made(world)) == 1
        assert {world.entry(0).state, world.entry(1).state} == {State.LOADED, State.HELD}
        [hold] = world.told.holds
        assert hold.problems[0].code.value == "duplicate_number_in_source"
        assert f"number {NUMBER} is also the number of ServiceTrade inv" in hold.problems[0].detail


def test_a_number_stays_with_an_invoice_of_which_nobody_knows_what_became(world: World) -> None:
    first, second = twins(world)
    world.fail("request_lost", BATCH)
    assert results(world.run(first)) == ["retry"]
    world.queue.purge()

    for hours in (0, 1, 12):
        world.pass_seconds(3600 * hours)
        assert results(world.run(second)) == ["held"]
    assert made(world) == [0, 0]

    world.run(first)
    assert made(world) == [1, 0]


def test_a_number_of_which_nothing_came_is_free_once_that_would_show(world: World) -> None:
    first, second = twins(world)
    world.fail("batch_item_fault", BATCH, items=[0], code="2050")
    assert results(world.run(first)) == ["held"]

    assert results(world.run(second)) == ["held"]
    world.pass_seconds(601)
    assert results(world.run(second)) == ["created"]
    assert results(world.run(first)) == ["held"]
    assert made(world) == [0, 1]
    assert world.entry(0).reason == "duplicate_number_in_source"


def test_of_two_that_would_take_a_number_left_one_does() -> None:
    """The first comes back for it: whoever read that it was left has read too early."""

    def left() -> World:
        world = World(**UNGUARDED)
        world.fail("batch_item_fault", BATCH, items=[0], code="2050")
        world.run(twins(world)[0])
        world.pass_seconds(601)
        world.line.live()
        return world

    world = left()
    world.run(twins(world)[1])
    for at in moments(world):
        world = left()
        again = twins(world)[0]
        world.line.pause_at = at
        world.line.meanwhile = partial(world.run, again, load=world.loader(Lifeline()))

        world.run(twins(world)[1])
        world.line.live()
        world.drain()

        assert sum(made(world)) == 1
