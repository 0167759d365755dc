"""Two loaders at once: one pauses before each of its calls in turn while the other does it all."""

from typing import Any

import pytest

from invoicesync.services.load import Load
from invoicesync.state.entry import State
from invoicesync.state.looks import Look, Looks
from tests.fakes.world import Lifeline, World, labor, results
from tests.unit.domain.invoices import NOON
from tests.unit.services.load.test_kills import CALLS, a_day, is_as_it_shall_be


def another(world: World) -> Load:
    return world.loader(Lifeline())


@pytest.mark.parametrize("seconds", [0, 400], ids=["at once", "after the lease"])
@pytest.mark.parametrize(
    "options",
    [{}, {"requestid_retention_seconds": 0.0}],
    ids=["as documented", "requestid ignored"],
)
def test_another_loader_may_do_it_all_at_any_moment(options: dict[str, Any], seconds: int) -> None:
    """With a pause beyond its lease the first comes back as a zombie: its records are refused."""
    for at in range(1, len(CALLS) + 1):
        world = a_day(**options)
        doubles = list(world.queue.messages)
        other = another(world)

        def meanwhile(
            world: World = world, other: Load = other, doubles: list[Any] = doubles
        ) -> None:
            world.pass_seconds(seconds)
            world.queue.send(doubles)
            world.deliver(other)

        world.line.live()
        world.line.pause_at, world.line.meanwhile = at, meanwhile

        world.deliver()
        world.line.live()
        world.drain()

        is_as_it_shall_be(world)


def test_the_record_of_a_loader_whose_lease_was_lost_is_refused() -> None:
    world = World()
    world.put(world.message())
    assert world.queue.receive()

    def meanwhile() -> None:
        world.pass_seconds(400)
        world.run(world.message(updated=NOON + 60, **labor(2)), load=another(world))

    world.line.pause_at = CALLS.index("books.batch") + 1
    world.line.meanwhile = meanwhile
    world.pass_seconds(1200)
    world.deliver()
    world.line.live()
    world.drain()

    assert world.entry().state is State.LOADED
    assert (len(world.invoices()), world.invoice()["TotalAmt"]) == (1, 240)


def test_two_loaders_with_overlapping_batches_load_each_invoice_once() -> None:
    world = World()
    other = another(world)
    ours = [world.message(at) for at in range(6)]
    world.put(*ours[:4])
    world.line.pause_at = 20
    world.line.meanwhile = lambda: world.run(*ours[2:], load=other)

    world.deliver()
    world.line.live()
    world.drain()

    assert [len(world.invoices(at)) for at in range(6)] == [1] * 6
    assert world.writes == 6


def test_a_write_to_the_table_that_is_repeated_below_is_known_by_its_nonce(world: World) -> None:
    """The client of the table did not hear of its first try; the second finds the first."""
    world.table._repeats = world.random.chance(0.3)
    for at in range(10):
        world.run(world.message(at))

    world.drain()

    assert [len(world.invoices(at)) for at in range(10)] == [1] * 10
    assert [world.entry(at).state for at in range(10)] == [State.LOADED] * 10


def test_a_claim_whose_own_first_try_won_is_ours(world: World) -> None:
    leases = world.load._leases
    held = leases.claim([world.id_of(1)], lease_seconds=360)
    assert list(held.entries) == [world.id_of(1)]
    world.table._repeats = lambda: True

    # One that is busy cancels the transaction, and each is claimed by itself, twice.
    claims = leases.claim([world.id_of(0), world.id_of(1)], lease_seconds=360)

    assert list(claims.entries) == [world.id_of(0)]
    assert claims.busy_until == {world.id_of(1): held.entries[world.id_of(1)].lease_until}


def test_what_is_seen_while_it_is_recorded_leaves_the_invoice_queued() -> None:
    """A final state leaves the index: newer work that is not in the index is nobody's."""
    world = World()
    newer = world.message(updated=NOON + 60, **labor(2))
    world.put(world.message())

    def meanwhile() -> None:
        look = Look(world.id_of(), newer.revision, State.QUEUED, "job_closed")
        Looks(world.table, world.clock).mark([look])

    names = port_calls_of_one()
    world.line.pause_at = names.index("books.batch") + 1
    world.line.meanwhile = meanwhile

    assert results(world.deliver()) == ["created"]

    entry = world.entry()
    assert (entry.state, entry.qbo_id is not None, entry.intent) == (State.QUEUED, True, None)
    assert entry.seen == newer.revision
    world.line.live()
    assert results(world.run(newer)) == ["updated"]
    assert world.entry().state is State.LOADED


def port_calls_of_one() -> list[str]:
    world = World()
    world.run(world.message())
    return world.line.names
