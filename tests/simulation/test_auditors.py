"""An auditor that never speaks proves nothing: breaches are planted here, and told by kind."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from invoicesync.conditions import Item, Key, Put
from invoicesync.ports import Received
from invoicesync.services.load import LoadReport, Outcome, Result
from tests.fakes import FakeBucket, FakeTable
from tests.simulation.books_auditor import JournalAuditor, NumberAuditor
from tests.simulation.state_auditor import StateAuditor
from tests.simulation.test_judge import BREACHES
from tests.simulation.traffic_auditor import HostAuditor, TrafficAuditor
from tests.simulation.violations import Violations
from tests.simulation.watched import WatchedTable

PACE = {"loaders": 1, "requests_per_minute": 3, "batches_per_minute": 3}


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
    scheduler: Any = SimpleNamespace(now=0.0, process=SimpleNamespace(name="loader#1"))
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


def stand_in(**attributes: Any) -> Any:
    return SimpleNamespace(**attributes)


class Table:
    """A table whose changes are told to an auditor."""

    def __init__(self) -> None:
        self.found, self._table = violations(), WatchedTable()
        self.users, self.queue = stand_in(invoices={}), stand_in(history=[])
        self.auditor = StateAuditor(self._table, self.queue, self.users, self.found)

    def change(self, key: Key, before: Item | None, after: Item | None) -> list[str]:
        assert self._table.watch is not None
        self._table.watch(key, before, after)
        return kinds(self.found)

    def put(self, key: Key, item: Item) -> None:
        self._table.write(Put({"pk": key.pk, "sk": key.sk, **item}))


LIVE = Key("CHECKPOINT#invoice", "LIVE")
LEDGER = Key("INVOICE#7", "LEDGER")


@pytest.fixture
def table() -> Table:
    return Table()


def a_process(name: str, *, is_over: bool = False) -> Any:
    return stand_in(name=name, is_over=is_over, nonces=set[str]())


def test_a_ledger_that_is_deleted_is_told(table: Table) -> None:
    assert table.change(LEDGER, {"fence": 2}, {"fence": 2}) == []
    assert table.change(LEDGER, {"fence": 2}, None) == ["ledger_lost"]


def test_a_fence_that_falls_is_told(table: Table) -> None:
    assert table.change(LEDGER, {"fence": 2}, {"fence": 1}) == ["ledger_back"]


def test_what_is_called_loaded_long_after_it_was_taken_away_is_told(table: Table) -> None:
    loaded: Item = {"state": "LOADED", "qbo_id": "9"}
    now = table.auditor._now()
    table.auditor.gone_at = {"9": now - 179}
    assert table.change(LEDGER, {"intent": "{}"}, loaded) == []
    table.auditor.gone_at = {"9": now - 181}
    queued: Item = {"state": "QUEUED", "qbo_id": "9"}
    assert table.change(LEDGER, {"intent": "{}"}, queued) == []  # given up, not recorded
    assert table.change(LEDGER, {"intent": "{}"}, loaded) == ["loaded_gone"]
    table.found.found.clear()
    noted: Item = {**queued, "applied_order": "1"}
    assert table.change(LEDGER, {"intent": "{}"}, noted) == ["loaded_gone"]


def test_a_watermark_that_goes_back_is_told(table: Table) -> None:
    assert table.change(LIVE, {"watermark": 2}, {"watermark": 1}) == ["watermark_back"]


def test_two_that_scan_at_once_are_told(table: Table) -> None:
    table.auditor.process = lambda: first
    first, second = a_process("a"), a_process("b")
    assert table.change(LIVE, {}, {"nonce": "1", "lease_until": 9}) == []
    table.auditor.process = lambda: second
    taken: Item = {"nonce": "2", "lease_until": 9}
    assert table.change(LIVE, {"nonce": "1", "lease_until": 9}, taken) == ["two_scanners"]


def test_a_scanner_that_is_dead_may_be_followed(table: Table) -> None:
    first = a_process("a", is_over=True)
    table.auditor.process = lambda: first
    table.change(LIVE, {}, {"nonce": "1", "lease_until": 9})
    table.auditor.process = lambda: a_process("b")
    assert table.change(LIVE, {"nonce": "1", "lease_until": 9}, {"nonce": "2"}) == []


def test_a_watermark_that_another_moves_is_told(table: Table) -> None:
    table.auditor.process = lambda: a_process("b")
    assert table.change(LIVE, {"nonce": "1"}, {"nonce": "1", "watermark": 5}) == [
        "watermark_stolen"
    ]


def test_a_watermark_past_an_edit_that_nobody_sent_is_told(table: Table) -> None:
    told = stand_in(id=7, version=2, changed_at=1000, is_removed=False)
    table.users.invoices = {7: told}
    table.queue.history.append(message(7, "Labor rev-2."))
    assert table.change(LIVE, {"watermark": 1}, {"watermark": 1601}) == []
    told.version = 3
    passed = table.change(LIVE, {"watermark": 1}, {"watermark": 1600})
    assert passed == []  # the next scan reads that again anyway
    assert table.change(LIVE, {"watermark": 1}, {"watermark": 1601}) == ["watermark_passed"]


def message(invoice: int, line: str = "") -> str:
    return json.dumps({"source": {"invoice": {"id": invoice, "items": [line]}}})


def received(invoice: int) -> Received:
    return Received(
        message_id=str(invoice), receipt="r", body=message(invoice), receive_count=1, attributes={}
    )


def report(*done: int) -> LoadReport:
    return LoadReport(tuple(Outcome(str(id_), "r", Result.CREATED) for id_ in done))


def test_a_loader_that_says_nothing_of_a_message_is_told(table: Table) -> None:
    table.auditor.decided(a_process("a"), [received(7)], report(7))
    assert kinds(table.found) == []
    table.auditor.decided(a_process("a"), [received(7), received(8)], report(7))
    assert kinds(table.found) == ["unanswered"]


def test_a_message_that_is_done_with_while_its_write_is_open_is_told(table: Table) -> None:
    process = a_process("a")
    process.nonces.add("1")
    table.put(LEDGER, {"nonce": "2", "intent": "{}"})
    table.auditor.decided(process, [received(7)], report(7))
    assert kinds(table.found) == []  # another's write
    table.put(LEDGER, {"nonce": "1", "intent": "{}"})
    table.auditor.decided(process, [received(7)], report(7))
    assert kinds(table.found) == ["acknowledged_early"]


def test_a_message_that_goes_while_no_ledger_knows_its_invoice_is_told(table: Table) -> None:
    table.put(LEDGER, {"state": "LOADED"})
    table.auditor.deleting(received(7))
    assert kinds(table.found) == []
    table.auditor.deleting(received(8))
    assert kinds(table.found) == ["forgotten"]


def test_every_kind_is_planted() -> None:
    texts = {path.name: path.read_text("utf-8") for path in Path(__file__).parent.glob("*.py")}
    sources = "\n".join(text for name, text in texts.items() if not name.startswith("test_"))
    tests = "\n".join(text for name, text in texts.items() if name.startswith("test_"))
    told = {*re.findall(r'(?:violations\.add\(|yield )\s*"(\w+)"', sources)}
    planted = {*re.findall(r'== \[\s*"(\w+)",?\s*\]', tests), *BREACHES}
    assert "duplicate" in told
    assert told <= planted
