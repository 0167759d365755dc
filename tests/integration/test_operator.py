"""The operator's command as people run it: a process of its own against a running stack."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from invoicesync.adapters.aws.runtime import SystemClock, SystemRandom
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.observation import Deed, Observation
from invoicesync.state.observed import Observations, Sighting
from invoicesync.state.told import Tellings
from sandbox.quickbooks.oauth import CLIENT_ID
from tests.integration.conftest import CLIENT_SECRET, GO_LIVE, PASSWORD, Rig
from tests.integration.terminal import Terminal

UNDATED: dict[str, Any] = {"transactionDate": None}
ADDRESS = re.compile(r"https?://\S+")


class Operator:
    """Somebody at a terminal."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self.rig = rig
        self._stack = ["--stack-file", str(rig.cloud.stack_file(folder / "stack.json"))]
        self._environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        } | {"COLUMNS": "160", "TERM": "dumb"}
        self._terminal = Terminal(folder, self._environment)

    def start(self, *words: str) -> "subprocess.Popen[str]":
        """Start a command from nothing, to talk with while it runs."""
        return subprocess.Popen(  # noqa: S603  (our own command)
            [sys.executable, "-m", "invoicesync_cli", *words, *self._stack],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self._environment,
        )

    def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """Run a command to its end: its exit code, what it said, and what it complained of."""
        ended = self._terminal.type(*words, *self._stack, typed=typed)
        assert "Traceback" not in ended.complained, ended.complained
        for canary in self.rig.canaries():
            assert canary not in ended.said + ended.complained
        return ended.code, ended.said, ended.complained

    def json(self, *words: str, exit_code: int = 0, typed: str = "") -> Any:
        """Run a command for programs."""
        code, said, complained = self.run(*words, "--json", typed=typed)
        assert code == exit_code, (said, complained)
        return json.loads(said)

    def refused(self, *words: str, typed: str = "") -> str:
        """Run a command that cannot do what it is asked for; return the one line that says why."""
        code, said, complained = self.run(*words, typed=typed)
        assert (code, said) == (2, ""), (code, said, complained)
        line = complained.strip().splitlines()[-1]
        assert line.startswith("invoicesync: ")
        return line


@pytest.fixture
def operator(rig: Rig, tmp_path: Path) -> Iterator[Operator]:
    yield Operator(rig, tmp_path)
    rig.forget("INVOICE#")


def test_a_held_invoice_is_found_shown_mended_and_redriven(operator: Operator) -> None:
    rig = operator.rig
    undated = rig.invoice(**UNDATED)
    rig.look_at(undated)
    rig.drain()
    number = rig.account.row("invoice", undated)["invoiceNumber"]

    (held,) = operator.json("held", exit_code=1)["held"]
    assert (held["servicetrade_id"], held["reason"]) == (undated, "date_missing")
    assert (held["number"], held["total"]) == (number, "513.60")
    life = operator.json("show", number, exit_code=1)
    assert [event["what"] for event in life["events"]] == ["seen", "held"]
    tried = operator.json("redrive", "--reason", "date_missing", "--dry-run")
    assert tried["found"]["date_missing"]["invoices"] == [undated]
    assert (tried["found"]["date_missing"]["amount"], tried["asked"]) == ("513.60", None)

    rig.account.edit("invoice", undated, {"transactionDate": rig.account.now})
    done = operator.json("redrive", "--reason", "date_missing")
    rig.drain()

    assert done["asked"] == [undated]
    assert len(rig.live(undated)) == 1
    assert rig.dead_letters() == []
    assert operator.json("held")["count"] == 0
    actions = operator.json("show", str(undated))["actions"]
    assert [action["what"] for action in actions] == ["redrive"]
    assert "@" in actions[0]["actor"]


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


def test_what_can_never_go_is_closed_with_a_note(operator: Operator) -> None:
    rig = operator.rig
    undated = rig.invoice(**UNDATED)
    rig.look_at(undated)
    rig.drain()

    operator.json("resolve", str(undated), "--as", "not-billable", "--note", "warranty")

    assert operator.json("held")["count"] == 0
    told = operator.json("show", str(undated))
    assert (told["state"], told["actions"][0]["note"]) == ("RESOLVED", "warranty")


