"""The doctor as people run it: before a stack that is well, and before one where much is broken."""

import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from invoicesync.adapters.aws.runtime import SystemClock
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.bootstrap.shared import COMPANY
from invoicesync.state.realm import Realm
from sandbox.quickbooks.people import People
from tests.integration.conftest import CUSTOMER, GO_LIVE, Rig
from tests.integration.operator import UNDATED, Operator
from tests.unit.domain.invoices import MAPPING

FITTING: dict[str, Any] = MAPPING | {
    "go_live": GO_LIVE.isoformat(),
    "timezones": {},
    "items": {"by_code": {"LAB": "Labor"}},
    "classes": {"by_service_line": {"HVAC": "Mechanical"}},
}
QUEUES = ("InvoiceQueue", "InvoiceDLQ", "OutcomeQueue")
SECRETS = ("ServiceTradeSecret", "QuickBooksClientSecret", "QuickBooksTokenSecret")
DEPTHS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
NOT_LOCAL = {"schedule", "alarms", "mail"}


class Doctor:
    """Runs the doctor, and sees that it leaves everything as it was."""

    def __init__(self, operator: Operator) -> None:
        self.rig = operator.rig
        self.asked: list[str] = []
        self._operator = operator

    def __call__(self, exit_code: int = 0) -> list[dict[str, str]]:
        """Return the findings."""
        self.rig.mails()
        before, calls = self._everything(), self._calls()
        told = self._operator.json("doctor", exit_code=exit_code)
        assert self._everything() == before
        self.asked = [
            each for name, heard in self._calls().items() for each in heard[len(calls[name]) :]
        ]
        assert not [each for each in self.asked if each not in READS and each[:4] != "GET "]
        found: list[dict[str, str]] = told["findings"]
        return found

    def screen(self) -> str:
        """Return what people see."""
        return self._operator.run("doctor")[1]

    def _everything(self) -> dict[str, Any]:
        """Take down all that a stack remembers, and what both vendors hold."""
        client, ref = self.rig.cloud.client, self.rig.cloud.ref
        bucket = client("s3").list_objects_v2(Bucket=ref("Bucket")).get("Contents", [])
        rows = client("dynamodb").scan(TableName=ref("StateTable"))["Items"]
        return {
            # All but the pace, of which its reads take slots as everybody's do.
            "table": [row for row in rows if not row["sk"]["S"].startswith("RATE#")],
            "bucket": [(each["Key"], each["ETag"]) for each in bucket],
            "queues": [
                client("sqs").get_queue_attributes(QueueUrl=ref(name), AttributeNames=DEPTHS)[
                    "Attributes"
                ]
                for name in QUEUES
            ],
            "secrets": [
                client("secretsmanager").describe_secret(SecretId=ref(name))["VersionIdsToStages"]
                for name in SECRETS
            ],
            "loader": [each.describe() for each in self.rig.cloud.mappings.values()],
            "mails": self.rig.mails(),
            "quickbooks": {
                name: list(self.rig.company.objects(name))
                for name in ("Invoice", "Customer", "Item")
            },
            "servicetrade": list(self.rig.account.all("invoice")),
        }

    def _calls(self) -> dict[str, list[str]]:
        return {
            server.url: [
                f"{each['method']} {each['path'].rpartition('/')[2]}"
                for each in requests.get(f"{server.url}/_calls", timeout=10).json()["calls"]
            ]
            for server in (self.rig.stage.quickbooks, self.rig.stage.servicetrade)
        }


READS = ("POST auth", "POST query")
"""A login, and a question too long for an address; every other POST would be a write."""


@pytest.fixture
def doctor(rig: Rig, tmp_path: Path) -> Iterator[Doctor]:
    publish(rig)
    yield Doctor(Operator(rig, tmp_path))
    rig.forget("INVOICE#")
    for row in list(rig.account.all("invoice")):
        rig.account.remove("invoice", row["id"])


def publish(rig: Rig, **changes: Any) -> None:
    rig.stage.publish_mapping(GO_LIVE, json.dumps(FITTING | changes))


def told(findings: list[dict[str, str]], severity: str) -> dict[str, str]:
    """Read the findings of one severity: what and fix, by where."""
    found: dict[str, str] = {}
    for each in findings:
        if each["severity"] == severity:
            text = f"{found.get(each['where'], '')}\n{each['what']}\n{each['fix']}"
            found[each["where"]] = text.strip()
    return found


