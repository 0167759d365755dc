"""A deployment in the middle of a seed: who is of which release, and that it is over afterwards."""

import random
from functools import partial

from invoicesync.domain import fingerprint, message
from tests.fakes import FakeClock
from tests.simulation.gates import Chances
from tests.simulation.plan import draw
from tests.simulation.releases import APART_SECONDS, NEW, OLD, Releases
from tests.simulation.scheduler import Scheduler
from tests.simulation.world import World


def deploying() -> int:
    """Find a seed that deploys."""
    return next(seed for seed in range(99) if draw(seed, random.Random(seed)).rate("deploy"))


def test_each_process_runs_as_the_release_that_it_began_with() -> None:
    seed = deploying()
    scheduler = Scheduler(FakeClock(0.0), random.Random(seed))
    chances = Chances(draw(seed, random.Random(seed)), random.Random(seed))
    done = Releases(scheduler, chances).plan(100.0, 200.0)
    seen: dict[str, list[tuple[int, int]]] = {"extractor": [], "loader": []}

    def work(name: str) -> None:
        for _ in range(2):
            seen[name].append((message.SCHEMA, fingerprint.VERSION))
            scheduler.sleep(done + 1)

    for at in (0.0, done + 1):
        for name in seen:
            scheduler.at(at, partial(scheduler.spawn, name, partial(work, name)))
    scheduler.run(4 * done)

    old, new = (OLD, OLD), (NEW, NEW)
    for each in seen.values():
        assert sorted(each) == [old, old, new, new]
    assert done <= 200.0 + 3 * APART_SECONDS + 2 * 1200


def test_a_seed_leaves_no_release_behind() -> None:
    report = World(deploying()).run()

    assert report.violations == ()
    assert (message.SCHEMA, fingerprint.VERSION) == (OLD, OLD)
