"""What an invoice asks for, as one short text: equal for two looks that ask for the same."""

import hashlib
import json
from collections.abc import Sequence
from operator import attrgetter

from invoicesync.domain.money import fixed
from invoicesync.domain.source import Source, SourceLocation

VERSION = 1
"""Raised with every change of `FIELDS`; a test holds the two together."""

# Names of parties and places are left out: a rename is no edit of the invoice. So are status and
# times of change. The payment terms and the salesperson have no other identity here than a name.
FIELDS = {
    "invoice": (
        *("id", "currency", "transaction_date", "due_date", "subtotal", "tax_amount"),
        *("total_price", "payment_terms", "customer_po", "notes"),
    ),
    "party": ("id", "quickbooks_id"),
    "location": ("id", "quickbooks_id", "taxable", "company_id"),
    "address": ("street", "city", "state", "postal_code"),
    "item": (
        *("id", "description", "quantity", "price", "subtotal", "tax_rate", "tax_amount"),
        *("order_index", "used_on"),
    ),
    "library_item": ("id", "quickbooks_id", "code", "type"),
    "service_line": ("id",),
    "tax_group": ("id", "code"),
    "job": ("id", "number", "ref_number", "completed_on", "customer_po", "sales"),
}


def fingerprint(source: Source, *, written_number: str | None = None) -> str:
    """Compute ``version:sha256`` of what we map.

    ``written_number`` is the number that we wrote back to ServiceTrade: there it may come back in
    another field or case, and that is no edit.
    """
    invoice, job = source.invoice, source.job
    number = invoice.number or invoice.ref_number
    if written_number is not None and number.casefold() == written_number.strip().casefold():
        number = written_number.strip()
    parts = [
        number,
        *_values("invoice", invoice),
        *_values("party", invoice.customer),
        *_place(invoice.location),
        *_place(invoice.assigned_office),
        None if invoice.job is None else invoice.job.id,
        *_values("job", job),
        [
            [
                *_values("item", item),
                *_values("library_item", item.library_item),
                *_values("service_line", item.service_line),
                *_values("tax_group", item.tax_group),
            ]
            for item in invoice.items
        ],
        list(source.unreadable),
    ]
    return f"{VERSION}:{hashlib.sha256(_ENCODE(parts).encode()).hexdigest()}"


_ENCODE = json.JSONEncoder(separators=(",", ":"), default=fixed, ensure_ascii=False).encode
_READ = {kind: attrgetter(*names) if len(names) > 1 else None for kind, names in FIELDS.items()}


def _values(kind: str, row: object) -> Sequence[object]:
    if row is None:
        return [None] * len(FIELDS[kind])
    read = _READ[kind]
    return [getattr(row, FIELDS[kind][0])] if read is None else read(row)


def _place(location: SourceLocation | None) -> list[object]:
    address = None if location is None else location.address
    return [*_values("location", location), *_values("address", address)]
