"""Whether the names on the left of the mapping are names in ServiceTrade's own lists. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from invoicesync.domain.mapping import Mapping as InvoiceMapping
from invoicesync.domain.mapping_values import key
from invoicesync.ports import Json, SourceList
from invoicesync_cli.doctor.finding import Finding, advice, ok, unchecked

NAMES = "mapping: names in ServiceTrade"
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Lists:
    """ServiceTrade's lists as far as they could be read, and why the others could not."""

    rows: Mapping[SourceList, Sequence[Json]]
    unread: Mapping[SourceList, str]


@dataclass(frozen=True, slots=True)
class _Left:
    """The left-hand names of one table, and where ServiceTrade keeps such names."""

    path: str
    kept_in: SourceList
    names: Collection[str]
    field: str = "name"


def lists_of(mapping: InvoiceMapping) -> set[SourceList]:
    """Name the lists of ServiceTrade from which a mapping takes names."""
    return {each.kept_in for each in _lefts(mapping) if each.names}


def names(mapping: InvoiceMapping, lists: Lists) -> Iterator[Finding]:
    """Tell which names of the mapping ServiceTrade does not have, such as misspelled ones."""
    for wanted, why in lists.unread.items():
        yield unchecked(f"ServiceTrade does not show its {wanted.value}: {why}", NAMES)
    strange: list[Finding] = []
    count = 0
    for left in _lefts(mapping):
        if left.kept_in in lists.rows:
            count += len(left.names)
            strange += _strangers(left, lists.rows[left.kept_in])
    yield from strange[:_SHOWN]
    if more := len(strange[_SHOWN:]):
        yield advice(
            f"{more} more names of the mapping are in none of ServiceTrade's lists",
            NAMES,
            "invoicesync mapping suggest drafts a mapping from the lists of both sides",
        )
    if count and not strange:
        yield ok(f"all {count} names are in ServiceTrade's lists", NAMES)
    elif not count and not lists.unread:
        yield ok("the mapping names nothing of ServiceTrade's", NAMES)


def _strangers(left: _Left, rows: Sequence[Json]) -> Iterator[Finding]:
    there = {key(text): text for row in rows if (text := str(row.get(left.field) or ""))}
    for name in left.names:
        if key(name) not in there:
            close = get_close_matches(key(name), there, n=1)
            meant = f"; did you mean {there[close[0]]!r}?" if close else ""
            yield advice(
                f"{left.path}.{name}: nothing of this {left.field} is among ServiceTrade's "
                f"{left.kept_in.value}{meant}",
                NAMES,
                "correct the name in the mapping, or take it out: invoicesync mapping push",
            )


def _lefts(mapping: InvoiceMapping) -> list[_Left]:
    items, customers = mapping.items, mapping.customers
    return [
        _Left("departments.by_office", SourceList.OFFICES, mapping.departments.by_office),
        _Left("timezones.by_office", SourceList.OFFICES, mapping.timezones.by_office),
        _Left("ship_from.by_office", SourceList.OFFICES, mapping.ship_from.by_office),
        _Left("classes.by_service_line", SourceList.SERVICE_LINES, mapping.classes.by_service_line),
        _Left("items.by_service_line", SourceList.SERVICE_LINES, items.by_service_line),
        _Left("terms", SourceList.TERMS, mapping.terms),
        _Left("items.by_code", SourceList.LIBRARY_ITEMS, items.by_code, "code"),
        _Left("items.by_name", SourceList.LIBRARY_ITEMS, items.by_name),
        _Left("customers.names", SourceList.CUSTOMERS, customers.names),
        _Left("customers.levels", SourceList.CUSTOMERS, customers.levels),
        _Left("customers.bill_to", SourceList.CUSTOMERS, customers.bill_to),
        _Left("po_required_for", SourceList.CUSTOMERS, mapping.po_required_for),
    ]
