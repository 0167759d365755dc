"""Update items of moto's DynamoDB by a plan.

moto walks a copy of an expression's tree ten times for each item. What sets, removes and adds to
attributes at the top needs none of that; all else goes moto's own way, and so does what it refuses.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.parsing import ast_nodes, executors, validators

if TYPE_CHECKING:
    from moto.dynamodb.models.dynamo_type import Item
    from moto.dynamodb.models.table import Table

_nodes: Any = ast_nodes  # moto leaves this module untyped
_CLAUSES = (
    _nodes.UpdateExpressionSetClause,
    _nodes.UpdateExpressionAddClause,
    _nodes.UpdateExpressionRemoveClause,
    _nodes.UpdateExpressionDeleteClause,
)


@dataclass(frozen=True, slots=True)
class _Step:
    verb: type
    name: str
    value: str = ""


@functools.lru_cache(maxsize=500)
def _steps(tree: Any) -> tuple[_Step, ...] | None:  # noqa: ANN401
    verbs = (
        _nodes.UpdateExpressionSetAction,
        _nodes.UpdateExpressionAddAction,
        _nodes.UpdateExpressionRemoveAction,
        _nodes.UpdateExpressionDeleteAction,
    )
    clauses = [type(each) for each in _walk(tree) if isinstance(each, _CLAUSES)]
    steps = [_step(action) for action in tree.find_clauses(verbs)]
    if None in steps or len(clauses) != len(set(clauses)):
        return None
    return tuple(each for each in steps if each is not None)


def _walk(node: Any) -> list[Any]:  # noqa: ANN401
    children = [each for each in node.children or () if isinstance(each, _nodes.Node)]
    return [node, *(below for each in children for below in _walk(each))]


def _step(action: Any) -> _Step | None:  # noqa: ANN401
    path, *values = action.children
    name = _only(path.children, _nodes.ExpressionAttributeName)
    if name is None or type(action) is _nodes.UpdateExpressionDeleteAction:
        return None
    if not values:
        return _Step(type(action), name)
    # What is added stands in the tree by itself, what is set as the only part of a sum.
    is_added = type(action) is _nodes.UpdateExpressionAddAction
    held = _only(values if is_added else values[0].children, _nodes.ExpressionAttributeValue)
    return None if held is None else _Step(type(action), name, held)


def _only(parts: list[Any], kind: Any) -> str | None:  # noqa: ANN401
    if len(parts) == 1 and type(parts[0]) is kind:
        return str(parts[0].children[0])
    return None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What an update does to an item, step by step; all that can be refused has been looked at."""

    item: Item
    steps: tuple[tuple[type, str, DynamoType | None], ...]

    def validate(self) -> _Plan:
        """Be the validator's result."""
        return self

    def normalize(self) -> None:
        """Be the tree in the order of its steps."""

    def execute(self) -> None:
        """Do it."""
        attributes: Any = self.item.attrs
        for verb, name, value in self.steps:
            if verb is _nodes.UpdateExpressionRemoveAction:
                attributes.pop(name, None)
            elif verb is _nodes.UpdateExpressionAddAction:
                attributes[name] = attributes.get(name, DynamoType({"N": "0"})) + value
            else:
                attributes[name] = value


def validator(
    tree: Any,  # noqa: ANN401
    expression_attribute_names: Any,  # noqa: ANN401
    expression_attribute_values: Any,  # noqa: ANN401
    item: Item,
    table: Table,
) -> Any:  # noqa: ANN401
    """Return the plan of an update, or moto's validator for what takes more than that."""
    names, values = expression_attribute_names or {}, expression_attribute_values or {}
    steps = _steps(tree) or ()
    found = [(each.verb, names.get(each.name), values.get(each.value)) for each in steps]
    named = {name for _, name, _ in found}
    planned = tuple(
        (verb, name, None if value is None else DynamoType(value))
        for verb, name, value in found
        if name is not None
    )
    if (
        not planned
        or len(named) != len(steps)
        or None in named
        or named & set(table.table_key_attrs)
        or not all(_can_be_done(*each, item) for each in planned)
    ):
        return validators.UpdateExpressionValidator(
            tree, expression_attribute_names, expression_attribute_values, item, table
        )
    return _Plan(item, planned)


def _can_be_done(verb: type, name: str, value: DynamoType | None, item: Item) -> bool:
    if verb is _nodes.UpdateExpressionRemoveAction:
        return True
    if verb is _nodes.UpdateExpressionSetAction:
        return value is not None
    there = item.attrs.get(name)
    return value is not None and value.type == "N" and (there is None or there.type == "N")


def executor(tree: Any, item: Item, expression_attribute_names: Any) -> Any:  # noqa: ANN401
    """Return what carries out a plan, or moto's own tree."""
    if isinstance(tree, _Plan):
        return tree
    return executors.UpdateExpressionExecutor(tree, item, expression_attribute_names)
