"""Nothing is acknowledged before all is done that an acknowledgement ends."""

import json
from typing import Any

import pytest

from invoicesync.errors import RetryableError
from invoicesync.ports import Outgoing
from invoicesync.state.entry import State
from tests.fakes.world import BATCH, World, labor, results
from tests.unit.domain.invoices import NOON


def loses(world: World, queue: str, times: int) -> None:
    left = [True] * times
    getattr(world, queue).loses = lambda: bool(left and left.pop())


def raises(world: World, queue: str) -> None:
    """Let the queue not answer once."""
    real = getattr(world, queue)
    send = real.send
    failing = [RetryableError("the queue does not answer")]

    class Silent:
        bodies = property(lambda _: real.bodies)
        messages = property(lambda _: real.messages)

        def send(self, messages: list[Outgoing]) -> tuple[bool, ...]:
            if failing:
                raise failing.pop()
            return tuple(send(messages))

    setattr(world, queue, Silent())
    world.load = world.loader()


@pytest.mark.parametrize("how", ["not confirmed", "no answer"])
def test_what_cannot_be_parked_is_not_acknowledged(world: World, how: str) -> None:
    if how == "no answer":
        raises(world, "dead")
    else:
        loses(world, "dead", 1)
    message = world.message(invoiceNumber="x" * 22)

    (outcome,) = world.run(message)

    assert (outcome.result, outcome.code) == ("retry", "dead_letter_queue")
    assert (world.reasons, world.told.holds) == ([], [])
    assert (world.entry().state, world.entry().lease_until) == (State.HELD, 0)

    world.drain()
    assert world.reasons == ["number_too_long"]
    assert world.told.codes == ["number_too_long"]


def test_what_quickbooks_refused_is_not_lost_where_it_cannot_be_parked(world: World) -> None:
    world.fail("batch_item_fault", BATCH, items=[0], code="6070", times=None)
    loses(world, "dead", 1)
    world.put(world.message())

    world.drain()

    entry = world.entry()
    assert (entry.reason, entry.intent, entry.lease_until) == ("rejected_by_quickbooks", None, 0)
    assert world.reasons == ["rejected_by_quickbooks"]


def told_downstream(world: World) -> list[dict[str, Any]]:
    """Read the outcomes: those of one write travel in one message."""
    return [one for body in world.outcomes.bodies for one in json.loads(body)["outcomes"]]


@pytest.mark.parametrize("how", ["not confirmed", "no answer"])
def test_what_nobody_downstream_heard_of_is_not_acknowledged(world: World, how: str) -> None:
    if how == "no answer":
        raises(world, "outcomes")
    else:
        loses(world, "outcomes", 1)

    (outcome,) = world.run(world.message())

    assert (outcome.result, outcome.code) == ("retry", "outcome_queue")
    assert (world.entry().state, world.entry().lease_until) == (State.LOADED, 0)
    world.drain()
    assert [one["result"] for one in told_downstream(world)] == ["unchanged"]
    assert world.writes == 1


def test_what_nobody_was_told_of_is_not_acknowledged(world: World) -> None:
    world.told.fails = 2
    world.put(world.message(invoiceNumber="x" * 22))

    (outcome,) = world.deliver()

    assert (outcome.result, outcome.code) == ("retry", "nobody_told")
    world.drain()
    assert world.told.codes == ["number_too_long"]
    assert world.reasons == ["number_too_long"]


def test_what_was_held_before_something_else_went_wrong_is_told_of(world: World) -> None:
    world.fail("throttle_xml", "* *query")

    outcomes = world.run(world.message(0, invoiceNumber="x" * 22), world.message(1))

    assert results(outcomes) == ["held", "retry"]
    assert world.told.codes == ["number_too_long"]


def test_every_end_is_told_downstream_but_what_was_superseded(world: World) -> None:
    world.run(world.message(0))
    world.run(world.message(0, updated=NOON + 60, **labor(2)))
    world.run(world.message(0))
    world.run(world.message(0, updated=NOON + 90, status="void"))
    world.run(world.message(1, invoiceNumber="x" * 22))
    world.run(world.message(2, tags=[{"id": 1, "name": "do-not-sync"}]))

    told = told_downstream(world)

    assert [(one["invoice"] - world.id_of(), one["result"], one["reason"]) for one in told] == [
        (0, "created", ""),
        (0, "updated", ""),
        (0, "voided", ""),
        (1, "held", "number_too_long"),
        (2, "ignored", "excluded_tag"),
    ]


@pytest.mark.parametrize("table_call", ["table.write_all", "table.write", "table.get_many"])
def test_a_table_that_does_not_answer_holds_nothing(world: World, table_call: str) -> None:
    world.put(*[world.message(at) for at in range(3)])
    call = world.line.call
    calls = [0]

    def failing(name: str, act: object) -> object:
        if name == table_call:
            calls[0] += 1
            if calls[0] % 3 == 0 and calls[0] < 60:
                raise RetryableError("throttled", delay_seconds=5)
        return call(name, act)  # type: ignore[arg-type]

    world.line.call = failing  # type: ignore[method-assign]

    world.drain()

    assert [world.entry(at).state for at in range(3)] == [State.LOADED] * 3
    assert [len(world.invoices(at)) for at in range(3)] == [1] * 3
    assert (world.dead.bodies, world.told.holds) == ([], [])
