"""Change data capture and webhooks: how the outside learns of what happened."""

import base64
import hashlib
import hmac
import json

import pytest

from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.company import Company
from tests.unit.sandbox.quickbooks.world import Client, Open, invoice, refused

SINCE = "2026-09-21T07:13:20-07:00"


def tick(company: Company, seconds: float = 60) -> None:
    assert isinstance(company.clock, VirtualClock)
    company.clock.advance(seconds)


def test_changed_objects_come_whole_and_deleted_ones_as_tombstones(company: Company) -> None:
    first = company.create("Invoice", invoice())
    second = company.create("Invoice", invoice())
    tick(company)
    company.void("Invoice", first["Id"])
    company.delete("Invoice", second["Id"])

    answer = Client(company).get(f"cdc?entities=Invoice,Estimate&changedSince={SINCE}").json()

    changed, nothing = answer["CDCResponse"][0]["QueryResponse"]
    assert changed["Invoice"][0]["PrivateNote"] == "Voided"
    assert changed["Invoice"][1] == {
        "domain": "QBO",
        "status": "Deleted",
        "Id": second["Id"],
        "MetaData": {"LastUpdatedTime": "2026-09-21T07:14:20-07:00"},
    }
    assert (changed["startPosition"], changed["maxResults"]) == (1, 2)
    assert nothing == {}


def test_what_changed_before_is_left_out(company: Company) -> None:
    company.create("Invoice", invoice())
    tick(company)

    (answer,) = company.changed_since("invoice", "2026-09-21T07:13:21-07:00")

    assert answer == {}


def test_a_thousand_objects_are_the_most_and_the_oldest_come(opened: Open) -> None:
    company = opened(cdc_cap=2)
    for _ in range(3):
        company.create("Invoice", invoice())
        tick(company)

    (answer,) = company.changed_since("Invoice", SINCE)

    assert answer["maxResults"] == 2
    assert '"Id":"1"' in answer["Invoice"][0]


def test_the_cap_may_hold_for_the_whole_answer(opened: Open) -> None:
    company = opened(cdc_cap=2, cdc_cap_per_entity=False)
    company.create("Invoice", invoice())
    company.create("Estimate", invoice())

    invoices, customers, estimates = company.changed_since("Invoice,Customer,Estimate", SINCE)

    assert (invoices["maxResults"], customers["maxResults"]) == (1, 1)
    assert estimates == {}


def test_more_than_thirty_days_back_is_not_supported(opened: Open) -> None:
    with refused("500", "30 days"):
        opened().changed_since("Invoice", "2026-08-01")
    assert opened(cdc_days=None).changed_since("Invoice", "2011-10-10T09:00:00-07:00") == [{}]


@pytest.mark.parametrize("entity", ["TaxCode", "TimeActivity", "Gadget"])
def test_some_entities_are_not_told_of(company: Company, entity: str) -> None:
    with refused("2000", entity):
        company.changed_since(entity, SINCE)


def test_a_webhook_names_what_happened(company: Company) -> None:
    company.webhooks.collect()
    made = company.create("Invoice", invoice())
    company.void("Invoice", made["Id"])
    company.delete("Invoice", made["Id"])

    *_, delivery = company.webhooks.collect()

    (event,) = json.loads(delivery.body)["eventNotifications"]
    told = [
        (each["operation"], each["id"])
        for each in event["dataChangeEvent"]["entities"]
        if each["name"] == "Invoice"
    ]
    assert event["realmId"] == company.realm_id
    assert told == [("Create", "1"), ("Void", "1"), ("Delete", "1")]


def test_the_newer_format_is_a_list_of_cloud_events(opened: Open) -> None:
    company = opened(webhook_format="cloudevents")
    company.webhooks.collect()
    company.create("Invoice", invoice())

    event = json.loads(company.webhooks.collect()[-1].body)[0]

    assert event["specversion"] == "1.0"
    assert event["type"] == "qbo.invoice.created.v1"
    assert event["intuitentityid"] == "1"
    assert event["intuitaccountid"] == company.realm_id


def test_the_signature_is_over_the_raw_bytes(company: Company) -> None:
    delivery = company.webhooks.collect()[0]

    verifier = company.options.webhook_verifier.encode()
    digest = hmac.new(verifier, delivery.body, hashlib.sha256).digest()
    assert delivery.headers["intuit-signature"] == base64.b64encode(digest).decode()


def test_a_delivery_that_is_not_taken_is_tried_again_later(company: Company) -> None:
    statuses = [500, 200]

    def post(_body: bytes, _headers: dict[str, str]) -> int:
        return statuses.pop(0)

    assert company.webhooks.deliver(post) == 0
    assert company.webhooks.deliver(post) == 0
    assert statuses == [200]
    tick(company, 10)
    assert company.webhooks.deliver(post) == 1
    assert company.webhooks.collect() == []


def test_webhooks_may_come_twice_and_out_of_order(opened: Open) -> None:
    company = opened(webhooks_repeat=True, webhooks_out_of_order=True)
    company.webhooks.collect()
    company.create("Estimate", invoice())
    company.create("Estimate", invoice())

    *_, first, second = company.webhooks.collect()

    (event,) = json.loads(first.body)["eventNotifications"]
    told = [each["id"] for each in event["dataChangeEvent"]["entities"]]
    assert told == ["2", "1"]
    assert first.body == second.body
