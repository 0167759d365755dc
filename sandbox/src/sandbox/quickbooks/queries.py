"""Answering queries: which fields can be asked for, how values compare, in which order."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.quickbooks import properties, times
from sandbox.quickbooks.books import Books
from sandbox.quickbooks.query_parser import Condition, Query, parse
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.store import NAMES, TRANSACTIONS, Snapshot
from sandbox.quickbooks.wire import Body, decimal_of, mapping

HIDES_INACTIVE = (
    *NAMES,
    "Item",
    "Account",
    "Class",
    "Department",
    "Term",
    "PaymentMethod",
    "TaxCode",
    "TaxRate",
)
ENTITIES = (
    *TRANSACTIONS,
    *HIDES_INACTIVE,
    "TimeActivity",
    "Attachable",
    "CompanyInfo",
    "Preferences",
    "TaxAgency",
)
_BY_PATH = {entity.lower(): entity for entity in ENTITIES}
_META = ("MetaData.CreateTime", "MetaData.LastUpdatedTime")
_ON_TRANSACTIONS = {
    "Id",
    "CustomerRef",
    "VendorRef",
    "EntityRef",
    "DocNumber",
    "TxnDate",
    "DueDate",
    "SalesTermRef",
    "Balance",
    "TotalAmt",
    "ProjectRef",
    "TxnStatus",
    "PaymentRefNum",
    "PaymentMethodRef",
    "EmployeeRef",
    *_META,
}
_SORTS_TRANSACTIONS = {"Id", "DocNumber", "TxnDate", "DueDate", "Balance", "TotalAmt", *_META}
_NOT_ON_LISTS = {"Notes", "CustomField", "BillAddr", "ShipAddr", "PrivateNote"}


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: rows, or only their number."""

    entity: str
    rows: list[Snapshot]
    start: int
    total: int | None = None

    def response(self) -> Body:
        """Return the ``QueryResponse``; nothing found is an empty object."""
        if self.total is not None:
            return {"totalCount": self.total}
        if not self.rows:
            return {}
        rows = [row.text for row in self.rows]
        return {self.entity: rows, "startPosition": self.start, "maxResults": len(rows)}


def entity_at(path_name: str) -> str | None:
    """Return the entity whose lower-case name stands in a path, or None."""
    return _BY_PATH.get(path_name.lower())


class Queries:
    """Reads the books through the query language."""

    def __init__(self, books: Books) -> None:
        self._books = books

    def run(self, statement: str) -> Found:
        """Understand and answer a statement."""
        query = parse(statement)
        if query.entity not in ENTITIES:
            raise _invalid(f"invalid context declaration: {query.entity}")
        tests = [self._test(query.entity, each) for each in query.conditions]
        order = [(_sortable(query.entity, name), down) for name, down in query.order]
        shows_inactive = any(each.field.lower() == "active" for each in query.conditions)
        rows = [
            row
            for row in self._candidates(query)
            if (shows_inactive or not _is_hidden(row)) and all(test(row) for test in tests)
        ]
        if query.counts:
            return Found(query.entity, [], query.start, len(rows))
        _sort(query.entity, rows, order)
        first = query.start - 1
        return Found(query.entity, rows[first : first + query.most], query.start)

    def _candidates(self, query: Query) -> Iterable[Snapshot]:
        store = self._books.store
        for name in ("Id", "DocNumber", "DisplayName", "Name", "CustomerRef", "TxnDate"):
            for each in query.conditions:
                if each.field.lower() != name.lower() or each.operator not in {"=", "in"}:
                    continue
                if None in each.values or "current_date" in each.values:
                    continue
                found = [
                    [store.get(query.entity, str(value))]
                    if name == "Id"
                    else store.having(query.entity, name, str(value))
                    for value in dict.fromkeys(each.values)
                ]
                if None not in found:
                    unique = {id(r): r for records in found for r in records or () if r}
                    return [row for r in unique.values() if (row := store.visible(r))]
        return [row for r in store.every(query.entity) if (row := store.visible(r))]

    def _test(self, entity: str, condition: Condition) -> Callable[[Snapshot], bool]:
        path = _filterable(entity, condition.field)
        kind = properties.kind_at(entity, path)
        if path == "Id" and condition.operator not in {"=", "in"}:
            raise _invalid("Id supports only the operators = and IN")
        values = [self._literal(path, kind, each) for each in condition.values]
        operator, first = condition.operator, values[0]
        if operator == "like":
            pattern = re.escape(str(first or "")).replace("%", ".*")
            like = re.compile(pattern, re.DOTALL)
            return lambda row: like.fullmatch(str(_value(row, path, kind) or "")) is not None
        if operator == "in":
            return lambda row: _value(row, path, kind) in values
        if operator == "=":
            return lambda row: _value(row, path, kind) == first
        if operator == "!=":
            return lambda row: _value(row, path, kind) != first
        compare = _COMPARE[operator]
        return lambda row: (own := _value(row, path, kind)) is not None and compare(own, first)

    def _literal(self, path: str, kind: str | None, text: str | None) -> Any:  # noqa: ANN401  (by kind)
        if text is None:
            return None
        if text == "current_date":
            text = self._books.today()
        try:
            if path in _META:
                return times.seconds_of(text)
            if kind == "n":
                return decimal_of(text)
            if kind == "d":
                times.seconds_of(text[:10])
        except ValueError as error:
            raise _invalid(f"value '{text}' is not valid for property {path}") from error
        if kind == "b":
            return text.lower() == "true"
        return text[:10] if kind == "d" else text.casefold()


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda own, other: bool(own < other),
    ">": lambda own, other: bool(own > other),
    "<=": lambda own, other: bool(own <= other),
    ">=": lambda own, other: bool(own >= other),
}


