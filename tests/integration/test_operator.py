"""The operator's command as people run it: a process of its own against a running stack."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from invoicesync.adapters.aws.runtime import SystemClock, SystemRandom
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.observation import Deed, Observation
from invoicesync.state.observed import Observations, Sighting
from invoicesync.state.told import Tellings
from sandbox.http import Server
from sandbox.quickbooks.oauth import CLIENT_ID
from tests.integration.conftest import CLIENT_SECRET, Rig
from tests.integration.operator import UNDATED, Operator
from tests.integration.relay import SECONDS, Relay


@pytest.fixture
def operator(rig: Rig, tmp_path: Path) -> Iterator[Operator]:
    yield Operator(rig, tmp_path)
    rig.forget("INVOICE#")


def test_what_was_told_and_what_people_did_in_quickbooks_stand_in_an_invoice_s_life(
    operator: Operator,
) -> None:
    rig, clock = operator.rig, SystemClock()
    invoice = rig.invoice()
    rig.look_at(invoice)
    rig.drain()
    id_, qbo_id = ServiceTradeId(invoice), QuickBooksId(str(rig.live(invoice)[0]["Id"]))
    table = DynamoTable(rig.cloud.client("dynamodb"), rig.cloud.ref("StateTable"), clock)
    Tellings(table, clock, SystemRandom()).remarked(id_, "8b007b9cf2b9", "")
    seen = Observation(Deed.EDITED, ("DueDate",), "513.6", "513.6")
    Observations(table, clock).keep([Sighting(qbo_id, id_, seen, "1")])

    events = operator.json("show", str(invoice))["events"]
    _, said, _ = operator.run("show", str(invoice))

    told = [event["what"] for event in events[-2:]]
    assert told == ["reason on the job in ServiceTrade", "edited in QuickBooks by people"]
    assert events[-1]["fields"] == ["DueDate"]
    assert "edited in QuickBooks by people" in said


def test_what_was_typed_is_linked_once_and_the_rest_is_listed(operator: Operator) -> None:
    rig = operator.rig
    day = datetime(2026, 7, 10, 17, tzinfo=UTC)
    dated: dict[str, Any] = {"transactionDate": int(day.timestamp())}
    untaxed = {"description": "Labor", "quantity": "1", "price": "120", "taxAmount": "0"}
    labor = {"libItem": {"name": "Labor", "code": "LAB", "type": "labor"}, "serviceLine": "HVAC"}
    clear, twice, missing = (rig.invoice(**dated, items=[untaxed | labor]) for _ in range(3))
    customer = next(iter(rig.company.objects("Customer")))["Id"]
    line = {
        "Amount": 120,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "NON"}},
    }
    for invoice in (clear, twice, twice):
        typed = {
            "CustomerRef": {"value": customer},
            "DocNumber": rig.account.row("invoice", invoice)["invoiceNumber"],
            "TxnDate": "2026-07-11",
            "DepartmentRef": {"value": "1"},
            "Line": [line],
        }
        rig.company.create("Invoice", typed, allow_duplicate=True)
    window = ("--from", "2026-07-01", "--to", "2026-07-31")

    tried = operator.json("adopt", *window, "--dry-run", exit_code=1)
    done = operator.json("adopt", *window, exit_code=1)

    assert tried["links"]["linkable"] == {"invoices": 1, "amount": "120.00"}
    assert [(pair["link"], pair["servicetrade_id"]) for pair in done["pairs"]] == [
        ("linked", clear)
    ]
    assert {row["what"] for row in done["rest"]} == {"double", "missing"}
    life = operator.json("show", str(clear))
    assert (life["state"], [event["what"] for event in life["events"]]) == ("ADOPTED", ["adopted"])
    assert [action["what"] for action in life["actions"]] == ["adopt"]
    code, said, _ = operator.run("adopt", *window)
    assert code == 1
    assert "1 invoice linked before, $120.00." in said
    assert "Double in QuickBooks (1)" in said

    rig.look_at(clear, missing)
    rig.drain()

    assert (rig.live(clear), len(rig.live(missing))) == ([], 1)
    assert operator.json("show", str(clear))["state"] == "ADOPTED"


def test_what_was_deleted_in_quickbooks_is_made_anew(operator: Operator) -> None:
    rig = operator.rig
    made = rig.invoice()
    rig.look_at(made)
    rig.drain()
    (first,) = rig.live(made)
    rig.company.delete("Invoice", first["Id"])
    rig.account.edit("invoice", made, {"notes": "Second visit"})
    rig.look_at(made)
    rig.drain()

    operator.json("redrive", "--invoice", str(made), "--recreate")
    rig.drain()

    (again,) = rig.live(made)
    assert again["Id"] != first["Id"]
    assert f"[st:{made}.1]" in again["PrivateNote"]


def test_what_quickbooks_refused_is_shown_masked_unless_somebody_asks(operator: Operator) -> None:
    rig = operator.rig
    refused, other = rig.invoice(notes="For Mrs Smith"), rig.invoice()
    rig.fail("batch_item_fault", "POST *batch", settings={"items": [0], "code": "2010"})
    rig.look_at(refused)
    rig.drain()
    rig.look_at(other)
    rig.drain()

    (record,) = operator.json("evidence", str(refused), exit_code=1)["evidence"]
    assert record["answered"]["Fault"]["Error"][0]["code"] == "2010"
    number = rig.account.row("invoice", refused)["invoiceNumber"]
    assert record["sent"]["Invoice"]["DocNumber"] == number
    assert "Mrs Smith" not in json.dumps(record)
    assert operator.json("show", str(refused), exit_code=1)["actions"] == []
    whole = operator.json("evidence", str(refused), "--unmasked", exit_code=1)
    assert "Mrs Smith" in json.dumps(whole["evidence"][0]["sent"])
    (looked,) = operator.json("show", str(refused), exit_code=1)["actions"]
    assert looked["what"] == "evidence --unmasked"
    assert "answered with HTTP 200" in operator.run("evidence", str(refused))[1]

    assert operator.json("evidence", str(other)) == {"servicetrade_id": other, "evidence": []}


def test_loading_is_paused_and_goes_on(operator: Operator) -> None:
    assert operator.json("pause", "--note", "month end") == {"paused": True, "was_paused": False}
    status = operator.json("status", exit_code=1)
    assert status["paused"] is True
    assert any("resume" in need for need in status["needs"])

    assert operator.json("resume") == {"paused": False, "was_paused": True}
    assert operator.json("status")["needs"] == []


def test_keys_of_the_app_are_read_from_standard_input_and_nobody_sees_them(
    operator: Operator,
) -> None:
    keys = json.dumps({"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET})
    line = operator.refused(
        *("connect", "quickbooks", "--new-keys", "--from-stdin", "--yes"),
        typed=f"{keys}\nhttps://callback.example/?code=x&state=forged&realmId=1\n",
    )

    assert "does not answer this question" in line
    assert operator.rig.stored("QuickBooksClientSecret")["client_secret"] == CLIENT_SECRET


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (
            ["held", "--reason", "nonsense"],
            "no reason is called 'nonsense'; there are: missing_job",
        ),
        (["show", "99"], "no invoice 99 is known"),
        (["redrive"], "say what to redrive"),
        (["redrive", "--all"], "nothing to redrive"),
        (["redrive", "--reason", "nonsense"], "no reason is called nonsense"),
        (["release", "--all"], "nothing waits for release"),
        (["release"], "say what to release"),
        (["resolve", "99", "--as", "not-billable", "--note", "n"], "no invoice 99 is known"),
        (["backfill", "--from", "2026-11-02", "--to", "2026-11-01"], "is before --from"),
        (["connect", "servicetrade", "--from-stdin"], "standard input must be one line"),
        (["rollback", "--mapping-version", "99"], "there was never a mapping 99"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    operator: Operator, words: list[str], why: str
) -> None:
    assert why in operator.refused(*words)


def test_a_mapping_with_mistakes_is_refused_with_all_of_them(
    operator: Operator, tmp_path: Path
) -> None:
    file = tmp_path / "mapping.yaml"
    file.write_text("go_live: 2026-11-01\nmode: sometimes\nitmes: {}\n", encoding="utf-8")

    code, _, complained = operator.run("mapping", "check", str(file))

    assert code == 2
    assert "mode" in complained
    assert "itmes" in complained
    assert "there is no file" in operator.refused("mapping", "check", str(tmp_path / "none.yaml"))
    assert "no mapping 99" in operator.refused("mapping", "pull", "--serial", "99")


def test_a_preview_that_quickbooks_refuses_leaves_no_trace_either(operator: Operator) -> None:
    rig = operator.rig
    rig.invoice()
    spent = json.dumps(rig.stored("QuickBooksTokenSecret") | {"access_token": "spent"})
    before = rig.evidence()

    with rig.secret("QuickBooksTokenSecret", spent):
        line = operator.refused("preview", "--since", "2026-11-01")

    assert "401" in line
    assert rig.evidence() == before


ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA")


@pytest.fixture
def relay(rig: Rig, tmp_path: Path) -> Iterator[tuple[Relay, Operator]]:
    """Hand out a relay and an operator whose commands go through it."""
    relay, told = Relay(), json.loads(rig.cloud.stack_file(tmp_path / "told.json").read_text())
    servers = {name: Server(relay.app(told["environment"][name])) for name in ENDPOINTS}
    for server in servers.values():
        server.start()
    told["environment"] |= {name: server.url for name, server in servers.items()}
    operator = Operator(rig, tmp_path)
    (tmp_path / "stack.json").write_text(json.dumps(told), encoding="utf-8")
    yield relay, operator
    for server in servers.values():
        server.stop()
    rig.forget("INVOICE#")


def test_a_redrive_that_is_killed_for_good_loses_nothing_and_doubles_nothing(
    relay: tuple[Relay, Operator],
) -> None:
    between, operator = relay
    rig = operator.rig
    words = ("redrive", "--reason", "date_missing")
    held_and_mended(rig)
    between.begin()
    operator.json(*words)
    rig.drain()
    most = between.calls
    assert most > 6

    for part, passes_on in ((2, True), (4, False), (7, True)):
        invoice = held_and_mended(rig)
        between.begin(max(1, most * part // 8), passes_on=passes_on)
        process = operator.start(*words)
        assert between.is_owed.wait(SECONDS)
        process.kill()
        process.communicate()
        between.let_go()
        rig.drain()

        between.begin()
        operator.run(*words)
        rig.drain()
        assert len(rig.live(invoice)) == 1, (part, passes_on)
        assert operator.json("held")["count"] == 0


def held_and_mended(rig: Rig) -> int:
    """Hold an invoice for its date, and give it one."""
    invoice = rig.invoice(**UNDATED)
    rig.look_at(invoice)
    rig.drain()
    rig.account.edit("invoice", invoice, {"transactionDate": rig.account.now})
    return invoice
