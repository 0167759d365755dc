"""What makes the demo fail, and that it says so by name."""

from decimal import Decimal

import pytest

from sandbox.demo.check import Findings
from sandbox.demo.company import build
from sandbox.demo.play import Played, Run, faults_of, summary
from sandbox.demo.standing import Held, Standing
from sandbox.demo.world import World

NOON = 1_795_000_000.0


@pytest.fixture(scope="module")
def world() -> World:
    return build(lambda: NOON, size=80)


def run(*, calls: dict[str, int] | None = None, hidden: int = 0, error: str = "") -> Run:
    return Run(
        extracted={"rows": 80, "enqueued": 50},
        seconds=1.25,
        created=40,
        updated=2,
        voided=1,
        calls=calls or {},
        errors=(error,) if error else (),
        hidden=hidden,
    )


def held(code: str) -> Held:
    return Held(1, "24001", "Somebody", Decimal("10.00"), code, "Wrong.", "", "", "Mend it.")


def played(world: World, *, findings: Findings | None = None, last: Run | None = None) -> Played:
    standing = Standing(
        by_state={"LOADED": 40},
        waiting={"job_open": 3},
        ignored={"zero_total": 2, "void": 1},
        held=tuple(held(code) for code in world.odd),
        ids={},
    )
    return Played(
        runs=[run(calls={"batch": 2, "query": 5}), run(calls={"void": 1}), last or run()],
        findings=[Findings(), Findings(), findings or Findings()],
        standing=standing,
    )


def test_a_demo_that_kept_its_promises_has_no_fault(world: World) -> None:
    assert faults_of(played(world), world) == []


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        (Findings(lost=[7]), "after sync 3 invoice 7 is lost"),
        (Findings(doubled=[7]), "after sync 3 invoice 7 is there twice"),
        (Findings(differing=["7: 1 and 2"]), "after sync 3 7: 1 and 2"),
        (Findings(strangers=["mark of 7"]), "after sync 3 mark of 7"),
    ],
)
def test_a_broken_promise_is_a_fault(world: World, findings: Findings, said: str) -> None:
    assert faults_of(played(world, findings=findings), world) == [said]


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (run(calls={"batch": 1}), "the third sync wrote to QuickBooks 1 times"),
        (run(hidden=4), "after sync 3 4 messages were still on their way"),
        (run(error="ValueError: no"), "ValueError: no"),
    ],
)
def test_a_sync_that_went_wrong_is_a_fault(world: World, last: Run, said: str) -> None:
    assert faults_of(played(world, last=last), world) == [said]


def test_a_reason_that_was_not_shown_is_a_fault(world: World) -> None:
    done = played(world)
    done.standing = Standing(by_state={}, waiting={}, ignored={}, held=(), ids={})

    assert "nothing is held for missing_job" in faults_of(done, world)


def test_reads_of_the_third_sync_are_no_fault(world: World) -> None:
    assert faults_of(played(world, last=run(calls={"query": 3})), world) == []


def test_the_summary_adds_the_syncs_up(world: World) -> None:
    figures = summary(played(world), world)

    assert (figures["created"], figures["updated"], figures["voided"]) == (120, 6, 3)
    assert (figures["waiting"], figures["ignored"]) == (3, 3)
    assert figures["quickbooks_calls"] == 8
    assert figures["held"] == dict.fromkeys(sorted(world.odd), 1)
    assert figures["source_invoices"] == 80 + 12  # those of the past
