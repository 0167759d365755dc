"""How one company's ServiceTrade becomes its QuickBooks: the file that people write, read."""

import re
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cached_property, lru_cache
from typing import Any, Literal, get_args

import yaml
from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails

from invoicesync.domain.mapping_settings import (
    Classes,
    Customers,
    Departments,
    Dispatch,
    DocumentNumber,
    Items,
    Settings,
    ShipFrom,
    Tax,
    Timezones,
)
from invoicesync.domain.mapping_values import Amount, Table, Text, Zone, folded, key
from invoicesync.errors import MisconfiguredError

_LARGEST = 1_000_000
_DEEPEST = 20

type CustomValue = Literal[
    "customerPo",
    "refNumber",
    "job.number",
    "job.refNumber",
    "job.customerPo",
    "job.sales",
    "location.name",
    "location.refNumber",
]


class Mapping(Settings):
    """The whole mapping; only ``go_live`` has no default."""

    go_live: date
    mode: Literal["review", "auto"] = "review"
    review_over: Amount | None = None
    timezone: Zone = "America/New_York"
    timezones: Timezones = Field(default_factory=Timezones)
    dispatch: Dispatch = Field(default_factory=Dispatch)
    document_number: DocumentNumber = Field(default_factory=DocumentNumber)
    customers: Customers = Field(default_factory=Customers)
    items: Items = Field(default_factory=Items)
    departments: Departments = Field(default_factory=Departments)
    classes: Classes = Field(default_factory=Classes)
    terms: Table[Text] = Field(default_factory=dict)
    custom_fields: dict[Text, CustomValue] = Field(default_factory=dict)
    po_required_for: tuple[Text, ...] = ()
    ship_from: ShipFrom = Field(default_factory=ShipFrom)
    closed_period: Literal["hold", "first_open_day"] = "hold"
    online_payment: bool | None = None
    tax: Tax = Field(default_factory=Tax)

    @cached_property
    def terms_by_key(self) -> dict[str, str]:
        """The terms, by `key`."""
        return folded(self.terms)

    @cached_property
    def po_required(self) -> frozenset[str]:
        """The customers that want a purchase order, by `key`."""
        return frozenset(map(key, self.po_required_for))


@dataclass(frozen=True, slots=True)
class Mistake:
    """One value that is wrong: the names and positions that lead to it, and a sentence."""

    place: tuple[int | str, ...]
    says: str

    def __str__(self) -> str:
        path = "".join(
            f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.place
        ).removeprefix(".")
        return f"{path}: {self.says}"


class MistakenMappingError(MisconfiguredError):
    """Values of a mapping are wrong: all of them, each by its place and what is wrong with it."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        wrong = "\n".join(f"  {each}" for each in self.mistakes)
        super().__init__(f"the mapping has mistakes:\n{wrong}")


@lru_cache(maxsize=2)
def parse_mapping(text: str) -> Mapping:
    """Read a mapping in YAML; one that was just read is not read again.

    Raises `MisconfiguredError` that names every mistake by its path, with the choices and a guess,
    and never the value that stands there.
    """
    plain = _parse_yaml(text)
    if not isinstance(plain, dict):
        raise MisconfiguredError("the mapping is not a table of settings; it starts with go_live:")
    try:
        return read_mapping(plain)
    except MistakenMappingError as error:
        # A function that cannot work says so by this name to whoever invoked it.
        raise MisconfiguredError(str(error)) from None


def read_mapping(plain: dict[Any, Any]) -> Mapping:
    """Read a mapping from the plain values that YAML or a spreadsheet holds.

    Raises `MistakenMappingError`.
    """
    try:
        return Mapping.model_validate(plain)
    except ValidationError as error:
        raise MistakenMappingError(_explain(error.errors(include_url=False))) from None


class _Loader(yaml.CSafeLoader):
    """YAML without what a mapping has no use for, and with an eye for keys written twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for name, _ in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise _not_yaml("a name must be plain text", name.start_mark)
            if name.value in seen:
                raise _not_yaml(f"{name.value!r} is written twice", name.start_mark)
            seen.add(name.value)
        return super().construct_mapping(node, deep=deep)


# Dates stay texts: one that is none is told by its path then, like any other mistake.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def _parse_yaml(text: str) -> object:
    if len(text) > _LARGEST:
        raise MisconfiguredError(f"the mapping is longer than {_LARGEST:,} characters")
    try:
        _refuse_bombs(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - _Loader is a safe loader
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error.problem or "it cannot be read", error.problem_mark) from None
    except (yaml.YAMLError, ValueError) as error:
        raise _not_yaml(str(error).partition("\n")[0], None) from None


def _refuse_bombs(text: str) -> None:
    """Look at the events before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise _not_yaml("references (*name) are not supported", event.start_mark)
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise _not_yaml(f"nested deeper than {_DEEPEST}", event.start_mark)


def _not_yaml(problem: str, mark: Any) -> MisconfiguredError:  # noqa: ANN401 - the C and Python parsers' marks share no type
    where = "" if mark is None else f" in line {mark.line + 1}, column {mark.column + 1}"
    return MisconfiguredError(f"the mapping is not readable YAML{where}: {problem}")


def _explain(errors: Sequence[ErrorDetails]) -> Iterator[Mistake]:
    for error in errors:
        place = tuple(part for part in error["loc"] if part != "[key]")
        yield Mistake(place, _sentence(error))


def _sentence(error: ErrorDetails) -> str:
    match error["type"]:
        case "extra_forbidden":
            choices = sorted(_model_at(error["loc"][:-1]).model_fields)
            return f"is no setting{_choose(str(error['loc'][-1]), choices)}"
        case "literal_error":
            choices = re.findall("'([^']*)'", error["msg"])
            written = error["input"]
            guessed = written[:100] if isinstance(written, str) else ""
            return f"is none of the choices{_choose(guessed, choices)}"
        case "missing":
            return "is required"
        case "string_type":
            return "must be text: put it in quotes"
        case _:
            return error["msg"].removeprefix("Value error, ")


def _choose(written: str, choices: Sequence[str]) -> str:
    guess = get_close_matches(written, choices, n=1)
    meant = f"; did you mean {guess[0]}?" if guess else ""
    return f" (choose from {', '.join(choices)}){meant}"


def _model_at(path: Sequence[int | str]) -> type[BaseModel]:
    model: type[BaseModel] = Mapping
    for part in path:
        # A place in a list or a name in a table is no field: what follows is the same model's.
        if (field := model.model_fields.get(str(part))) is not None:
            model = _models_in(field.annotation)[0]
    return model


def _models_in(annotation: object) -> list[type[BaseModel]]:
    """Find the settings model within an annotation such as `Table[BillTo]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]
