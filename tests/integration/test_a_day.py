"""The whole day of an operator, typed at a terminal, but audit, adopt and reconcile.

Connect, map, look, let go, run, and mend: in ServiceTrade, in the mapping, in QuickBooks; wait for
the hour; correct a wrong mapping and undo it; close what can never go; and find nothing left to do.
"""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.quickbooks.people import People
from tests.integration.conftest import CLIENT_SECRET, PASSWORD, Rig
from tests.integration.operator import UNDATED, Operator, address_of

HOUR = 3600
FILTER = {"name": "Filter MERV 13", "code": "FLT-13", "type": "part"}
ITEMS = {"LAB": "Labor", "TRIP": "Trip Charge"}
TRIP = {"name": "Trip Charge", "code": "TRIP", "type": "service"}


@pytest.fixture(scope="module")
def operator(running: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    yield Operator(running, tmp_path_factory.mktemp("desk"))
    running.clean_up()


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the mapping is kept that is worked on."""
    return tmp_path_factory.mktemp("mapping") / "mapping.yaml"


@pytest.fixture(scope="module")
def day(operator: Operator) -> dict[str, int]:
    """Write the day's invoices: good ones, and one for each kind of fix."""
    rig = operator.rig
    return {
        "good": rig.invoice(),
        "undated": rig.invoice(**UNDATED),
        "filters": rig.invoice(items=[sold(FILTER)]),
        "never": rig.invoice(**UNDATED),
    }


def sold(item: dict[str, str]) -> dict[str, Any]:
    """Write the line of an invoice that sells one of an item."""
    money = {"quantity": "1", "price": "100", "taxRate": "7", "taxAmount": "7"}
    return {"description": item["name"], "libItem": item, "serviceLine": "HVAC", **money}


def an_hour_passes(rig: Rig) -> None:
    """Let every open invoice and every message to people be an hour older than it is."""
    dynamodb, table = rig.cloud.client("dynamodb"), rig.cloud.ref("StateTable")
    for item in dynamodb.scan(TableName=table)["Items"]:
        ages = {"open_since", "reserved_until", "sent_at", "tried_at"} & item.keys()
        if ages and item["pk"]["S"].startswith(("INVOICE#", "ALERT#")):
            older = {name: {"N": str(int(item[name]["N"]) - HOUR - 60)} for name in ages}
            dynamodb.put_item(TableName=table, Item=item | older)


def product(rig: Rig, invoice: int) -> str:
    (live,) = rig.live(invoice)
    return str(live["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"])


def _sell(rig: Rig, name: str) -> None:
    income = next(iter(rig.company.objects("Account")))["Id"]
    account = {"IncomeAccountRef": {"value": income}}
    rig.company.create("Item", {"Name": name, "Type": "Service", "Taxable": True, **account})


def trips(rig: Rig) -> str:
    """Return the Id of the trip charge."""
    items = rig.company.objects("Item")
    return str(next(each["Id"] for each in items if each["Name"].startswith(TRIP["name"])))


def edit(file: Path, **changes: Any) -> None:
    kept = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(kept | changes), encoding="utf-8")


def test_both_systems_are_connected(operator: Operator) -> None:
    rig, login = operator.rig, operator.rig.account.login
    before = rig.stored("QuickBooksTokenSecret")["refresh_token"]
    pasted = operator.start("connect", "quickbooks", "--yes")
    answered = requests.get(address_of(pasted.stderr), allow_redirects=False, timeout=10)

    said, complained = pasted.communicate(f"{answered.headers['Location']}\n", timeout=60)

    assert pasted.returncode == 0, complained
    assert f"company {rig.company.realm_id}" in said.replace("\n", " ")
    after = rig.stored("QuickBooksTokenSecret")
    assert after["refresh_token"] != before
    for secret in (after["refresh_token"], after["access_token"], CLIENT_SECRET):
        assert secret not in said + complained

    listening = operator.start("connect", "quickbooks", "--loopback", "--port", "0", "--reconnect")
    url = address_of(listening.stderr)
    browser = threading.Thread(target=lambda: requests.get(url, timeout=10))
    browser.start()
    said, complained = listening.communicate("y\n", timeout=60)
    browser.join()
    assert (listening.returncode, "Connected to" in said) == (0, True), complained

    good = json.dumps({"username": login.username, "password": PASSWORD})
    bad = json.dumps({"username": login.username, "password": "wrong"})
    told = operator.json("connect", "servicetrade", "--from-stdin", typed=f"{good}\n")
    assert told["as"] == login.username
    line = operator.refused("connect", "servicetrade", "--from-stdin", typed=f"{bad}\n")
    assert "refused" in line
    assert rig.stored("ServiceTradeSecret")["password"] == PASSWORD


