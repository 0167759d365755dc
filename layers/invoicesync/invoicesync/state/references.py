"""QuickBooks' ids by name, kept for a day: the cheapest read is the one not made.

Only what is there and active is kept. A name that was not found is looked up again next time, so
that a record mended in QuickBooks is seen at the next try.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from invoicesync.conditions import Absent, Delete, Item, Less, Put, any_of
from invoicesync.errors import ConditionFailedError
from invoicesync.ports import Clock, Table
from invoicesync.state import keys
from invoicesync.state.ledger import key_item

FRESH_SECONDS = 86_400
IN_MEMORY_SECONDS = 600
CREATION_SECONDS = 420
INDEX_LAG_SECONDS = 300
"""How long queries may not show who bears a name that QuickBooks refuses as taken."""


@dataclass(frozen=True, slots=True)
class Known:
    """One active row of a QuickBooks list. ``kind`` is an item's type; ``taxable`` a customer's."""

    id: str
    name: str
    kind: str = ""
    taxable: bool | None = None


class References:
    """The cached rows of one company's lists, in the table and, for ten minutes, in memory."""

    def __init__(self, table: Table, clock: Clock, realm_id: str) -> None:
        self._table = table
        self._clock = clock
        self._realm_id = realm_id
        self._memory: dict[tuple[str, str], tuple[float, Known]] = {}

    def find(self, entity: str, names: Iterable[str]) -> dict[str, Known]:
        """Return what is cached, by casefolded name (an id stands as ``#<id>``)."""
        now = self._clock.now()
        wanted = sorted({name.casefold() for name in names})
        found: dict[str, Known] = {}
        missing: list[str] = []
        for name in wanted:
            until, known = self._memory.get((entity, name), (0.0, None))
            if known is not None and until > now:
                found[name] = known
            else:
                missing.append(name)
        if not missing:
            return found
        by_key = {keys.reference(self._realm_id, entity, name): name for name in missing}
        for key, item in self._table.get_many(list(by_key)).items():
            if _number(item.get("expires_at")) > now:
                found[by_key[key]] = self._remember(entity, by_key[key], _known(item))
        return found

    def keep(self, entity: str, rows: Mapping[str, Known]) -> None:
        """Cache active rows under the names by which they were asked for."""
        expires_at = int(self._clock.now()) + FRESH_SECONDS
        for name, known in sorted(rows.items()):
            self._remember(entity, name.casefold(), known)
            self._table.write(
                Put(
                    {
                        **key_item(keys.reference(self._realm_id, entity, name)),
                        "id": known.id,
                        "name": known.name,
                        "kind": known.kind,
                        "taxable": known.taxable,
                        "expires_at": expires_at,
                    }
                )
            )

    def drop(self, entity: str, names: Sequence[str]) -> None:
        """Forget rows that QuickBooks no longer accepts."""
        for name in sorted({name.casefold() for name in names}):
            self._memory.pop((entity, name), None)
            self._table.write(Delete(keys.reference(self._realm_id, entity, name)))

    def start_creating(self, name: str, request_id: str, body: str) -> tuple[str, str] | None:
        """Reserve the creation of a customer, or join one that is under way.

        Returns the request id and body to send: ours, or, once an earlier creator's lease is over,
        that creator's own, so that a creation whose outcome is unknown is repeated, never doubled.
        None: somebody is creating it now.
        """
        now = int(self._clock.now())
        key = keys.reference(self._realm_id, "Creating", name)
        item: Item = {
            **key_item(key),
            "request_id": request_id,
            "body": body,
            "lease_until": now + CREATION_SECONDS,
            "begun": now,
        }
        try:
            self._table.write(Put(item, Absent("request_id")))
        except ConditionFailedError as failed:
            found = failed.found or {}
            if found.get("request_id") == request_id:
                return request_id, body
            return self._take_over(item, found, now)
        return request_id, body

    def _take_over(
        self, item: Item, found: Mapping[str, object], now: int
    ) -> tuple[str, str] | None:
        first = {"request_id": str(found["request_id"]), "body": str(found["body"])}
        taken = {**item, **first, "begun": _number(found.get("begun"))}
        try:
            self._table.write(Put(taken, any_of(Absent("lease_until"), Less("lease_until", now))))
        except ConditionFailedError:
            return None
        return str(taken["request_id"]), str(taken["body"])

    def began_creating_lately(self, name: str) -> bool:
        """Say whether the creation that is under way began so lately that an index may lag."""
        found = self._table.get(keys.reference(self._realm_id, "Creating", name)) or {}
        return _number(found.get("begun")) > self._clock.now() - INDEX_LAG_SECONDS

    def end_creating(self, name: str) -> None:
        """Note that a customer's creation ended, well or with a definite refusal."""
        self._table.write(Delete(keys.reference(self._realm_id, "Creating", name)))

    def _remember(self, entity: str, name: str, known: Known) -> Known:
        self._memory[(entity, name)] = (self._clock.now() + IN_MEMORY_SECONDS, known)
        return known


def _known(item: Item) -> Known:
    taxable = item.get("taxable")
    return Known(
        id=str(item["id"]),
        name=str(item["name"]),
        kind=str(item.get("kind", "")),
        taxable=taxable if isinstance(taxable, bool) else None,
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
