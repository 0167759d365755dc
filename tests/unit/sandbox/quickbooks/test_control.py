"""People in the office, and the routes for whoever runs the simulator."""

from typing import Any

import pytest

from sandbox.http import InProcessAdapter
from sandbox.quickbooks.app import create_app
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.options import Options
from tests.unit.sandbox.quickbooks.world import Client, invoice, refused


def people(client: Client, action: str, **arguments: Any) -> Any:
    answer = client.root("POST", "/_people", json={"action": action, **arguments})
    assert answer.status_code == 200, answer.text
    return answer.json()["done"]


def test_people_edit_void_and_delete(client: Client) -> None:
    for _ in range(3):
        client.post("invoice", invoice())

    people(client, "edit", entity="Invoice", id="1", change={"PrivateNote": "seen"})
    people(client, "void", entity="Invoice", id="2")
    people(client, "delete", entity="Invoice", id="3")

    state = client.root("GET", "/_state").json()
    assert [(each["Id"], each["_voided"]) for each in state["invoices"]] == [
        ("1", False),
        ("2", True),
    ]
    assert state["invoices"][0]["SyncToken"] == "1"
    assert state["deleted"] == ["3"]


def test_a_copied_invoice_carries_the_memo_along(client: Client) -> None:
    client.post("invoice", invoice(DocNumber="A", PrivateNote="[mark]"))

    copy = people(client, "copy", id="1", number="A-2")

    assert (copy["DocNumber"], copy["PrivateNote"]) == ("A-2", "[mark]")
    assert copy["Id"] == "2"


def test_people_rename_deactivate_and_activate(client: Client) -> None:
    people(client, "rename", entity="Customer", id="1", name="New Mills")
    people(client, "deactivate", entity="Item", id="1")
    assert client.company.read("Item", "1")["Name"] == "Labor (deleted)"
    assert client.post("invoice", invoice()).status_code == 400

    people(client, "activate", entity="Item", id="1")

    made = client.post("invoice", invoice()).json()["Invoice"]
    assert made["CustomerRef"]["name"] == "New Mills"


def test_people_close_and_open_the_books(client: Client) -> None:
    client.post("invoice", invoice(TxnDate="2026-06-30"))
    people(client, "close_books", date="2026-06-30")

    late = client.post("invoice", invoice(TxnDate="2026-06-30")).json()
    edit = client.post("invoice", {"Id": "1", "SyncToken": "0", "sparse": True, "DocNumber": "B"})
    void = client.post("invoice?operation=void", {"Id": "1", "SyncToken": "0"})
    gone = client.post("invoice?operation=delete", {"Id": "1", "SyncToken": "0"})
    fresh = client.post("invoice", invoice(TxnDate="2026-07-01"))

    assert late["Fault"]["Error"][0]["code"] == "6200"
    for answer in (edit, void, gone):
        assert answer.json()["Fault"]["Error"][0]["code"] == "6200"
    assert fresh.status_code == 200
    people(client, "open_books")
    assert client.post("invoice", invoice(TxnDate="2026-06-30")).status_code == 200


def test_closed_books_may_have_a_password() -> None:
    options = Options(book_close_date="2026-12-31", close_needs_password=True)
    company = Company(clock=lambda: 1_790_000_000.0, options=options)
    company.create("Customer", {"DisplayName": "A"})

    with refused("6210", "password"):
        company.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 1})


def test_a_lapsed_subscription_can_be_read_but_not_written(client: Client) -> None:
    people(client, "suspend")

    refusal = client.post("invoice", invoice()).json()

    assert refusal["Fault"]["Error"][0]["code"] == "6190"
    assert client.get("customer/1").status_code == 200
    people(client, "resume")
    assert client.post("invoice", invoice()).status_code == 200


def test_an_unknown_action_or_a_refused_one_says_so(client: Client) -> None:
    unknown = client.root("POST", "/_people", json={"action": "dance"})
    wrong = client.root("POST", "/_people", json={"action": "void", "entity": "Invoice"})
    missing = client.root("POST", "/_people", json={"action": "pay", "id": "9"})

    assert unknown.status_code == wrong.status_code == missing.status_code == 400
    assert "known:" in unknown.json()["error"]
    assert missing.json()["Fault"]["Error"][0]["code"] == "610"


def test_faults_are_scripted_and_cleared_over_http(client: Client) -> None:
    rules = [{"fault": "error_500", "route": "GET */customer/*", "times": None}]
    client.root("POST", "/_faults", json=rules)
    assert client.get("customer/1").status_code == 500

    client.root("DELETE", "/_faults")

    assert client.get("customer/1").status_code == 200
    assert client.root("POST", "/_faults", json={"fault": "rain"}).status_code == 400


def test_calls_are_logged_and_counted(client: Client) -> None:
    client.post("invoice?requestid=r", invoice())
    client.get("invoice/99")

    first, second = client.root("GET", "/_calls").json()["calls"]

    assert (first["method"], first["requestid"], first["status"]) == ("POST", "r", 200)
    assert first["path"].endswith("/invoice")
    assert second["status"] == 400
    assert first["tid"].startswith("1-")
    counts = client.root("GET", "/_state").json()["calls"]
    assert (counts["write"], counts["read"], counts["status 400"]) == (1, 1, 1)


def test_a_virtual_clock_is_moved_over_http(client: Client) -> None:
    answer = client.root("POST", "/_clock", json={"advance": 3600})

    assert answer.json()["time"] == "2026-09-21T08:13:20.000-07:00"
    assert client.get("customer/1").status_code == 401
    assert client.root("POST", "/_clock", json={"advance": -1}).status_code == 400


def test_a_real_clock_is_not(client: Client) -> None:
    company = Company(clock=lambda: 0.0)
    client.session.mount("http://quickbooks.test", InProcessAdapter(create_app(company)))

    assert client.root("POST", "/_clock", json={"advance": 1}).status_code == 409


def test_control_answers_on_loopback_only(company: Company) -> None:
    statuses: list[str] = []
    app = create_app(company)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/_state",
        "REMOTE_ADDR": "10.0.0.7",
        "SERVER_NAME": "x",
        "SERVER_PORT": "80",
    }

    list(app(environ, lambda status, _headers: statuses.append(status)))

    assert statuses == ["403 Forbidden"]


@pytest.mark.parametrize("path", ["/_nothing", "/_state/x"])
def test_an_unknown_control_route_is_not_found(client: Client, path: str) -> None:
    assert client.root("GET", path).status_code == 404


def test_waiting_webhooks_can_be_looked_at(client: Client) -> None:
    client.post("invoice", invoice())

    waiting = client.root("GET", "/_webhooks").json()["waiting"]

    assert '"name":"Invoice"' in waiting[0]["body"]
