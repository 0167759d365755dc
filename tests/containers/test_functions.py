"""Every function of the stack runs as built, on each of its events, in a container of its own."""

from pathlib import Path
from typing import Any

import pytest

from tests.containers import sam
from tests.integration.conftest import Rig

EVENTS = sorted((sam.ROOT / "events").glob("*.json"))


def function_of(event: Path, rig: Rig) -> str:
    """Find whose event a file is: its name begins with the last word of the function's folder."""
    word = event.stem.split("-")[0]
    [found] = [f.logical_id for f in rig.cloud.functions if f.code.name.endswith(word)]
    return found


def test_no_function_is_without_an_event(rig: Rig) -> None:
    tried = {function_of(event, rig) for event in EVENTS}

    assert tried == {function.logical_id for function in rig.cloud.functions}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.stem)
def test_a_function_answers_its_event(event: Path, rig: Rig, variables: Path) -> None:
    answer = sam.invoke(function_of(event, rig), event, variables)

    assert not answer.failed, answer.payload
    # What stands after the end is the runtime, whose container is taken from under it.
    assert "Traceback" not in answer.log.partition("END RequestId")[0]
    EXPECTED.get(event.stem, lambda _: None)(answer.payload)


def _found_everything(answer: dict[str, Any]) -> None:
    assert answer["complete"] is True
    assert answer["failed"] == 0


def _gave_nothing_back(answer: dict[str, Any]) -> None:
    assert answer == {"batchItemFailures": []}


EXPECTED = {
    "extractor-schedule": _found_everything,
    "loader-sqs": _gave_nothing_back,
}
