import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.domain import fingerprint as module
from invoicesync.domain.fingerprint import fingerprint
from tests.unit.domain.invoices import ADDRESS, a_job, a_source, an_item

_LIB = {"id": 77, "name": "Labor", "type": "labor", "code": "LAB"}
_LOCATION = {"id": 15, "name": "Store 3", "address": ADDRESS, "taxable": True}


def test_the_version_changes_with_the_list_of_fields() -> None:
    text = json.dumps(module.FIELDS, sort_keys=True)

    assert (module.VERSION, hashlib.sha256(text.encode()).hexdigest()[:16]) == (
        1,
        "f8c6bbce3b22e912",
    )


def test_a_fingerprint_shows_its_version() -> None:
    version, _, digest = fingerprint(a_source()).partition(":")

    assert version == str(module.VERSION)
    assert len(digest) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 2_100_000_000_000_102},
        {"invoiceNumber": "10483"},
        {"transactionDate": 1_796_000_000},
        {"dueDate": None},
        {"subtotal": 481},
        {"taxAmount": 34},
        {"totalPrice": 514},
        {"notes": "Thanks."},
        {"customerPo": "78"},
        {"currency": "CAD"},
        {"paymentTerms": {"name": "Net 15"}},
        {"customer": {"id": 8, "name": "Keystone Foods"}},
        {"customer": {"id": 7, "name": "Keystone Foods", "externalIds": {"quickbooks": "4"}}},
        {"location": _LOCATION | {"id": 16}},
        {"location": _LOCATION | {"taxable": False}},
        {"location": _LOCATION | {"address": ADDRESS | {"city": "Erie"}}},
        {"assignedOffice": {"id": 3, "name": "Pittsburgh"}},
        {"job": {"id": 51, "number": 9002}},
        {"items": []},
        {"items": [an_item(), an_item()]},
        {"items": [an_item(description="Work")]},
        {"items": [an_item(quantity=5)]},
        {"items": [an_item(price=121)]},
        {"items": [an_item(subtotal=481)]},
        {"items": [an_item(taxAmount=1)]},
        {"items": [an_item(taxRate=8)]},
        {"items": [an_item(taxGroup={"id": 1, "code": "PGH"})]},
        {"items": [an_item(orderIndex=1)]},
        {"items": [an_item(libItem=_LIB | {"code": "OT"})]},
        {"items": [an_item(serviceLine={"id": 4, "name": "HVAC"})]},
        {"items": [an_item(jobItem=None)]},
        {"items": "unreadable"},
    ],
)
def test_what_is_mapped_changes_the_fingerprint(changes: dict[str, Any]) -> None:
    assert fingerprint(a_source(**changes)) != fingerprint(a_source())


@pytest.mark.parametrize("changes", [{"completedOn": 1_796_000_000}, {"sales": {"name": "Al"}}])
def test_what_is_mapped_of_the_job_changes_the_fingerprint(changes: dict[str, Any]) -> None:
    assert fingerprint(a_source(job=a_job(**changes))) != fingerprint(a_source())


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Another title"},
        {"status": "processed"},
        {"substatus": "approved"},
        {"type": "vendorbill"},
        {"created": 1_800_000_000},
        {"updated": 1_800_000_000},
        {"paid": True},
        {"tags": []},
        {"customer": {"id": 7, "name": "Keystone Foods LLC", "status": "inactive"}},
        {"subtotal": "480.000"},
        {"taxAmount": Decimal("33.6000")},
        {"items": [an_item(price="120.0", quantity=Decimal("4E+0"))]},
        {"items": [an_item(libItem=_LIB | {"name": "Labour"})]},
        {"refNumber": "another"},
    ],
)
def test_names_status_and_times_do_not(changes: dict[str, Any]) -> None:
    assert fingerprint(a_source(**changes)) == fingerprint(a_source())


def test_the_status_of_the_job_does_not() -> None:
    assert fingerprint(a_source(job=a_job(status="closed"))) == fingerprint(a_source())


def test_the_number_that_we_wrote_back_is_no_edit() -> None:
    before = fingerprint(a_source(invoiceNumber="", refNumber="R-17"))

    for number in ("R-17", "r-17"):
        after = a_source(invoiceNumber=number, refNumber="R-17")
        assert fingerprint(after, written_number=" R-17") == before


def test_any_other_number_is_an_edit() -> None:
    before = fingerprint(a_source(invoiceNumber="R-17"))

    assert fingerprint(a_source(invoiceNumber="R-18"), written_number="R-17") != before


def test_an_invoice_with_nothing_in_it_has_a_fingerprint() -> None:
    bare = a_source(
        customer=None, location=None, assignedOffice=None, job=None, items=[], paymentTerms=None
    )

    assert fingerprint(bare) != fingerprint(a_source())
