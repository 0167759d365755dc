"""Spare moto's DynamoDB the work that a table of a thousand items does not need.

What it answers stays the same, to the byte: what is out of the ordinary goes moto's own way, and
so does everything that it would refuse.
"""

from __future__ import annotations

import functools
import inspect
from collections import deque
from typing import TYPE_CHECKING, Any

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb import models
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from sandbox.cloud.moto_updates import executor, validator

if TYPE_CHECKING:
    from moto.dynamodb.models.dynamo_type import Item

_query = Table.query
_query_arguments = inspect.signature(Table.query)
_cast_value: Any = vars(DynamoType)["cast_value"].fget
_deepcopy = DynamoType.__deepcopy__
_lex = ConditionExpressionParser._lex_condition_expression  # noqa: SLF001  (it has no other way in)
_serialize_structure = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001  (as above)
_TEXTS = frozenset({"S", "N"})
_SETS = frozenset({"SS", "NS"})
_ATOMS = frozenset({"S", "N", "B", "BOOL", "NULL"})


def make_dynamodb_quick() -> None:
    """Replace the slow parts of moto's DynamoDB, in this process."""
    for owner, name, quick in QUICK:
        setattr(owner, name, quick)


# Queries. moto sorts the whole table, and only then looks for the items with the key.


def _query_part(table: Table, *given: Any, **named: Any) -> Any:  # noqa: ANN401
    asked = _query_arguments.bind(table, *given, **named).arguments
    part: Table = object.__new__(type(table))
    vars(part).update(vars(table))
    items: Any = table.items
    if asked.get("index_name"):
        wanted = tuple(asked.get("hash_key_conditions") or ())
        vars(part)["items"] = _matching(table, wanted)
    else:
        key = asked["hash_key"]
        vars(part)["items"] = {key: items[key]} if key in items else {}
    return _query(part, *given, **named)


def _matching(table: Table, wanted: tuple[tuple[str, DynamoType], ...]) -> dict[Any, Any]:
    items: Any = table.items
    if not table.range_key_attr:
        return {key: item for key, item in items.items() if _matches(item, wanted)}
    shelves = (
        (key, {sort: item for sort, item in shelf.items() if _matches(item, wanted)})
        for key, shelf in items.items()
    )
    return {key: shelf for key, shelf in shelves if shelf}


def _matches(item: Item, wanted: tuple[tuple[str, DynamoType], ...]) -> bool:
    return all((found := item.attrs.get(name)) and found == value for name, value in wanted)


# Values: most are texts, and moto asks six questions before it takes one for what it is.


def _cast(value: DynamoType) -> Any:  # noqa: ANN401
    return value.value if value.type == "S" else _cast_value(value)


def _copy(value: DynamoType, memo: dict[int, Any]) -> DynamoType:
    if value.type not in _ATOMS:
        return _deepcopy(value, memo)
    copied = object.__new__(DynamoType)
    copied.type, copied.value = value.type, value.value
    return copied


# Answers: what moto holds is already as DynamoDB writes it. moto looks for each of ten types.


def _serialize(serializer: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:  # noqa: ANN401
    if key and shape.name == "AttributeValue" and _is_written(value):
        serialized[key] = value
    else:
        _serialize_structure(serializer, serialized, value, shape, key)


def _is_written(value: Any) -> bool:  # noqa: ANN401
    if type(value) is not dict or len(value) != 1:
        return False
    ((kind, held),) = value.items()
    if kind in _TEXTS:
        return type(held) is str
    if kind == "M":
        return type(held) is dict and all(map(_is_written, held.values()))
    if kind == "L":
        return type(held) is list and all(map(_is_written, held))
    if kind in _SETS:
        return type(held) is list and all(type(each) is str for each in held)
    return kind in {"BOOL", "NULL"} and type(held) is bool


# Conditions: the same few texts, taken to pieces with regular expressions each time.


def _lex_once(parser: ConditionExpressionParser) -> deque[Any]:
    return deque(_pieces(str(parser.condition_expression)))


@functools.lru_cache(maxsize=500)
def _pieces(expression: str) -> tuple[Any, ...]:
    return tuple(_lex(ConditionExpressionParser(expression, None, None)))


QUICK: tuple[tuple[Any, str, Any], ...] = (
    (Table, "query", _query_part),
    (DynamoType, "cast_value", property(_cast)),
    (DynamoType, "__deepcopy__", _copy),
    (ConditionExpressionParser, "_lex_condition_expression", _lex_once),
    (BaseJSONSerializer, "_serialize_type_structure", _serialize),
    (models, "UpdateExpressionValidator", validator),
    (models, "UpdateExpressionExecutor", executor),
)
"""What is replaced, where, by what."""