@contextmanager
def preferences(rig: Rig, parts: dict[str, Any]) -> Generator[None]:
    """Let the company's preferences say something else for a while."""
    before = rig.company.read("Preferences", "1")
    People(rig.company).edit("Preferences", "1", parts)
    try:
        yield
    finally:
        People(rig.company).edit("Preferences", "1", {name: before[name] for name in parts})
        People(rig.company).open_books()


def test_a_stack_that_is_well_is_told_so_and_what_nobody_looked_at_too(doctor: Doctor) -> None:
    doctor.rig.look_at(made := doctor.rig.invoice())
    doctor.rig.drain()
    assert len(doctor.rig.live(made)) == 1

    found = doctor()

    assert {"GET preferences", "GET invoice", "GET query", "POST auth"} <= set(doctor.asked)
    assert told(found, "broken") == {}
    assert told(found, "advice").keys() == {"ServiceTrade: reading"}
    unchecked = told(found, "not checked")
    assert unchecked.keys() == NOT_LOCAL
    assert all(text.startswith("not checked: the sandbox") for text in unchecked.values())
    assert {"QuickBooks: consent", "mapping: names in ServiceTrade"} <= told(found, "ok").keys()
    said = doctor.screen()
    assert "0 broken, 3 not checked. Nothing was changed." in said


def test_everything_that_is_broken_is_named_with_what_mends_it(doctor: Doctor) -> None:
    rig = doctor.rig
    midnight = datetime.now(ZoneInfo("America/New_York")).replace(
        hour=0, minute=0, second=0, microsecond=0
    ) - timedelta(days=1)
    dated = [rig.invoice(transactionDate=int(midnight.timestamp())) for _ in range(3)]
    numbers = [rig.account.row("invoice", each)["invoiceNumber"] for each in dated]
    customer = next(
        each["Id"] for each in rig.company.objects("Customer") if each["DisplayName"] == CUSTOMER
    )
    for number in numbers:
        People(rig.company).type_invoice(customer, number)
    undated = rig.invoice(**UNDATED)
    rig.look_at(undated)
    rig.drain()
    table = DynamoTable(
        rig.cloud.client("dynamodb"), rig.cloud.ref("StateTable"), clock := SystemClock()
    )
    Realm(table, clock, COMPANY).open("QuickBooks does not answer")
    publish(
        rig,
        timezone="America/Los_Angeles",
        items={"by_code": {"LAB": "Labour"}},
        custom_fields={"P.O. Number": "customerPo"},
        departments={"required": True, "by_office": {"Pittsburgh": "West", "Pitsburg": "West"}},
    )
    changed: dict[str, Any] = {
        "AccountingInfoPrefs": {
            "TrackDepartments": False,
            "ClassTrackingPerTxnLine": False,
            "BookCloseDate": "2099-12-31",
        },
        "TaxPrefs": {"PartnerTaxEnabled": False},
        "SalesFormsPrefs": {"CustomTxnNumbers": False, "AutoApplyCredit": True},
    }

    with preferences(rig, changed):
        found = doctor(exit_code=1)

    broken = told(found, "broken")
    for where, words in {
        "loading": ["QuickBooks does not answer", "breaker-open.md"],
        "QuickBooks: sales tax": ["automated sales tax is off", "tax.authority: servicetrade"],
        "QuickBooks: closing date": ["closed through 2099-12-31", "set the closing date"],
        "QuickBooks: locations": ["does not track them", "Track locations"],
        "QuickBooks: classes": ["does not track classes by line", "Track classes"],
        "QuickBooks: custom fields": ["no custom field 'P.O. Number'", "Custom fields: add"],
        "mapping: names in QuickBooks": ["did you mean 'Labor'", "invoicesync mapping push"],
        "ServiceTrade: invoice dates": [
            "3 of 3 invoices are dated at midnight in America/New_York",
            "timezone: America/New_York",
        ],
        "ServiceTrade: its own QuickBooks integration": [*numbers, "void what is double"],
    }.items():
        text = broken.pop(where)
        assert all(word in text for word in words), text
    assert broken == {}
    advice = told(found, "advice")
    assert "did you mean 'Pittsburgh'?" in advice["mapping: names in ServiceTrade"]
    assert "1 invoice held for a person, $513.60\ninvoicesync held" in advice["queue"]
    assert "Custom transaction numbers" in advice["QuickBooks: transaction numbers"]
    assert "payment_applied" in advice["QuickBooks: credits and currency"]


