"""Fifty invoices go from ServiceTrade to QuickBooks through containers, each of them once."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.cloud.functions import Answer
from sandbox.cloud.mapping import EventSourceMapping
from tests.containers import sam
from tests.integration.conftest import Rig

INVOICES = 50
LOADER = "LoaderFunction"
REFRESHER = "TokenRefresherFunction"


class Containers:
    """Functions behind Lambda's API, where the local cloud has its processes."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.events: list[tuple[str, Any]] = []
        self._lambda: Any = boto3.client(
            "lambda",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="nobody",
            aws_secret_access_key="nothing",
            config=Config(read_timeout=600, retries={"total_max_attempts": 1}),
        )

    def invoke(self, function: str, event: Any) -> Answer:
        """Invoke a function; it may be named as the stack names it."""
        logical_id = function.rpartition("-")[2]
        self.events.append((logical_id, event))
        told = self._lambda.invoke(FunctionName=logical_id, Payload=json.dumps(event).encode())
        payload = json.loads(told["Payload"].read())
        failed = "FunctionError" in told or (isinstance(payload, dict) and "errorType" in payload)
        return Answer("", payload, failed=failed)


@pytest.fixture(scope="module")
def containers(variables: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """Serve the functions from containers; the loader asks for tokens there too."""
    folder, port = tmp_path_factory.mktemp("lambda"), sam.free_port()
    told = json.loads(variables.read_text(encoding="utf-8"))
    told[LOADER] |= {
        "AWS_ENDPOINT_URL_LAMBDA": f"http://{sam.THIS_MACHINE}:{port}",
        "TOKEN_REFRESHER_FUNCTION": REFRESHER,
    }
    file = folder / "env.json"
    file.write_text(json.dumps(told), encoding="utf-8")
    with sam.start_lambda(port, file, folder / "start-lambda.log") as url:
        yield Containers(url)


def mapping(rig: Rig, containers: Containers) -> EventSourceMapping:
    """Take the loader's event source mapping, and put containers behind it."""
    there = next(m for m in rig.cloud.mappings.values() if m.function.logical_id == LOADER)
    functions: Any = containers
    return EventSourceMapping(there.settings, there.function, functions, rig.cloud.client("sqs"))


def in_quickbooks(rig: Rig) -> list[tuple[str, str]]:
    return sorted(
        (str(invoice["DocNumber"]), f"{Decimal(str(invoice['TotalAmt'])):.2f}")
        for invoice in rig.company.objects("Invoice")
    )


def in_servicetrade(rig: Rig) -> list[tuple[str, str]]:
    return sorted(
        (invoice["invoiceNumber"], f"{Decimal(str(invoice['totalPrice'])):.2f}")
        for invoice in rig.account.all("invoice")
    )


def test_fifty_invoices_arrive_once(rig: Rig, containers: Containers) -> None:
    for _ in range(INVOICES):
        rig.invoice()
    # What the loader holds is refused, so that it must have it renewed, in a container again.
    tokens = rig.stored("QuickBooksTokenSecret")
    # One that was renewed within the last minute would be taken for good, and the company for shut.
    aged = {"access_token": "outdated", "obtained_at": tokens["obtained_at"] - 3000}
    rig.put("QuickBooksTokenSecret", json.dumps(tokens | aged))

    found = containers.invoke("ExtractorFunction", {"trigger": "schedule"})
    drained = mapping(rig, containers).drain(patience_seconds=120)

    assert not found.failed, found.payload
    assert found.payload["enqueued"] == INVOICES
    assert drained.errors == ()
    assert drained.hidden == 0
    assert len(in_quickbooks(rig)) == INVOICES
    assert in_quickbooks(rig) == in_servicetrade(rig)
    assert rig.stored("QuickBooksTokenSecret")["access_token"] not in {
        "outdated",
        tokens["access_token"],
    }


def test_what_is_delivered_again_and_found_again_writes_nothing(
    rig: Rig, containers: Containers
) -> None:
    before = in_quickbooks(rig)
    batch = next(event for name, event in containers.events if name == LOADER)
    assert len(before) == INVOICES, "the test above has brought them there"

    again = containers.invoke(LOADER, batch)
    found = containers.invoke("ExtractorFunction", {"trigger": "schedule"})

    assert again.payload == {"batchItemFailures": []}
    assert found.payload["enqueued"] == 0
    assert in_quickbooks(rig) == before
