from typing import Any

import pytest

from invoicesync.domain.document import Customer, Document, Reference
from invoicesync.domain.source import Source, parse_source
from invoicesync.domain.transform import transform
from tests.unit.domain.invoices import (
    ADDRESS,
    OFFICE,
    a_job,
    a_mapping,
    a_source,
    an_invoice,
)

COMPANY = {"id": 7, "name": "Acme: Foods", "externalIds": []}
PLACE = {"id": 15, "name": "Store\t3", "refNumber": "L-3", "address": ADDRESS, "taxable": True}
MAPPED = Reference(name="Keystone Foods, Inc.")


def document(source: Source, **mapping: Any) -> Document:
    made = transform(source, a_mapping(**mapping))

    assert made.problems == ()
    assert made.document is not None
    return made.document


def billed(source: Source, **customers: Any) -> Customer:
    return document(source, customers=customers).customer


def problem(source: Source, **mapping: Any) -> tuple[str, str, str]:
    (only,) = transform(source, a_mapping(**mapping)).problems
    return only.code.value, only.detail, only.where


def test_a_customer_is_found_by_its_mapped_name() -> None:
    assert billed(a_source()) == Customer(MAPPED, taxable=True)


def test_a_customer_that_is_not_mapped_keeps_its_name() -> None:
    assert billed(a_source(customer=COMPANY)).reference == Reference(name="Acme: Foods")


def test_an_external_id_counts_together_with_the_name_that_it_must_bear() -> None:
    customer = COMPANY | {"externalIds": {"quickbooks": "412"}}

    assert billed(a_source(customer=customer)).reference == Reference(name="Acme: Foods", id="412")
    nameless = {"externalIds": {"quickbooks": "412"}}
    assert billed(a_source(customer=nameless)).reference == Reference(id="412")


@pytest.mark.parametrize("customer", [None, {}, {"id": 7, "name": " "}])
def test_an_invoice_without_a_customer_is_held(customer: Any) -> None:
    assert problem(a_source(customer=customer))[:2] == (
        "customer_missing",
        "the invoice names no customer",
    )


def test_missing_customers_are_made_only_where_that_is_set() -> None:
    assert billed(a_source()).may_create is False
    assert billed(a_source(), create_missing=True).may_create is True


def test_at_the_level_of_locations_a_sub_customer_is_billed() -> None:
    customer = billed(a_source(), level="location")

    assert customer.reference == Reference(name="Keystone Foods - Store 3 (L-3)")
    assert customer.parent == MAPPED


def test_the_name_of_a_sub_customer_holds_nothing_that_quickbooks_refuses() -> None:
    customer = billed(a_source(customer=COMPANY, location=PLACE), level="location")

    assert customer.reference == Reference(name="Acme Foods - Store 3 (L-3)")
    assert customer.parent == Reference(name="Acme: Foods")


def test_a_location_without_a_reference_has_no_brackets() -> None:
    customer = billed(a_source(location=PLACE | {"refNumber": ""}), level="location")

    assert customer.reference == Reference(name="Keystone Foods - Store 3")


def test_a_location_with_an_external_id_is_that_sub_customer() -> None:
    place = PLACE | {"externalIds": {"quickbooks": "413"}}

    assert billed(a_source(location=place), level="location").reference == Reference(id="413")
    by_job = billed(a_source(location=place), level="job")
    assert by_job.reference == Reference(name="Keystone Foods - Store 3 (Job 9001)")


def test_at_the_level_of_jobs_each_job_is_a_sub_customer() -> None:
    unnumbered = a_source(job=a_job(number=None))

    assert billed(a_source(), level="job").reference == Reference(
        name="Keystone Foods - Store 3 (Job 9001)"
    )
    assert billed(unnumbered, level="job").reference == Reference(
        name="Keystone Foods - Store 3 (Job 50)"
    )


def test_without_a_job_the_company_is_billed() -> None:
    jobless = parse_source(an_invoice(job=None), None)

    assert billed(jobless, level="job") == Customer(MAPPED, taxable=True)


def test_a_level_can_be_a_single_customers() -> None:
    source = a_source()

    assert billed(source, levels={"keystone foods": "location"}).parent == MAPPED
    assert billed(source, level="location", levels={"Keystone Foods": "company"}).parent is None


@pytest.mark.parametrize("where", ["invoice", "job"])
def test_a_location_of_another_company_gets_no_sub_customer(where: str) -> None:
    owned = {"company": {"id": 8}}
    if where == "invoice":
        source = a_source(location=PLACE | owned)
    else:
        source = a_source(job=a_job(location={"id": 15, **owned}))

    assert billed(source, level="location").parent is None


def test_a_location_of_the_company_itself_gets_one() -> None:
    source = a_source(location=PLACE | {"company": {"id": 7}})

    assert billed(source, level="location").parent == MAPPED


def test_a_location_without_a_name_gets_no_sub_customer() -> None:
    source = a_source(location=PLACE | {"name": ""})

    assert billed(source, level="location").parent is None


def test_a_long_name_is_cut_to_what_quickbooks_takes() -> None:
    name = billed(a_source(location=PLACE | {"name": "x" * 600}), level="location").reference.name

    assert name is not None
    assert len(name) == 500


def test_a_missing_service_address_is_never_replaced() -> None:
    place = PLACE | {"address": None}
    default = {"default": _postal()}

    assert problem(a_source(location=place), ship_from=default) == (
        "address_missing",
        "there is no address",
        "service location Store 3",
    )
    assert problem(a_source(location=None))[0] == "address_missing"


def _postal() -> dict[str, str]:
    return {"street": "2 Way", "city": "Erie", "state": "PA", "postal_code": "16501"}


def test_an_incomplete_address_is_told_by_what_it_lacks() -> None:
    address = ADDRESS | {"street": "", "postalCode": None}

    assert problem(a_source(location=PLACE | {"address": address}))[1:] == (
        "the address lacks street, postal code",
        "service location Store 3",
    )
    city = ADDRESS | {"city": ""}
    assert problem(a_source(location=PLACE | {"address": city}))[1] == "the address lacks city"
    state = ADDRESS | {"state": None}
    assert problem(a_source(location=PLACE | {"address": state}))[1] == "the address lacks state"


@pytest.mark.parametrize("address", [None, OFFICE | {"city": ""}])
def test_an_office_without_an_address_is_held_unless_the_mapping_has_one(address: Any) -> None:
    source = a_source(assignedOffice={"id": 2, "name": "Pittsburgh", "address": address})

    assert problem(source)[::2] == ("address_missing", "office Pittsburgh")
    by_office = document(source, ship_from={"by_office": {"pittsburgh": _postal()}})
    assert by_office.ship_from is not None
    assert by_office.ship_from.city == "Erie"
    assert document(source, ship_from={"default": _postal()}).ship_from == by_office.ship_from


def test_without_an_office_the_default_address_is_taken() -> None:
    source = a_source(assignedOffice=None)
    settings = {"departments": {"required": False}}

    assert problem(source, **settings)[::2] == ("address_missing", "office")
    made = document(source, **settings, ship_from={"default": _postal()})
    assert made.ship_from is not None


def test_where_servicetrade_computes_the_tax_the_offices_address_may_be_missing() -> None:
    source = a_source(assignedOffice={"id": 2, "name": "Pittsburgh"})

    assert document(source, tax={"authority": "servicetrade"}).ship_from is None
