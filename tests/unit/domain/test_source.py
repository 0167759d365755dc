from decimal import Decimal
from typing import Any

import pytest

from invoicesync.domain.source import SourceInvoice, parse_source, read_job_id
from tests.unit.domain.invoices import NOON, a_job, a_source, an_invoice, an_item


def test_an_invoice_is_read_field_by_field() -> None:
    source = a_source()
    invoice, job = source.invoice, source.job

    assert source.unreadable == ()
    assert invoice.id == 2_100_000_000_000_101
    assert (invoice.number, invoice.ref_number) == ("10482", "R-10482")
    assert (invoice.subtotal, invoice.tax_amount) == (Decimal("480.00"), Decimal("33.60"))
    assert invoice.transaction_date == NOON
    assert invoice.tags == ("quarterly",)
    assert invoice.payment_terms == "Net 30"
    assert invoice.customer is not None
    assert invoice.customer.name == "Keystone Foods"
    assert invoice.location is not None
    assert invoice.location.address is not None
    assert invoice.location.address.postal_code == "15201"
    assert invoice.job is not None
    assert invoice.job.number == "9001"
    assert job is not None
    assert (job.status, job.sales) == ("completed", "Jo Park")
    item = invoice.items[0]
    assert (item.quantity, item.price, item.subtotal) == (
        Decimal(4),
        Decimal(120),
        Decimal("480.00"),
    )
    assert item.library_item is not None
    assert item.library_item.code == "LAB"
    assert item.used_on == NOON - 86_400


def test_numbers_ids_and_flags_may_arrive_as_text() -> None:
    source = a_source(
        id="2100000000000101",
        subtotal="1,204.50",
        transactionDate=str(NOON),
        invoiceNumber=10482,
        partial="1",
    )

    assert source.unreadable == ()
    assert source.invoice.id == 2_100_000_000_000_101
    assert source.invoice.subtotal == Decimal("1204.50")
    assert source.invoice.transaction_date == NOON
    assert source.invoice.number == "10482"
    assert source.invoice.partial is True


def test_an_empty_map_may_arrive_as_an_empty_list_and_the_other_way_round() -> None:
    source = a_source(location=[], tags={}, items={}, paymentTerms=[], partial=None)

    assert source.unreadable == ()
    assert source.invoice.location is None
    assert (source.invoice.tags, source.invoice.items) == ((), ())
    assert source.invoice.payment_terms == ""
    assert source.invoice.partial is False


def test_a_reference_may_arrive_as_a_bare_id() -> None:
    source = a_source(job=a_job(customer=7, location="15"))

    assert source.unreadable == ()
    assert source.job is not None
    assert source.job.customer is not None
    assert (source.job.customer.id, source.job.customer.name) == (7, "")
    assert source.job.location is not None
    assert source.job.location.id == 15


def test_external_ids_are_taken_from_any_shape_of_their_map() -> None:
    customer = {"id": 7, "name": "Keystone Foods", "externalIds": {"quickbooks": 412, "x": "1"}}
    source = a_source(customer=customer)

    assert source.invoice.customer is not None
    assert source.invoice.customer.quickbooks_id == "412"


def test_tags_may_be_objects_or_names() -> None:
    assert a_source(tags=["a", {"name": "b"}]).invoice.tags == ("a", "b")


