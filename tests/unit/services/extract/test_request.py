"""What an event asks for, and what is said of one that cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest

from invoicesync.errors import MisconfiguredError
from invoicesync.services.extract.request import read_request

EVENTS = Path(__file__).resolve().parents[4] / "events"
BACKFILL = {"name": "2026-q3", "start": 10, "end": 20}


def shown(name: str) -> Any:
    return json.loads((EVENTS / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("event", [{}, {"trigger": "schedule"}, shown("extractor-schedule.json")])
def test_an_event_that_asks_for_nothing_is_a_tick(event: dict[str, Any]) -> None:
    asked = read_request(event)

    assert asked.invoice_ids is None
    assert asked.backfill is None


def test_ids_are_asked_for_by_somebody() -> None:
    asked = read_request(shown("extractor-invoices.json"))

    assert asked.invoice_ids == [2100000000000101, 2100000000000102]
    assert asked.actor == "jo@threerivers.example"


def test_who_does_not_say_a_name_is_unnamed() -> None:
    assert read_request({"invoice_ids": [7]}).actor == "unnamed"


def test_a_backfill_has_a_name_and_two_seconds() -> None:
    asked = read_request(shown("extractor-backfill.json")).backfill

    assert asked is not None
    assert (asked.name, asked.start, asked.end) == ("2026-q3", 1782878400, 1790827199)


def test_a_backfill_of_one_second_is_admitted() -> None:
    asked = read_request({"backfill": {**BACKFILL, "end": 10}}).backfill

    assert asked is not None
    assert asked.start == asked.end


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({"invoice_ids": []}, "invoice_ids"),
        ({"invoice_ids": "123"}, "invoice_ids"),
        ({"invoice_ids": 123}, "invoice_ids"),
        ({"invoice_ids": ["123"]}, "invoice_ids.0"),
        ({"invoice_ids": [7, True]}, "invoice_ids.1"),
        ({"invoice_ids": [7, 1.5]}, "invoice_ids.1"),
        ({"invoice_ids": [0]}, "invoice_ids.0"),
        ({"invoice_ids": [7], "actor": ""}, "actor"),
        ({"invoice_id": [7]}, "invoice_id"),
        ({"invoice_ids": [7], "backfill": BACKFILL}, "not for both"),
        ({"backfill": []}, "backfill"),
        ({"backfill": {**BACKFILL, "start": "yesterday"}}, "backfill.start"),
        ({"backfill": {**BACKFILL, "start": -1}}, "backfill.start"),
        ({"backfill": {**BACKFILL, "end": 9}}, "start is after end"),
        ({"backfill": {**BACKFILL, "name": ""}}, "backfill.name"),
        ({"backfill": {**BACKFILL, "name": "a#b"}}, "backfill.name"),
        ({"backfill": {**BACKFILL, "until": 30}}, "backfill.until"),
        (["an event", "of a list"], "event"),
    ],
)
def test_an_event_that_cannot_be_read_is_refused_by_name(event: Any, named: str) -> None:
    with pytest.raises(MisconfiguredError, match="the event cannot be read") as refused:
        read_request(event)

    assert named in str(refused.value)
    assert "invoice_ids" in str(refused.value)


def test_everything_that_is_wrong_is_named_at_once_and_no_value_is_shown() -> None:
    event = {"backfill": {"name": "Q3 #1", "start": "canary", "stop": 5}, "actor": 12}

    with pytest.raises(MisconfiguredError) as refused:
        read_request(event)

    told = str(refused.value)
    for named in ("backfill.name", "backfill.start", "backfill.end", "backfill.stop", "actor"):
        assert named in told
    assert "canary" not in told
    assert "Q3 #1" not in told
