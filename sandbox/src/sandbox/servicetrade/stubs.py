"""Write the short forms in which a row appears inside another."""

from typing import Any

from sandbox.servicetrade.options import Options
from sandbox.servicetrade.store import Row, Store
from sandbox.servicetrade.wire import map_on_the_wire

type Shown = dict[str, Any]

OF_A_JOB = ("number", "name", "customName", "type", "primaryContact", "isProject")
"""What an invoice shows of its job: not its status."""


class Stubs:
    """Embeds rows as they are now."""

    def __init__(self, store: Store, options: Options) -> None:
        self._store = store
        self._options = options

    def uri(self, kind: str, row_id: int) -> str:
        """Return the absolute self link of a row."""
        return f"{self._options.uri_base}/{kind}/{row_id}"

    def stub(self, kind: str, row_id: int | None, *keys: str) -> Shown | None:
        """Return id, link and name of a row, and ``keys`` of it."""
        row = self._store.get(kind, row_id)
        if row is None:
            return None
        stub = {"id": row["id"], "uri": self.uri(kind, row["id"]), "name": row["name"]}
        stub |= {key: row.get(key) for key in keys if key != "externalIds"}
        if "externalIds" in keys:
            stub["externalIds"] = map_on_the_wire(row["externalIds"], self._options)
        return stub

    def tags(self, row: Row) -> list[Shown]:
        """Return the stubs of the tags that a row carries."""
        stubs = (self.stub("tag", tag_id) for tag_id in row["tags"])
        return [stub for stub in stubs if stub is not None]

    def place(self, row_id: int | None) -> Shown | None:
        """Return a location as other rows embed it; an office is one too."""
        row = self._store.get("location", row_id)
        if row is None:
            return None
        return {
            "id": row["id"],
            "uri": self.uri("location", row["id"]),
            **{
                key: row[key]
                for key in (
                    *("name", "refNumber", "legacyId", "lat", "lon", "phoneNumber", "email"),
                    *("primaryContact", "address", "taxable", "status"),
                )
            },
            "externalIds": map_on_the_wire(row["externalIds"], self._options),
        }

    def job(self, row_id: int | None) -> Shown | None:
        """Return a job as an invoice embeds it: without its status."""
        row = self._store.get("job", row_id)
        if row is None:
            return None
        return {
            "id": row["id"],
            "uri": self.uri("job", row["id"]),
            **{key: row[key] for key in OF_A_JOB},
        }