def test_loading_is_paused_and_goes_on(operator: Operator) -> None:
    assert operator.json("pause", "--note", "month end") == {"paused": True, "was_paused": False}
    status = operator.json("status", exit_code=1)
    assert status["paused"] is True
    assert any("resume" in need for need in status["needs"])

    assert operator.json("resume") == {"paused": False, "was_paused": True}
    assert operator.json("status")["needs"] == []


def test_a_run_and_a_backfill_say_what_they_did(operator: Operator) -> None:
    rig = operator.rig
    rig.invoice()

    told = operator.json("run")
    assert (told["complete"], told["kind"]) == (True, "live")
    told = operator.json("backfill", "--from", "2026-11-01", "--to", "2030-01-01")
    assert told["kind"] == "backfill 20261101-20300101"
    rig.drain()

    said = operator.run("status")[1]
    assert "ServiceTrade read to its end" in said
    assert "backfill 20261101-20300101" in said


def test_quickbooks_is_connected_by_an_address_that_is_pasted(operator: Operator) -> None:
    rig = operator.rig
    before = rig.stored("QuickBooksTokenSecret")["refresh_token"]
    process = operator.start("connect", "quickbooks", "--yes")
    assert process.stderr is not None
    url = _address_of(process.stderr)
    answered = requests.get(url, allow_redirects=False, timeout=10).headers["Location"]

    said, complained = process.communicate(f"{answered}\n", timeout=60)

    assert process.returncode == 0, complained
    assert f"company {rig.company.realm_id}" in said.replace("\n", " ")
    after = rig.stored("QuickBooksTokenSecret")
    assert after["refresh_token"] != before
    for secret in (after["refresh_token"], after["access_token"], CLIENT_SECRET):
        assert secret not in said + complained
    rig.look_at(made := rig.invoice())
    rig.drain()
    assert len(rig.live(made)) == 1


def test_quickbooks_is_connected_by_a_callback_on_this_machine(operator: Operator) -> None:
    process = operator.start("connect", "quickbooks", "--loopback", "--port", "0", "--reconnect")
    assert process.stderr is not None
    url = _address_of(process.stderr)
    browser = threading.Thread(target=lambda: requests.get(url, timeout=10))
    browser.start()

    said, complained = process.communicate("y\n", timeout=60)
    browser.join()

    assert process.returncode == 0, complained
    assert "Connected to" in said


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


def test_servicetrade_is_connected_once_its_credentials_work(operator: Operator) -> None:
    login = operator.rig.account.login
    good = json.dumps({"username": login.username, "password": PASSWORD})
    bad = json.dumps({"username": login.username, "password": "wrong"})

    told = operator.json("connect", "servicetrade", "--from-stdin", typed=f"{good}\n")
    assert told["as"] == login.username
    line = operator.refused("connect", "servicetrade", "--from-stdin", typed=f"{bad}\n")

    assert "refused" in line
    assert operator.rig.stored("ServiceTradeSecret")["password"] == PASSWORD


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


def _address_of(screen: Any) -> str:
    """Read what the command shows until there is an address in it."""
    for line in screen:
        if found := ADDRESS.search(line):
            return found[0]
    raise AssertionError("no address was shown")


def test_a_mapping_is_proved_pushed_and_kept_in_every_version(
    operator: Operator, tmp_path: Path
) -> None:
    rig = operator.rig
    before = operator.json("mapping", "history")["versions"]
    file = tmp_path / "mapping.yaml"
    file.write_text(operator.json("mapping", "pull")["text"], encoding="utf-8")

    same: dict[str, Any] = {"diff": [], "held": None, "loaded": None}
    assert operator.json("mapping", "diff", str(file)) == same
    proofs = operator.json("mapping", "check", str(file), exit_code=1)
    labor = next(each for each in proofs["names"] if each["path"] == "items.by_code.LAB")
    assert (labor["problem"], labor["account"]) == ("", "Sales")
    assert proofs["broken"] > 0
    line = operator.refused("mapping", "push", str(file), "--yes")
    assert "nothing was published" in line

    kept = json.loads(file.read_text(encoding="utf-8"))
    kept["items"] = {"by_code": {"LAB": "Labor"}}
    kept["classes"] = {"by_service_line": {"HVAC": "Mechanical"}}
    file.write_text(json.dumps(kept), encoding="utf-8")
    pushed = operator.json("mapping", "push", str(file), "--yes", "--note", "only what there is")
    assert operator.json("mapping", "diff", str(file)) == same
    newest, *older = operator.json("mapping", "history")["versions"]
    assert (newest["serial"], newest["note"]) == (pushed["serial"], "only what there is")
    assert older == before
    assert operator.json("mapping", "pull", "--serial", "1")["text"] != file.read_text()
    rig.forget("CHECKPOINT#")


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


