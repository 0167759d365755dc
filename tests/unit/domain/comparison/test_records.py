"""How both sides' invoices become records."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.domain.comparison import Absence, books_record, source_record
from tests.unit.domain.invoices import a_job, a_mapping, a_source

MAPPING = a_mapping()


def an_entity(**changes: Any) -> dict[str, Any]:
    entity = {
        "Id": "145",
        "DocNumber": "10482",
        "TxnDate": "2026-12-02",
        "CustomerRef": {"value": "7", "name": "Keystone Foods, Inc."},
        "DepartmentRef": {"value": "2", "name": "West"},
        "TotalAmt": Decimal("513.6"),
        "Balance": 200,
        "TxnTaxDetail": {"TotalTax": Decimal("33.60")},
        "PrivateNote": "Job 9001\n[st:2100000000000101.1]",
        "MetaData": {
            "CreateTime": "2026-12-02T12:00:00-08:00",
            "LastUpdatedTime": "2026-12-02T20:00:01Z",
        },
    }
    return entity | changes


def test_an_invoice_of_servicetrade_is_kept_as_the_mapping_would_send_it() -> None:
    record = source_record(a_source(), MAPPING)

    assert (record.id, record.number) == (2_100_000_000_000_101, "10482")
    assert record.customer.name == "Keystone Foods, Inc."
    assert (record.dated, record.department) == (date(2026, 12, 2), "West")
    assert (record.total, record.tax) == (51_360, 3_360)
    assert (record.absence, record.why, record.is_expected) == (None, "", True)


def test_an_invoice_of_quickbooks_is_kept_in_cents_and_seconds() -> None:
    record = books_record(an_entity())

    assert record is not None
    assert (record.id, record.number, record.dated) == ("145", "10482", date(2026, 12, 2))
    assert (record.total, record.tax, record.balance) == (51_360, 3_360, 20_000)
    assert (record.department, record.mark) == ("West", (2_100_000_000_000_101, 1))
    assert record.updated == record.created + 1
    assert record.is_ours
    assert not record.is_void


def test_both_records_of_one_invoice_name_the_same_customer() -> None:
    ours, theirs = source_record(a_source(), MAPPING), books_record(an_entity())

    assert theirs is not None
    assert ours.customer.is_same_as(theirs.customer)


def test_a_sub_customer_is_known_with_its_parent() -> None:
    mapping = a_mapping(customers={"level": "location"})

    record = source_record(a_source(), mapping)

    assert record.customer.name == "Keystone Foods, Inc.:Keystone Foods - Store 3 (L-3)"


def test_a_customer_is_known_by_the_id_that_servicetrade_has_of_quickbooks() -> None:
    source = a_source(customer={"id": 7, "name": "K. F.", "externalIds": {"quickbooks": "7"}})
    theirs = books_record(an_entity())

    assert theirs is not None
    assert source_record(source, MAPPING).customer.is_same_as(theirs.customer)


@pytest.mark.parametrize(
    ("source", "absence", "why"),
    [
        (a_source(status="void"), Absence.VOID, "void"),
        (a_source(type="vendorbill"), Absence.NOT_AN_INVOICE, "vendor_bill"),
        (a_source(transactionDate=1_790_000_000), Absence.BEFORE_GO_LIVE, "before_go_live"),
        (a_source(tags=[{"name": "do-not-sync"}]), Absence.EXCLUDED, "excluded_tag"),
        (a_source(status="ok"), Absence.WAITING, "status_not_listed"),
        (a_source(job=a_job(status="scheduled")), Absence.WAITING, "job_open"),
        (
            a_source(subtotal=0, taxAmount=0, totalPrice=0, items=[]),
            Absence.ZERO,
            "zero_total",
        ),
    ],
)
def test_dispatch_says_what_is_not_to_be_there(source: Any, absence: Absence, why: str) -> None:
    record = source_record(source, MAPPING)

    assert (record.absence, record.why, record.is_expected) == (absence, why, False)


def test_tags_that_an_invoice_needs_keep_others_out() -> None:
    mapping = a_mapping(dispatch={"include_tags": ["sync"]})

    assert source_record(a_source(), mapping).absence is Absence.EXCLUDED


def test_what_would_hold_an_invoice_is_named_where_the_mapping_was_made_for_it() -> None:
    source = a_source(assignedOffice=None)

    assert source_record(source, MAPPING).obstacle == "unmapped_department"
    assert source_record(source, MAPPING, names_obstacles=False).obstacle == ""


def test_what_cannot_be_read_is_nothing() -> None:
    bare = books_record({"Id": "1", "TxnDate": "soon", "CustomerRef": [], "TotalAmt": "x"})

    assert bare is not None
    assert (bare.number, bare.dated, bare.total, bare.created) == ("", None, 0, 0)
    assert (bare.customer.keys, bare.mark) == (frozenset(), None)
    assert books_record({"DocNumber": "1"}) is None
    assert books_record({"Id": ""}) is None


def test_a_voided_invoice_is_known_by_its_note() -> None:
    record = books_record(an_entity(TotalAmt=0, PrivateNote="Voided - Job 9001"))

    assert record is not None
    assert record.is_void