def _invalid(detail: str) -> Refusal:
    return Refusal("4001", "Invalid query", f"QueryValidationError: {detail}")


def _filterable(entity: str, field: str) -> str:
    if properties.kind_at(entity, field) is None:
        raise _invalid(f"Property {field} not found for Entity {entity}")
    path = properties.spelled(entity, field)
    kind = str(properties.kind_at(entity, path))
    if entity in TRANSACTIONS or entity == "TimeActivity":
        allowed = path in _ON_TRANSACTIONS
    else:
        plain = kind in {"s", "n", "b", "d", "Ref"} and "." not in path
        allowed = path in _META or (plain and path not in _NOT_ON_LISTS)
    if not allowed:
        raise _invalid(f"property '{path}' is not queryable")
    return path


def _sortable(entity: str, field: str) -> str:
    path = _filterable(entity, field)
    if entity in TRANSACTIONS and path not in _SORTS_TRANSACTIONS:
        raise _invalid(f"property '{path}' is not sortable")
    return path


def _value(row: Snapshot, path: str, kind: str | None) -> Any:  # noqa: ANN401  (by kind)
    if path == "MetaData.LastUpdatedTime":
        return row.updated
    if path == "MetaData.CreateTime":
        return row.created
    value = row.body.get(path)
    if kind == "Ref":
        value = mapping(value).get("value")
    if isinstance(value, str):
        return value if kind == "d" else value.casefold()
    if kind == "n" and value is not None:
        return decimal_of(value)
    return value


def _is_hidden(row: Snapshot) -> bool:
    return row.entity in HIDES_INACTIVE and row.body.get("Active") is False


def _sort(entity: str, rows: list[Snapshot], order: list[tuple[str, bool]]) -> None:
    if not order:
        _sort_by_default(entity, rows)
        return
    rows.sort(key=_id_of)
    for path, down in reversed(order):
        kind = properties.kind_at(entity, path)
        rows.sort(key=lambda row, p=path, k=kind: _key(row, p, k), reverse=down)  # type: ignore[misc]


def _key(row: Snapshot, path: str, kind: str | None) -> tuple[int, Any]:
    if path == "Id":
        return 1, _id_of(row)
    value = _value(row, path, kind)
    return (0, 0) if value is None else (1, value)


def _id_of(row: Snapshot) -> Decimal:
    return Decimal(row.identity) if row.identity.isdigit() else Decimal(-1)


def _sort_by_default(entity: str, rows: list[Snapshot]) -> None:
    # Recorded: lists come by full name, transactions newest date first.
    if entity in TRANSACTIONS:
        rows.sort(key=_id_of, reverse=True)
        rows.sort(key=lambda row: str(row.body.get("TxnDate", "")), reverse=True)
    elif entity in HIDES_INACTIVE:
        names = ("FullyQualifiedName", "DisplayName", "Name")
        rows.sort(key=lambda row: next((str(row.body[n]) for n in names if n in row.body), ""))
    else:
        rows.sort(key=_id_of)
