"""Hold the QuickBooks simulator against recorded traffic: same status, same keys at every depth.

No key path may differ, in either direction, and rows of lists are compared position by position.
The company that answers is seeded from what the recordings show, but only with what a client could
have written; all that the service computes or defaults must come from the simulator itself. The
recordings are somebody else's and stay outside this repository: QUICKBOOKS_RECORDINGS names their
folder.
"""

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import yaml

from sandbox.http import InProcessAdapter
from sandbox.quickbooks import times, wire
from sandbox.quickbooks.app import create_app
from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.options import Options

RECORDINGS = os.environ.get("QUICKBOOKS_RECORDINGS")
pytestmark = pytest.mark.skipif(
    not RECORDINGS, reason="QUICKBOOKS_RECORDINGS names no folder of recorded traffic"
)

CASES = (
    "create/invoice",
    "create/customer",
    "batch/basic",
    "void/invoice",
    "cdc/basic",
    "update/customer",
    "update/sales_receipt",
    "get/id",
    "get/display_name",
    "get/inactive_vendors",
    "error/400",
    "error/400_json",
    "error/401",
    "error/500",
    "error/validation",
)

COMPUTED = {
    "domain",
    "sparse",
    "Id",
    "SyncToken",
    "MetaData",
    "Balance",
    "BalanceWithJobs",
    "Level",
    "FullyQualifiedName",
    "CurrencyRef",
    "TotalAmt",
    "LinkedTxn",
    "CustomField",
    "Active",
}


def exchanges(name: str) -> list[dict[str, Any]]:
    text = (Path(str(RECORDINGS)) / f"{name}.yml").read_text(encoding="utf-8")
    interactions: list[dict[str, Any]] = yaml.safe_load(text)["http_interactions"]
    return interactions


def recorded(name: str, position: int = 0) -> dict[str, Any]:
    body = exchanges(name)[position]["response"]["body"]["string"]
    parsed = wire.parse(body if isinstance(body, bytes) else body.encode())
    assert isinstance(parsed, dict)
    return parsed


def writable(entity: dict[str, Any]) -> dict[str, Any]:
    """Keep what a client may send, and of the addresses no ids."""
    body = {name: value for name, value in entity.items() if name not in COMPUTED}
    for name in ("BillAddr", "ShipAddr"):
        if name in body:
            body[name] = {part: each for part, each in body[name].items() if part != "Id"}
    if "Line" in body:
        body["Line"] = [line for line in body["Line"] if "Id" in line]
    return body


@pytest.fixture
def company() -> Company:
    """A company with the customers, items and taxes that the recordings refer to."""
    clock = VirtualClock(times.seconds_of("2020-09-28T05:00:00-07:00"))
    options = Options(
        custom_numbers=False,
        custom_fields=(("1", "Crew #"),),
        limits=None,
        cdc_days=None,
        open_to_all=True,
    )
    company = Company(clock=clock, options=options)
    seed_lists(company)
    rows = recorded("error/400")["QueryResponse"]["Customer"]
    for row in sorted(rows, key=lambda each: ("ParentRef" in each, int(each["Id"]))):
        company.seed("Customer", writable(row), identity=row["Id"])
    return company


def seed_lists(company: Company) -> None:
    for identity, name in (("4", "Undeposited Funds"), ("35", "Checking")):
        company.seed("Account", {"Name": name, "AccountType": "Bank"}, identity=identity)
    company.seed("Account", {"Name": "Sales", "AccountType": "Income"}, identity="79")
    items = {"1": "Services"}
    for row in recorded("cdc/basic")["CDCResponse"][0]["QueryResponse"][0]["Estimate"]:
        for line in writable(row)["Line"]:
            reference = line["SalesItemLineDetail"]["ItemRef"]
            items[reference["value"]] = reference["name"]
    for identity, name in items.items():
        item = {"Name": name.split(":")[-1], "IncomeAccountRef": {"value": "79"}}
        company.seed("Item", item, identity=identity)
    company.seed("PaymentMethod", {"Name": "Check"}, identity="2")
    company.seed("Term", {"Name": "Net 30", "DueDays": 30}, identity="3")
    store = company.books.store
    store.reserve("TaxRate", "3")
    store.insert("TaxRate", {"Name": "California", "RateValue": Decimal(8)})
    details = [{"TaxRateRef": {"value": "3"}}]
    store.reserve("TaxCode", "2")
    store.insert("TaxCode", {"Name": "California", "SalesTaxRateList": {"TaxRateDetail": details}})
    tax = {"TaxGroupCodeRef": {"value": "2"}}
    company.update("Preferences", {"Id": "1", "SyncToken": "0", "sparse": True, "TaxPrefs": tax})


def seed_for(name: str, company: Company) -> None:
    """Add what one recording needs besides the customers."""
    if name == "batch/basic":
        for row in recorded(name)["BatchItemResponse"][3]["QueryResponse"]["SalesReceipt"]:
            token = int(row["SyncToken"])
            company.seed("SalesReceipt", writable(row), identity=row["Id"], token=token)
    elif name == "update/sales_receipt":
        row = recorded(name)["SalesReceipt"]
        company.seed("SalesReceipt", writable(row), identity="17", token=int(row["SyncToken"]))
    elif name == "void/invoice":
        company.seed("Invoice", writable(recorded(name)["Invoice"]), identity="264")
    elif name == "cdc/basic":
        for row in recorded(name)["CDCResponse"][0]["QueryResponse"][0]["Estimate"]:
            seed_estimate(company, row)
    elif name == "get/inactive_vendors":
        for row in recorded(name)["QueryResponse"]["Vendor"]:
            made = company.seed("Vendor", writable(row), identity=row["Id"])
            if not row["Active"]:
                off = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Active": False}
                company.update("Vendor", off)
    else:
        seed_customers_for(name, company)


