"""The judge speaks: a course is played to its end, and then one thing is made wrong."""

import json
import logging
from collections.abc import Callable, Generator
from typing import Any

import pytest

from invoicesync.conditions import Key, Put
from invoicesync.ports import Outgoing
from tests.simulation.courses import COURSES
from tests.simulation.crash_points import Stage
from tests.simulation.people import Told


@pytest.fixture(autouse=True)
def _quiet() -> Generator[None]:
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def stage() -> Stage:
    stage = Stage(COURSES["one new invoice"])
    assert stage.run().violations == ()
    return stage


def only(stage: Stage) -> Told:
    (told,) = stage.users.invoices.values()
    return told


def ledger(stage: Stage, **changes: Any) -> None:
    """Change the only entry behind everybody's back; None takes an attribute out."""
    key = Key(f"INVOICE#{only(stage).id}", "LEDGER")
    item = {**(stage.cloud.raw_table.get(key) or {}), **changes}
    left = {name: value for name, value in item.items() if value is not None}
    stage.cloud.raw_table.write(Put({"pk": key.pk, "sk": key.sk, **left}))


def queued(stage: Stage) -> None:
    stage.cloud.raw_queue.send([Outgoing(stage.cloud.raw_queue.history[0])])


def unread(stage: Stage) -> None:
    stage.cloud.raw_dead.send([Outgoing(stage.cloud.raw_queue.history[0])])


def gone(stage: Stage) -> None:
    stage.books.live[only(stage).id].clear()


def voided(stage: Stage) -> None:
    stage.account.edit("invoice", only(stage).id, {"status": "void"})


def edited(stage: Stage) -> None:
    only(stage).version += 1


def dearer(stage: Stage) -> None:
    only(stage).total += 1


def held(stage: Stage) -> None:
    ledger(stage, state="HELD", reason="date_missing", problems=[])


BREACHES: dict[str, Callable[[Stage], object]] = {
    "message_left": queued,
    "dead_without_reason": unread,
    "lease_left": lambda stage: ledger(stage, lease_until=1),
    "intent_left": lambda stage: ledger(stage, intent=json.dumps({"bid": "0"})),
    "proving_absence": lambda stage: ledger(stage, intent=json.dumps({"absent": [1]})),
    "not_settled": lambda stage: ledger(stage, state="QUEUED"),
    "lost": gone,
    "unknown_to_ledger": lambda stage: ledger(stage, qbo_id=None),
    "not_voided": voided,
    "voided_alone": lambda stage: ledger(stage, state="VOIDED"),
    "not_newest": edited,
    "money": dearer,
    "number": lambda stage: ledger(stage, number="other"),
    "not_told": held,
    "held_without_cause": held,
}
TOGETHER = {
    "unknown_to_ledger": {"unknown_to_ledger", "lost"},
    "not_told": {"not_told", "held_without_cause"},
    "held_without_cause": {"not_told", "held_without_cause"},
}
"""What cannot be made wrong alone."""


def test_what_is_settled_is_not_told(stage: Stage) -> None:
    assert list(stage.judge.unsettled()) == []


@pytest.mark.parametrize("kind", BREACHES)
def test_a_breach_is_told_by_its_kind(stage: Stage, kind: str) -> None:
    BREACHES[kind](stage)
    assert {kind for kind, _ in stage.judge.unsettled()} == TOGETHER.get(kind, {kind})


def test_an_error_that_nothing_in_the_world_explains_is_told() -> None:
    stage = Stage(COURSES["one new invoice"])

    def broken() -> None:
        raise KeyError("a bug")

    stage.at(1, lambda: stage.cloud.spawn("extractor", broken, 10))
    assert [violation.kind for violation in stage.run().violations] == ["unexpected"]
