"""The rules of invoices: what they take over from their job, how they add up."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sandbox.servicetrade.options import Options
from sandbox.servicetrade.rows import find_or_add, prime_contractor, tag_ids
from sandbox.servicetrade.store import Row, Store
from sandbox.servicetrade.wire import cents, decimal_of, seconds_on_the_wire

TOTALS = ("subtotal", "taxAmount", "totalPrice")

_DEFAULTS: Row = {
    "type": "invoice",
    "status": "ok",
    "substatus": None,
    "paid": False,
    "sent": False,
    "partial": False,
    "customerPo": "",
    "notes": "",
    "visibility": [],
    "tags": [],
    "dueDate": None,
    "terms": None,
    "totalPaidAmount": None,
    "items": [],
    "assignedUserId": None,
    "invoiceRecurrenceId": None,
    "paymentTermsId": None,
}

# What an invoice takes from its job unless told otherwise, and where the job keeps it.
_FROM_JOB = {
    "customerId": "customerId",
    "vendorId": "vendorId",
    "locationId": "locationId",
    "assignedOfficeId": "assignedOfficeId",
    "contractId": "contractId",
    "customerPo": "customerPo",
    "name": "name",
}


def complete_invoice(values: Mapping[str, Any], *, store: Store, options: Options, now: int) -> Row:
    """Return the row of a new invoice."""
    job = store.get("job", values.get("jobId")) or {}
    row: Row = {"kind": "invoice", "jobId": None, **_DEFAULTS}
    row |= {key: job.get(column) for key, column in _FROM_JOB.items()}
    row["vendorId"] = row["vendorId"] or prime_contractor(store)
    row["customerPo"] = row["customerPo"] or ""
    row["transactionDate"] = seconds_on_the_wire(now, options)
    row["refNumber"] = str(10_000 + store.count("invoice") + 1)
    changes = dict(values)
    if changes.get("locationId") is not None and "customerId" not in changes and not job:
        location = store.get("location", changes["locationId"]) or {}
        row["customerId"] = location.get("companyId")
    row = revised(row, changes, store=store, options=options)
    row["name"] = row["name"] or f"Invoice {row['refNumber']}"
    row.setdefault("invoiceNumber", row["refNumber"])
    return row


def revised(row: Row, changes: Mapping[str, Any], *, store: Store, options: Options) -> Row:
    """Return ``row`` with ``changes``; totals follow the lines unless they are given."""
    new = {**row, **changes}
    for key, kind in (("paymentTerms", "paymentterms"), ("contract", "contract")):
        if isinstance(new.get(key), str):
            new[f"{key}Id"] = find_or_add(kind, new.pop(key), store)
    if "tags" in changes:
        new["tags"] = tag_ids(changes["tags"], store)
    for key in ("transactionDate", "dueDate"):
        if key in changes:
            new[key] = seconds_on_the_wire(changes[key], options)
    if new["totalPaidAmount"] is not None:
        new["totalPaidAmount"] = decimal_of(new["totalPaidAmount"])
    if "items" in changes or "subtotal" not in row:
        new["items"] = [
            complete_item(item, position, store=store)
            for position, item in enumerate(changes.get("items", new["items"]))
        ]
        new |= {key: sum((item[key] for item in new["items"]), Decimal()) for key in TOTALS}
    new |= {key: decimal_of(changes[key]) for key in TOTALS if key in changes}
    return new


def complete_item(item: Mapping[str, Any], position: int, *, store: Store) -> Row:
    """Return the row of a line; its amounts follow from quantity, price and rate unless given."""
    line: Row = {
        "id": item.get("id") or store.new_id(),
        "description": item.get("description", ""),
        "orderIndex": item.get("orderIndex", position),
        "quantity": decimal_of(item.get("quantity", 1)),
        "price": decimal_of(item.get("price", 0)),
        "serviceRequest": item.get("serviceRequest"),
        "jobItem": _inline_job_item(item.get("jobItem"), store),
    }
    for key, kind in (
        ("libItem", "libitem"),
        ("serviceLine", "serviceline"),
        ("taxGroup", "taxgroup"),
    ):
        named = item.get(key)
        found = None if named is None else find_or_add(kind, named, store)
        line[f"{key}Id"] = item.get(f"{key}Id", found)
    tax_group = store.get("taxgroup", line["taxGroupId"]) or {}
    rate = item.get("taxRate", tax_group.get("rate"))
    line["taxRate"] = None if rate is None else decimal_of(rate)
    line["subtotal"] = decimal_of(item.get("subtotal", cents(line["quantity"] * line["price"])))
    tax = cents(line["subtotal"] * (line["taxRate"] or 0) / 100)
    line["taxAmount"] = decimal_of(item.get("taxAmount", tax))
    line["totalPrice"] = decimal_of(item.get("totalPrice", line["subtotal"] + line["taxAmount"]))
    return line


def _inline_job_item(job_item: Mapping[str, Any] | None, store: Store) -> Row | None:
    if job_item is None:
        return None
    return {
        "id": job_item.get("id") or store.new_id(),
        "uri": job_item.get("uri", ""),
        "description": job_item.get("description", ""),
        "cost": decimal_of(job_item.get("cost", 0)),
        "usedOn": job_item.get("usedOn"),
    }
