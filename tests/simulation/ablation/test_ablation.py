"""Every defence that is taken out is missed: the seed that showed it is played again."""

from dataclasses import dataclass
from functools import cache

import pytest

from tests.simulation.ablation.command import recorded
from tests.simulation.ablation.removal import by, removed
from tests.simulation.ablation.search import play_without
from tests.simulation.ablation.table import DEFENCES
from tests.simulation.plan import CLASSES
from tests.simulation.violations import Violation
from tests.simulation.world import World

CAUGHT = {name: row for name, row in recorded().items() if row["seed"] is not None}


@cache
def whole(seed: int) -> tuple[Violation, ...]:
    return World(seed).run().violations


@pytest.mark.parametrize("name", CAUGHT)
def test_a_defence_that_is_taken_out_is_missed(name: str) -> None:
    row = CAUGHT[name]
    found = play_without(DEFENCES[name], row["seed"])
    assert row["kind"] in {violation.kind for violation in found}
    assert whole(row["seed"]) == ()


def test_what_stands_behind_a_defence_and_what_it_needs_has_a_name() -> None:
    for defence in DEFENCES.values():
        assert {*defence.twins} <= {*DEFENCES}
        assert {*defence.needs} <= {*CLASSES}


@dataclass
class Product:
    guard: str = "shut"


def test_a_defence_is_back_when_its_time_is_over() -> None:
    with removed([by(Product, "guard", "open")]):
        assert Product.guard == "open"
    assert Product.guard == "shut"


def test_a_defence_that_moved_away_is_an_error() -> None:
    with (
        pytest.raises(LookupError, match="Product has no gate of its own any more"),
        removed([by(Product, "gate", "open")]),
    ):
        pass
