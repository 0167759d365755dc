"""The loader's mapping delivers while a loader can do anything with a message."""

import pytest

from invoicesync.errors import RetryableError
from invoicesync.services.extract.switch import loaders_should_run, loaders_work
from invoicesync.state.realm import Gate
from tests.unit.services.extract.world import Failing, World

NOW = 10_000


@pytest.mark.parametrize(
    ("paused", "opened_at", "open_until", "runs", "works"),
    [
        (False, 0, 0, True, True),
        (True, 0, 0, False, False),
        (False, NOW - 10, NOW + 290, True, False),
        (False, NOW - 300, NOW, True, False),
        (False, NOW - 900, NOW + 200, False, False),
        (False, NOW - 900, NOW, True, False),
        (True, NOW - 900, NOW - 600, False, False),
    ],
    ids=[
        "all is well",
        "paused",
        "open since a moment",
        "open for five minutes",
        "open for long and the last probe failed",
        "open for long and a probe is due",
        "paused and a probe is due",
    ],
)
def test_delivery(
    *, paused: bool, opened_at: int, open_until: int, runs: bool, works: bool
) -> None:
    gate = Gate(paused=paused, open_until=open_until, opened_at=opened_at, reason="")

    assert loaders_should_run(gate, NOW) is runs
    assert loaders_work(gate) is works


def test_a_long_outage_alternates_between_silence_and_one_probe(world: World) -> None:
    world.realm.open("suspended")
    delivered = []
    for _ in range(6):
        delivered.append(world.tick().loader_on)
        if delivered[-1] and world.realm.take_probe():
            world.realm.extend(world.realm.gate())

    assert delivered[0] is True
    assert False in delivered or world.switch.on
    world.realm.succeeded()
    assert world.tick().loader_on is True


def test_a_pause_stops_delivery_and_its_end_starts_it(world: World) -> None:
    world.realm.pause(paused=True)
    assert world.tick().loader_on is False
    assert not world.switch.on

    world.realm.pause(paused=False)
    assert world.tick().loader_on is True
    assert world.switch.on
    assert world.switch.turns == 2


def test_the_switch_is_set_even_while_another_run_holds_the_lease(world: World) -> None:
    world.realm.pause(paused=True)
    switched: list[bool] = []

    def second(call: str) -> None:
        if call == "page 1":
            world.realm.pause(paused=False)
            world.extract().tick()
            switched.append(world.switch.on)

    world.source.after = second
    world.tick()

    assert switched == [True]


def test_a_switch_that_cannot_be_turned_now_stops_no_scan(world: World) -> None:
    made = world.invoices(2)
    stuck = Failing(world.switch, "turn", error=RetryableError("an update is in progress"))

    result = world.tick(switch=stuck)

    assert world.sent == made
    assert result.complete
    assert result.loader_on is None
    assert result.problems == ("the loader's mapping was not set: an update is in progress",)
