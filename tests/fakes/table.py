"""The state table in memory."""

from collections.abc import Callable, Mapping, Sequence
from operator import eq, gt, lt
from typing import Any

from invoicesync.conditions import (
    Absent,
    AllOf,
    AnyOf,
    Condition,
    Delete,
    Equals,
    Greater,
    Item,
    Key,
    Less,
    Not,
    Present,
    Put,
    Update,
    Value,
    Write,
)
from invoicesync.errors import ConditionFailedError, StateError, TransactionCanceledError
from tests.fakes.runtime import Chance, FakeClock, never

_KEYS = frozenset({"pk", "sk"})
_INDEXED = ("pk", "sk", "open_state", "open_since")


class FakeTable:
    """A `Table` in memory.

    ``index_lag_seconds``: the index shows the table as it was that long ago. ``repeats``: when it
    says so, a single write is made twice, as when the client below did not hear of the first; the
    caller learns how the second went.
    """

    def __init__(
        self,
        clock: FakeClock | None = None,
        *,
        index_lag_seconds: float = 0,
        repeats: Chance = never,
    ) -> None:
        self._clock = clock or FakeClock()
        self._lag = index_lag_seconds
        self._repeats = repeats
        self._items: dict[Key, Item] = {}
        self._past: dict[Key, list[tuple[float, Item | None]]] = {}

    @property
    def items(self) -> dict[Key, Item]:
        """A copy of everything that is in the table, for a test to look at."""
        return {key: stored(item) for key, item in self._items.items()}

    def get(self, key: Key) -> Item | None:
        """Read one item, consistently."""
        item = self._items.get(key)
        return None if item is None else stored(item)

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Read many items, consistently; those that do not exist are left out."""
        return {key: stored(self._items[key]) for key in keys if key in self._items}

    def write(self, write: Write) -> Item:
        """Make one write; return the item as it is now (empty after a delete)."""
        outcome = self._write(write)
        return self._write(write) if self._repeats() else outcome

    def _write(self, write: Write) -> Item:
        found = self._items.get(write.key)
        after = _after(write, found)
        if write.condition is not None and not self.holds(write.condition, found):
            raise ConditionFailedError(None if found is None else stored(found))
        self._store(write.key, after)
        return {} if after is None else stored(after)

    def write_all(self, writes: Sequence[Write]) -> None:
        """Make all writes (at most 100, no key twice) or none."""
        if len(writes) > 100:
            raise ValueError(f"{len(writes)} writes in one transaction; the table takes 100")
        if len({write.key for write in writes}) < len(writes):
            raise StateError("a transaction was refused as invalid: one key twice")
        before = [self._items.get(write.key) for write in writes]
        after = [_after(write, found) for write, found in zip(writes, before, strict=True)]
        failed = [
            at
            for at, (write, found) in enumerate(zip(writes, before, strict=True))
            if write.condition is not None and not self.holds(write.condition, found)
        ]
        if failed:
            raise TransactionCanceledError(failed)
        for write, item in zip(writes, after, strict=True):
            self._store(write.key, item)

    def query(self, pk: str, *, prefix: str = "", limit: int = 100) -> list[Item]:
        """Read the items under ``pk`` whose sk begins with ``prefix``, in order, consistently."""
        keys = [key for key in self._items if key.pk == pk and key.sk.startswith(prefix)]
        keys.sort(key=lambda key: key.sk.encode())
        return [stored(self._items[key]) for key in keys[:limit]]

    def by_state(self, state: str, *, until: int, limit: int = 100) -> list[Item]:
        """Find keys of items of an open state that entered it no later than ``until``."""
        rows: list[tuple[int, Item]] = []
        for key in self._past:
            item = self._indexed(key)
            since = None if item is None else item.get("open_since")
            if item and item.get("open_state") == state and isinstance(since, int):
                rows.append((since, {name: item[name] for name in _INDEXED}))
        rows.sort(key=lambda row: (row[0], str(row[1]["pk"]), str(row[1]["sk"])))
        return [row for since, row in rows if since <= until][:limit]

    def scan(self, sk: str) -> list[Item]:
        """Read every item under this sk, consistently."""
        return [stored(item) for key, item in self._items.items() if key.sk == sk]

    def _indexed(self, key: Key) -> Item | None:
        """Return what the index knows of an item."""
        seen_until = self._clock.now() - self._lag
        changes = self._past.get(key, [])
        while len(changes) > 1 and changes[1][0] <= seen_until:
            changes.pop(0)
        if not changes or changes[0][0] > seen_until:
            return None
        return changes[0][1]

    def _store(self, key: Key, item: Item | None) -> None:
        # Only what was ever open has a place in the index.
        if key in self._past or (item is not None and "open_state" in item):
            self._past.setdefault(key, []).append((self._clock.now(), item))
            self._indexed(key)
        if item is None:
            self._items.pop(key, None)
        else:
            self._items[key] = item

    @staticmethod
    def holds(condition: Condition, item: Mapping[str, Value] | None) -> bool:
        """Say whether a condition holds of an item, or of no item."""
        return _HOLDS[type(condition)](condition, item or {})


def _each(joined: AllOf | AnyOf, item: Mapping[str, Value]) -> list[bool]:
    if not joined.conditions:
        raise ValueError("a condition of no parts says nothing; leave it out")
    return [_HOLDS[type(part)](part, item) for part in joined.conditions]


def _compares(
    compare: Callable[[Any, Any], bool],
) -> Callable[[Equals | Less | Greater, Mapping[str, Value]], bool]:
    """Compare as the table does: never across types, and truths only for being equal."""
    kinds = {"N", "S", "BOOL"} if compare is eq else {"N", "S"}

    def comparing(condition: Equals | Less | Greater, item: Mapping[str, Value]) -> bool:
        if condition.name not in item:
            return False
        there, value = item[condition.name], condition.value
        kind = _kind(there)
        return kind in kinds and kind == _kind(value) and compare(there, value)

    return comparing


# Looked up by its class: no other part of the table is asked as often as this.
_HOLDS: dict[type, Callable[[Any, Mapping[str, Value]], bool]] = {
    Absent: lambda condition, item: condition.name not in item,
    Present: lambda condition, item: condition.name in item,
    Equals: _compares(eq),
    Less: _compares(lt),
    Greater: _compares(gt),
    Not: lambda condition, item: not FakeTable.holds(condition.condition, item),
    AllOf: lambda condition, item: all(_each(condition, item)),
    AnyOf: lambda condition, item: any(_each(condition, item)),
}
_KINDS: dict[type, str] = {str: "S", int: "N", bool: "BOOL"}


def _kind(value: Value) -> str:
    """Name the type that a value has in the table; texts sort there as they do here."""
    found = _KINDS.get(type(value))
    if found is None:  # a subclass, such as an enumeration's
        found = "S" if isinstance(value, str) else "N" if isinstance(value, int) else ""
    return found


_PLAIN = frozenset({str, int, bool, type(None)})


def stored(item: Mapping[str, Value]) -> Item:
    """Copy an item as a trip through the table would: lists and plain maps, and nothing else."""
    copied = dict(item)
    for name, value in item.items():
        if type(value) not in _PLAIN:
            copied[name] = _stored(value)
    return copied


def _stored(value: Value) -> Value:
    match value:
        case str() | bool() | int() | None:
            return value
        case Mapping():
            return stored(value)
        case Sequence() if not isinstance(value, bytes | bytearray):
            return [_stored(part) for part in value]
        case _:
            raise TypeError(f"the state table does not hold {type(value).__name__} values")


def _after(write: Write, found: Item | None) -> Item | None:
    """Work out the item that a write leaves, or say why the table would not take it."""
    match write:
        case Put():
            after = stored(write.item)
        case Update():
            after = _updated(write, found)
        case Delete():
            return None
    state, since = after.get("open_state", "-"), after.get("open_since", 0)
    if not (isinstance(state, str) and state and _kind(since) == "N"):
        raise StateError(f"refused as invalid: {write.key} would not fit the index")
    if not (write.key.pk and write.key.sk):
        raise StateError("refused as invalid: an empty key")
    return after


def _updated(update: Update, found: Item | None) -> Item:
    names = {*update.set, *update.add, *update.remove}
    if not names:
        raise ValueError(f"an update of {update.key} that changes nothing")
    is_twice = len(names) < len(update.set) + len(update.add) + len(update.remove)
    if is_twice or not _KEYS.isdisjoint(names):
        raise StateError(f"refused as invalid: {update.key} changes a name twice, or its key")
    # Whatever is in the table is replaced, never changed: what stays may be shared.
    after = dict(found or {"pk": update.key.pk, "sk": update.key.sk})
    after |= stored(update.set)
    for name, amount in update.add.items():
        before: Any = after.get(name, 0)
        if _kind(before) != "N":
            raise StateError(f"refused as invalid: {name} of {update.key} is no number")
        after[name] = before + amount
    for name in update.remove:
        after.pop(name, None)
    return after
