"""Read and write JSON by the fields of a dataclass, without ever raising.

Each field says where it lies in the JSON and of what kind it is (`at`); the same list reads and
writes, so that the one is the inverse of the other.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Final

from invoicesync.domain.money import fixed, parse, parse_number

_LARGEST_ID = 2**63 - 1
_LARGEST_INT_IN_TEXT = 10**18
_EARLIEST_DATE = 946_684_800  # 2000-01-01: zero, or a slip of the century, is no date
_LATEST = 4_102_444_800  # 2100-01-01: milliseconds are no seconds

# What QuickBooks' XML cannot carry, lone surrogates included (they have no UTF-8 either).
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_DIGITS = re.compile("[0-9]{1,19}")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


# An abstract class takes ten times as long to ask as `dict`, which is what JSON is read into.
_OBJECT = (dict, Mapping)


class _Unreadable:
    """The value was there and was not of its kind."""


UNREADABLE: Final = _Unreadable()


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is read (or found `UNREADABLE`) and written; ``empty`` stands for a missing one.

    Whatever is ``empty`` is false. A kind with parts also gets its path, and the list for the paths
    of parts that are unreadable. Without ``plain`` a value is written as it is.
    """

    read: Callable[..., Any]
    plain: Callable[[Any], Any] | None = None
    empty: Any = None
    has_parts: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where one attribute lies, one key deep or two; its kind; whether it must be there."""

    path: str
    kind: Kind
    required: bool = False


def at(path: str, kind: Kind, *, required: bool = False) -> Any:  # noqa: ANN401 - as dataclasses.field
    """Declare a field of a dataclass that lies at ``path`` of the JSON."""
    place = Place(path, kind, required=required)
    return field(default=kind.empty, metadata={"place": place})


class Shape:
    """A dataclass with slots, whose fields were all declared by `at`."""

    def __init__(self, made: type[Any]) -> None:
        self._made = made
        rows = fields(made)
        places: list[Place] = [row.metadata["place"] for row in rows]
        keys = [place.path.partition(".")[::2] for place in places]
        # Taken apart once, for there are more than eighty fields in an invoice. Each goes into its
        # slot at once: the `__init__` of a frozen dataclass takes three times as long.
        self._reads = tuple(
            (
                *(key, inner, place.path),
                *(place.kind.read, place.kind.has_parts, place.kind.empty, place.required),
                getattr(made, row.name).__set__,
            )
            for (key, inner), place, row in zip(keys, places, rows, strict=True)
        )
        self._writes = tuple(
            (key, inner, place.kind.plain, place.kind.empty)
            for (key, inner), place in zip(keys, places, strict=True)
        )
        self._values: Callable[[object], tuple[Any, ...]] = attrgetter(*(row.name for row in rows))
        self._has_id = any(place.path == "id" for place in places)

    def read(self, value: object, path: str, unreadable: list[str]) -> Any:  # noqa: ANN401 - what `make` makes
        """Read an object; a bare id stands for an object of which nothing else is shown."""
        if not isinstance(value, _OBJECT):
            if value == []:  # PHP writes an empty map as an empty list
                return None
            if not self._has_id or _identity(value) is UNREADABLE:
                return UNREADABLE
            value = {"id": value}
        made = object.__new__(self._made)
        get = value.get
        for key, inner, below, read, has_parts, empty, is_required, put in self._reads:
            found = get(key)
            if inner and found is not None:
                found = _inner(found, inner)
            if found is None:
                found = empty
            elif has_parts:
                found = read(found, f"{path}.{below}", unreadable)
            else:
                found = read(found)
            if found is UNREADABLE or (is_required and found == empty):
                unreadable.append(f"{path}.{below}")
                found = empty
            put(made, found)
        return made

    def plain(self, made: object) -> dict[str, Any]:
        """Write what `read` reads; what is empty is left out."""
        written: dict[str, Any] = {}
        for (key, inner, plain, empty), value in zip(self._writes, self._values(made), strict=True):
            if not value and value == empty:
                continue
            shown = value if plain is None else plain(value)
            if inner:
                written.setdefault(key, {})[inner] = shown
            else:
                written[key] = shown
        return written


def _inner(value: object, key: str) -> object:
    if isinstance(value, _OBJECT):
        return value.get(key)
    return None if value == [] else UNREADABLE


def _identity(value: object) -> int | _Unreadable:
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    # True and False are ints as well, but of another type.
    return value if type(value) is int and 0 < value <= _LARGEST_ID else UNREADABLE


def _text(value: object) -> str | _Unreadable:
    if isinstance(value, str):
        return value.strip() if value.isprintable() else clean(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_INT_IN_TEXT:
        return str(value)
    return UNREADABLE


def clean(text: str) -> str:
    """Make line breaks one character, and what QuickBooks cannot hold a visible mark."""
    return _NO_TEXT.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _flag(value: object) -> bool | _Unreadable:
    if isinstance(value, bool):
        return value
    text = _text(value)
    return UNREADABLE if isinstance(text, _Unreadable) else _FLAGS.get(text, UNREADABLE)


def _or_unreadable(read: Callable[[object], Any]) -> Callable[[object], Any]:
    def reading(value: object) -> object:
        found = read(value)
        return UNREADABLE if found is None else found

    return reading


def _seconds_since(earliest: int) -> Callable[[object], int | _Unreadable]:
    def reading(value: object) -> int | _Unreadable:
        seconds = value if isinstance(value, int) else parse(value, 7)
        if seconds is None or isinstance(seconds, bool) or not earliest <= seconds < _LATEST:
            return UNREADABLE
        return int(seconds)

    return reading


def nested(shape: Shape) -> Kind:
    """Read an object within an object; None where there is none."""
    return Kind(shape.read, shape.plain, has_parts=True)


def listed(shape: Shape) -> Kind:
    """Read a list of objects; what is no object is left out, and its place is unreadable."""

    def reading(value: object, path: str, unreadable: list[str]) -> object:
        if value == {}:
            return ()
        if not isinstance(value, list):
            return UNREADABLE
        read = []
        for place, row in enumerate(value):
            if isinstance(row, _OBJECT):
                read.append(shape.read(row, f"{path}[{place}]", unreadable))
            else:
                unreadable.append(f"{path}[{place}]")
        return tuple(read)

    return Kind(reading, lambda rows: [shape.plain(row) for row in rows], empty=(), has_parts=True)


def _read_names(value: object, path: str, unreadable: list[str]) -> object:
    if value == {}:
        return ()
    if not isinstance(value, list):
        return UNREADABLE
    names = []
    for place, row in enumerate(value):
        name = _text(row.get("name") if isinstance(row, _OBJECT) else row)
        if isinstance(name, _Unreadable) or not name:
            unreadable.append(f"{path}[{place}]")
        else:
            names.append(name)
    return tuple(names)


IDENTITY = Kind(_identity)
IDENTITY_OR_ZERO = Kind(_identity, empty=0)
TEXT = Kind(_text, empty="")
FLAG = Kind(_flag)
FLAG_OR_FALSE = Kind(_flag, empty=False)
MONEY = Kind(_or_unreadable(parse), fixed)
NUMBER = Kind(_or_unreadable(parse_number), fixed)
TIME = Kind(_seconds_since(0))
DATE = Kind(_seconds_since(_EARLIEST_DATE))
NAMES = Kind(_read_names, lambda names: [{"name": name} for name in names], (), has_parts=True)