def test_an_unknown_word_is_no_fault_of_the_reading() -> None:
    source = a_source(status="draft", type="something new", substatus="odd")

    assert source.unreadable == ()
    assert source.invoice.status == "draft"


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"id": None}, "invoice.id"),
        ({"id": 0}, "invoice.id"),
        ({"id": -1}, "invoice.id"),
        ({"id": True}, "invoice.id"),
        ({"id": 2**63}, "invoice.id"),
        ({"id": "12x"}, "invoice.id"),
        ({"type": None}, "invoice.type"),
        ({"status": " "}, "invoice.status"),
        ({"status": 1.5}, "invoice.status"),
        ({"updated": None}, "invoice.updated"),
        ({"subtotal": None}, "invoice.subtotal"),
        ({"totalPrice": Decimal("NaN")}, "invoice.totalPrice"),
        ({"taxAmount": 33.6}, "invoice.taxAmount"),
        ({"taxAmount": True}, "invoice.taxAmount"),
        ({"transactionDate": 0}, "invoice.transactionDate"),
        ({"transactionDate": NOON * 1000}, "invoice.transactionDate"),
        ({"transactionDate": "2026-12-01"}, "invoice.transactionDate"),
        ({"partial": "maybe"}, "invoice.partial"),
        ({"partial": []}, "invoice.partial"),
        ({"customer": "Keystone"}, "invoice.customer"),
        ({"customer": [7]}, "invoice.customer"),
        ({"customer": {"id": 7, "externalIds": "x"}}, "invoice.customer.externalIds.quickbooks"),
        ({"location": {"id": 15, "address": 5}}, "invoice.location.address"),
        ({"invoiceNumber": ["x"]}, "invoice.invoiceNumber"),
        ({"invoiceNumber": True}, "invoice.invoiceNumber"),
        ({"invoiceNumber": 10**20}, "invoice.invoiceNumber"),
        ({"tags": "x"}, "invoice.tags"),
        ({"tags": ["x", {"name": ""}]}, "invoice.tags[1]"),
        ({"tags": ["x", {"name": 1.5}]}, "invoice.tags[1]"),
        ({"items": "x"}, "invoice.items"),
        ({"items": [an_item(), 5]}, "invoice.items[1]"),
        ({"items": [an_item(price="x")]}, "invoice.items[0].price"),
        ({"items": [an_item(jobItem={"usedOn": 5})]}, "invoice.items[0].jobItem.usedOn"),
    ],
)
def test_what_cannot_be_read_is_empty_and_told_by_its_path(
    changes: dict[str, Any], path: str
) -> None:
    source = a_source(**changes)

    assert source.unreadable == (path,)


def test_an_invoice_without_an_id_has_the_id_zero() -> None:
    assert a_source(id=None).invoice.id == 0


@pytest.mark.parametrize("invoice", [None, [], "x", 5, True])
def test_what_is_no_invoice_at_all_is_told(invoice: Any) -> None:
    source = parse_source(invoice, None)

    assert source.invoice == SourceInvoice()
    assert "invoice" in source.unreadable
    assert "invoice.id" in source.unreadable


@pytest.mark.parametrize(("job", "path"), [([], "job"), ("x", "job"), (a_job(id=None), "job.id")])
def test_a_job_that_cannot_be_read_is_told(job: Any, path: str) -> None:
    source = parse_source(an_invoice(), job)

    assert source.unreadable == (path,)
    assert source.job is None or source.job.id is None


@pytest.mark.parametrize(
    ("job", "id_"),
    [({"id": 50}, 50), (a_job(), 50), ({"id": "x"}, None), ({}, None), (None, None), ("50", None)],
)
def test_of_a_job_the_id_alone_can_be_read(job: Any, id_: int | None) -> None:
    assert read_job_id(job) == id_


def test_an_invoice_without_a_job_is_written_without_one() -> None:
    source = parse_source(an_invoice(job=None), None)

    assert source.plain()["job"] is None


def test_text_that_quickbooks_cannot_hold_is_marked() -> None:
    source = a_source(notes="a\x00b\ud800c\r\nd\re\ufffe ", invoiceNumber="\t10482\n")

    assert source.invoice.notes == "a\ufffdb\ufffdc\nd\ne\ufffd"
    assert source.invoice.number == "10482"


def test_a_float_is_refused_because_its_digits_are_lost() -> None:
    assert a_source(subtotal=480.0).unreadable == ("invoice.subtotal",)


def test_plain_keeps_what_could_not_be_read_in_mind() -> None:
    source = a_source(customer="x", items=[an_item(), None])
    plain = source.plain()

    assert source.unreadable == ("invoice.customer", "invoice.items[1]")
    assert parse_source(plain["invoice"], plain["job"]) == source


def test_plain_shows_only_what_is_mapped_with_servicetrades_names() -> None:
    plain = a_source().plain()

    assert plain["invoice"]["transactionDate"] == NOON
    assert plain["invoice"]["subtotal"] == "480.00"
    assert plain["invoice"]["items"][0]["jobItem"] == {"usedOn": NOON - 86_400}
    assert "paid" not in plain["invoice"]
    assert "cost" not in plain["invoice"]["items"][0]["jobItem"]
    assert plain["job"]["sales"] == {"name": "Jo Park"}


def test_paths_that_come_from_elsewhere_are_believed_only_as_text() -> None:
    source = parse_source(an_invoice() | {"unreadable": ["invoice.x", 5, "a\nb"]}, a_job())

    assert source.unreadable == ("invoice.x",)
