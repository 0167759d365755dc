"""Play seeds against a product that lacks a defence, until an auditor finds something."""

import logging
import random
from dataclasses import dataclass

from tests.simulation.ablation.removal import Defence, removed
from tests.simulation.ablation.table import DEFENCES
from tests.simulation.plan import draw
from tests.simulation.violations import Violation
from tests.simulation.world import World

NO_PROMISE = frozenset({"unexpected"})
"""An error of the ablated code itself; no auditor's finding."""


@dataclass(frozen=True, slots=True)
class Search:
    """What came of a search: the seed and what it broke, or how far it came in vain.

    ``played`` is less than the seeds passed where a seed has none of the mishaps that it needs.
    """

    name: str
    played: int
    passed: int
    seed: int | None = None
    kind: str = ""
    detail: str = ""


def _whole(seed: int) -> tuple[Violation, ...]:
    return World(seed).run().violations


def play_without(defence: Defence, seed: int) -> list[Violation]:
    """Play one seed in a world without a defence; return what the auditors found."""
    logging.disable(logging.ERROR)
    with removed(defence.replacements):
        found = World(seed).run().violations
    return [violation for violation in found if _counts(defence, violation.kind)]


def _counts(defence: Defence, kind: str) -> bool:
    return kind in defence.breaks if defence.breaks else kind not in NO_PROMISE


def search(case: tuple[str, int, int]) -> Search:
    """Look for the first seed that shows a defence missing, and that is whole with it."""
    name, first, most = case
    defence, played = DEFENCES[name], 0
    for seed in range(first, first + most):
        if not _may_show(defence, seed):
            continue
        played += 1
        try:
            found = play_without(defence, seed)
        except Exception as error:  # noqa: BLE001 - an error of any kind is told with its seed
            raise RuntimeError(f"without {name}, seed {seed} ended with {error!r}") from None
        if found and _is_its_own(defence, seed) and not _whole(seed):
            passed = seed - first + 1
            return Search(name, played, passed, seed, found[0].kind, found[0].detail)
    return Search(name, played, most)


def _is_its_own(defence: Defence, seed: int) -> bool:
    """Say whether what was found stays whole where only the twins are taken out."""
    if not defence.breaks:
        return True
    twins = [one for name in defence.twins for one in DEFENCES[name].replacements]
    with removed(twins):
        found = {violation.kind for violation in _whole(seed)}
    return not found & {*defence.breaks}


def _may_show(defence: Defence, seed: int) -> bool:
    plan = draw(seed, random.Random(seed))
    return not defence.needs or any(plan.rate(name) for name in defence.needs)
