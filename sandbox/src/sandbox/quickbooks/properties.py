"""Which properties each entity knows, and of which kind their values are.

The service refuses what it does not know at every depth of a body, so a typing error in a field's
name is an answer here too, not silence.
"""

import json
from functools import cache, lru_cache
from importlib.resources import files

from sandbox.quickbooks import refusals, times
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.wire import Body, decimal_of

_DETAIL_CHARACTERS = 1000


@cache
def _written() -> dict[str, str]:
    text = files("sandbox.quickbooks").joinpath("properties.json").read_text(encoding="utf-8")
    read: dict[str, str] = json.loads(text)
    return read


@cache
def known(type_name: str) -> dict[str, str]:
    """Return the kind of each property of an entity or of a type inside one."""
    kinds: dict[str, str] = {}
    for word in _written()[type_name].split():
        if word.startswith("@"):
            kinds.update(known(word[1:]))
        else:
            name, _, kind = word.partition(":")
            kinds[name] = kind
    return kinds


@lru_cache(maxsize=1024)
def kind_at(entity: str, path: str) -> str | None:
    """Return the kind of a dotted path such as ``MetaData.CreateTime``, in any casing, or None."""
    kind: str | None = entity
    for step in path.lower().split("."):
        if kind is None or kind.removesuffix("[]") not in _written():
            return None
        properties = known(kind.removesuffix("[]"))
        kind = next((properties[name] for name in properties if name.lower() == step), None)
    return kind


@lru_cache(maxsize=1024)
def spelled(entity: str, path: str) -> str:
    """Return a dotted path in the casing that the service itself uses."""
    kind, steps = entity, []
    for step in path.split("."):
        properties = known(kind)
        name = next(each for each in properties if each.lower() == step.lower())
        steps.append(name)
        kind = properties[name]
    return ".".join(steps)


def check(entity: str, body: Body) -> None:
    """Refuse a body that has a property the entity does not know, or a value of another kind.

    Unknown properties are met before wrong values, as a reader that maps JSON to classes does.
    """
    wrong: list[Refusal] = []
    _walk(entity, body, wrong)
    if wrong:
        raise wrong[0]


def _walk(type_name: str, body: Body, wrong: list[Refusal]) -> None:
    properties = known(type_name)
    for name, value in body.items():
        kind = properties.get(name)
        if kind is None:
            raise unknown_property(type_name, name)
        if value is None or value == "" or kind == "*":
            continue
        inner, is_list = _shape(kind)
        if inner is not None:
            for each in _each(name, kind, value, is_list=is_list):
                _walk(inner, each, wrong)
        elif kind != "s" or not isinstance(value, str):
            refusal = _scalar(name, kind, value)
            if refusal:
                wrong.append(refusal)


@cache
def _shape(kind: str) -> tuple[str | None, bool]:
    inner = kind.removesuffix("[]")
    return (inner if inner[0].isupper() else None), kind.endswith("[]")


def _each(name: str, kind: str, value: object, *, is_list: bool) -> list[Body]:
    rows = value if is_list else [value]
    if isinstance(rows, list) and all([isinstance(each, dict) for each in rows]):  # noqa: C419  (hot: a list is faster)
        return rows
    raise Refusal(
        "2010",
        "Request has invalid or unsupported property",
        f"Property Name:Can not deserialize instance of {kind} from {name} specified is "
        "unsupported or invalid",
    )


def _scalar(name: str, kind: str, value: object) -> Refusal | None:
    if kind == "d":
        return None if times.is_date(value) else refusals.invalid_date(name, value)
    if kind == "b":
        known_words = isinstance(value, bool) or value in {"true", "false"}
        return None if known_words else refusals.invalid_boolean(name, value)
    if kind == "n":
        try:
            decimal_of(value)
        except ValueError:
            return refusals.invalid_number(name, value)
        return None
    return refusals.invalid_choice(name, value) if isinstance(value, (dict, list)) else None


def unknown_property(type_name: str, name: str) -> Refusal:
    """2010, with the class and the properties it knows, cut off where the service cuts."""
    names = ", ".join(f'"{each}"' for each in known(type_name))
    shown = names if len(names) <= _DETAIL_CHARACTERS else names[:_DETAIL_CHARACTERS]
    shown += "" if shown == names else " [truncated]"
    where = f"class com.intuit.schema.finance.v3.{type_name}"
    count = len(known(type_name))
    detail = (
        f'Property Name:Unrecognized field "{name}" ({where}), not marked as ignorable '
        f"({count} known properties: {shown}])\n specified is unsupported or invalid"
    )
    return Refusal("2010", "Request has invalid or unsupported property", detail)
