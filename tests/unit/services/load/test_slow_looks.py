"""QuickBooks answers, but takes its time: many open intents do not keep one another from an end."""

from collections.abc import Callable
from typing import Any

from invoicesync.state.entry import State
from tests.fakes.world import BATCH, Lifeline, World

MANY = 20
SECONDS = 4.0


class SlowLine(Lifeline):
    """A line on which every query takes a while."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self._world = world

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        if name == "books.query":
            self._world.clock.advance(SECONDS)
        return super().call(name, act)


def test_a_large_batch_of_unknown_outcomes_is_sent_again_though_looking_is_slow(
    world: World,
) -> None:
    """All of them looked for first, none of them would be left the time to be sent."""
    world.fail("request_lost", BATCH)
    world.run(*(world.message(number) for number in range(MANY)))
    slow = world.loader(SlowLine(world))

    world.drain(slow, most=40)

    assert {world.entry(number).state for number in range(MANY)} == {State.LOADED}
    assert world.writes == MANY
