"""Mutations that know what they mutate: JSON as values, everything else as bytes."""

import json
from collections.abc import Sequence
from copy import deepcopy
from random import Random
from typing import Any

ODD_VALUES: Sequence[Any] = (
    *(None, True, False, 0, -1, 2**31, 2**63, 10**25, 0.1, 1e308, float("inf"), float("nan")),
    *("", " ", "0", "-1", "1e3", "NaN", "1,000.00", "true", "null", "a" * 5000, "9" * 5000),
    *("\x00", "\ud83d", "\u202e", "Ünïcödé", "<a>&b;</a>", "' OR 1=1", "2026-02-30", "٣"),
    *([], {}, [[]], [None], {"": None}, {"id": None}, {"Id": ""}, [{}, {}], {"a": {"b": []}}),
)
_ODD_BYTES = (b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\xc0\xaf", b"\\ud800", b"]]>", b"<!--", b"&")


def mutated(random: Random, value: Any) -> Any:
    """Copy ``value`` with one to four places of it changed."""
    changed = json.loads(json.dumps(value))
    for _ in range(random.randint(1, 4)):
        changed = _change(random, changed)
    return changed


def odd_value(random: Random) -> Any:
    """Choose a value that may stand where nobody expects it; never the same object twice."""
    return deepcopy(random.choice(ODD_VALUES))


def _change(random: Random, value: Any) -> Any:
    if not isinstance(value, dict | list) or not value or random.random() < 0.02:
        return odd_value(random)
    key = random.choice(list(value)) if isinstance(value, dict) else random.randrange(len(value))
    inner = value[key]
    if isinstance(inner, dict | list) and inner and random.random() < 0.8:
        value[key] = _change(random, inner)
        return value
    match random.randrange(6):
        case 0:
            del value[key]
        case 1 if isinstance(value, dict):
            name = random.choice((str(key).swapcase(), f"{key}x", "", "Fault", "unreadable"))
            value[name] = deepcopy(inner)
        case 1 | 2 if isinstance(value, list):
            value.extend(deepcopy(inner) for _ in range(random.choice((1, 2, 40))))
        case 3:
            value[key] = str(inner) if not isinstance(inner, str) else [inner]
        case _:
            value[key] = odd_value(random)
    return value


def dumped(random: Random, value: Any) -> bytes:
    """Write as JSON, in any of the ways that JSON may be written."""
    text = json.dumps(
        value,
        ensure_ascii=random.random() < 0.7,
        indent=random.choice((None, None, 1)),
        separators=random.choice((None, (",", ":"))),
    )
    return text.encode("utf-8", "surrogatepass")


def damaged(random: Random, raw: bytes) -> bytes:
    """Cut, repeat, swap or fill bytes."""
    at = random.randrange(len(raw) + 1)
    to = min(len(raw), at + random.choice((1, 1, 2, 8, 64)))
    match random.randrange(6):
        case 0:
            return raw[:at]
        case 1:
            return raw[:at] + raw[to:]
        case 2:
            return raw[:at] + random.choice(_ODD_BYTES) + raw[at:]
        case 3:
            return raw[:at] + raw[at:to] * random.choice((2, 30)) + raw[to:]
        case 4:
            return raw[:at] + random.randbytes(to - at) + raw[to:]
        case _:
            return raw[at:]


def nested(random: Random) -> bytes:
    """Nest deeper than any stack is deep."""
    opening, closing = random.choice(((b"[", b"]"), (b'{"a":', b"}"), (b"<a>", b"</a>")))
    depth = random.choice((20, 300, 1_100, 20_000))
    return opening * depth + random.choice((b"1", b"")) + closing * random.choice((0, depth))
