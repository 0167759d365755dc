"""Both books compared in the running stack: by the schedule, by hand, and by the command."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.quickbooks.people import People
from tests.integration.conftest import GO_LIVE, Rig, event
from tests.integration.operator import Operator

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class Loader(yaml.SafeLoader):
    """Reads the template; what its short tags stand for does not matter here."""


Loader.add_multi_constructor("!", lambda _loader, suffix, node: f"{suffix} {node.value}")


def emitted(rig: Rig) -> dict[str, tuple[str, list[list[str]]]]:
    """Read every metric that the reconciler has emitted: its unit and its dimensions."""
    found: dict[str, tuple[str, list[list[str]]]] = {}
    for line in rig.log("ReconcilerFunction").splitlines():
        if '"_aws"' not in line:
            continue
        said = json.loads(line[line.index("{") :])
        for directive in said["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                found[metric["Name"]] = (metric["Unit"], directive["Dimensions"])
    return found


def alarms() -> dict[str, Any]:
    document = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader)  # noqa: S506 - no object is made
    return {
        name: made["Properties"]
        for name, made in document["Resources"].items()
        if made["Type"] == "AWS::CloudWatch::Alarm"
    }


# Hours differ from invoice to invoice, so that no two could be taken for each other.


def labor(hours: int) -> list[dict[str, Any]]:
    """Give an invoice so many hours of labor, untaxed."""
    item = {
        "description": "Labor",
        "quantity": str(hours),
        "price": "120",
        "libItem": {"name": "Labor", "code": "LAB", "type": "labor"},
        "serviceLine": "HVAC",
        "taxRate": "0",
        "taxAmount": "0",
    }
    return [item]


@pytest.fixture
def operator(rig: Rig, tmp_path: Path) -> Operator:
    return Operator(rig, tmp_path)


def test_what_is_missing_is_healed_and_what_people_did_is_named(
    rig: Rig, operator: Operator, tmp_path: Path
) -> None:
    kept, edited, deleted, doubled = (rig.invoice(items=labor(hours)) for hours in (1, 2, 3, 5))
    rig.tick()
    rig.drain()
    lost = rig.invoice(invoiceNumber="=LOST+1", items=labor(6))
    people = People(rig.company)
    (before,) = rig.live(edited)
    people.edit("Invoice", before["Id"], {"TxnDate": f"{GO_LIVE}"})
    people.delete("Invoice", rig.live(deleted)[0]["Id"])
    (copy,) = rig.live(doubled)
    fields = ("CustomerRef", "TxnDate", "Line", "DepartmentRef", "TxnTaxDetail")
    rig.company.create("Invoice", {name: copy[name] for name in fields} | {"DocNumber": "X"})

    today = datetime.now(UTC).date()
    days = ("--from", f"{today - timedelta(days=3)}", "--to", f"{today + timedelta(days=1)}")
    page, listing = tmp_path / "report.html", tmp_path / "report.csv"
    files = ("--html", str(page), "--csv", str(listing), "--settle-minutes", "0")
    told = operator.json("reconcile", *days, *files, exit_code=1)

    assert told["closes"]
    assert told["bridge"]["unexplained"] == {"count": 0, "amount": "0.00"}
    found = dict.fromkeys(("deleted", "differing", "foreign", "missing"), 1)
    assert told["findings"] == {**found, "matched": 2}
    assert told["asked_again"] == [lost]
    assert told["csv_sha256"] in page.read_text(encoding="utf-8")
    assert '"\'=LOST+1"' in listing.read_text(encoding="utf-8-sig")
    (mail,) = [each for each in rig.mails() if "unexplained" in each]
    assert "$0.00" in mail
    rig.drain()
    assert len(rig.live(lost)) == len(rig.live(kept)) == 1
    again = operator.json("reconcile", *days, "--settle-minutes", "0", exit_code=1)
    assert again["asked_again"] == []
    assert "missing" not in again["findings"]
    assert again["number"] == told["number"] + 1


def test_the_night_reconciles_and_every_alarm_finds_its_metric(rig: Rig) -> None:
    answer = rig.invoke("ReconcilerFunction", event("reconciler-nightly.json"))
    rig.invoke("ReconcilerFunction", event("reconciler-observe.json"))

    assert not answer.failed, answer.error
    assert answer.payload["closes"]
    there = emitted(rig)
    watched = {
        alarm["MetricName"]
        for alarm in alarms().values()
        if {"Name": "service", "Value": "reconciler"} in alarm.get("Dimensions", [])
    }
    assert len(watched) == 4
    assert watched <= set(there)
    assert {there[name][0] for name in watched} == {"Count"}
    assert {str(there[name][1]) for name in watched} == {"[['service']]"}
    assert there["DiscrepancyRate"][0] == "Percent"


def test_the_command_says_what_came_of_it(operator: Operator) -> None:
    code, said, complained = operator.run("reconcile", "--month", "2026-07")

    assert (code, complained) == (0, "")
    assert "Both books agree" in said
    assert "unexplained" in said


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from", "2026-10-01"), "--from and --to go together"),
        (("--from", "2026-10-02", "--to", "2026-10-01"), "is before"),
        (("--month", "2026-10", "--from", "2026-10-01", "--to", "2026-10-02"), "not both"),
    ],
)
def test_days_that_make_no_sense_are_refused(
    operator: Operator, words: tuple[str, ...], why: str
) -> None:
    assert why in operator.refused("reconcile", *words)


def test_an_event_without_a_job_is_told_to_whoever_sent_it(rig: Rig) -> None:
    answer = rig.invoke("ReconcilerFunction", {"job": "wash", "at": int(time.time())})

    assert answer.failed
    assert "observe, reconcile" in str(answer.payload)
