"""What ServiceTrade said about one invoice and its job: the fields that we map, and no others.

The vocabulary is ServiceTrade's: `invoiceNumber`, `libItem`, `assignedOffice`; times are Unix
seconds. Money has two places, quantities, prices and rates at most seven.
"""

# ruff: noqa: RUF009 - `at` declares a field, as dataclasses.field does; it is no default.

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.wire import (
    DATE,
    FLAG,
    FLAG_OR_FALSE,
    IDENTITY,
    IDENTITY_OR_ZERO,
    MONEY,
    NAMES,
    NUMBER,
    TEXT,
    TIME,
    Shape,
    at,
    listed,
    nested,
)


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """A postal address, as far as it was filled in."""

    street: str = at("street", TEXT)
    city: str = at("city", TEXT)
    state: str = at("state", TEXT)
    postal_code: str = at("postalCode", TEXT)


@dataclass(frozen=True, slots=True)
class SourceCompany:
    """A customer or a vendor."""

    id: ServiceTradeId | None = at("id", IDENTITY)
    name: str = at("name", TEXT)
    status: str = at("status", TEXT)
    quickbooks_id: str = at("externalIds.quickbooks", TEXT)


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """Where the work was done, or an office. ``company_id`` is its owner, where that is shown."""

    id: ServiceTradeId | None = at("id", IDENTITY)
    name: str = at("name", TEXT)
    ref_number: str = at("refNumber", TEXT)
    address: SourceAddress | None = at("address", nested(Shape(SourceAddress)))
    taxable: bool | None = at("taxable", FLAG)
    company_id: ServiceTradeId | None = at("company.id", IDENTITY)
    quickbooks_id: str = at("externalIds.quickbooks", TEXT)


_COMPANY = Shape(SourceCompany)
_LOCATION = Shape(SourceLocation)


@dataclass(frozen=True, slots=True)
class SourceJobStub:
    """What an invoice shows of its job; the status is not there."""

    id: ServiceTradeId | None = at("id", IDENTITY)
    number: str = at("number", TEXT)


_JOB_STUB = Shape(SourceJobStub)


@dataclass(frozen=True, slots=True)
class SourceNamed:
    """A price-book item, service line or tax group."""

    id: ServiceTradeId | None = at("id", IDENTITY)
    name: str = at("name", TEXT)
    code: str = at("code", TEXT)
    type: str = at("type", TEXT)
    quickbooks_id: str = at("externalIds.quickbooks", TEXT)


_NAMED = Shape(SourceNamed)


@dataclass(frozen=True, slots=True)
class SourceItem:
    """One line of an invoice. Money has two places; quantity, price and rate at most seven."""

    id: ServiceTradeId | None = at("id", IDENTITY)
    description: str = at("description", TEXT)
    quantity: Decimal | None = at("quantity", NUMBER)
    price: Decimal | None = at("price", NUMBER)
    subtotal: Decimal | None = at("subtotal", MONEY)
    tax_rate: Decimal | None = at("taxRate", NUMBER)
    tax_amount: Decimal | None = at("taxAmount", MONEY)
    total_price: Decimal | None = at("totalPrice", MONEY)
    order_index: Decimal | None = at("orderIndex", NUMBER)
    tax_group: SourceNamed | None = at("taxGroup", nested(_NAMED))
    library_item: SourceNamed | None = at("libItem", nested(_NAMED))
    service_line: SourceNamed | None = at("serviceLine", nested(_NAMED))
    used_on: int | None = at("jobItem.usedOn", DATE)


