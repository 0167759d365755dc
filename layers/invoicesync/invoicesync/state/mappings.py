"""The mapping in force: its serial in the table, every version's text in the bucket."""

import hashlib
from dataclasses import dataclass

from invoicesync.conditions import Absent, Equals, Item, Put
from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.errors import MisconfiguredError, TransactionCanceledError
from invoicesync.ports import Bucket, Clock, Table
from invoicesync.state import keys
from invoicesync.state.ledger import key_item


@dataclass(frozen=True, slots=True)
class Published:
    """A mapping and the serial under which it was published; serials only rise."""

    serial: int
    mapping: Mapping


@dataclass(frozen=True, slots=True)
class Version:
    """One version that was published: when, by whom, and why."""

    serial: int
    at: int
    actor: str
    note: str


def first_published(table: Table) -> int:
    """Say when there was a mapping at all; 0 where nobody noted it."""
    at = (table.get(keys.mapping_version(1)) or {}).get("at")
    return at if isinstance(at, int) else 0


class Mappings:
    """Publishes and reads mappings."""

    def __init__(self, table: Table, bucket: Bucket, clock: Clock) -> None:
        self._table = table
        self._bucket = bucket
        self._clock = clock
        self._cached: Published | None = None

    def current(self) -> Published:
        """Read the mapping in force; its text is fetched only when the serial has risen."""
        item = self._table.get(keys.MAPPING)
        if item is None:
            raise MisconfiguredError(
                "no mapping is published yet: publish one before the first run"
            )
        serial = int(str(item["serial"]))
        if self._cached is None or self._cached.serial != serial:
            text = self._bucket.get(str(item["key"]))
            if text is None:
                raise MisconfiguredError(f"mapping {serial} is missing from the bucket")
            self._cached = Published(serial, parse_mapping(text.decode()))
        return self._cached

    def text(self, serial: int | None = None) -> str:
        """Read a version as it was published; without a serial the one in force.

        Raises `MisconfiguredError` where there is none.
        """
        item = self._table.get(keys.MAPPING)
        newest = 0 if item is None else int(str(item["serial"]))
        key: object = None if item is None else item["key"]
        if serial not in {None, newest}:
            version = self._table.get(keys.mapping_version(serial or 0))
            key = None if version is None else version["key"]
        found = None if key is None else self._bucket.get(str(key))
        if found is None:
            named = "no mapping" if serial is None else f"no mapping {serial}"
            raise MisconfiguredError(f"{named} was published; the newest is {newest or 'none'}")
        return found.decode()

    def history(self) -> list[Version]:
        """Tell of every version, the newest first."""
        rows = self._table.query(keys.MAPPING.pk, prefix="VERSION#", limit=1000)
        return [
            Version(
                int(str(row["serial"])), int(str(row["at"])), str(row["actor"]), str(row["note"])
            )
            for row in reversed(rows)
        ]

    def publish(self, text: str, *, actor: str = "", note: str = "") -> Published:
        """Check a mapping and put it in force under the next serial."""
        mapping = parse_mapping(text)
        item = self._table.get(keys.MAPPING)
        serial = 1 if item is None else int(str(item["serial"])) + 1
        body = text.encode()
        key = f"mapping/{serial:06d}-{hashlib.sha256(body).hexdigest()[:12]}.yaml"
        self._bucket.put(key, body)
        condition = Absent("serial") if item is None else Equals("serial", serial - 1)
        told: Item = {"serial": serial, "key": key, "at": int(self._clock.now())}
        version = {**key_item(keys.mapping_version(serial)), **told, "actor": actor, "note": note}
        try:
            self._table.write_all(
                [Put({**key_item(keys.MAPPING), **told}, condition), Put(version)]
            )
        except TransactionCanceledError as canceled:
            raise MisconfiguredError(
                f"somebody else published mapping {serial} just now: look at theirs, then try again"
            ) from canceled
        return Published(serial, mapping)
