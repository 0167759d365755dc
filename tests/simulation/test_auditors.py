"""An auditor that never speaks proves nothing: breaches are planted here, and told by kind."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from invoicesync.conditions import Item, Key, Put
from tests.fakes import FakeBucket, FakeTable
from tests.simulation.books_auditor import JournalAuditor, NumberAuditor
from tests.simulation.state_auditor import StateAuditor
from tests.simulation.traffic_auditor import HostAuditor, TrafficAuditor
from tests.simulation.violations import Violations
from tests.simulation.watched import WatchedTable

PACE = {"loaders": 1, "requests_per_minute": 3, "batches_per_minute": 3}
NOT_PLANTED_YET = {
    "acknowledged_early",
    "dead_without_reason",
    "duplicate",
    "foreign",
    "forgotten",
    "held_without_cause",
    "intent_left",
    "lease_left",
    "lost",
    "message_left",
    "money",
    "not_newest",
    "not_settled",
    "not_told",
    "not_voided",
    "number",
    "older_over_newer",
    "paid_changed",
    "person_overwritten",
    "proving_absence",
    "two_scanners",
    "unanswered",
    "unexpected",
    "unknown_to_ledger",
    "unmarked",
    "voided_alone",
    "watermark_passed",
    "watermark_stolen",
}
"""Kinds that no test plants so far; one that is new in an auditor belongs into a test."""


def violations() -> Violations:
    return Violations(lambda: 0.0, lambda _: None)


def kinds(found: Violations) -> list[str]:
    return [violation.kind for violation in found.found]


def request(path: str, body: Any = None, **headers: str) -> Any:
    return SimpleNamespace(
        method="POST", url=f"https://books.test{path}", body=json.dumps(body), headers=headers
    )


def test_a_write_without_a_journal_is_told() -> None:
    found = violations()
    JournalAuditor(FakeTable(), FakeBucket(), found)(request("/invoice?requestid=r", {"Id": "1"}))
    assert kinds(found) == ["no_intent"]


def test_another_body_under_the_same_key_is_told() -> None:
    found = violations()
    auditor = JournalAuditor(FakeTable(), FakeBucket(), found)
    auditor(request("/customer?requestid=r", {"DisplayName": "One"}))
    assert kinds(found) == []
    auditor(request("/customer?requestid=r", {"DisplayName": "Two"}))
    assert kinds(found) == ["two_bodies"]


def test_a_number_that_somebody_has_borne_for_long_is_told() -> None:
    found, table = violations(), FakeTable()
    table.write(Put({"pk": "BATCH#r", "sk": "JOURNAL", "at": 1000}))
    books: Any = SimpleNamespace(numbered={"7": ("10001", 401.0)})
    made = {"bId": "1", "operation": "create", "Invoice": {"DocNumber": "10001"}}
    creation = request("/batch?requestid=r", {"BatchItemRequest": [made]})
    NumberAuditor(books, table, found)(creation)
    assert kinds(found) == []  # typed while the loader was at work
    books.numbered["7"] = ("10001", 399.0)
    NumberAuditor(books, table, found)(creation)
    assert kinds(found) == ["number_doubled"]


def test_a_request_beyond_the_pace_is_told() -> None:
    found = violations()
    scheduler: Any = SimpleNamespace(now=0.0, process=None)
    auditor = TrafficAuditor(scheduler, PACE, found)
    for _ in range(7):
        auditor(request("/query"))
    assert kinds(found) == []
    auditor(request("/query"))
    assert kinds(found) == ["too_fast"]


def test_two_that_refresh_tokens_at_once_are_told() -> None:
    found = violations()
    scheduler: Any = SimpleNamespace(now=0.0, process=SimpleNamespace(name="a", is_over=False))
    auditor = TrafficAuditor(scheduler, PACE, found)
    auditor(request("/tokens/bearer"))
    scheduler.process = SimpleNamespace(name="b", is_over=False)
    auditor(request("/tokens/bearer"))
    assert kinds(found) == ["two_refreshes"]


def test_a_credential_for_another_host_is_told() -> None:
    found = violations()
    HostAuditor("https://books.test", found)(request("/query", Authorization="Bearer x"))
    assert kinds(found) == []
    HostAuditor("https://other.test", found)(request("/query", Authorization="Bearer x"))
    assert kinds(found) == ["credential_leaked"]


def changed(key: Key, before: Item, after: Item | None) -> list[str]:
    found, table = violations(), WatchedTable()
    nobody: Any = SimpleNamespace(invoices={}, history=[])
    StateAuditor(table, nobody, nobody, found)
    assert table.watch is not None
    table.watch(key, before, before)
    assert kinds(found) == []
    table.watch(key, before, after)
    return kinds(found)


def test_a_ledger_that_is_deleted_is_told() -> None:
    assert changed(Key("INVOICE#1", "LEDGER"), {"fence": 2}, None) == ["ledger_lost"]


def test_a_fence_that_falls_is_told() -> None:
    assert changed(Key("INVOICE#1", "LEDGER"), {"fence": 2}, {"fence": 1}) == ["ledger_back"]


def test_a_watermark_that_goes_back_is_told() -> None:
    key = Key("EXTRACT", "LIVE")
    assert changed(key, {"watermark": 2}, {"watermark": 1}) == ["watermark_back"]


def test_every_kind_is_planted_or_owned_up_to() -> None:
    here = Path(__file__)
    sources = [path.read_text("utf-8") for path in here.parent.glob("*.py") if path != here]
    told = set(re.findall(r'(?:violations\.add\(|yield )\s*"(\w+)"', "\n".join(sources)))
    planted = set(re.findall(r'== \["(\w+)"\]', here.read_text("utf-8")))
    assert not planted & NOT_PLANTED_YET
    assert planted | NOT_PLANTED_YET == told
