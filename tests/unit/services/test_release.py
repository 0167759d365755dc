"""What waits for approval goes when somebody says so, and only the document that was looked at."""

import pytest

from invoicesync.conditions import Update
from invoicesync.state import keys
from invoicesync.state.entry import State
from tests.fakes.world import World
from tests.unit.services.desk import ACTOR, Desk


@pytest.fixture
def world() -> World:
    world = World()
    world.publish(mode="review")
    world.run(world.message(), world.message(1))
    assert [world.entry(number).reason for number in (0, 1)] == ["awaiting_release"] * 2
    return world


def test_what_is_released_goes_and_the_rest_stays(world: World) -> None:
    desk = Desk(world)

    released = desk.release([world.entry()], actor=ACTOR)
    world.drain()

    assert released.ids == released.asked.done == (world.id_of(),)
    assert len(world.invoices()) == 1
    assert world.invoices(1) == []
    (done,) = desk.done
    assert (done.what, done.actor, list(done.invoices)) == ("release", ACTOR, [world.id_of()])


def test_a_document_that_changed_since_is_looked_at_again(world: World) -> None:
    desk = Desk(world)
    looked_at = world.entry()
    world.run(world.message(notes="Second visit"))

    released = desk.release([looked_at], actor=ACTOR)
    world.drain()

    assert released.ids == ()
    assert world.entry().state is State.HELD
    assert desk.extraction.asked == []
    assert desk.done == []


def test_an_edit_between_release_and_load_is_held_again(world: World) -> None:
    desk = Desk(world)
    desk.extraction.rows[world.id_of()] = {"notes": "Second visit"}

    desk.release([world.entry()], actor=ACTOR)
    world.drain()

    assert world.entry().reason == "awaiting_release"
    assert world.invoices() == []


def test_what_is_held_for_something_else_too_is_named_and_stays(world: World) -> None:
    world.table.write(
        Update(keys.ledger(world.id_of(1)), set={"held_hash": ""}),
    )

    released = Desk(world).release([world.entry(1)], actor=ACTOR)

    assert (released.ids, released.others) == ((), (world.id_of(1),))


def test_what_awaits_nothing_is_passed_over(world: World) -> None:
    world.publish(mode="auto")
    world.run(world.message(2, transactionDate=None))

    released = Desk(world).release([world.entry(2)], actor=ACTOR)

    assert (released.ids, released.others) == ((), ())
