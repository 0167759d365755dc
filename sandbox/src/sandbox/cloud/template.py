"""Read a SAM template as it is written, without a translator in between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from sandbox.cloud.intrinsics import NOTHING, TemplateError, Value, evaluate, holds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_PSEUDO_URL_SUFFIX = "amazonaws.com"


class _Loader(yaml.SafeLoader):
    """A safe loader that also reads the short form of CloudFormation's functions."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)  # noqa: S101  (YAML has no fourth kind)
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _short_form)


@dataclass(frozen=True, slots=True)
class Place:
    """The account, the region and the stack that pseudo parameters tell of."""

    stack: str = "invoicesync-local"
    region: str = "us-east-1"
    account: str = "123456789012"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of something in this place."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a resource: what ``Ref`` gives, and what ``Fn::GetAtt`` gives."""

    ref: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as the template has it."""

    name: str
    type: str
    properties: Mapping[str, Any]
    written: Mapping[str, Any]


class Template:
    """A template, the parameters given to it, and what its resources became."""

    def __init__(
        self,
        text: str,
        *,
        place: Place,
        parameters: Mapping[str, str] | None = None,
        make: Callable[[Resource], Made] | None = None,
    ) -> None:
        """Parse; ``make`` is called once for each resource that something refers to."""
        # _Loader is a SafeLoader with constructors that only build dictionaries.
        self._document: Mapping[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506
        self.place = place
        self._make = make
        self._made: dict[str, Made] = {}
        self._under_way: list[str] = []
        self._parameters = self._settle(parameters or {})

    @classmethod
    def read(cls, path: Path, *, place: Place, **settings: Any) -> Template:
        """Read a template from its file."""
        return cls(path.read_text(encoding="utf-8"), place=place, **settings)

    def _settle(self, given: Mapping[str, str]) -> dict[str, Any]:
        declared: Mapping[str, Any] = self._document.get("Parameters", {})
        if unknown := sorted(set(given) - set(declared)):
            raise TemplateError(f"no such parameters: {unknown}; known: {sorted(declared)}")
        settled: dict[str, Any] = {}
        for name, said in declared.items():
            if name not in given and "Default" not in said:
                raise TemplateError(f"parameter {name} has no default and was not given")
            value = given.get(name, said.get("Default"))
            allowed = [str(each) for each in said.get("AllowedValues", [])]
            if allowed and str(value) not in allowed:
                raise TemplateError(f"parameter {name} is {value!r}; allowed: {allowed}")
            is_list = str(said.get("Type", "")).startswith(("CommaDelimited", "List<"))
            settled[name] = str(value).split(",") if is_list else value
        return settled

    def resources(self) -> Iterator[Resource]:
        """Yield the resources whose condition holds, as written, in the order of the template."""
        for name, written in self._document.get("Resources", {}).items():
            if "Condition" not in written or self.condition(written["Condition"]):
                yield self._resource(name, written)

    def resource(self, name: str) -> Resource:
        """Return one resource as written."""
        try:
            return self._resource(name, self._document["Resources"][name])
        except KeyError as missing:
            raise TemplateError(f"the template has no resource {name}") from missing

    def _resource(self, name: str, written: Mapping[str, Any]) -> Resource:
        properties = written.get("Properties", {})
        if written["Type"] == "AWS::Serverless::Function":
            properties = self._with_globals(properties)
        return Resource(name, written["Type"], properties, written)

    def _with_globals(self, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        shared: Mapping[str, Any] = self._document.get("Globals", {}).get("Function", {})
        merged = {**shared, **properties}
        for name in ("Environment", "Tags", "LoggingConfig", "VpcConfig"):
            if name in shared and name in properties:
                merged[name] = _merged(shared[name], properties[name])
        if "Layers" in shared and "Layers" in properties:
            merged["Layers"] = [*shared["Layers"], *properties["Layers"]]
        return merged

    def evaluate(self, value: Value) -> Value:
        """Return a value of the template with every function replaced by its result."""
        return evaluate(value, self)

    def made(self, name: str) -> Made:
        """Return what a resource became, making it first if need be."""
        if name not in self._made:
            if name in self._under_way:
                raise TemplateError(f"a circle: {' -> '.join([*self._under_way, name])}")
            if self._make is None:
                raise TemplateError(f"{name} has not been made")
            self._under_way.append(name)
            try:
                self._made[name] = self._make(self.resource(name))
            finally:
                self._under_way.pop()
        return self._made[name]

    def outputs(self) -> dict[str, str]:
        """Return what the stack tells whoever asks for it by name."""
        written: Mapping[str, Any] = self._document.get("Outputs", {})
        return {name: str(self.evaluate(said["Value"])) for name, said in written.items()}

    # What `evaluate` looks names up in.

    def ref(self, name: str) -> Value:
        """Return what ``Ref`` gives."""
        pseudo = {
            "AWS::NoValue": NOTHING,
            "AWS::Region": self.place.region,
            "AWS::AccountId": self.place.account,
            "AWS::StackName": self.place.stack,
            "AWS::StackId": self.place.arn("cloudformation", f"stack/{self.place.stack}/local"),
            "AWS::Partition": "aws",
            "AWS::URLSuffix": _PSEUDO_URL_SUFFIX,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self._parameters:
            return self._parameters[name]
        return self.made(name).ref

    def attribute(self, name: str, attribute: str) -> Value:
        """Return what ``Fn::GetAtt`` gives."""
        attributes = self.made(name).attributes
        if attribute not in attributes:
            raise TemplateError(f"{name} has no {attribute} here; it has {sorted(attributes)}")
        return attributes[attribute]

    def condition(self, name: str) -> bool:
        """Say whether a condition of the template holds."""
        conditions: Mapping[str, Any] = self._document.get("Conditions", {})
        if name not in conditions:
            raise TemplateError(f"there is no condition {name}; known: {sorted(conditions)}")
        return holds(conditions[name], self)

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return one of the template's mappings."""
        mappings: Mapping[str, Mapping[str, Any]] = self._document.get("Mappings", {})
        if name not in mappings:
            raise TemplateError(f"there is no mapping {name}; known: {sorted(mappings)}")
        return mappings[name]


def _merged(shared: Value, own: Value) -> Value:
    if not isinstance(shared, dict) or not isinstance(own, dict):
        return own
    both = {name: _merged(shared[name], own[name]) for name in shared.keys() & own.keys()}
    return {**shared, **own, **both}
