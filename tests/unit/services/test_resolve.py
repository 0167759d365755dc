"""A person closes what can never go; only something new in ServiceTrade reopens it."""

import pytest

from invoicesync.conditions import Update
from invoicesync.errors import BusyError
from invoicesync.services.resolve import UnresolvableError
from invoicesync.state import keys
from invoicesync.state.entry import State
from tests.fakes.world import World, results
from tests.unit.services.desk import ACTOR, Desk


@pytest.fixture
def world() -> World:
    world = World()
    world.run(world.message(transactionDate=None))
    assert world.entry().reason == "date_missing"
    return world


@pytest.mark.parametrize("how", ["entered:4711", "not-billable", "accepted-difference"])
def test_a_held_invoice_is_closed_with_who_and_why(world: World, how: str) -> None:
    desk = Desk(world)

    before = desk.resolve(world.id_of(), how=how, note="typed by hand", actor=ACTOR)

    assert before.state is State.HELD
    assert world.entry().state is State.RESOLVED
    assert world.events()[-1] == "resolved"
    (done,) = desk.done
    assert (done.what, done.actor, done.note) == ("resolve", ACTOR, "typed by hand")
    assert done.before == {"state": "HELD", "reason": "date_missing"}
    assert done.after == {"state": "RESOLVED", "as": how}


def test_it_leaves_the_list_of_open_work(world: World) -> None:
    Desk(world).resolve(world.id_of(), how="not-billable", note="n", actor=ACTOR)

    until = int(world.clock.now())
    assert all(not world.table.by_state(state.value, until=until) for state in State)


def test_the_same_look_again_leaves_it_closed(world: World) -> None:
    Desk(world).resolve(world.id_of(), how="not-billable", note="n", actor=ACTOR)

    outcomes = world.run(world.message(transactionDate=None))

    assert results(outcomes) == ["unchanged"]
    assert world.entry().state is State.RESOLVED
    assert world.invoices() == []


def test_something_new_in_servicetrade_reopens_it(world: World) -> None:
    Desk(world).resolve(world.id_of(), how="not-billable", note="n", actor=ACTOR)

    world.run(world.message())

    assert world.entry().state is State.LOADED
    assert len(world.invoices()) == 1


@pytest.mark.parametrize("how", ["entered:", "entered", "billable", "", "entered:" + "9" * 22])
def test_what_is_no_resolution_is_refused_with_the_list_of_them(world: World, how: str) -> None:
    with pytest.raises(UnresolvableError, match="not-billable"):
        Desk(world).resolve(world.id_of(), how=how, note="n", actor=ACTOR)
    assert world.entry().state is State.HELD


def test_a_note_is_needed(world: World) -> None:
    with pytest.raises(UnresolvableError, match="note"):
        Desk(world).resolve(world.id_of(), how="not-billable", note="  ", actor=ACTOR)


def test_what_is_loaded_or_unknown_is_not_closed(world: World) -> None:
    world.run(world.message(1))
    for number, stands in ((1, "LOADED"), (2, "unknown here")):
        with pytest.raises(UnresolvableError, match=stands):
            Desk(world).resolve(world.id_of(number), how="not-billable", note="n", actor=ACTOR)


def test_nothing_is_closed_under_a_loader_that_is_at_work(world: World) -> None:
    lease = {"lease_until": int(world.clock.now()) + 60}
    world.table.write(Update(keys.ledger(world.id_of()), set=lease))

    with pytest.raises(BusyError, match="changed just now"):
        Desk(world).resolve(world.id_of(), how="not-billable", note="n", actor=ACTOR)

    assert world.entry().state is State.HELD
    assert Desk(world).done == []
