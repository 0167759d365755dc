"""Find QuickBooks' ids for the names in documents: from the cache, else one query per list."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from invoicesync.domain.document import Document, Reference
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.rendering import Resolved
from invoicesync.errors import BusyError, OutcomeUnknownError
from invoicesync.ports import Books, Comparison, Json
from invoicesync.services.load.customers import Customers
from invoicesync.services.load.preferences import Preferences
from invoicesync.services.load.work import Work
from invoicesync.state.references import CREATION_SECONDS, Known, References

NOT_SOLD = frozenset({"Category", "Group"})
DELETED = " (deleted)"
"""What QuickBooks appends to the name of a row that was made inactive."""

ID = "#"
"""How an id stands among names in the cache."""


@dataclass(frozen=True, slots=True)
class Lists:
    """What was found, by list and casefolded name; inactive rows stand apart."""

    active: Mapping[str, Mapping[str, Known]]
    inactive: Mapping[str, frozenset[str]]
    shared: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def find(self, entity: str, name: str) -> Known | None:
        """Return an active row."""
        return self.active.get(entity, {}).get(name.casefold())

    def is_inactive(self, entity: str, name: str) -> bool:
        """Say whether the name is there, but inactive."""
        return name.casefold() in self.inactive.get(entity, frozenset())

    def sharing(self, entity: str, name: str) -> tuple[str, ...]:
        """Return the ids of several active rows of one name; nobody guesses between them."""
        return self.shared.get(entity, {}).get(name.casefold(), ())


class Resolver:
    """Resolves the references of a whole batch at once."""

    def __init__(self, books: Books, references: References, customers: Customers) -> None:
        self._books = books
        self._references = references
        self._customers = customers

    def resolve(
        self, works: Sequence[Work], preferences: Preferences
    ) -> list[tuple[Work, tuple[Problem, ...]]]:
        """Give each work its ids, or return what is wrong with it, complete."""
        lists = self._lists([work.document for work in works])
        found: list[tuple[Work, tuple[Problem, ...]]] = []
        for work in works:
            problems: list[Problem] = []
            try:
                resolved = self._one(work.document, lists, preferences, problems)
            except (BusyError, OutcomeUnknownError) as error:
                work.retry(CREATION_SECONDS, type(error).__name__)
                continue
            work.resolved = None if problems else resolved
            found.append((work, tuple(problems)))
        return found

    def forget(self, document: Document) -> None:
        """Drop what is cached for a document that QuickBooks refused for its references."""
        for entity, names in _wanted(document).items():
            self._references.drop(entity, sorted(names))

    def _one(
        self,
        document: Document,
        lists: Lists,
        preferences: Preferences,
        problems: list[Problem],
    ) -> Resolved:
        customer_id = self._customers.find(document.customer, lists, problems)
        item_ids: dict[Reference, str] = {}
        for position, line in enumerate(document.lines, start=1):
            if line.item is not None and line.item not in item_ids:
                where = f"line {position}, {line.description[:60]!r}"
                item_ids[line.item] = _item(line.item, lists, where, problems)
        return Resolved(
            customer_id=customer_id,
            item_ids=item_ids,
            class_ids={
                name: _named("Class", name, lists, ProblemCode.UNMAPPED_CLASS, problems)
                for name in sorted({x.class_name for x in document.lines if x.class_name})
            },
            term_id=_optional("Term", document.term, lists, ProblemCode.UNMAPPED_TERM, problems),
            department_id=_optional(
                "Department", document.department, lists, ProblemCode.UNMAPPED_DEPARTMENT, problems
            ),
            custom_field_ids=preferences.custom_fields(document, problems),
        )

    def _lists(self, documents: Iterable[Document]) -> Lists:
        wanted: dict[str, set[str]] = {}
        for document in documents:
            for entity, names in _wanted(document).items():
                wanted.setdefault(entity, set()).update(names)
        active: dict[str, dict[str, Known]] = {}
        inactive: dict[str, frozenset[str]] = {}
        shared: dict[str, dict[str, tuple[str, ...]]] = {}
        for entity, names in sorted(wanted.items()):
            active[entity] = dict(self._references.find(entity, names))
            missing = sorted(n for n in names if n.casefold() not in active[entity])
            fresh, inactive[entity] = self._query(entity, missing)
            shared[entity] = {n: ids for n, (ids, _) in fresh.items() if len(ids) > 1}
            sure = {n: known for n, (ids, known) in fresh.items() if len(ids) == 1}
            if sure:
                self._references.keep(entity, sure)
            active[entity] |= sure
        return Lists(active, inactive, shared)

    def _query(
        self, entity: str, names: Sequence[str]
    ) -> tuple[dict[str, tuple[tuple[str, ...], Known]], frozenset[str]]:
        """Ask for names and ids (``#12``) that are not cached: one query for each kind.

        Returns the ids that bear each casefolded name, with one of their rows, and what is
        inactive. Recorded traffic shows two active customers of one name, one below a parent.
        """
        ids = [name.removeprefix(ID) for name in names if name.startswith(ID)]
        texts = [name for name in names if not name.startswith(ID)]
        field = "DisplayName" if entity == "Customer" else "Name"
        rows: list[tuple[str, Json]] = []
        if ids:
            rows += [(f"{ID}{row['Id']}", row) for row in self._rows(entity, "Id", ids)]
        if texts:
            asked = [*texts, *(f"{text}{DELETED}" for text in texts)]
            rows += [
                (str(row[field]).removesuffix(DELETED), row)
                for row in self._rows(entity, field, asked)
            ]
        fresh: dict[str, tuple[tuple[str, ...], Known]] = {}
        for name, row in rows:
            if row.get("Active") is not False:
                ids_so_far, _ = fresh.get(name.casefold(), ((), None))
                fresh[name.casefold()] = ((*ids_so_far, str(row["Id"])), _known(entity, row))
        gone = {name.casefold() for name, row in rows if row.get("Active") is False}
        return fresh, frozenset(gone - fresh.keys())

    def _rows(self, entity: str, field: str, values: Sequence[str]) -> list[Json]:
        return self._books.query(
            entity,
            where=[
                Comparison(field, "IN", values),
                # Without this QuickBooks leaves inactive rows out, and we could not say so.
                Comparison("Active", "IN", ["true", "false"]),
            ],
        )


def _wanted(document: Document) -> dict[str, set[str]]:
    customer = document.customer
    wanted: dict[str, set[str]] = {
        "Customer": {*_names(customer.reference), *_names(customer.parent)},
        "Item": {name for line in document.lines for name in _names(line.item)},
        "Class": {line.class_name for line in document.lines if line.class_name},
        "Term": {document.term} if document.term else set(),
        "Department": {document.department} if document.department else set(),
    }
    return {entity: names for entity, names in wanted.items() if names}


def _names(reference: Reference | None) -> set[str]:
    if reference is None:
        return set()
    by_id = {f"{ID}{reference.id}"} if reference.id is not None else set[str]()
    return by_id | ({reference.name} if reference.name else set[str]())


def _known(entity: str, row: Json) -> Known:
    taxable = row.get("Taxable")
    return Known(
        id=str(row["Id"]),
        name=str(row.get("DisplayName" if entity == "Customer" else "Name", "")),
        kind=str(row.get("Type", "")),
        taxable=taxable if isinstance(taxable, bool) else None,
    )


def _item(reference: Reference, lists: Lists, where: str, problems: list[Problem]) -> str:
    by_id = lists.find("Item", f"{ID}{reference.id}") if reference.id is not None else None
    known = by_id or (lists.find("Item", reference.name) if reference.name else None)
    label = reference.name or f"id {reference.id}"
    if known is None and (ids := lists.sharing("Item", reference.name or "")):
        detail = f"several products are named {label!r} (ids {', '.join(ids)}): map it by id"
        problems.append(Problem(ProblemCode.UNMAPPED_ITEM, detail, where))
        return ""
    if known is None:
        is_off = any(lists.is_inactive("Item", name) for name in _names(reference))
        problems.append(
            Problem(ProblemCode.ITEM_INACTIVE, f"product {label!r} is inactive", where)
            if is_off
            else Problem(ProblemCode.UNMAPPED_ITEM, f"no product {label!r} in QuickBooks", where)
        )
        return ""
    if known.kind in NOT_SOLD:
        detail = f"product {known.name!r} is a {known.kind.lower()} and cannot be sold"
        problems.append(Problem(ProblemCode.UNMAPPED_ITEM, detail, where))
    return known.id


def _named(entity: str, name: str, lists: Lists, code: ProblemCode, problems: list[Problem]) -> str:
    known = lists.find(entity, name)
    if known is None:
        state = "is inactive" if lists.is_inactive(entity, name) else "does not exist"
        state = "stands more than once" if lists.sharing(entity, name) else state
        shown = "location" if entity == "Department" else entity.lower()
        problems.append(Problem(code, f"{shown} {name!r} {state} in QuickBooks"))
        return ""
    return known.id


def _optional(
    entity: str, name: str | None, lists: Lists, code: ProblemCode, problems: list[Problem]
) -> str | None:
    return None if name is None else _named(entity, name, lists, code, problems)
