"""JSON as the service reads and writes it: decimals never pass through a float."""

import json
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from json.encoder import encode_basestring
from typing import Any

type Body = dict[str, Any]

CENT = Decimal("0.01")
ZERO = Decimal(0)


class Rendered(str):
    """JSON text that is ready to be put into a bigger one."""

    __slots__ = ()


def parse(raw: bytes) -> object:
    """Read JSON; raise `ValueError` where it is none, or names no finite number."""
    return _DECODE(raw.decode("utf-8"))


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


_DECODE = json.JSONDecoder(parse_float=Decimal, parse_constant=_no_constant).decode


def render(value: object) -> str:
    """Write JSON: amounts keep their two places, zero is 0, other decimals are plain."""
    return _WRITERS[type(value)](value)


def _object(value: Body) -> str:
    # The one hot loop of the simulator: keys are few, so their quoted forms are kept.
    parts = [
        f"{_KEYS.get(name) or _key(name)}:{_WRITERS[type(each)](each)}"
        for name, each in value.items()
    ]
    return "{" + ",".join(parts) + "}"


def _key(name: str) -> str:
    quoted = encode_basestring(name)
    if len(_KEYS) < _MOST_KEYS:
        _KEYS[name] = quoted
    return quoted


def _array(value: Sequence[object]) -> str:
    return "[" + ",".join([_WRITERS[type(each)](each) for each in value]) + "]"


def _decimal(value: Decimal) -> str:
    return format(value, "f") if value else "0"


_MOST_KEYS = 2000
_KEYS: dict[str, str] = {}
_WRITERS: dict[type, Callable[[Any], str]] = {
    str: encode_basestring,
    Rendered: str,
    dict: _object,
    list: _array,
    tuple: _array,
    Decimal: _decimal,
    int: str,
    bool: lambda value: "true" if value else "false",
    float: repr,
    type(None): lambda _: "null",
}


def decimal_of(value: object) -> Decimal:
    """Read a number that came as a JSON number or as text."""
    if isinstance(value, Decimal):
        return value
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is no number") from error
    if not number.is_finite():
        raise ValueError(f"{value!r} is not finite")
    return number


def money(value: object) -> Decimal:
    """Round half up to cents, as the service holds amounts."""
    return decimal_of(value).quantize(CENT, ROUND_HALF_UP)


def rate(value: object) -> Decimal:
    """Return a price, quantity or percentage without trailing zeros."""
    number = decimal_of(value).normalize()
    exponent = number.as_tuple().exponent
    return number.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else number


def mapping(value: object) -> Body:
    """Return ``value`` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def reference_of(body: Body, name: str) -> str | None:
    """Return the value of a reference in a body, or None."""
    value = mapping(body.get(name)).get("value")
    return None if value is None else str(value)
