"""Compute the values that CloudFormation's intrinsic functions stand for."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

type Value = Any
"""Any JSON value."""

_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]+)\}")
_CONDITION_ONLY = frozenset({"Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or", "Condition"})


class TemplateError(ValueError):
    """The template says something that this machine cannot do, or that makes no sense."""


class _Nothing:
    """The type of `AWS::NoValue`."""

    def __repr__(self) -> str:
        return "AWS::NoValue"


NOTHING = _Nothing()
"""What `AWS::NoValue` means: the key or the list entry is not there."""


class Scope(Protocol):
    """Where names are looked up."""

    def ref(self, name: str) -> Value:
        """Return what ``Ref`` gives for a parameter, a pseudo parameter or a resource."""
        raise NotImplementedError

    def attribute(self, name: str, attribute: str) -> Value:
        """Return what ``Fn::GetAtt`` gives for a resource."""
        raise NotImplementedError

    def condition(self, name: str) -> bool:
        """Say whether a condition of the template holds."""
        raise NotImplementedError

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return one of the template's mappings."""
        raise NotImplementedError


def evaluate(value: Value, scope: Scope) -> Value:
    """Return ``value`` with every intrinsic function replaced by its result."""
    if isinstance(value, list):
        entries = [evaluate(each, scope) for each in value]
        return [each for each in entries if each is not NOTHING]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](argument, scope)
        if name.startswith("Fn::"):
            raise TemplateError(f"{name} is not understood here; known: {sorted(_FUNCTIONS)}")
    members = {name: evaluate(each, scope) for name, each in value.items()}
    return {name: each for name, each in members.items() if each is not NOTHING}


def holds(value: Value, scope: Scope) -> bool:
    """Say whether a condition holds."""
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in _CONDITION_ONLY:
        return bool(evaluate(value, scope))
    raise TemplateError(f"a condition is one of {sorted(_CONDITION_ONLY)}, not {value!r}")


def _attribute(argument: Value, scope: Scope) -> Value:
    name, _, attribute = (
        argument.partition(".")
        if isinstance(argument, str)
        else (
            argument[0],
            ".",
            evaluate(argument[1], scope),
        )
    )
    return scope.attribute(name, attribute)


def _sub(argument: Value, scope: Scope) -> str:
    text, given = (argument, {}) if isinstance(argument, str) else argument
    local = evaluate(given, scope)

    def replaced(found: re.Match[str]) -> str:
        literal, name = found.groups()
        if literal:
            return f"${{{name}}}"
        if name in local:
            return _text(local[name], name)
        resource, dot, attribute = name.partition(".")
        value = scope.attribute(resource, attribute) if dot else scope.ref(name)
        return _text(value, name)

    return _PLACEHOLDER.sub(replaced, text)


def _join(argument: Value, scope: Scope) -> str:
    separator, parts = argument[0], evaluate(argument[1], scope)
    return str(separator).join(_text(part, "an entry of Fn::Join") for part in parts)


def _select(argument: Value, scope: Scope) -> Value:
    index, entries = evaluate(argument, scope)
    if not 0 <= int(index) < len(entries):
        raise TemplateError(f"Fn::Select: there is no entry {index} in {entries!r}")
    return entries[int(index)]


def _split(argument: Value, scope: Scope) -> list[str]:
    separator, text = evaluate(argument, scope)
    return str(text).split(separator)


def _if(argument: Value, scope: Scope) -> Value:
    name, then, otherwise = argument
    return evaluate(then if scope.condition(name) else otherwise, scope)


def _find_in_map(argument: Value, scope: Scope) -> Value:
    name, first, second = (evaluate(each, scope) for each in argument)
    try:
        return scope.mapping(name)[first][second]
    except KeyError as missing:
        raise TemplateError(f"Fn::FindInMap: {name} has no {first}.{second}") from missing


def _equals(argument: Value, scope: Scope) -> bool:
    left, right = (evaluate(each, scope) for each in argument)
    return str(left) == str(right)


def _text(value: Value, name: str) -> str:
    if isinstance(value, dict | list) or value is NOTHING:
        raise TemplateError(f"{name} is no text: {value!r}")
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


_FUNCTIONS: Mapping[str, Callable[[Value, Scope], Value]] = {
    "Ref": lambda argument, scope: scope.ref(argument),
    "Fn::GetAtt": _attribute,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::If": _if,
    "Fn::FindInMap": _find_in_map,
    "Fn::Base64": lambda argument, scope: b64encode(evaluate(argument, scope).encode()).decode(),
    "Fn::Equals": _equals,
    "Fn::Not": lambda argument, scope: not holds(argument[0], scope),
    "Fn::And": lambda argument, scope: all(holds(each, scope) for each in argument),
    "Fn::Or": lambda argument, scope: any(holds(each, scope) for each in argument),
    "Condition": lambda argument, scope: scope.condition(argument),
}
