"""QuickBooks' own list of some days' invoices, as far as it can be added up."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from invoicesync.domain.bridge import Sum
from invoicesync.domain.money import parse, total

AMOUNT = "Amount"


def read_sales(report: Mapping[str, Any]) -> Sum | None:
    """Add up a `TransactionList` of invoices; None where it is not in the form that we know.

    Those of no amount are not counted: voided ones stand there like any other.
    """
    columns = _listed(report, "Columns", "Column")
    titles = [column.get("ColTitle") for column in columns]
    if AMOUNT not in titles:
        return None
    at = titles.index(AMOUNT)
    amounts = [_amount(row, at) for row in _data(_listed(report, "Rows", "Row"))]
    known = [amount for amount in amounts if amount is not None]
    if len(known) < len(amounts):
        return None
    return Sum(len([amount for amount in known if amount]), total(known))


def _data(rows: list[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield the rows that are invoices; sections hold rows of their own."""
    for row in rows:
        if "ColData" in row:
            yield row
        else:
            yield from _data(_listed(row, "Rows", "Row"))


def _amount(row: Mapping[str, Any], at: int) -> Decimal | None:
    cells = row["ColData"]
    cell = cells[at] if isinstance(cells, list) and len(cells) > at else None
    return parse(cell.get("value")) if isinstance(cell, Mapping) else None


def _listed(part: Mapping[str, Any], outer: str, inner: str) -> list[Mapping[str, Any]]:
    held = part.get(outer)
    rows = held.get(inner) if isinstance(held, Mapping) else None
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
