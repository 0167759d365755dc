"""DynamoDB expressions, rendered from conditions and writes.

Every name and value goes through a placeholder: nothing that anyone typed becomes syntax, and no
attribute clashes with one of DynamoDB's several hundred reserved words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from invoicesync.adapters.aws.wire import item_to_wire, to_wire
from invoicesync.conditions import (
    Absent,
    AllOf,
    AnyOf,
    Condition,
    Delete,
    Equals,
    Greater,
    Key,
    Less,
    Not,
    Present,
    Put,
    Update,
    Value,
    Write,
)

if TYPE_CHECKING:
    from invoicesync.adapters.aws.wire import Wire

_SIGNS = {Equals: "=", Less: "<", Greater: ">"}


class Placeholders:
    """The names and values that one request's expressions stand on."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._values: dict[str, Wire] = {}

    def name(self, attribute: str) -> str:
        """Return the placeholder of an attribute."""
        return self._names.setdefault(attribute, f"#{len(self._names)}")

    def value(self, value: Value) -> str:
        """Return a placeholder for a value."""
        placeholder = f":{len(self._values)}"
        self._values[placeholder] = to_wire(value)
        return placeholder

    def condition(self, condition: Condition) -> str:
        """Render a condition."""
        match condition:
            case Absent(name):
                return f"attribute_not_exists({self.name(name)})"
            case Present(name):
                return f"attribute_exists({self.name(name)})"
            case Equals(name, value) | Less(name, value) | Greater(name, value):
                return f"{self.name(name)} {_SIGNS[type(condition)]} {self.value(value)}"
            case Not(inner):
                return f"(NOT {self.condition(inner)})"
            case AllOf(parts):
                return self._joined(" AND ", parts)
            case AnyOf(parts):
                return self._joined(" OR ", parts)

    def _joined(self, word: str, parts: tuple[Condition, ...]) -> str:
        if not parts:
            raise ValueError("a condition of no parts says nothing; leave it out")
        joined = word.join(self.condition(part) for part in parts)
        # DynamoDB refuses "redundant parentheses", which is what two pairs around one part are.
        return joined if len(parts) == 1 else f"({joined})"

    def changes(self, update: Update) -> str:
        """Render what an update sets, adds to and removes."""
        clauses = {
            "SET": [f"{self.name(n)} = {self.value(v)}" for n, v in update.set.items()],
            "ADD": [f"{self.name(n)} {self.value(v)}" for n, v in update.add.items()],
            "REMOVE": [self.name(n) for n in update.remove],
        }
        if not any(clauses.values()):
            raise ValueError(f"an update of {update.key} that changes nothing")
        return " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts)

    def arguments(self) -> dict[str, Any]:
        """Return the request's two placeholder arguments, each only where it is not empty."""
        arguments: dict[str, Any] = {}
        if self._names:
            arguments["ExpressionAttributeNames"] = {p: name for name, p in self._names.items()}
        if self._values:
            arguments["ExpressionAttributeValues"] = self._values
        return arguments


def key_to_wire(key: Key) -> dict[str, Wire]:
    """Type a primary key."""
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def write_arguments(write: Write) -> dict[str, Any]:
    """Render a write, without the table's name: alike for a single write and a transaction's."""
    placeholders = Placeholders()
    arguments: dict[str, Any] = {}
    match write:
        case Put():
            arguments["Item"] = item_to_wire(write.item)
        case Update():
            arguments["Key"] = key_to_wire(write.key)
            arguments["UpdateExpression"] = placeholders.changes(write)
        case Delete():
            arguments["Key"] = key_to_wire(write.key)
    if write.condition is not None:
        arguments["ConditionExpression"] = placeholders.condition(write.condition)
    return arguments | placeholders.arguments()
