"""The events in `events/`: what the stack really sends, to be used by tests and by `sam local`."""

import hashlib
import json
from datetime import date
from typing import Any

import pytest

from invoicesync.domain.message import decode
from invoicesync.services.hints import named_in
from invoicesync.services.load import Result
from invoicesync.services.reconcile.request import read_request
from invoicesync.services.report.model import Period
from tests.template.conftest import ROOT, Stack


def event(name: str) -> Any:
    return json.loads((ROOT / "events" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("schedule", "name"),
    [
        ("ExtractorFunctionTick", "extractor-schedule.json"),
        ("ReconcilerFunctionObserve", "reconciler-observe.json"),
        ("ReconcilerFunctionReconcile", "reconciler-nightly.json"),
        ("TokenRefresherFunctionTick", "refresher-schedule.json"),
    ],
)
def test_a_tick_is_what_the_schedule_sends(stack: Stack, schedule: str, name: str) -> None:
    assert event(name) == json.loads(stack[schedule]["Target"]["Input"])


def test_an_sqs_event_holds_messages_that_can_be_read() -> None:
    records = event("loader-sqs.json")["Records"]
    assert len(records) > 1
    for record in records:
        assert record["eventSource"] == "aws:sqs"
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()  # noqa: S324 - SQS's own checksum
        message = decode(record["body"])
        assert message.document is not None
        assert message.problems == ()
        assert message.encode() == record["body"]


def test_an_sqs_event_of_hints_names_invoices_as_the_loader_does() -> None:
    records = event("acknowledger-sqs.json")["Records"]
    assert len(records) > 1
    for record in records:
        assert record["md5OfBody"] == hashlib.md5(record["body"].encode()).hexdigest()  # noqa: S324 - SQS's own checksum
        rows = json.loads(record["body"])["outcomes"]
        assert named_in(record["body"]) == [row["invoice"] for row in rows]
        assert {row["result"] for row in rows} <= {result.value for result in Result}


def test_ids_and_times_of_a_request_by_hand_are_whole_numbers() -> None:
    asked = event("extractor-invoices.json")
    assert all(type(invoice_id) is int for invoice_id in asked["invoice_ids"])
    assert asked["actor"]
    backfill = event("extractor-backfill.json")["backfill"]
    assert backfill["name"]
    assert 0 < backfill["start"] < backfill["end"]


def test_a_month_can_be_asked_for_by_hand() -> None:
    asked = read_request(event("reconciler-month.json"))
    assert asked.period(date(2027, 1, 1)) == Period(date(2026, 10, 1), date(2026, 10, 31))
