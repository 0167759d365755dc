"""Keys and tokens that go out too early are noticed."""

import json
from types import SimpleNamespace
from typing import Any

from tests.fakes import FakeSecret
from tests.simulation.key_auditor import KeyAuditor, TokenAuditor
from tests.simulation.violations import Violations

HOUR = 3600.0


class Sent:
    """Requests of one invoice, at times that a test says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.found = Violations(lambda: self.now, lambda _: None)
        self.auditor = KeyAuditor(lambda: self.now, self.found)

    @property
    def kinds(self) -> list[str]:
        return [violation.kind for violation in self.found.found]

    def create(self, requestid: str, at: float, **note: Any) -> Any:
        self.now = at
        invoice = {"DocNumber": "10001", "PrivateNote": "[st:7.0]", **note}
        item = {"bId": "1", "operation": "create", "Invoice": invoice}
        url = f"https://books.test/batch?requestid={requestid}"
        body = json.dumps({"BatchItemRequest": [item]})
        made = SimpleNamespace(method="POST", url=url, body=body)
        self.auditor.sending(made)
        return made

    def look(self, at: float) -> None:
        self.now = at
        sql = "SELECT * FROM Invoice WHERE DocNumber IN ('10001')"
        request: Any = SimpleNamespace(method="GET", url=f"https://books.test/query?query={sql}")
        self.auditor.answered(request, SimpleNamespace(status_code=200))

    def answer(self, request: Any, status: int = 200, item: Any = None) -> None:
        told = {} if item is None else {"BatchItemResponse": [{"bId": "1", **item}]}
        content = json.dumps(told).encode()
        self.auditor.answered(request, SimpleNamespace(status_code=status, content=content))


FAULT = {"Fault": {"Error": [{"code": "6140"}]}}
UNSURE = {"Fault": {"Error": [{"code": "10000"}]}}


def test_a_new_key_before_three_looks_is_noticed() -> None:
    sent = Sent()
    sent.create("r1", 0)
    for at in (400, 4000):
        sent.look(at)
    sent.create("r2", 7 * HOUR)
    assert sent.kinds == ["key_too_soon"]


def test_a_new_key_before_six_hours_is_noticed() -> None:
    sent = Sent()
    sent.answer(sent.create("r1", 0), 503)
    for at in (400, 4000, 5000):
        sent.look(at)
    sent.create("r2", 5 * HOUR)
    assert sent.kinds == ["key_too_soon"]


def test_a_refusal_of_what_was_sent_before_proves_nothing() -> None:
    sent = Sent()
    sent.create("r1", 0)
    sent.answer(sent.create("r1", 400), item=FAULT)
    sent.create("r2", 800)
    assert sent.kinds == ["key_too_soon"]


def test_a_fault_that_proves_nothing_leaves_it_open() -> None:
    sent = Sent()
    sent.answer(sent.create("r1", 0), item=UNSURE)
    sent.create("r2", 800)
    assert sent.kinds == ["key_too_soon"]


def test_a_new_key_after_three_looks_in_six_hours_is_no_breach() -> None:
    sent = Sent()
    sent.create("r1", 0)
    for at in (400, 4000, 6 * HOUR):
        sent.look(at)
    sent.create("r2", 6 * HOUR + 1)
    assert sent.kinds == []


def test_a_new_key_after_an_answer_or_for_another_generation_is_no_breach() -> None:
    sent = Sent()
    sent.answer(sent.create("r1", 0), item=FAULT)
    sent.answer(sent.create("r2", 10), 429)
    request = sent.create("r3", 20)
    sent.auditor.answered(request, None)
    sent.answer(sent.create("r4", 30), item={"Invoice": {}})
    sent.create("r5", 40)
    sent.create("r6", 50, PrivateNote="[st:7.1]")
    assert sent.kinds == []


def test_a_token_that_nobody_stored_is_noticed() -> None:
    found = Violations(lambda: 0.0, lambda _: None)
    secret = FakeSecret(json.dumps({"access_token": "one"}))
    auditor = TokenAuditor(secret, found)

    def sent(header: str) -> None:
        auditor(SimpleNamespace(headers={"Authorization": header}))

    sent("Bearer one")
    sent("Basic abc")
    secret.put_pending(json.dumps({"access_token": "two"}), version_id="v2")
    sent("Bearer two")
    assert found.found == []
    sent("Bearer three")
    assert [violation.kind for violation in found.found] == ["token_unstored"]
