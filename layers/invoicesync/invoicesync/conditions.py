"""The small algebra of conditions and writes that the state table understands.

A condition is data: the DynamoDB adapter renders it, the in-memory table of the tests evaluates it,
and the contract tests hold the two together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

type Value = str | int | bool | Sequence[Value] | Mapping[str, Value] | None
type Item = dict[str, Value]


class Key(NamedTuple):
    """The primary key of an item; a tuple, for keys are hashed more often than anything else."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Absent:
    """True where the item has no such attribute, or there is no item."""

    name: str


@dataclass(frozen=True, slots=True)
class Present:
    """True where the item has the attribute."""

    name: str


@dataclass(frozen=True, slots=True)
class Equals:
    """True where the attribute is there and equal."""

    name: str
    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Less:
    """True where the attribute is there, of the same type, and less."""

    name: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Greater:
    """True where the attribute is there, of the same type, and greater."""

    name: str
    value: str | int


@dataclass(frozen=True, slots=True)
class Not:
    """True where the other is false."""

    condition: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    """True where every one is true."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True where at least one is true."""

    conditions: "tuple[Condition, ...]"


type Condition = Absent | Present | Equals | Less | Greater | Not | AllOf | AnyOf


def all_of(*conditions: Condition) -> AllOf:
    """Join conditions that must all hold."""
    return AllOf(conditions)


def any_of(*conditions: Condition) -> AnyOf:
    """Join conditions of which one must hold."""
    return AnyOf(conditions)


@dataclass(frozen=True, slots=True)
class Put:
    """Replace the whole item; ``item`` holds its own pk and sk."""

    item: Item
    condition: Condition | None = None

    @property
    def key(self) -> Key:
        """The key inside the item."""
        return Key(str(self.item["pk"]), str(self.item["sk"]))


@dataclass(frozen=True, slots=True)
class Update:
    """Set, add to and remove attributes; makes the item if there is none."""

    key: Key
    set: Mapping[str, Value] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: Sequence[str] = ()
    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the item; nothing happens where there is none."""

    key: Key
    condition: Condition | None = None


type Write = Put | Update | Delete
