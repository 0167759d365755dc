"""How long an invoice took from being ready in ServiceTrade to standing in QuickBooks."""

from decimal import Decimal
from typing import Any

import pytest

from invoicesync.services.load.lag import Arrival
from tests.fakes.world import BATCH, World, labor, results
from tests.unit.domain.invoices import NOON, a_job


def times(world: World) -> tuple[int, int]:
    """Read since when it was ready, and how long after that it stood."""
    entry = world.entry()
    return entry.ready_at, entry.stood_at - entry.ready_at


def arrivals(world: World) -> tuple[Arrival, ...]:
    return world.reports[-1].arrivals


def changed(world: World, seconds_ago: int) -> int:
    return int(world.clock.now()) - seconds_ago


def test_an_invoice_that_was_made_took_since_its_last_change(world: World) -> None:
    updated = changed(world, 240)

    world.run(world.message(updated=updated))

    assert times(world) == (updated, 240)
    assert arrivals(world) == (Arrival(240, Decimal("513.60")),)


def test_one_that_waited_for_its_job_took_since_the_job_was_completed(world: World) -> None:
    updated, completed = changed(world, 90_000), changed(world, 600)

    world.run(world.message(updated=updated, job=a_job(completedOn=completed)))

    assert times(world) == (completed, 600)


@pytest.mark.parametrize("completed", [None, 2_000_000_000])
def test_a_job_that_tells_no_time_that_is_over_lengthens_nothing(
    world: World, completed: Any
) -> None:
    world.run(world.message(updated=changed(world, 60), job=a_job(completedOn=completed)))

    entry = world.entry()
    assert entry.stood_at - entry.ready_at <= 60
    assert arrivals(world)[0].lag_seconds in {0, 60}


def test_what_was_held_took_since_it_was_first_so(world: World) -> None:
    first = changed(world, 600)
    world.publish(items={"by_code": {}})
    assert results(world.run(world.message(updated=first))) == ["held"]
    world.pass_seconds(3600)
    world.publish()

    # Telling ServiceTrade that it failed made it look changed.
    world.run(world.message(updated=changed(world, 30)))

    assert times(world) == (first, 4200)


def test_an_edit_is_a_time_of_its_own_and_brings_no_new_money(world: World) -> None:
    world.run(world.message(updated=NOON))
    edited = changed(world, 50)

    world.run(world.message(updated=edited, **labor(2)))

    at, seconds = times(world)
    assert at == edited
    assert 50 <= seconds <= 52  # looks of the loader itself take a second
    assert arrivals(world) == (Arrival(seconds, Decimal(0)),)


def test_what_only_another_mapping_changes_keeps_the_time_that_it_took(world: World) -> None:
    world.run(world.message(updated=changed(world, 240)))
    before = times(world)
    world.pass_seconds(86_400)
    world.publish(items={"by_code": {"LAB": "Equipment Rental"}})

    world.run(world.message(updated=changed(world, 5)))

    assert times(world) == before
    assert arrivals(world) == ()


def test_what_changes_nothing_is_no_arrival(world: World) -> None:
    message = world.message(updated=changed(world, 240))
    world.run(message)
    world.pass_seconds(100)

    assert results(world.run(message)) == ["unchanged"]

    assert times(world)[1] == 240
    assert arrivals(world) == ()


def test_one_whose_answer_was_lost_took_until_it_was_found(world: World) -> None:
    updated = changed(world, 240)
    world.fail("answer_lost", BATCH)
    world.run(world.message(updated=updated))
    assert arrivals(world) == ()

    world.drain()

    found = [each for report in world.reports for each in report.arrivals]
    assert [each.lag_seconds for each in found] == [times(world)[1]]
    assert times(world)[1] > 240


def test_a_void_is_no_arrival(world: World) -> None:
    world.run(world.message(updated=changed(world, 240)))
    before = times(world)

    assert results(world.run(world.message(updated=changed(world, 9), status="void"))) == ["voided"]

    assert times(world) == before
    assert arrivals(world) == ()
