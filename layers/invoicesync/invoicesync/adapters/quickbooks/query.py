"""Write statements of QuickBooks' query language so that a value stays a value.

Only names from this code reach a statement as they are, and those are checked; everything that
came from outside is a quoted literal.
"""

import re
from collections.abc import Sequence

from invoicesync.ports.books import Comparison

PAGE_SIZE = 1000
"""What one SELECT returns at most; more is cut to this by the service."""

_ENTITY = re.compile(r"[A-Z][A-Za-z]*")
_FIELD = re.compile(r"[A-Za-z]+(\.[A-Za-z]+)*")
_ORDER = re.compile(r"[A-Za-z]+(\.[A-Za-z]+)*( (ASC|DESC))?")
_OPERATORS = frozenset({"=", "<", ">", "<=", ">=", "LIKE"})
_BOOLEANS = frozenset({"true", "false"})
_LITERAL = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_TELLS_NOTHING = re.compile(r"[\d.:TZ+-]*")


def select(
    entity: str,
    where: Sequence[Comparison],
    *,
    order_by: str,
    start: int,
    limit: int,
) -> str:
    """Write one SELECT; raise `ValueError` for a name, operator or page that cannot be one."""
    if not _ENTITY.fullmatch(entity):
        raise ValueError(f"{entity!r} is no entity name, such as Invoice")
    if not _ORDER.fullmatch(order_by):
        raise ValueError(f"{order_by!r} is no order, such as Id or TxnDate DESC")
    if start < 1 or not 1 <= limit <= PAGE_SIZE:
        raise ValueError(f"a page starts at 1 and has up to {PAGE_SIZE} rows, not {start}, {limit}")
    conditions = " AND ".join(_condition(comparison) for comparison in where)
    filtered = f" WHERE {conditions}" if conditions else ""
    page = f"STARTPOSITION {start} MAXRESULTS {limit}"
    return f"SELECT * FROM {entity}{filtered} ORDERBY {order_by} {page}"  # noqa: S608  (all checked)


def quoted(value: str) -> str:
    """Quote one literal: the language escapes the apostrophe and the backslash by a backslash."""
    # The service would store a lone surrogate as a question mark; it cannot be sent as it is.
    sendable = value.encode("utf-8", "replace").decode()
    escaped = sendable.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def masked(statement: str) -> str:
    """Hide the literals of a statement, but for numbers and times."""
    return _LITERAL.sub(
        lambda found: found[0] if _TELLS_NOTHING.fullmatch(found[1]) else "'***'", statement
    )


def _condition(comparison: Comparison) -> str:
    if not _FIELD.fullmatch(comparison.field):
        raise ValueError(f"{comparison.field!r} is no field name, such as DocNumber")
    if comparison.operator == "IN":
        if isinstance(comparison.value, str) or not comparison.value:
            raise ValueError(f"{comparison.field} IN needs a list of one value or more")
        values = ", ".join(_literal(comparison.field, value) for value in comparison.value)
        return f"{comparison.field} IN ({values})"
    if comparison.operator not in _OPERATORS or not isinstance(comparison.value, str):
        raise ValueError(f"{comparison.field} {comparison.operator} needs one value and =, <, > …")
    literal = _literal(comparison.field, comparison.value)
    return f"{comparison.field} {comparison.operator} {literal}"


def _literal(field: str, value: str) -> str:
    # The documentation writes these two words bare, and everything else, numbers too, in quotes.
    return value if field == "Active" and value in _BOOLEANS else quoted(value)
