"""A few schedules of mishaps at every push; `make simulate` plays more."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.command import REGRESSIONS, play

SEEDS = range(1, 25)
KEPT = sorted(REGRESSIONS.glob("*.json"))


@pytest.mark.parametrize("seed", SEEDS)
def test_no_promise_is_broken(seed: int) -> None:
    assert play((seed, ())).violations == ()


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_what_once_broke_holds(path: Path) -> None:
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    assert play((kept["seed"], tuple(kept["off"]))).violations == ()


def test_a_seed_is_the_same_again() -> None:
    first, again = play((3, ())), play((3, ()))
    assert first == again
    assert first.trace != play((4, ())).trace
