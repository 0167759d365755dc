"""Whom a document bills, and the addresses that its tax goes by."""

import re

from invoicesync.domain.document import Address, Customer, Reference
from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_settings import PostalAddress
from invoicesync.domain.mapping_values import key
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.source import Source, SourceCompany, SourceJob, SourceLocation
from invoicesync.domain.texts import cut, one_line
from invoicesync.domain.transform_tax import taxable

_LONGEST_NAME = 500
# QuickBooks builds the names of sub-customers with colons and allows none within.
_NOT_IN_NAMES = re.compile("[:\t\n]+")


def transform_customer(source: Source, mapping: Mapping) -> tuple[Customer, Problem | None]:
    """Find the customer, or the sub-customer where the mapping's level asks for one."""
    invoice, settings = source.invoice, mapping.customers
    company = invoice.customer
    if company is None or not (company.name or company.quickbooks_id):
        return Customer(Reference()), Problem(
            ProblemCode.CUSTOMER_MISSING, "the invoice names no customer"
        )
    name = settings.names_by_key.get(key(company.name), company.name)
    billed = Reference(name=name or None, id=company.quickbooks_id or None)
    sub_customer = _sub_customer(company, source, mapping)
    return (
        Customer(
            reference=sub_customer or billed,
            parent=billed if sub_customer else None,
            may_create=settings.create_missing,
            taxable=taxable(invoice),
        ),
        None,
    )


def _sub_customer(company: SourceCompany, source: Source, mapping: Mapping) -> Reference | None:
    location, job, settings = source.invoice.location, source.job, mapping.customers
    level = settings.levels_by_key.get(key(company.name), settings.level)
    if level == "company" or location is None or not location.name:
        return None
    if _is_of_another(company, location, job):
        return None
    ref = location.ref_number
    if level == "job":
        if job is None:
            return None
        ref = f"Job {job.number or job.id}"
    elif location.quickbooks_id:
        return Reference(id=location.quickbooks_id)
    name = f"{company.name} - {location.name}" + (f" ({ref})" if ref else "")
    return Reference(name=cut(one_line(_NOT_IN_NAMES.sub(" ", name)), _LONGEST_NAME))


def _is_of_another(company: SourceCompany, location: SourceLocation, job: SourceJob | None) -> bool:
    """Say whether the service location is known to belong to somebody else than is billed."""
    owner = location.company_id
    if owner is None and job is not None and job.location is not None:
        owner = job.location.company_id
    return None not in {owner, company.id} and owner != company.id


def ship_to(source: Source) -> tuple[Address | None, Problem | None]:
    """Take the service location's address, and never another one in its place."""
    location = source.invoice.location
    return _complete(location, "service location")


def ship_from(source: Source, mapping: Mapping) -> tuple[Address | None, Problem | None]:
    """Take the office's address, else what the mapping gives for it."""
    office = source.invoice.assigned_office
    mapped = mapping.ship_from.by_key.get(key(office.name)) if office else None
    mapped = mapped or mapping.ship_from.default
    found, problem = _complete(office, "office")
    if found is None and mapped is not None:
        return postal(mapped), None
    # With ServiceTrade's tax in force the origin decides nothing.
    return found, None if mapping.tax.authority == "servicetrade" else problem


def postal(address: PostalAddress) -> Address:
    """Make a document's address of a mapped one."""
    return Address(address.street, address.city, address.state, address.postal_code)


def _complete(place: SourceLocation | None, kind: str) -> tuple[Address | None, Problem | None]:
    whose = one_line(f"{kind} {place.name if place else ''}")
    address = place.address if place else None
    if address is None:
        return None, Problem(ProblemCode.ADDRESS_MISSING, "there is no address", whose)
    parts = {
        "street": address.street,
        "city": address.city,
        "state": address.state,
        "postal code": address.postal_code,
    }
    lacking = [what for what, part in parts.items() if not part]
    if lacking:
        return None, Problem(
            ProblemCode.ADDRESS_MISSING, f"the address lacks {', '.join(lacking)}", whose
        )
    return Address(*parts.values()), None
