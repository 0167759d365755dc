"""A link that was wrong is taken back whole, and never over what a loader does."""

from collections.abc import Sequence

import pytest

from invoicesync.conditions import Update, Write
from invoicesync.errors import BusyError
from invoicesync.services.adopt import Link
from invoicesync.services.unlink import NotLinkedError, Unlink
from invoicesync.state import keys
from invoicesync.state.actions import Actions
from invoicesync.state.entry import Entry, State
from tests.fakes.world import KilledError, World, results
from tests.unit.services.test_adopt import ACTOR, QBO_ID, a_pair, actions, adopt, calls_of


@pytest.fixture
def world() -> World:
    world = World()
    world.run(world.message(transactionDate=None))
    adopt(world)
    return world


def unlinker(world: World) -> Unlink:
    table = world.line.guard(world.table, "table")
    actions_ = Actions(table, world.clock, world.random)
    return Unlink(table=table, clock=world.clock, random=world.random, actions=actions_)


def unlink(world: World) -> Entry:
    return unlinker(world)(world.id_of(), note="of another job", actor=ACTOR)


def test_nothing_of_the_link_stays_and_who_did_it_does(world: World) -> None:
    before = unlink(world)

    entry = world.entry()
    assert (before.state, before.qbo_id) == (State.ADOPTED, QBO_ID)
    assert (entry.state, entry.adopted, entry.qbo_id) == (State.QUEUED, False, None)
    assert (entry.number, entry.total, entry.tax) == (None, "", "")
    assert world.table.get(keys.adopted(before.qbo_id_or_raise)) is None
    assert world.events()[-1] == "unlinked"
    assert actions(world)[0] == f"unlink by {ACTOR}: of another job, [{world.id_of()}]"


def test_it_is_open_work_that_the_next_tick_asks_for(world: World) -> None:
    unlink(world)

    [row] = world.table.by_state(State.QUEUED.value, until=1)

    assert row["pk"] == keys.ledger(world.id_of()).pk


def test_it_is_made_under_its_own_number_then(world: World) -> None:
    unlink(world)

    assert results(world.run(world.message(updated=1_900_000_000))) == ["created"]

    assert world.invoice()["DocNumber"] == "10482"


def test_what_was_typed_can_be_linked_to_another_invoice_then(world: World) -> None:
    unlink(world)

    assert adopt(world, a_pair(world, 1)) == [Link.LINKED]


def test_a_look_changes_nothing(world: World) -> None:
    before = world.table.items

    assert unlinker(world).look(world.id_of()).qbo_id == QBO_ID
    assert world.table.items == before


def test_what_is_not_linked_is_not_unlinked(world: World) -> None:
    unlink(world)

    with pytest.raises(NotLinkedError, match="is QUEUED; only what adopt has linked"):
        unlink(world)
    with pytest.raises(NotLinkedError, match="is unknown here"):
        unlinker(world).look(world.id_of(7))


def test_a_lease_is_in_the_way(world: World) -> None:
    until = int(world.clock.now()) + 100
    world.table.write(Update(keys.ledger(world.id_of()), set={"lease_until": until}))

    with pytest.raises(BusyError, match="changed just now"):
        unlink(world)
    assert world.entry().state is State.ADOPTED


def test_an_answer_that_was_lost_is_no_refusal(world: World) -> None:
    write_all = world.table.write_all

    def twice(writes: Sequence[Write]) -> None:
        write_all(writes)
        write_all(writes)

    world.table.write_all = twice

    unlink(world)

    assert world.entry().state is State.QUEUED


UNLINK_CALLS = calls_of(lambda world: (adopt(world), unlink(world))) - calls_of(adopt)
"""Those of a person who takes a link back."""


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("at", range(1, UNLINK_CALLS + 1))
def test_a_run_that_dies_anywhere_is_finished_by_the_next(
    world: World, at: int, before: bool
) -> None:
    world.line.live()
    world.line.die_at, world.line.die_before = at, before
    with pytest.raises(KilledError):
        unlink(world)
    world.line.live()

    if world.entry().adopted:
        unlink(world)

    assert world.events().count("unlinked") == 1
    assert world.entry().state is State.QUEUED
    assert world.table.get(keys.adopted(a_pair(world)[1].id)) is None
