"""Prove that every name in a mapping is something in QuickBooks that an invoice can bear."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from invoicesync.domain import mapping as mappings
from invoicesync.ports import Books, Comparison, Json
from invoicesync.services.load.resolve import DELETED, NOT_SOLD

NAMES_A_QUERY = 50
MOST_NAMES = 2000


@dataclass(frozen=True, slots=True)
class Name:
    """One name of QuickBooks in a mapping, and where in the file it stands."""

    path: str
    entity: str
    name: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What QuickBooks has under a name. ``problem`` is empty where it can be used.

    ``account`` is a product's income account; ``warning`` says what is unusual and allowed.
    """

    name: Name
    id: str = ""
    account: str = ""
    problem: str = ""
    warning: str = ""


def names_in(mapping: mappings.Mapping) -> Iterator[Name]:
    """Yield every name of QuickBooks that a mapping mentions."""
    items, classes = mapping.items, mapping.classes
    tables: list[tuple[str, str, Mapping[str, str]]] = [
        ("items.by_code", "Item", items.by_code),
        ("items.by_name", "Item", items.by_name),
        ("items.by_type", "Item", items.by_type),
        ("items.by_service_line", "Item", items.by_service_line),
        ("departments.by_office", "Department", mapping.departments.by_office),
        ("classes.by_service_line", "Class", classes.by_service_line),
        ("terms", "Term", mapping.terms),
        ("customers.names", "Customer", mapping.customers.names),
    ]
    for path, entity, table in tables:
        for key, name in table.items():
            yield Name(f"{path}.{key}", entity, name)
    for path, entity, default in (
        ("items.default", "Item", items.default),
        ("classes.default", "Class", classes.default),
    ):
        if default is not None:
            yield Name(path, entity, default)


def prove(mapping: mappings.Mapping, books: Books) -> list[Proof]:
    """Look every name up: one query for a hundred names of a list; nothing is written."""
    wanted: dict[str, list[Name]] = {}
    for name in names_in(mapping):
        wanted.setdefault(name.entity, []).append(name)
    proofs = [proof for entity, names in wanted.items() for proof in _of_list(entity, names, books)]
    return [*proofs, *_custom_fields(mapping, books)]


def _of_list(entity: str, names: Sequence[Name], books: Books) -> Iterator[Proof]:
    field = "DisplayName" if entity == "Customer" else "Name"
    rows: dict[str, list[Json]] = {}
    for some in batched(sorted({each.name for each in names}), NAMES_A_QUERY, strict=False):
        asked = [*some, *(f"{name}{DELETED}" for name in some)]
        where = [Comparison(field, "IN", asked), Comparison("Active", "IN", ["true", "false"])]
        for row in books.query(entity, where=where):
            name = str(row.get(field, "")).removesuffix(DELETED)
            rows.setdefault(name.casefold(), []).append(row)
    missing = [each.name for each in names if each.name.casefold() not in rows]
    there = _all_names(entity, field, books) if missing else []
    for each in names:
        yield _proof(each, rows.get(each.name.casefold(), []), there)


def _all_names(entity: str, field: str, books: Books) -> list[str]:
    return [str(row.get(field, "")) for row in books.query(entity, limit=MOST_NAMES)]


def _proof(name: Name, rows: Sequence[Json], there: Sequence[str]) -> Proof:
    active = [row for row in rows if row.get("Active") is not False]
    if not rows:
        close = difflib.get_close_matches(name.name, there, n=3, cutoff=0.5)
        hint = f"; did you mean {', '.join(map(repr, close))}?" if close else ""
        return Proof(name, problem=f"QuickBooks has no {_word(name)} {name.name!r}{hint}")
    if not active:
        return Proof(name, problem=f"{_word(name)} {name.name!r} is inactive in QuickBooks")
    if len(active) > 1:
        ids = ", ".join(str(row["Id"]) for row in active)
        return Proof(name, problem=f"{_word(name)} {name.name!r} stands there twice (ids {ids})")
    return _usable(name, active[0])


def _usable(name: Name, row: Json) -> Proof:
    id_ = str(row["Id"])
    if name.entity != "Item":
        return Proof(name, id_)
    kind = str(row.get("Type", ""))
    account = str((row.get("IncomeAccountRef") or {}).get("name", ""))
    if kind in NOT_SOLD:
        return Proof(name, id_, problem=f"{name.name!r} is a {kind.lower()} and cannot be sold")
    warning = "an inventory item: each sale moves stock" if kind == "Inventory" else ""
    return Proof(name, id_, account, warning=warning)


def _custom_fields(mapping: mappings.Mapping, books: Books) -> list[Proof]:
    if not mapping.custom_fields:
        return []
    text = str(books.preferences().get("SalesFormsPrefs", {}))
    return [
        Proof(
            Name(f"custom_fields.{name}", "CustomField", name),
            problem="" if f"'{name}'" in text else "no custom field of this name on sales forms",
        )
        for name in mapping.custom_fields
    ]


def _word(name: Name) -> str:
    """Name a list as QuickBooks' screens do."""
    words = {"Item": "product", "Department": "location", "Term": "terms"}
    return words.get(name.entity, name.entity.lower())
