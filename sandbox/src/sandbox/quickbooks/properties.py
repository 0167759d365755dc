"""Which properties each entity knows, and of which kind their values are.

The service refuses what it does not know at every depth of a body, so a typing error in a field's
name is an answer here too, not silence.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any

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


def kind_at(entity: str, path: str) -> str | None:
    """Return the kind of a dotted path such as ``MetaData.CreateTime``, in any casing, or None."""
    kind: str | None = entity
    for step in path.lower().split("."):
        if kind is None or kind.removesuffix("[]") not in _written():
            return None
        properties = known(kind.removesuffix("[]"))
        kind = next((properties[name] for name in properties if name.lower() == step), None)
    return kind


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
    _unknown(entity, entity, body)
    _values(entity, body)


def _unknown(entity: str, type_name: str, body: Body) -> None:
    properties = known(type_name)
    for name, value in body.items():
        kind = properties.get(name)
        if kind is None:
            raise unknown_property(type_name if type_name[0].isupper() else entity, name)
        inner = kind.removesuffix("[]")
        if inner[0].isupper():
            for each in _each(name, kind, value):
                _unknown(entity, inner, each)


def _each(name: str, kind: str, value: Any) -> list[Body]:  # noqa: ANN401  (any JSON value)
    if value is None:
        return []
    if not kind.endswith("[]"):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Refusal(
            "2010",
            "Request has invalid or unsupported property",
            f"Property Name:Can not deserialize instance of {kind} from {name} specified is "
            "unsupported or invalid",
        )
    return value


def _values(type_name: str, body: Body) -> None:
    properties = known(type_name)
    for name, value in body.items():
        kind = properties[name]
        if value is None or value == "" or kind == "*":
            continue
        if kind[0].isupper():
            for each in _each(name, kind, value):
                _values(kind.removesuffix("[]"), each)
        else:
            _scalar(name, kind, value)


def _scalar(name: str, kind: str, value: object) -> None:
    if kind == "d" and not times.is_date(value):
        raise refusals.invalid_date(name, value)
    if kind == "b" and not isinstance(value, bool) and value not in {"true", "false"}:
        raise refusals.invalid_boolean(name, value)
    if kind == "n":
        try:
            decimal_of(value)
        except ValueError as error:
            raise refusals.invalid_number(name, value) from error
    if kind == "s" and isinstance(value, (dict, list)):
        raise refusals.invalid_choice(name, "of a structure")


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
