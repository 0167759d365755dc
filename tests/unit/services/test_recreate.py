"""An invoice that somebody deleted in QuickBooks is made anew by a person's word, and once."""

from collections.abc import Callable

import pytest

from invoicesync.conditions import Update
from invoicesync.domain.ids import RequestId
from invoicesync.errors import BusyError
from invoicesync.services.recreate import NotGoneError
from invoicesync.services.redrive import Wanted
from invoicesync.state import keys
from invoicesync.state.entry import Intent, Operation, State
from tests.fakes.world import World
from tests.unit.services.desk import ACTOR, Desk


@pytest.fixture
def world() -> World:
    world = World()
    world.run(world.message())
    world.people.delete("Invoice", str(world.invoice()["Id"]))
    world.run(world.message(notes="Second visit"))
    assert world.entry().reason == "deleted_in_quickbooks"
    return world


def test_it_is_made_anew_under_the_next_generation(world: World) -> None:
    desk = Desk(world)
    old = world.entry().qbo_id

    desk.recreate()(world.entry(), actor=ACTOR)
    desk.redrive(desk.redrive.find(Wanted()), actor=ACTOR)
    world.drain()

    made = world.invoice()
    assert made["Id"] != old
    assert f"[st:{world.id_of()}.1]" in made["PrivateNote"]
    assert (world.entry().state, world.entry().generation) == (State.LOADED, 1)
    assert [action.what for action in desk.done] == ["redrive", "recreate"]


def test_saying_so_twice_makes_it_once(world: World) -> None:
    desk, looked_at = Desk(world), world.entry()
    desk.recreate()(looked_at, actor=ACTOR)
    world.pass_seconds(60)

    with pytest.raises(BusyError, match="changed just now"):
        desk.recreate()(looked_at, actor=ACTOR)

    assert world.entry().generation == 1


def test_one_made_anew_and_deleted_again_can_be_made_anew_again(world: World) -> None:
    desk = Desk(world)
    for generation in (1, 2):
        desk.recreate()(world.entry(), actor=ACTOR)
        desk.redrive(desk.redrive.find(Wanted()), actor=ACTOR)
        world.drain()
        assert world.entry().generation == generation
        world.people.delete("Invoice", str(world.invoice()["Id"]))
        world.run(world.message(notes=f"Visit {generation}", updated=0))
        assert world.entry().reason == "deleted_in_quickbooks"


def _loaded(world: World) -> None:
    world.table.write(Update(keys.ledger(world.id_of()), set={"state": "LOADED"}))


def _other_reason(world: World) -> None:
    world.table.write(Update(keys.ledger(world.id_of()), set={"reason": "payment_applied"}))


@pytest.mark.parametrize("otherwise", [_loaded, _other_reason])
def test_only_what_is_held_as_deleted_is_made_anew(
    world: World, otherwise: Callable[[World], None]
) -> None:
    otherwise(world)

    with pytest.raises(NotGoneError, match="not held as deleted"):
        Desk(world).recreate()(world.entry(), actor=ACTOR)


def test_what_is_there_after_all_is_not_made_anew() -> None:
    world = World()
    world.run(world.message())
    held = {"state": "HELD", "reason": "deleted_in_quickbooks"}
    world.table.write(Update(keys.ledger(world.id_of()), set=held))

    with pytest.raises(NotGoneError, match="is in QuickBooks"):
        Desk(world).recreate()(world.entry(), actor=ACTOR)


def test_what_may_be_on_its_way_is_not_made_anew(world: World) -> None:
    seen = world.entry().seen
    assert seen is not None
    intent = Intent(RequestId("r"), "1", Operation.UPDATE, seen, "hash", 1).written()
    world.table.write(Update(keys.ledger(world.id_of()), set={"intent": intent}))

    with pytest.raises(NotGoneError, match="outcome is not known"):
        Desk(world).recreate()(world.entry(), actor=ACTOR)
