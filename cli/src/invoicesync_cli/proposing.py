"""Propose what is missing in a mapping, from the lists of both sides. Pure: nothing is read.

What a mapping says already is never touched, and what needs no entry, because it is linked in
ServiceTrade or bears the same name on both sides, gets none.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from invoicesync.domain import mapping as mappings
from invoicesync.domain.mapping_values import key
from invoicesync.ports import Json, SourceList
from invoicesync.services.load.resolve import NOT_SOLD
from invoicesync_cli.mapping_text import plain_of
from invoicesync_cli.matching import SURE, Candidates, Match, Named

type Place = tuple[str, ...]

_LONGEST = 500
_SHARED_AT_MOST = 0.85
"""Whoever maps a type maps everything of it: that is for a person to say."""

LISTS = ("Item", "Customer", "Department", "Class", "Term", "TaxCode")


class Rules(StrEnum):
    """Where the tax rules of a draft come from."""

    KEPT = "kept"
    DRAFTED = "drafted"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Proposal:
    """An entry that a mapping lacks: where it would stand, and the partner, if one was found."""

    place: Place
    name: str
    label: str
    match: Match | None

    def is_accepted(self, above: float) -> bool:
        """Say whether it goes into the draft as an entry."""
        return self.match is not None and self.match.confidence >= above


@dataclass(frozen=True, slots=True)
class Both:
    """The lists of both sides, as they were read; ``QuickBooks`` holds active rows only."""

    servicetrade: Mapping[SourceList, Sequence[Json]]
    quickbooks: Mapping[str, Sequence[Json]]


@dataclass(frozen=True, slots=True)
class Proposed:
    """All proposals, what was fine without one, and what cannot stand in a mapping."""

    proposals: Sequence[Proposal]
    settled: Mapping[str, int] = field(default_factory=dict)
    unnameable: Sequence[str] = ()


def propose(mapping: mappings.Mapping, both: Both) -> Proposed:
    """Find a partner for every name of ServiceTrade that the mapping does not know."""
    book = _Book(mapping, both)
    proposals = [
        *book.items(),
        *book.types(),
        *book.table("departments.by_office", SourceList.OFFICES, "Department"),
        *book.table("classes.by_service_line", SourceList.SERVICE_LINES, "Class"),
        *book.table("terms", SourceList.TERMS, "Term"),
        *book.customers(),
    ]
    return Proposed(proposals, book.settled, tuple(book.unnameable))


class _Book:
    """The lists of both sides, and what is mapped of them."""

    def __init__(self, mapping: mappings.Mapping, both: Both) -> None:
        self._mapping = mapping
        self._both = both
        self._wanted_items: list[tuple[str, Match | None]] = []
        self.settled: dict[str, int] = {}
        self.unnameable: dict[str, None] = {}
        self._items = Candidates(
            Named(str(row["Name"]), str(row.get("Sku") or ""))
            for row in self._nameable("Item")
            if row.get("Type") not in NOT_SOLD
        )

    def items(self) -> Iterator[Proposal]:
        """Propose a product for each library item, by its code or else its name."""
        known = self._mapping.items.own
        for row in self._rows(SourceList.LIBRARY_ITEMS):
            name, code = _text(row, "name"), _text(row, "code")
            # Either would do: a line is looked up by its code, then by its name.
            if _link(row) or key(code) in known[0] or key(name) in known[1]:
                self._settle("items")
                continue
            match = self._items.match(Named(name, code))
            self._wanted_items.append((_text(row, "type"), match))
            place = ("items", "by_code") if code else ("items", "by_name")
            yield Proposal(place, code or name, name if code else "", match)

    def types(self) -> Iterator[Proposal]:
        """Propose a product for a whole type of which single items found none for sure."""
        known = self._mapping.items.shared[0]
        open_types = {kind for kind, match in self._wanted_items if not (match and match.is_sure)}
        for kind in sorted(open_types - {""}):
            match = self._items.match(Named(kind))
            if key(kind) in known or match is None:
                continue
            why = f"{match.why}; everything of this type would be sold as it"
            likely = Match(match.name, min(match.confidence, _SHARED_AT_MOST), why, match.near)
            yield Proposal(("items", "by_type"), kind, "", likely)

    def table(self, path: str, source: SourceList, entity: str) -> Iterator[Proposal]:
        """Propose partners for a table that has one name on either side."""
        known = self._known(path)
        candidates = Candidates(Named(str(row["Name"])) for row in self._nameable(entity))
        # A company without classes or locations has nothing to map to and needs nothing.
        if not candidates and not known:
            return
        for row in self._rows(source):
            name = _text(row, "name")
            if key(name) in known:
                self._settle(path)
                continue
            yield Proposal(tuple(path.split(".")), name, "", candidates.match(Named(name)))

    def customers(self) -> Iterator[Proposal]:
        """Propose customers; who has the same name on both sides needs no entry."""
        known = self._mapping.customers.names_by_key
        rows = [row for row in self._nameable("Customer") if not row.get("Job")]
        ids = {str(row["Id"]) for row in rows}
        names = {str(row["DisplayName"]).casefold() for row in rows}
        # Who is a customer of ServiceTrade by that very name is nobody else's partner.
        own = {_text(row, "name").casefold() for row in self._rows(SourceList.CUSTOMERS)}
        free = [str(row["DisplayName"]) for row in rows]
        candidates = Candidates(Named(name) for name in free if name.casefold() not in own)
        for row in self._rows(SourceList.CUSTOMERS):
            name = _text(row, "name")
            if key(name) in known or name.casefold() in names or _link(row) in ids:
                self._settle("customers")
                continue
            yield Proposal(("customers", "names"), name, "", candidates.match(Named(name)))

    def _known(self, path: str) -> Collection[str]:
        mapping = self._mapping
        return {
            "departments.by_office": mapping.departments.by_key,
            "classes.by_service_line": mapping.classes.by_key,
            "terms": mapping.terms_by_key,
        }[path]

    def _rows(self, source: SourceList) -> Iterator[Json]:
        """Yield what is in use, each name (or code) once."""
        seen: set[str] = set()
        for row in self._both.servicetrade.get(source, ()):
            name = _text(row, "code") or _text(row, "name")
            if row.get("status") == "inactive" or key(name) in seen or not name:
                continue
            seen.add(key(name))
            if _is_nameable(name):
                yield row
            else:
                self.unnameable[f"{source}: {name!r}"] = None

    def _nameable(self, entity: str) -> Iterator[Json]:
        field_name = "DisplayName" if entity == "Customer" else "Name"
        for row in self._both.quickbooks.get(entity, ()):
            name = row.get(field_name)
            if isinstance(name, str) and _is_nameable(name):
                yield row
            else:
                self.unnameable[f"QuickBooks {entity} {row.get('Id')}: {name!r}"] = None

    def _settle(self, what: str) -> None:
        self.settled[what] = self.settled.get(what, 0) + 1


def accepted(
    mapping: mappings.Mapping, proposals: Iterable[Proposal], above: float = SURE
) -> dict[str, Any]:
    """Return the mapping's plain values with the proposals that are sure enough set in them."""
    plain = plain_of(mapping)
    for each in proposals:
        if each.match is not None and each.is_accepted(above):
            table = plain
            for part in each.place:
                table = table.setdefault(part, {})
            table.setdefault(each.name, each.match.name)
    return plain


def tax_rules(mapping: mappings.Mapping, both: Both) -> tuple[Rules, list[dict[str, Any]]]:
    """Return the two rules that every mapping needs, where it has none and QuickBooks the codes."""
    if mapping.tax.rules:
        return Rules.KEPT, []
    codes = {str(row.get("Id", "")) for row in both.quickbooks.get("TaxCode", ())}
    if not {"TAX", "NON"} <= codes:
        return Rules.MISSING, []
    return Rules.DRAFTED, [{"taxable": True, "code": "TAX"}, {"taxable": False, "code": "NON"}]


def _text(row: Json, name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""


def _link(row: Json) -> str:
    """Return the id in QuickBooks that ServiceTrade keeps; an empty table may come as a list."""
    links = row.get("externalIds")
    return str(links.get("quickbooks") or "") if isinstance(links, Mapping) else ""


def _is_nameable(name: str) -> bool:
    return 0 < len(name) <= _LONGEST and name.isprintable() and name == name.strip()
