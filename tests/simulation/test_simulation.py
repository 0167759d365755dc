"""A few schedules of mishaps at every push; `make simulate` plays more."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.command import REGRESSIONS
from tests.simulation.figures import Figures
from tests.simulation.playing import play
from tests.simulation.report import Report

AT_ONCE = 10
TENS = range(1, 101, AT_ONCE)
"""Where each test begins: they spread over the workers of pytest."""
MEASURED = range(1, 31)
KEPT = sorted(REGRESSIONS.glob("*.json"))


@cache
def once(seed: int) -> Report:
    return play((seed, ()))


@pytest.mark.parametrize("first", TENS)
def test_no_promise_is_broken(first: int) -> None:
    reports = [once(seed) for seed in range(first, first + AT_ONCE)]

    assert {each.seed: each.violations for each in reports if each.violations} == {}


@pytest.mark.parametrize("path", KEPT, ids=[path.stem for path in KEPT])
def test_what_once_broke_holds(path: Path, request: pytest.FixtureRequest) -> None:
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if "open" in kept:  # found and not fixed: whoever fixes it is told to take the word out
        request.applymarker(pytest.mark.xfail(reason=kept["open"], strict=True))
    assert play((kept["seed"], tuple(kept["off"]))).violations == ()


def test_a_seed_bites() -> None:
    figures = Figures()
    for seed in MEASURED:
        figures.add(once(seed))

    medians = {name: each.median for name, each in figures.bite.items()}
    assert medians["port calls"] >= 400
    assert medians["kills"] >= 3
    assert medians["invoices"] >= 20
    assert medians["unknown outcomes"] >= 2


def test_a_seed_is_the_same_again() -> None:
    first, again = play((3, ())), play((3, ()))
    assert first == again
    assert first.trace != play((4, ())).trace
