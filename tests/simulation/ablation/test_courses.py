"""The one course of events in which a defence decides alone, where seeds rarely come upon it."""

import random
from collections.abc import Sequence

import pytest

from tests.simulation.ablation.removal import Replacement, removed
from tests.simulation.ablation.table import DEFENCES
from tests.simulation.crash_points import Course, Stage
from tests.simulation.gates import Chances

TICK = 1200.0


class Overtaken(Stage):
    """A course in which each look at one invoice waits until a list was answered."""

    def _chances(self, chance: random.Random) -> Chances:
        chances = super()._chances(chance)
        plain = chances.hits
        chances.hits = lambda name: name == "look_overtaken" or plain(name)  # type: ignore[method-assign]
        return chances


def a_look_that_a_list_overtakes(stage: Stage) -> None:
    """Ask for an invoice right before a tick.

    The look by id is numbered first and waits; the list is numbered second and shows the invoice as
    it is. Somebody changes it. The look sees that, sends it and marks it, and a loader writes it.
    Only then the list arrives: what it shows is older than what is marked, under a higher number.
    """
    told = stage.users.write()
    stage.at(TICK - 4, lambda: stage.users.change(told.id))
    stage.at(TICK - 3, lambda: stage.functions.by_id([told.id]))


SECOND_LOOK = DEFENCES["second look at doubtful rows"].replacements


@pytest.mark.parametrize(
    ("without", "kinds"),
    [((), set()), (SECOND_LOOK, {"older_over_newer"})],
    ids=["whole", "without the second look"],
)
def test_a_list_that_is_older_than_a_look_changes_nothing(
    without: Sequence[Replacement], kinds: set[str]
) -> None:
    course = Course("overtaken", a_look_that_a_list_overtakes)

    with removed(without):
        report = Overtaken(course).run()

    assert {violation.kind for violation in report.violations} == kinds
    assert report.writes >= 2
