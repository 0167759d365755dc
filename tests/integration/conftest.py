"""The stack of the template on this machine, with the simulators of both vendors."""

import itertools
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.cloud.batches import Drained
from sandbox.cloud.execution import Function
from sandbox.cloud.functions import Answer
from sandbox.demo.stage import ROOT, Stage
from sandbox.http import LOOPBACK
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.documents import is_voided
from sandbox.quickbooks.options import Options as CompanyOptions
from sandbox.quickbooks.options import RateLimits
from sandbox.servicetrade import Account, Login, Options
from tests.integration.searching import KIND, SECRET, search
from tests.searched import SEARCHES
from tests.template import called
from tests.unit.domain.invoices import ADDRESS, MAPPING, OFFICE

CUSTOMER = "Keystone Foods, Inc."
PASSWORD = "canary-servicetrade-password-91"
CLIENT_SECRET = "canary-quickbooks-client-secret-92"
HOUR = 3600
GO_LIVE = date(2026, 6, 1)
SERIAL_OF_THE_EVENT = 3
FIRST_ID = 3_100_000_000_000_001


class Rig:
    """A running stage and what tests do with it; every invoice of it is somebody's own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.cloud = stage.cloud
        self.account = stage.account
        self.company = stage.company
        self._numbers = itertools.count(70_001)
        self._variants = itertools.count(1)
        self._job: dict[str, Any] = self._customer()
        self._mails = self._mailbox()

    # ServiceTrade

    def _customer(self) -> dict[str, Any]:
        add = self.account.add
        office = {"name": "Pittsburgh", "companyId": self.account.contractor_id}
        office_id = add("location", {**office, "isVendor": True, "address": OFFICE})["id"]
        customer = add("company", {"name": "Keystone Foods"})["id"]
        place = {"companyId": customer, "address": ADDRESS, "taxable": True, "name": "Store 3"}
        place_id = add("location", place)["id"]
        return {"customerId": customer, "locationId": place_id, "assignedOfficeId": office_id}

    def invoice(self, **values: Any) -> int:
        """Add an invoice of four hours of labor, taxed at 7 %, whose job is done; return its id."""
        done = int(time.time()) - 2 * HOUR
        given = {**self._job, "status": "completed", "completedOn": done, "type": "inspection"}
        job = self.account.add("job", given)
        item = {
            "description": "Labor",
            "quantity": "4",
            "price": "120",
            "libItem": {"name": "Labor", "code": "LAB", "type": "labor"},
            "serviceLine": "HVAC",
            "taxRate": "7",
            "taxAmount": "33.60",
        }
        row = {
            "jobId": job["id"],
            "invoiceNumber": str(next(self._numbers)),
            "status": "pending_accounting",
            "transactionDate": done,
            "dueDate": done + 30 * 24 * HOUR,
            "paymentTerms": "Net 30",
            "items": [item],
        }
        return int(self.account.add("invoice", row | values)["id"])

    # The cloud

    def invoke(self, function: str, event: Any) -> Answer:
        """Invoke a function."""
        return self.cloud.invoke(function, event)

    def tick(self) -> dict[str, Any]:
        """Let the schedule fire, and return what the extractor answered."""
        (answer,) = self.cloud.scheduler.fire("ExtractorFunction").values()
        assert not answer.failed, answer.error
        payload: dict[str, Any] = answer.payload
        return payload

    def look_at(self, *invoice_ids: int) -> dict[str, Any]:
        """Ask the extractor for these ids."""
        asked = {"invoice_ids": list(invoice_ids), "actor": "a test"}
        answer = self.invoke("ExtractorFunction", asked)
        assert not answer.failed, answer.error
        payload: dict[str, Any] = answer.payload
        return payload

    def drain(self) -> Drained:
        """Deliver what waits on the loader's queue."""
        return self.cloud.drain("LoaderFunction")

    def variant(self, of: str, environment: Mapping[str, str | None]) -> str:
        """Make a function with other variables (None: without); return the name to invoke."""
        function = self.cloud.functions.find(of)
        changed = {**function.environment, **environment}
        kept = {name: value for name, value in changed.items() if value is not None}
        name = f"{of}Variant{next(self._variants)}"
        self.cloud.functions.add(
            replace(function, logical_id=name, name=name, arn=name, environment=kept)
        )
        return name

    def function(self, name: str) -> Function:
        """Return a function as the template describes it."""
        return self.cloud.functions.find(name)

    def log(self, name: str) -> str:
        """Read all that a function has written."""
        path = self.cloud._logs / f"{name}.log"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def put(self, secret: str, value: str) -> None:
        """Store a version of a secret and label it, and nothing else, as the one in force."""
        manager, arn = self.cloud.client("secretsmanager"), self.cloud.ref(secret)
        # Two steps, because moto leaves AWSCURRENT in two places once it was moved by hand.
        made = manager.put_secret_value(SecretId=arn, SecretString=value, VersionStages=["NEXT"])
        labels = manager.describe_secret(SecretId=arn)["VersionIdsToStages"]
        move = {"SecretId": arn, "MoveToVersionId": made["VersionId"]}
        for label in ("AWSCURRENT", "AWSPENDING"):
            for holder in [version for version, stages in labels.items() if label in stages]:
                manager.update_secret_version_stage(
                    VersionStage=label, RemoveFromVersionId=holder, **move
                )

    @contextmanager
    def secret(self, name: str, value: str) -> Generator[None]:
        """Let a secret hold something else for a while."""
        before = json.dumps(self.stored(name))
        self.put(name, value)
        try:
            yield
        finally:
            self.put(name, before)

    def stored(self, name: str) -> dict[str, Any]:
        """Read a secret."""
        manager = self.cloud.client("secretsmanager")
        answer = manager.get_secret_value(SecretId=self.cloud.ref(name), VersionStage="AWSCURRENT")
        held: dict[str, Any] = json.loads(answer["SecretString"])
        return held

    def canaries(self) -> list[str]:
        """List every value that nobody but the two vendors may ever see."""
        tokens = self.stored("QuickBooksTokenSecret")
        return [PASSWORD, CLIENT_SECRET, tokens["access_token"], tokens["refresh_token"]]

    # What people and machines were told

    def _mailbox(self) -> str:
        sqs, sns = self.cloud.client("sqs"), self.cloud.client("sns")
        url: str = sqs.create_queue(QueueName="mails")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        for topic in ("FinanceTopic", "OpsTopic"):
            sns.subscribe(
                TopicArn=self.cloud.ref(topic),
                Protocol="sqs",
                Endpoint=arn["Attributes"]["QueueArn"],
            )
        return url

    def mails(self) -> list[str]:
        """Take the mails that were sent since, subject and text."""
        told = [json.loads(message["Body"]) for message in self.taken(self._mails)]
        mails = [f"{mail['Subject']}\n{mail['Message']}" for mail in told]
        for mail in mails:
            assert not SECRET.search(mail)
        SEARCHES.note(KIND, "mails", mails)
        return mails

    def listener(self) -> Callable[[], list[dict[str, Any]]]:
        """Listen on the event bus; return what takes the events that were heard since."""
        sqs, events = self.cloud.client("sqs"), self.cloud.client("events")
        name, bus = f"listener-{next(self._variants)}", self.cloud.ref("EventBus")
        url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
        asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        target = {"Id": "1", "Arn": asked["Attributes"]["QueueArn"]}
        pattern = json.dumps({"source": ["invoicesync"]})
        events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
        events.put_targets(Rule=name, EventBusName=bus, Targets=[target])
        return lambda: [json.loads(message["Body"]) for message in self.taken(url)]

    def forget(self, *prefixes: str) -> None:
        """Drop items of the state table."""
        dynamodb, table = self.cloud.client("dynamodb"), self.cloud.ref("StateTable")
        for item in dynamodb.scan(TableName=table)["Items"]:
            if item["pk"]["S"].startswith(prefixes):
                key = {"pk": item["pk"], "sk": item["sk"]}
                dynamodb.delete_item(TableName=table, Key=key)

    def clean_up(self) -> None:
        """End faults, pace and breaker, let every cause be told again, and empty the queues."""
        for server in (self.stage.quickbooks, self.stage.servicetrade):
            requests.delete(f"{server.url}/_faults", timeout=10)
        self.forget("ALERT#", "REALM#")
        self.mails()
        self.dead_letters()
        # A queue can be purged once a minute; a new one is empty at once.
        self.cloud.client("sqs").delete_queue(QueueUrl=self.cloud.ref("InvoiceQueue"))
        self.cloud.template._made.pop("InvoiceQueue")
        self.cloud.template.made("InvoiceQueue")

    def dead_letters(self) -> list[dict[str, str]]:
        """Take the dead letters: their body and attributes."""
        return [
            {"body": letter["Body"]}
            | {
                name: each["StringValue"]
                for name, each in letter.get("MessageAttributes", {}).items()
            }
            for letter in self.taken(self.cloud.ref("InvoiceDLQ"))
        ]

    def taken(self, queue_url: str) -> list[dict[str, Any]]:
        """Take every visible message of a queue."""
        sqs = self.cloud.client("sqs")
        found: list[dict[str, Any]] = []
        while messages := sqs.receive_message(
            QueueUrl=queue_url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", []):
            for message in messages:
                sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            found += messages
        return found

    def evidence(self) -> dict[str, dict[str, Any]]:
        """Read all evidence by its key."""
        s3, bucket = self.cloud.client("s3"), self.cloud.ref("Bucket")
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="evidence/").get("Contents", [])
        return {
            each["Key"]: json.loads(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read())
            for each in listed
        }

    # QuickBooks

    def live(self, servicetrade_id: int) -> list[dict[str, Any]]:
        """Find the live invoices in QuickBooks that bear an invoice's mark."""
        mark = f"[st:{servicetrade_id}."
        return [
            body
            for body in self.company.objects("Invoice")
            if mark in str(body.get("PrivateNote", "")) and not is_voided(body)
        ]

    def fail(
        self,
        fault: str,
        route: str,
        *,
        at: str = "quickbooks",
        times: int | None = 1,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Let requests to a simulator fail."""
        server = self.stage.quickbooks if at == "quickbooks" else self.stage.servicetrade
        rule = {"fault": fault, "route": route, "times": times, "with": settings or {}}
        answer = requests.post(f"{server.url}/_faults", json=rule, timeout=10)
        assert answer.status_code == 200, answer.text


@contextmanager
def started(folder: Path, *, listen: str = LOOPBACK) -> Generator[Rig]:
    """Start a stage, its mapping in force under the serial that the event in `events/` bears."""
    account = Account(time.time, Options(first_id=FIRST_ID), login=Login(password=PASSWORD))
    # Commands follow each other faster than anybody types.
    limits = RateLimits(batches_per_minute=120, requests_per_second=100)
    company = Company(clock=time.time, options=CompanyOptions(automated_tax=True, limits=limits))
    company.oauth.client_secret = CLIENT_SECRET
    _open_lists(company)
    text = json.dumps(MAPPING | {"go_live": GO_LIVE.isoformat()})
    with Stage(account, company, folder=folder, root=ROOT, listen=listen) as stage:
        while stage.publish_mapping(GO_LIVE, text) < SERIAL_OF_THE_EVENT:
            pass
        yield Rig(stage)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """Start a stage for the tests of a module."""
    folder = tmp_path_factory.mktemp("stage")
    with started(folder) as rig:
        yield rig
        assert search(rig.cloud).hits == []
    called.settle(folder / "logs/calls.json")


@pytest.fixture
def rig(running: Rig) -> Iterator[Rig]:
    """Hand out the stage; what a test leaves behind is no business of the next one."""
    yield running
    running.clean_up()


def event(name: str) -> Any:
    """Read one of the events that the stack really sends."""
    return json.loads(Path(ROOT, "events", name).read_text(encoding="utf-8"))


def _open_lists(company: Company) -> None:
    income = company.create("Account", {"Name": "Sales", "AccountType": "Income"})["Id"]
    labor = {"Name": "Labor", "Type": "Service", "Taxable": True}
    company.create("Item", {**labor, "IncomeAccountRef": {"value": income}})
    company.create("Department", {"Name": "West"})
    company.create("Class", {"Name": "Mechanical"})
    company.create("Term", {"Name": "Net 30 days", "DueDays": 30})
    address = {"Line1": "1 Main Street", "City": "Pittsburgh", "CountrySubDivisionCode": "PA"}
    company.create("Customer", {"DisplayName": CUSTOMER, "BillAddr": address})
