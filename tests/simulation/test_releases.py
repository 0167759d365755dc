"""A deployment in the middle of a seed: who is of which release, and that it is over afterwards."""

import random
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from invoicesync.domain import fingerprint, message
from invoicesync.ports import Outgoing, Received
from invoicesync.services.load import LoadReport, Outcome, Result
from invoicesync.state import schemas
from tests.fakes import FakeClock
from tests.simulation.cloud import Cloud, Poller
from tests.simulation.gates import Chances
from tests.simulation.plan import draw
from tests.simulation.releases import APART_SECONDS, NEW, OLD, WAIT_SECONDS, Releases
from tests.simulation.scheduler import Scheduler
from tests.simulation.world import World

BATCH_SECONDS = 60.0


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
            assert schemas.LEDGER == message.SCHEMA
            seen[name].append((message.SCHEMA, fingerprint.VERSION))
            scheduler.sleep(done + 1)

    for at in (0.0, done + 1):
        for name in seen:
            scheduler.at(at, partial(scheduler.spawn, name, partial(work, name)))
    scheduler.run(4 * done)

    old, new = (OLD, OLD), (NEW, NEW)
    for each in seen.values():
        assert sorted(each) == [old, old, new, new]
    assert done <= 200.0 + 3 * (APART_SECONDS + WAIT_SECONDS) + 2 * 1200


def test_a_seed_leaves_no_release_behind() -> None:
    report = World(deploying()).run()

    assert report.violations == ()
    assert (message.SCHEMA, schemas.LEDGER, fingerprint.VERSION) == (OLD, OLD, OLD)


def quiet(seed: int) -> Chances:
    """Give the chances of a seed in which nothing happens but a deployment."""
    plan = draw(seed, random.Random(seed))
    rates = dict.fromkeys(plan.rates, 0.0) | {"deploy": 1.0}
    knobs = plan.knobs | {"loaders": 2, "batch_size": 2}
    return Chances(replace(plan, rates=rates, knobs=knobs), random.Random(seed))


def test_a_batch_in_flight_is_ended_by_the_older_release_beside_the_newer_one() -> None:
    seed = deploying()
    scheduler, chances = Scheduler(FakeClock(0.0), random.Random(seed)), quiet(seed)
    cloud = Cloud(scheduler, chances)
    loaded: dict[int, list[tuple[str, float, float]]] = {OLD: [], NEW: []}
    """What each release loaded, from when and until when."""

    def load(batch: list[Received], _: object) -> LoadReport:
        begun_as, begun_at = message.SCHEMA, scheduler.now
        scheduler.sleep(BATCH_SECONDS)
        assert begun_as == message.SCHEMA
        loaded[begun_as] += [(one.body, begun_at, scheduler.now) for one in batch]
        # The older release gives everything back once: whoever is there then takes it up.
        result = Result.RETRY if begun_as == OLD else Result.CREATED
        return LoadReport(
            tuple(Outcome(one.message_id, one.receipt, result, "", 60) for one in batch), 0
        )

    def environment() -> Any:
        nothing = SimpleNamespace(close=lambda: None, begin=lambda _: None)
        return SimpleNamespace(load=load, client=nothing, patience=nothing)

    Poller(cloud, environment, seconds=180, decided=lambda *_: None, deleting=lambda _: None)
    done = Releases(scheduler, chances).plan(0.0, 100.0)
    for at in range(0, round(done), 40):
        scheduler.at(at, partial(cloud.raw_queue.send, [Outgoing(f"m{at}", {})]))
    scheduler.run(4 * done)

    assert chances.counts["deployed_over_loader"] >= 1
    assert max(end for *_, end in loaded[OLD]) > min(begin for _, begin, _ in loaded[NEW])
    old, new = ({body for body, *_ in each} for each in loaded.values())
    assert old & new
    assert len(old | new) == len(range(0, round(done), 40))
    assert cloud.raw_queue.bodies == []


def test_seeds_deploy_over_batches_in_flight() -> None:
    seeds = [seed for seed in range(99) if draw(seed, random.Random(seed)).rate("deploy")][:3]

    over = [World(seed).run().counts["deployed_over_loader"] for seed in seeds]

    assert sum(over) >= 1