def test_a_preview_tells_what_a_sync_would_do_and_does_none_of_it(operator: Operator) -> None:
    rig = operator.rig
    undated, good = rig.invoice(**UNDATED), rig.invoice()
    line = operator.refused("preview")
    assert "--since" in line

    told = operator.json("preview", "--since", "2026-11-01", exit_code=1)

    by_id = {each["servicetrade_id"]: each for each in told["invoices"]}
    assert by_id[undated]["result"] == "held"
    assert by_id[undated]["problems"][0]["code"] == "date_missing"
    assert by_id[good]["result"] == "created"
    assert rig.live(good) == []
    rows = rig.cloud.client("dynamodb").scan(TableName=rig.cloud.ref("StateTable"))["Items"]
    assert not [row for row in rows if row["pk"]["S"].startswith("INVOICE#")]
    assert "Nothing was written." in operator.run("preview", "--since", "2026-11-01")[1]


def test_a_preview_that_quickbooks_refuses_leaves_no_trace_either(operator: Operator) -> None:
    rig = operator.rig
    rig.invoice()
    spent = json.dumps(rig.stored("QuickBooksTokenSecret") | {"access_token": "spent"})
    before = rig.evidence()

    with rig.secret("QuickBooksTokenSecret", spent):
        line = operator.refused("preview", "--since", "2026-11-01")

    assert "401" in line
    assert rig.evidence() == before


def test_a_wrong_mapping_is_remapped_or_rolled_back_and_comes_back_by_a_persons_word(
    operator: Operator, tmp_path: Path
) -> None:
    rig = operator.rig
    income = rig.company.objects("Account")
    rig.company.create(
        "Item",
        {
            "Name": "Field Labor",
            "Type": "Service",
            "IncomeAccountRef": {"value": next(iter(income))["Id"]},
        },
    )
    text = operator.json("mapping", "pull")["text"]
    kept = json.loads(text)
    kept["items"] = {"by_code": {"LAB": "Field Labor"}}
    other, file = json.dumps(kept), tmp_path / "mapping.yaml"
    file.write_text(other, encoding="utf-8")
    rig.look_at(first := rig.invoice())
    rig.drain()

    (change,) = operator.json("mapping", "diff", str(file), exit_code=1)["loaded"]["changes"]
    assert change["servicetrade_id"] == first
    (field,) = change["changes"]
    told = (field["before"], field["after"], field["amount"])
    assert told == ("Labor", "Field Labor", "480.00")
    wrong = rig.stage.publish_mapping(GO_LIVE, other)
    assert operator.json("remap", "--yes", "--note", "field work")["asked"] == [first]
    rig.look_at(second := rig.invoice())
    rig.drain()
    assert [_product(rig, each) for each in (first, second)] == ["Field Labor"] * 2
    line = operator.refused("rollback", "--mapping-version", str(wrong), "--yes")
    assert "is in force" in line

    rig.stage.publish_mapping(GO_LIVE, text)
    shown = operator.json("rollback", "--mapping-version", str(wrong), "--dry-run")
    assert [each["servicetrade_id"] for each in shown["voidable"]] == [second]
    assert (shown["amount"], shown["asked"]) == ("513.60", None)
    operator.json("rollback", "--mapping-version", str(wrong), "--yes", "--note", "not field work")
    rig.drain()
    assert rig.live(second) == []
    held = operator.json("show", str(second), exit_code=1)
    assert (held["reason"], held["actions"][0]["what"]) == ("rolled_back", "rollback")

    assert sorted(operator.json("remap", "--yes")["asked"]) == [first, second]
    rig.drain()
    assert [_product(rig, each) for each in (first, second)] == ["Labor"] * 2


def _product(rig: Rig, invoice: int) -> str:
    (live,) = rig.live(invoice)
    return str(live["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"])