def seed_customers_for(name: str, company: Company) -> None:
    """Give customers the names that they had before a recording changed them."""
    if name == "update/customer":
        rename = {"Id": "68", "SyncToken": "0", "DisplayName": "Doe2, Jane"}
        made = company.update("Customer", rename)
        company.books.store.rewrite(
            company.books.require("Customer", "68"), {**made, "SyncToken": "0"}
        )
    elif name == "create/customer":
        company.update("Customer", {"Id": "70", "SyncToken": "0", "DisplayName": "Somebody Else"})


def seed_estimate(company: Company, row: dict[str, Any]) -> None:
    assert isinstance(company.clock, VirtualClock)
    company.clock.advance(60)
    company.seed("Estimate", writable(row), identity=row["Id"])
    if row.get("LinkedTxn"):
        invoice = {
            "CustomerRef": row["CustomerRef"],
            "Line": writable(row)["Line"],
            "LinkedTxn": [{"TxnId": row["Id"], "TxnType": "Estimate"}],
        }
        company.create("Invoice", invoice)


def replay(company: Company, interaction: dict[str, Any]) -> requests.Response:
    request = interaction["request"]
    session = requests.Session()
    session.mount("http://quickbooks.test", InProcessAdapter(create_app(company)))
    url = urlsplit(request["uri"])
    path = url.path.removeprefix("/v3").removeprefix("/company/-COMPANY_ID-")
    return session.request(
        request["method"].upper(),
        f"http://quickbooks.test/v3/company/{company.realm_id}{path}?{url.query}",
        data=request["body"]["string"].encode(),
        headers={
            "Accept": "application/json",
            "Content-Type": "application/json",
            "Authorization": "Bearer of-the-recording",
        },
    )


def key_paths(value: object, path: str = "") -> Iterator[str]:
    """Name every key at every depth; rows of a list by their position."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield f"{path}.{name}"
            yield from key_paths(each, f"{path}.{name}")
    elif isinstance(value, list):
        for position, each in enumerate(value):
            yield from key_paths(each, f"{path}[{position}]")


@pytest.mark.parametrize("name", CASES)
def test_the_simulator_answers_as_was_recorded(name: str, company: Company) -> None:
    seed_for(name, company)
    if name == "error/401":
        company = Company(clock=company.clock, options=Options())

    for position, interaction in enumerate(exchanges(name)):
        answer = replay(company, interaction)

        assert answer.status_code == interaction["response"]["status"]["code"], answer.text
        expected = set(key_paths(recorded(name, position)))
        found = set(key_paths(wire.parse(answer.content)))
        assert sorted(expected ^ found) == [], f"missing {sorted(expected - found)}"
        kind = interaction["response"]["headers"]["Content-Type"][0]
        assert answer.headers["Content-Type"] == kind


def test_faults_carry_the_recorded_codes_and_messages(company: Company) -> None:
    company.update("Customer", {"Id": "70", "SyncToken": "0", "DisplayName": "Somebody Else"})
    for name in ("error/400_json", "error/500", "error/validation"):
        for position, interaction in enumerate(exchanges(name)):
            answer = wire.parse(replay(company, interaction).content)
            assert isinstance(answer, dict)

            ours, theirs = answer["Fault"], recorded(name, position)["Fault"]

            assert ours["type"] == theirs["type"]
            assert ours["Error"][0]["code"] == theirs["Error"][0]["code"]
            assert ours["Error"][0]["Message"] == theirs["Error"][0]["Message"]


def test_a_recorded_invoice_comes_out_with_the_recorded_values(company: Company) -> None:
    seed_for("void/invoice", company)
    compared = (
        "DocNumber",
        "TxnDate",
        "DueDate",
        "TotalAmt",
        "Balance",
        "PrivateNote",
        "Line",
        "CustomerRef",
        "TxnTaxDetail",
        "SyncToken",
        "PrintStatus",
        "EmailStatus",
    )

    for position, interaction in enumerate(exchanges("void/invoice")):
        answer = wire.parse(replay(company, interaction).content)
        assert isinstance(answer, dict)

        expected = recorded("void/invoice", position)["Invoice"]
        for name in compared:
            assert answer["Invoice"].get(name) == expected.get(name), name


def test_rows_come_in_the_recorded_order(company: Company) -> None:
    for name, entity in (("error/400", "Customer"), ("get/inactive_vendors", "Vendor")):
        seed_for(name, company)

        answer = wire.parse(replay(company, exchanges(name)[0]).content)

        assert isinstance(answer, dict)
        ours, theirs = answer["QueryResponse"][entity], recorded(name)["QueryResponse"][entity]
        assert [row["Id"] for row in ours] == [row["Id"] for row in theirs]