def test_a_mapping_is_proposed_proved_and_pushed(
    operator: Operator, mapping: Path, tmp_path: Path
) -> None:
    before = operator.json("mapping", "history")["versions"]
    mapping.write_text(operator.json("mapping", "pull")["text"], encoding="utf-8")
    draft = tmp_path / "draft.yaml"
    operator.json("mapping", "suggest", str(draft), "--base", str(mapping), exit_code=1)
    assert "LAB: Labor" in draft.read_text(encoding="utf-8")

    proofs = operator.json("mapping", "check", str(mapping), exit_code=1)
    labor = next(each for each in proofs["names"] if each["path"] == "items.by_code.LAB")
    assert (labor["problem"], labor["account"]) == ("", "Sales")
    assert "nothing was published" in operator.refused("mapping", "push", str(mapping), "--yes")

    classes = {"by_service_line": {"HVAC": "Mechanical"}}
    _sell(operator.rig, "Trip Charge")
    edit(mapping, mode="review", items={"by_code": ITEMS}, classes=classes)
    assert operator.json("mapping", "check", str(mapping))["broken"] == 0
    pushed = operator.json("mapping", "push", str(mapping), "--yes", "--note", "what there is")
    newest, *older = operator.json("mapping", "history")["versions"]
    assert (newest["serial"], newest["note"]) == (pushed["serial"], "what there is")
    assert older == before
    assert operator.json("mapping", "pull", "--serial", "1")["text"] != mapping.read_text()


def test_a_preview_tells_what_would_happen_and_does_none_of_it(
    operator: Operator, day: dict[str, int]
) -> None:
    rig = operator.rig
    assert "--since" in operator.refused("preview")

    told = operator.json("preview", "--since", "2026-11-01", exit_code=1)

    by_id = {each["servicetrade_id"]: each for each in told["invoices"]}
    codes = {name: by_id[id_]["problems"][0]["code"] for name, id_ in day.items()}
    assert codes == {
        "good": "awaiting_release",
        "undated": "date_missing",
        "filters": "unmapped_item",
        "never": "date_missing",
    }
    assert rig.live(day["good"]) == []
    rows = rig.cloud.client("dynamodb").scan(TableName=rig.cloud.ref("StateTable"))["Items"]
    assert not [row for row in rows if row["pk"]["S"].startswith("INVOICE#")]
    assert "Nothing was written." in operator.run("preview", "--since", "2026-11-01")[1]


def test_what_was_looked_at_is_let_go_and_then_everything_goes_by_itself(
    operator: Operator, day: dict[str, int], mapping: Path
) -> None:
    rig = operator.rig
    told = operator.json("run")
    assert (told["complete"], told["kind"]) == (True, "live")
    rig.drain()
    assert rig.live(day["good"]) == []

    released = operator.json("release", "--all")
    rig.drain()
    assert day["good"] in released["released"]
    assert len(rig.live(day["good"])) == 1

    edit(mapping, mode="auto")
    assert operator.json("mapping", "diff", str(mapping), exit_code=1)["diff"]
    operator.json("mapping", "push", str(mapping), "--yes")
    People(rig.company).deactivate("Item", trips(rig))
    day |= {"second": rig.invoice(), "trip": rig.invoice(items=[sold(TRIP)])}
    rig.look_at(day["second"], day["trip"])
    rig.drain()
    assert len(rig.live(day["second"])) == 1
    assert operator.json("backfill", "--from", "2026-11-01", "--to", "2030-01-01")["complete"]


def test_what_is_held_is_told_of_listed_and_shown(operator: Operator, day: dict[str, int]) -> None:
    rig = operator.rig
    rig.drain()

    held = {each["servicetrade_id"]: each for each in operator.json("held", exit_code=1)["held"]}

    reasons = {name: held[day[name]]["reason"] for name in ("undated", "filters", "trip")}
    assert reasons == {
        "undated": "date_missing",
        "filters": "unmapped_item",
        "trip": "item_inactive",
    }
    number = rig.account.row("invoice", day["undated"])["invoiceNumber"]
    assert (held[day["undated"]]["number"], held[day["undated"]]["total"]) == (number, "513.60")
    life = operator.json("show", number, exit_code=1)
    assert {"seen", "held"} <= {event["what"] for event in life["events"]}
    mails = rig.mails()
    (undated,) = [mail for mail in mails if "2 invoices held, $1,027.20 - date missing" in mail]
    job = rig.account.row("invoice", day["undated"])["jobId"]
    assert f"https://app.servicetrade.com/jobs/{job}" in undated
    assert "invoicesync redrive --reason date_missing" in undated
    assert [mail for mail in mails if "1 invoice held, $107.00 - item not mapped" in mail]