@dataclass(frozen=True, slots=True)
class SourceInvoice:
    """An invoice. ``id`` is 0 where none could be read; times are Unix seconds."""

    id: ServiceTradeId = at("id", IDENTITY_OR_ZERO, required=True)
    number: str = at("invoiceNumber", TEXT)
    ref_number: str = at("refNumber", TEXT)
    name: str = at("name", TEXT)
    type: str = at("type", TEXT, required=True)
    status: str = at("status", TEXT, required=True)
    substatus: str = at("substatus", TEXT)
    currency: str = at("currency", TEXT)
    partial: bool = at("partial", FLAG_OR_FALSE)
    transaction_date: int | None = at("transactionDate", DATE)
    due_date: int | None = at("dueDate", DATE)
    created: int | None = at("created", TIME)
    updated: int | None = at("updated", TIME, required=True)
    subtotal: Decimal | None = at("subtotal", MONEY, required=True)
    tax_amount: Decimal | None = at("taxAmount", MONEY)
    total_price: Decimal | None = at("totalPrice", MONEY, required=True)
    customer: SourceCompany | None = at("customer", nested(_COMPANY))
    vendor: SourceCompany | None = at("vendor", nested(_COMPANY))
    location: SourceLocation | None = at("location", nested(_LOCATION))
    job: SourceJobStub | None = at("job", nested(_JOB_STUB))
    assigned_office: SourceLocation | None = at("assignedOffice", nested(_LOCATION))
    payment_terms: str = at("paymentTerms.name", TEXT)
    customer_po: str = at("customerPo", TEXT)
    notes: str = at("notes", TEXT)
    tags: tuple[str, ...] = at("tags", NAMES)
    items: tuple[SourceItem, ...] = at("items", listed(Shape(SourceItem)))


@dataclass(frozen=True, slots=True)
class SourceJob:
    """The job behind an invoice."""

    id: ServiceTradeId | None = at("id", IDENTITY, required=True)
    number: str = at("number", TEXT)
    ref_number: str = at("refNumber", TEXT)
    name: str = at("name", TEXT)
    type: str = at("type", TEXT)
    status: str = at("status", TEXT, required=True)
    completed_on: int | None = at("completedOn", DATE)
    customer_po: str = at("customerPo", TEXT)
    customer: SourceCompany | None = at("customer", nested(_COMPANY))
    location: SourceLocation | None = at("location", nested(_LOCATION))
    sales: str = at("sales.name", TEXT)


_INVOICE = Shape(SourceInvoice)
_JOB = Shape(SourceJob)


@dataclass(frozen=True, slots=True)
class Source:
    """An invoice with its job, and the paths of what stood there and could not be read."""

    invoice: SourceInvoice
    job: SourceJob | None = None
    unreadable: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        """Write for the queue with ServiceTrade's names; `parse_source` reads it back equal."""
        invoice = _INVOICE.plain(self.invoice)
        if self.unreadable:
            invoice["unreadable"] = list(self.unreadable)
        return {
            "invoice": invoice,
            "job": None if self.job is None else _JOB.plain(self.job),
        }


def parse_source(invoice: Mapping[str, Any], job: Mapping[str, Any] | None) -> Source:
    """Read whatever JSON came; never raises.

    What cannot be read is left empty, and its path goes into ``unreadable``.
    """
    known: list[str] = []
    row: object = invoice
    if isinstance(row, Mapping):
        known.extend(_declared(row.get("unreadable")))
    else:
        known.append("invoice")
        row = {}
    read_invoice: SourceInvoice = _INVOICE.read(row, "invoice", known)
    return with_job(Source(read_invoice, None, tuple(dict.fromkeys(known))), job)


def with_job(source: Source, job: Mapping[str, Any] | None) -> Source:
    """Read the job behind an invoice that was read already; never raises."""
    if job is None:
        return source
    known = list(source.unreadable)
    read_job: SourceJob | None = None
    if isinstance(job, Mapping):
        read_job = _JOB.read(job, "job", known)
    else:
        known.append("job")
    return Source(source.invoice, read_job, tuple(dict.fromkeys(known)))


def read_job_id(job: object) -> ServiceTradeId | None:
    """Read the id of a job and nothing else of it; None where it has none that can be read."""
    read: SourceJobStub | None = (
        _JOB_STUB.read(job, "job", []) if isinstance(job, Mapping) else None
    )
    return None if read is None else read.id


def _declared(paths: object) -> list[str]:
    """Take the paths that `Source.plain` wrote down."""
    rows = paths if isinstance(paths, list) else []
    return [path for path in rows if isinstance(path, str) and path.isprintable()]
