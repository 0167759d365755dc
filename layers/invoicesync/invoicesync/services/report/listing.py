"""The CSV: every line of every table of the report, the bridge first.

A spreadsheet takes a cell that begins with = and the like for a formula, which may send data away
from the machine of whoever opens it. An apostrophe before it keeps it text; every cell is quoted,
so that no other separator can begin a cell of its own. Amounts are our own numbers and stay so.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from invoicesync.domain.bridge import Bridge, Sum
from invoicesync.domain.money import fixed
from invoicesync.services.report.model import WORDS, Cell, Table

_DANGEROUS = (
    *("=", "+", "-", "@", "\t", "\r", "\n"),
    # Some programs take their wide forms for the same.
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)


def write_csv(bridge: Bridge, tables: Iterable[Table], facts: Mapping[str, str]) -> bytes:
    """Write the listing, with the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    for row in (*_bridge(bridge), *_facts(facts), *_tables(tables)):
        writer.writerow([guarded(cell) for cell in row])
    return text.getvalue().encode("utf-8-sig")


def digest(content: bytes) -> str:
    """Return the SHA-256 by which a listing is known to be the one that the page is about."""
    return hashlib.sha256(content).hexdigest()


def guarded(cell: Cell) -> str:
    """Write a cell so that no spreadsheet takes it for a formula."""
    if isinstance(cell, Decimal):
        return fixed(cell)
    if isinstance(cell, int):
        return str(cell)
    bare = cell.lstrip("'")
    is_dangerous = bare.startswith(_DANGEROUS) or bare.lstrip().startswith(_DANGEROUS)
    return f"'{cell}" if is_dangerous else cell


def _bridge(bridge: Bridge) -> Iterator[tuple[Cell, ...]]:
    yield "bridge", "step", "invoices", "amount"

    def line(name: str, sum_: Sum) -> tuple[Cell, ...]:
        return "bridge", name, sum_.count, sum_.amount

    yield line("ServiceTrade invoices dated in the period", bridge.source)
    for row in bridge.decided:
        yield line(WORDS[row.cause].label, row.change)
    yield line("expected in QuickBooks", bridge.expected)
    for row in bridge.differences:
        yield line(WORDS[row.cause].label, row.change)
    yield line("in QuickBooks, ours", bridge.actual)
    yield line("unexplained", bridge.unexplained)
    yield line("QuickBooks invoices not made by us", bridge.others)
    yield line("sales in QuickBooks", bridge.sales)
    if bridge.reported is not None:
        yield line("sales in QuickBooks' own report", bridge.reported)


def _facts(facts: Mapping[str, str]) -> Iterator[tuple[Cell, ...]]:
    yield ()
    yield "figures", "figure", "value"
    for name, value in facts.items():
        yield "figures", name, value


def _tables(tables: Iterable[Table]) -> Iterator[tuple[Cell, ...]]:
    for table in tables:
        yield ()
        yield ("part", *(column.title for column in table.columns))
        for row in table.rows:
            yield (table.name, *row)
