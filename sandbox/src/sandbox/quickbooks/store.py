"""What a company's books hold: objects with their versions, ids, indexes and tombstones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.quickbooks import times
from sandbox.quickbooks.wire import Body, Rendered, render

NAMES = ("Customer", "Vendor", "Employee")
TRANSACTIONS = (
    "Invoice",
    "SalesReceipt",
    "CreditMemo",
    "RefundReceipt",
    "Estimate",
    "Payment",
    "Bill",
    "BillPayment",
    "Purchase",
    "JournalEntry",
)
_FIRST_IDS = {"Class": 5000000000000000001, "Attachable": 5000000000000010001}
_INDEXED = {
    **dict.fromkeys(TRANSACTIONS, ("DocNumber", "CustomerRef", "TxnDate")),
    **dict.fromkeys(NAMES, ("DisplayName",)),
    **dict.fromkeys(
        ("Item", "Department", "Class", "Term", "Account", "TaxCode", "TaxRate"), ("Name",)
    ),
}


class Snapshot:
    """One version of an object. Its body is shared and must not be changed."""

    __slots__ = ("_text", "body", "created", "entity", "identity", "updated")

    def __init__(self, entity: str, identity: str, body: Body, created: int, updated: int) -> None:
        self.entity = entity
        self.identity = identity
        self.body = body
        self.created = created
        self.updated = updated
        self._text: Rendered | None = None

    @property
    def text(self) -> Rendered:
        """Return the body as JSON, written once."""
        if self._text is None:
            self._text = Rendered(render(self.body))
        return self._text


@dataclass(slots=True)
class Record:
    """An object over time: what it is now, what queries still show, and what only we remember."""

    entity: str
    identity: str
    now: Snapshot | None
    shown: Snapshot | None = None
    shown_until: float = 0.0
    next_line: int = 1
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def snapshot(self) -> Snapshot:
        """Return the current version of an object that is known to be live."""
        if self.now is None:
            raise LookupError(f"{self.entity} {self.identity} is deleted")
        return self.now

    @property
    def body(self) -> Body:
        """Return the current body."""
        return self.snapshot.body


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened to an object, as CDC and webhooks tell it."""

    entity: str
    identity: str
    verb: str
    second: int


class Store:
    """All objects of one company."""

    def __init__(self, clock: Callable[[], float], lag_seconds: float) -> None:
        self._clock = clock
        self.lag_seconds = lag_seconds
        self._tables: dict[str, dict[str, Record]] = {}
        self._index: dict[tuple[str, str, str], dict[str, None]] = {}
        self._last_ids: dict[str, int] = {}
        self._reserved: dict[str, str] = {}
        self.changes: list[Change] = []
        self.tombstones: dict[tuple[str, str], int] = {}

    def next_id(self, family: str) -> str:
        """Hand out the next id of a family; transactions share one, as do all names of people."""
        number = self._last_ids.get(family, _FIRST_IDS.get(family, 1) - 1) + 1
        self._last_ids[family] = number
        return str(number)

    def family(self, entity: str) -> str:
        """Say with which others an entity shares its ids."""
        if entity in NAMES:
            return "name"
        return "transaction" if entity in TRANSACTIONS else entity

    def insert(self, entity: str, body: Body, *, identity: str | None = None) -> Record:
        """Add an object; an identity given is taken and the counter moved past it."""
        family = self.family(entity)
        identity = identity or self._reserved.pop(entity, None)
        if identity is None:
            identity = self.next_id(family)
        elif identity.isdigit():
            self._last_ids[family] = max(self._last_ids.get(family, 0), int(identity))
        now = int(self._clock())
        full = _with_head(body, identity, 0, now, now)
        record = Record(entity, identity, Snapshot(entity, identity, full, now, now))
        record.shown_until = self._clock() + self.lag_seconds if self.lag_seconds else 0.0
        self._tables.setdefault(entity, {})[identity] = record
        self._remember(record)
        self._tell(record, "Create")
        return record

    def replace(
        self, record: Record, body: Body, *, moves_token: bool = True, verb: str = "Update"
    ) -> None:
        """Put a new version in the place of the current one."""
        old = record.snapshot
        token = int(old.body["SyncToken"]) + moves_token
        now = int(self._clock())
        full = _with_head(body, record.identity, token, old.created, now)
        self._lag(record)
        record.now = Snapshot(record.entity, record.identity, full, old.created, now)
        self._remember(record)
        self._tell(record, verb)

    def remove(self, record: Record) -> None:
        """Delete an object and leave a tombstone."""
        self._lag(record)
        record.now = None
        self.tombstones[record.entity, record.identity] = int(self._clock())
        self._tell(record, "Delete")

    def reserve(self, entity: str, identity: str) -> None:
        """Make ``identity`` the next id that an object of this entity gets."""
        if identity in self._tables.get(entity, {}):
            raise ValueError(f"{entity} {identity} exists already: seed it under another id")
        self._reserved[entity] = identity

    def rewrite(self, record: Record, body: Body) -> None:
        """Put a body in place as it is, head and all: for seeding."""
        old = record.snapshot
        record.now = Snapshot(record.entity, record.identity, body, old.created, old.updated)

    def get(self, entity: str, identity: str) -> Record | None:
        """Return a live object, or None."""
        record = self._tables.get(entity, {}).get(identity)
        return record if record and record.now else None

    def live(self, entity: str) -> Iterator[Record]:
        """Go through the live objects of an entity in the order of their making."""
        return (each for each in list(self._tables.get(entity, {}).values()) if each.now)

    def every(self, entity: str) -> Iterator[Record]:
        """Go through all objects of an entity, deleted ones too."""
        return iter(list(self._tables.get(entity, {}).values()))

    def entities(self) -> list[str]:
        """Name the entities that have objects."""
        return list(self._tables)

    def having(self, entity: str, field_name: str, value: str) -> list[Record] | None:
        """Return the objects that have, or once had, this value; None if it is not indexed.

        The caller checks the value again: that is what lets a renamed object stay findable under
        its old name until queries have caught up.
        """
        if field_name not in _INDEXED.get(entity, ()):
            return None
        table = self._tables.get(entity, {})
        return [table[each] for each in self._index.get((entity, field_name, value.lower()), ())]

    def visible(self, record: Record) -> Snapshot | None:
        """Return the version that a query sees now."""
        if record.shown_until and self._clock() < record.shown_until:
            return record.shown
        return record.now

    def delay(self, record: Record, seconds: float) -> None:
        """Keep the newest version of one object out of queries for a while."""
        record.shown_until = self._clock() + seconds

    def _lag(self, record: Record) -> None:
        if self._clock() >= record.shown_until:
            record.shown = record.now
        if self.lag_seconds:
            record.shown_until = self._clock() + self.lag_seconds

    def _remember(self, record: Record) -> None:
        for name in _INDEXED.get(record.entity, ()):
            value = record.body.get(name)
            key = value.get("value") if isinstance(value, dict) else value
            if key:
                entry = self._index.setdefault((record.entity, name, str(key).lower()), {})
                entry[record.identity] = None

    def _tell(self, record: Record, verb: str) -> None:
        self.changes.append(Change(record.entity, record.identity, verb, int(self._clock())))


def _with_head(body: Body, identity: str, token: int, created: int, updated: int) -> Body:
    return {
        **body,
        "domain": "QBO",
        "sparse": False,
        "Id": identity,
        "SyncToken": str(token),
        "MetaData": {"CreateTime": times.stamp(created), "LastUpdatedTime": times.stamp(updated)},
    }
