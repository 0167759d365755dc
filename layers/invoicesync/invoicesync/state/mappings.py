"""The mapping in force: its serial in the table, every version's text in the bucket."""

import hashlib
from dataclasses import dataclass

from invoicesync.conditions import Absent, Equals, Put
from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.errors import ConditionFailedError, MisconfiguredError
from invoicesync.ports import Bucket, Clock, Table
from invoicesync.state import keys
from invoicesync.state.ledger import key_item


@dataclass(frozen=True, slots=True)
class Published:
    """A mapping and the serial under which it was published; serials only rise."""

    serial: int
    mapping: Mapping


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

    def publish(self, text: str) -> Published:
        """Check a mapping and put it in force under the next serial."""
        mapping = parse_mapping(text)
        item = self._table.get(keys.MAPPING)
        serial = 1 if item is None else int(str(item["serial"])) + 1
        body = text.encode()
        key = f"mapping/{serial:06d}-{hashlib.sha256(body).hexdigest()[:12]}.yaml"
        self._bucket.put(key, body)
        condition = Absent("serial") if item is None else Equals("serial", serial - 1)
        try:
            self._table.write(
                Put(
                    {
                        **key_item(keys.MAPPING),
                        "serial": serial,
                        "key": key,
                        "at": int(self._clock.now()),
                    },
                    condition,
                )
            )
        except ConditionFailedError as failed:
            raise MisconfiguredError(
                f"somebody else published mapping {serial} just now: look at theirs, then try again"
            ) from failed
        return Published(serial, mapping)
