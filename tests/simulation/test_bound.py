"""What takes longer than is promised is noticed; what had gone wrong adds what it must."""

import logging
from collections.abc import Generator
from typing import Any

import pytest

from invoicesync.conditions import Put
from invoicesync.ports import Outgoing
from tests.fakes import FakeQueue, FakeTable
from tests.simulation.bound import HELD, PROBES, VANISHED, Bound
from tests.simulation.crash_points import KNOBS, Course, Stage

LEAST = 3860.0


@pytest.fixture(autouse=True)
def _quiet() -> Generator[None]:
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def test_what_is_late_is_noticed() -> None:
    def paused(stage: Stage) -> None:
        stage.users.write()
        stage.operators.pause(LEAST + 3600)

    stage = Stage(Course("a pause that nobody ends", paused, knobs=KNOBS))

    assert [violation.kind for violation in stage.run().violations] == ["late"]


def bound(*items: dict[str, Any], queued: str = "") -> float:
    table, queue = FakeTable(), FakeQueue()
    for item in items:
        table.write(Put({"pk": "INVOICE#7", "sk": "LEDGER", **item}))
    if queued:
        queue.send([Outgoing(queued)])
    return Bound(table, queue, 600).seconds()


def test_nothing_is_added_where_nothing_had_gone_wrong() -> None:
    message = '{"source": {"invoice": {"id": 7}}}'
    assert bound() == LEAST
    assert bound({"state": "LOADED"}) == LEAST
    assert bound({"state": "QUEUED"}, queued=message) == LEAST


def test_what_vanished_what_is_held_and_an_open_breaker_add_their_time() -> None:
    breaker = {"pk": "REALM#company", "sk": "BREAKER", "opened_at": 1}
    assert bound({"state": "QUEUED"}) == LEAST + VANISHED
    assert bound({"state": "HELD"}) == LEAST + HELD
    assert bound(breaker) == LEAST + PROBES
