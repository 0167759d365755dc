"""A loader that dies: before and after every call that it makes to the outside."""

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.state.entry import State
from tests.fakes.world import KilledError, World, labor
from tests.unit.domain.invoices import NOON

CREATED, ALSO_CREATED, EDITED, VOIDED = range(4)


def a_day(**options: Any) -> World:
    """Begin with two invoices loaded, and queue two creates, an edit and a void."""
    world = World(**options)
    world.run(world.message(EDITED), world.message(VOIDED))
    world.put(
        world.message(CREATED),
        world.message(ALSO_CREATED, **labor(2)),
        world.message(EDITED, updated=NOON + 60, **labor(3)),
        world.message(VOIDED, updated=NOON + 60, status="void"),
    )
    world.load = world.loader()
    world.line.live()
    return world


def is_as_it_shall_be(world: World) -> None:
    live = {at: world.invoices(at) for at in range(4)}
    assert {at: len(found) for at, found in live.items()} == {0: 1, 1: 1, 2: 1, 3: 0}
    totals = [live[at][0]["TotalAmt"] for at in (CREATED, ALSO_CREATED, EDITED)]
    assert totals == [Decimal("513.60"), Decimal(240), Decimal(360)]
    entries = [world.entry(at) for at in range(4)]
    assert [one.state for one in entries] == [State.LOADED] * 3 + [State.VOIDED]
    assert [one.intent for one in entries] == [None] * 4
    assert [one.lease_until for one in entries] == [0] * 4
    assert [one.claims for one in entries] == [0] * 4
    assert len(list(world.company.objects("Invoice"))) == 4
    assert world.dead.bodies == []


def port_calls() -> list[str]:
    world = a_day()
    world.deliver()
    return list(world.line.names)


CALLS = port_calls()


def deaths() -> Iterator[tuple[int, bool]]:
    for at in range(1, len(CALLS) + 1):
        yield at, True
        yield at, False


def moments() -> Iterator[tuple[int, bool]]:
    """Give each death once: for the world outside, after a call is before the next."""
    yield 1, True
    yield from ((at, False) for at in range(1, len(CALLS) + 1))


def dies(world: World, at: int, *, before: bool = False) -> bool:
    """Let a loader die at this call, and another start; say whether it came to it."""
    world.line.live()
    world.line.die_at, world.line.die_before = at, before
    with suppress(KilledError):
        world.deliver()
    died = world.line.is_dead
    world.line.live()
    world.load = world.loader()
    return died


def test_a_loader_may_die_before_or_after_any_call() -> None:
    count = 0
    for at, before in deaths():
        world = a_day()
        assert dies(world, at, before=before)

        world.drain()

        is_as_it_shall_be(world)
        count += 1
    assert count == 2 * len(CALLS)


@pytest.mark.parametrize(
    "options",
    [{"requestid_retention_seconds": 0.0}, {"warn_duplicate_number": False}],
    ids=["requestid ignored", "numbers not guarded"],
)
def test_a_loader_may_die_whatever_the_company_guards(options: dict[str, Any]) -> None:
    for at, before in moments():
        world = a_day(**options)
        assert dies(world, at, before=before)

        world.drain()

        is_as_it_shall_be(world)


def test_a_loader_may_die_and_the_next_one_too() -> None:
    """Neither the key nor the number guards; only the lease, the look and the pinned bytes do."""
    twice = 0
    for at in range(2, len(CALLS), 3):
        for again in range(1, 60, 5):
            world = a_day(requestid_retention_seconds=0.0, warn_duplicate_number=False)
            assert dies(world, at)
            world.pass_seconds(max(0.0, (world.queue.next_visible_at() or 0) - world.clock.now()))
            twice += dies(world, again)

            world.drain()

            is_as_it_shall_be(world)
    assert twice > 50


def test_the_day_makes_calls_to_everything_that_matters() -> None:
    assert {"table", "bucket", "books", "outcomes"} == {name.split(".")[0] for name in CALLS}
    assert len(CALLS) > 30
