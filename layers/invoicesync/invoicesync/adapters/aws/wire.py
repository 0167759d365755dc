"""DynamoDB's typed values, to and from plain ones.

boto3's own serialiser makes every number a Decimal and is several times slower; the state table
holds nothing but text, whole numbers, truth values, nothing, lists and maps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from invoicesync.conditions import Item, Value

type Wire = dict[str, Any]


def to_wire(value: Value) -> Wire:
    """Type one value."""
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case Mapping():
            return {"M": {name: to_wire(part) for name, part in value.items()}}
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return {"L": [to_wire(part) for part in value]}
        case _:
            raise TypeError(f"the state table does not hold {type(value).__name__} values")


def from_wire(typed: Mapping[str, Any]) -> Value:
    """Read one typed value."""
    [(kind, value)] = typed.items()
    match kind:
        case "S" | "BOOL":
            plain: Value = value
        case "N":
            plain = int(value)
        case "NULL":
            plain = None
        case "M":
            plain = {name: from_wire(part) for name, part in value.items()}
        case "L":
            plain = [from_wire(part) for part in value]
        case _:
            raise TypeError(
                f"an item of the state table holds a DynamoDB {kind}, which we never write"
            )
    return plain


def item_to_wire(item: Mapping[str, Value]) -> dict[str, Wire]:
    """Type every attribute of an item."""
    return {name: to_wire(value) for name, value in item.items()}


def item_from_wire(typed: Mapping[str, Mapping[str, Any]]) -> Item:
    """Read every attribute of an item."""
    return {name: from_wire(value) for name, value in typed.items()}