def test_what_cannot_be_read_is_a_finding_and_stops_no_other_check(doctor: Doctor) -> None:
    rig = doctor.rig
    wrong = json.dumps({"username": rig.account.login.username, "password": "wrong"})
    spent = json.dumps(rig.stored("QuickBooksTokenSecret") | {"access_token": "spent"})

    with rig.secret("ServiceTradeSecret", wrong), rig.secret("QuickBooksTokenSecret", spent):
        found = doctor(exit_code=1)

    broken = told(found, "broken")
    assert broken.keys() == {"ServiceTrade: credentials", "QuickBooks: consent"}
    assert "refused" in broken["ServiceTrade: credentials"]
    assert broken["ServiceTrade: credentials"].endswith("\ninvoicesync connect servicetrade")
    assert "connect quickbooks --reconnect" in broken["QuickBooks: consent"]
    assert told(found, "not checked").keys() == NOT_LOCAL | {
        "clocks",
        "QuickBooks: transaction numbers",
        "QuickBooks: sales tax",
        "QuickBooks: closing date",
        "QuickBooks: locations",
        "QuickBooks: classes",
        "QuickBooks: custom fields",
        "QuickBooks: credits and currency",
        "mapping: names in QuickBooks",
        "mapping: names in ServiceTrade",
        "ServiceTrade: invoice dates",
        "mapping: what ServiceTrade's invoices hold",
        "ServiceTrade: its own QuickBooks integration",
    }
    assert told(found, "ok").keys() == {
        *("QuickBooks: consent", "mapping: in force", "clocks", "queue", "loading")
    }


def test_a_stack_that_nobody_has_set_up_yet_is_told_what_to_do_first(doctor: Doctor) -> None:
    rig = doctor.rig
    unreadable = json.dumps({"access_token": "canary-1", "refresh_token": "canary-2"})
    rig.forget("MAPPING")
    with rig.secret("ServiceTradeSecret", " "), rig.secret("QuickBooksTokenSecret", unreadable):
        found = doctor(exit_code=1)

    fixes = [each["fix"] for each in found if each["severity"] == "broken"]
    assert fixes == [
        "invoicesync connect servicetrade",
        "invoicesync connect quickbooks",
        "invoicesync mapping push FILE",
    ]


def test_a_clock_that_is_wrong_and_a_loader_that_is_off_are_told(doctor: Doctor) -> None:
    rig = doctor.rig
    clock, mapping = rig.account.clock, rig.cloud.mapping("LoaderFunction")
    rig.account.clock, mapping.enabled = (lambda: clock() - 900), False
    try:
        found = doctor(exit_code=1)
    finally:
        rig.account.clock, mapping.enabled = clock, True

    assert "15 min ahead of ServiceTrade" in told(found, "advice")["clocks"]
    assert "nobody paused it" in told(found, "broken")["loading"]


DEPLOYED = """
import json, sys
from dataclasses import replace
from pathlib import Path
from invoicesync_cli.desk import Desk
from invoicesync_cli.doctor.command import doctor
from invoicesync_cli.stack import local
answer = doctor(Desk(replace(local(Path(sys.argv[1])), is_local=False)))
print(json.dumps(answer.plain))
"""
"""The command before the same stack, taken for a deployed one: AWS itself is moto either way."""


def test_what_only_a_deployed_stack_has_is_looked_at_there(rig: Rig, tmp_path: Path) -> None:
    publish(rig)
    stack = rig.cloud.stack_file(tmp_path / "stack.json")
    told_of = json.loads(stack.read_text(encoding="utf-8"))
    extractor = told_of["outputs"]["ExtractorFunctionName"]
    rig.cloud.client("scheduler").create_schedule(
        Name="tick",
        ScheduleExpression="rate(5 minutes)",
        State="DISABLED",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": f"arn:aws:lambda:us-east-1:123456789012:function:{extractor}",
            "RoleArn": "arn:aws:iam::123456789012:role/schedule",
        },
    )

    ended = subprocess.run(  # noqa: S603  (our own command)
        [sys.executable, "-c", DEPLOYED, str(stack)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    found = json.loads(ended.stdout)["findings"]
    broken = told(found, "broken")
    assert "reading ServiceTrade is switched off" in broken["schedule"]
    assert "ScheduleState=ENABLED" in broken["schedule"]
    assert "nothing starts renewing QuickBooks' tokens" in broken["schedule"]
    assert broken["alarms"].startswith("the stack has no alarms")
    assert told(found, "ok")["mail"].count("1 confirmed") == 2
