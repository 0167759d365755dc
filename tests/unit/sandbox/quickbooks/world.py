"""A small company with two items, a taxed and an untaxed customer, and ways to call it."""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
import requests

from sandbox.faults import FaultScript
from sandbox.http import InProcessAdapter
from sandbox.quickbooks.app import KNOWN_FAULTS, create_app
from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.options import Options
from sandbox.quickbooks.refusals import Refusal

NOW = 1_790_000_000.0  # 2026-09-21 07:13:20 in the service's zone

type Open = Callable[..., Company]


def open_company(**options: Any) -> Company:
    company = Company(clock=VirtualClock(NOW), options=Options(**options))
    company.create("Account", {"Name": "Sales", "AccountType": "Income"})
    income = {"IncomeAccountRef": {"value": "1"}}
    company.create("Item", {"Name": "Labor", "Taxable": False, **income})
    company.create("Item", {"Name": "Filter", "Taxable": True, **income})
    address = {
        "Line1": "1 Main Street",
        "City": "Pittsburgh",
        "CountrySubDivisionCode": "PA",
        "PostalCode": "15219",
    }
    addresses = {"BillAddr": address, "ShipAddr": address}
    company.create("Customer", {"DisplayName": "Keystone Mills", **addresses})
    company.create("Customer", {"DisplayName": "Allegheny Dental", **addresses})
    return company


def line(amount: Any = "100.00", item: str = "1", **detail: Any) -> dict[str, Any]:
    inside = {"ItemRef": {"value": item}, **detail}
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": inside}


def invoice(*lines: dict[str, Any], customer: str = "1", **fields: Any) -> dict[str, Any]:
    return {"CustomerRef": {"value": customer}, "Line": list(lines) or [line()], **fields}


@contextmanager
def refused(code: str, words: str | None = None) -> Generator[None]:
    with pytest.raises(Refusal, match=words) as caught:
        yield
    assert caught.value.code == code


class Client:
    """A client of the HTTP app with a good token."""

    def __init__(self, company: Company, **app: Any) -> None:
        self.company = company
        self.faults = FaultScript(KNOWN_FAULTS)
        self.session = requests.Session()
        adapter = InProcessAdapter(create_app(company, faults=self.faults, **app))
        self.session.mount("http://quickbooks.test", adapter)
        self.tokens = company.oauth.connect()
        self.session.headers["Accept"] = "application/json"
        self.session.headers["Authorization"] = f"Bearer {self.tokens['access_token']}"
        self.base = f"http://quickbooks.test/v3/company/{company.realm_id}"

    def get(self, path: str, **arguments: Any) -> requests.Response:
        return self.session.get(f"{self.base}/{path}", **arguments)

    def post(self, path: str, body: Any = None, **arguments: Any) -> requests.Response:
        return self.session.post(f"{self.base}/{path}", json=body, **arguments)

    def root(self, method: str, path: str, **arguments: Any) -> requests.Response:
        return self.session.request(method, f"http://quickbooks.test{path}", **arguments)

    def query(self, statement: str) -> dict[str, Any]:
        answer = self.get("query", params={"query": statement}).json()
        found: dict[str, Any] = answer["QueryResponse"]
        return found