def test_a_fix_in_servicetrade_goes_by_a_redrive_for_its_reason(
    operator: Operator, day: dict[str, int]
) -> None:
    rig, undated = operator.rig, day["undated"]
    ids = {undated, day["never"]}
    tried = operator.json("redrive", "--reason", "date_missing", "--dry-run")
    assert set(tried["found"]["date_missing"]["invoices"]) == ids
    assert (tried["found"]["date_missing"]["amount"], tried["asked"]) == ("1027.20", None)

    rig.account.edit("invoice", undated, {"transactionDate": int(time.time())})
    done = operator.json("redrive", "--reason", "date_missing")
    rig.drain()

    assert set(done["asked"]) == ids
    assert len(rig.live(undated)) == 1
    actions = operator.json("show", str(undated))["actions"]
    assert [action["what"] for action in actions] == ["redrive"]
    assert "@" in actions[0]["actor"]


def test_a_fix_in_quickbooks_goes_by_itself_within_the_hour_and_the_cause_is_told_cleared(
    operator: Operator, day: dict[str, int]
) -> None:
    rig = operator.rig
    People(rig.company).activate("Item", trips(rig))
    assert rig.live(day["trip"]) == []

    an_hour_passes(rig)
    rig.tick()
    rig.drain()
    rig.mails()
    an_hour_passes(rig)
    rig.tick()

    assert product(rig, day["trip"]) == "Trip Charge"
    cleared = [mail for mail in rig.mails() if mail.startswith("InvoiceSync: cleared")]
    assert any("item inactive" in mail for mail in cleared)


def test_a_fix_in_the_mapping_goes_by_its_push(
    operator: Operator, day: dict[str, int], mapping: Path
) -> None:
    edit(mapping, items={"by_code": ITEMS | {"FLT-13": "Labor"}})

    operator.json("mapping", "push", str(mapping), "--yes", "--note", "filters are sold now")
    operator.rig.drain()

    assert product(operator.rig, day["filters"]) == "Labor"


def test_a_wrong_mapping_is_corrected_and_what_it_made_undone(
    operator: Operator, mapping: Path
) -> None:
    rig = operator.rig
    right = mapping.read_text(encoding="utf-8")
    _sell(rig, "Field Labor")
    rig.look_at(first := rig.invoice())
    rig.drain()
    edit(mapping, items={"by_code": ITEMS | {"LAB": "Field Labor", "FLT-13": "Labor"}})

    changes = operator.json("mapping", "diff", str(mapping), exit_code=1)["loaded"]["changes"]
    (change,) = next(each for each in changes if each["servicetrade_id"] == first)["changes"]
    told = (change["before"], change["after"], change["amount"])
    assert told == ("Labor", "Field Labor", "480.00")
    wrong = operator.json("mapping", "push", str(mapping), "--yes")["serial"]
    assert first in operator.json("remap", "--yes", "--note", "field work")["asked"]
    rig.look_at(second := rig.invoice())
    rig.drain()
    assert [product(rig, each) for each in (first, second)] == ["Field Labor"] * 2
    line = operator.refused("rollback", "--mapping-version", str(wrong), "--yes")
    assert "is in force" in line

    mapping.write_text(right, encoding="utf-8")
    operator.json("mapping", "push", str(mapping), "--yes")
    shown = operator.json("rollback", "--mapping-version", str(wrong), "--dry-run")
    assert [each["servicetrade_id"] for each in shown["voidable"]] == [second]
    assert (shown["amount"], shown["asked"]) == ("513.60", None)
    operator.json("rollback", "--mapping-version", str(wrong), "--yes", "--note", "not field work")
    rig.drain()
    assert rig.live(second) == []
    held = operator.json("show", str(second), exit_code=1)
    assert (held["reason"], held["actions"][0]["what"]) == ("rolled_back", "rollback")

    assert {first, second} <= set(operator.json("remap", "--yes")["asked"])
    rig.drain()
    assert [product(rig, each) for each in (first, second)] == ["Labor"] * 2


def test_what_can_never_go_is_closed_and_nothing_is_left_to_do(
    operator: Operator, day: dict[str, int]
) -> None:
    rig, never = operator.rig, day["never"]

    operator.json("resolve", str(never), "--as", "not-billable", "--note", "warranty")

    told = operator.json("show", str(never))
    assert (told["state"], told["actions"][0]["note"]) == ("RESOLVED", "warranty")
    assert operator.json("held")["count"] == 0
    status = operator.json("status")
    assert (status["needs"], status["lag_seconds"]) == ([], 0)
    assert status["quickbooks"]["reads_this_month"] > 0
    assert "ServiceTrade read to its end" in operator.run("status")[1]
    operator.json("redrive", "--all")
    rig.drain()
    assert rig.dead_letters() == []
