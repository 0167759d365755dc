"""Read a record of QuickBooks' side from an invoice as its API shows it."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from invoicesync.domain.comparison.records import BooksRecord, party
from invoicesync.domain.echo import is_voided
from invoicesync.domain.ids import QuickBooksId
from invoicesync.domain.money import parse, to_cents
from invoicesync.domain.rendering import read_marker


def books_record(invoice: Mapping[str, Any]) -> BooksRecord | None:
    """Make the record of an invoice; None where it has no Id to know it by."""
    id_ = invoice.get("Id")
    if not isinstance(id_, str) or not id_:
        return None
    name, customer_id = _reference(invoice, "CustomerRef")
    department, _ = _reference(invoice, "DepartmentRef")
    times = _object(invoice, "MetaData")
    return BooksRecord(
        id=QuickBooksId(id_),
        number=_text(invoice, "DocNumber"),
        customer=party(tuple(name.split(":")), (customer_id,)),
        dated=_day(_text(invoice, "TxnDate")),
        total=_cents(invoice, "TotalAmt"),
        tax=_cents(_object(invoice, "TxnTaxDetail"), "TotalTax"),
        balance=_cents(invoice, "Balance"),
        department=department,
        mark=read_marker(invoice.get("PrivateNote")),
        is_void=is_voided(invoice),
        created=_second(_text(times, "CreateTime")),
        updated=_second(_text(times, "LastUpdatedTime")),
    )


def _object(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _reference(row: Mapping[str, Any], name: str) -> tuple[str, str]:
    reference = _object(row, name)
    return _text(reference, "name"), _text(reference, "value")


def _cents(row: Mapping[str, Any], name: str) -> int:
    return to_cents(parse(row.get(name)))


@lru_cache(maxsize=10_000)
def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _second(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return 0
