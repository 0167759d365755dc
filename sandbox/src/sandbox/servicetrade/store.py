"""Keep the rows, and what each was before its last edits.

A row is never changed in place: an edit puts a new one. So whoever was handed a row keeps what it
saw, and a reader that lags behind can be served the row as it was.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any

type Row = dict[str, Any]

_VERSIONS_KEPT = 6


class Store:
    """Rows by kind and id."""

    def __init__(self, *, clock: Callable[[], float], first_id: int) -> None:
        self._clock = clock
        self._next_id = first_id
        self._rows: dict[str, dict[int, Row]] = defaultdict(dict)
        self._written: dict[tuple[str, int], float] = {}
        self._before: dict[tuple[str, int], list[tuple[float, Row | None]]] = {}
        self.serial = 0

    def new_id(self) -> int:
        """Return an id that no row of any kind has had."""
        self._next_id += 1
        return self._next_id - 1

    def get(self, kind: str, row_id: int | None, *, as_of: float | None = None) -> Row | None:
        """Return a row, or None; with ``as_of``, as a reader that lags to that instant sees it."""
        if row_id is None:
            return None
        row = self._rows[kind].get(row_id)
        if as_of is None or self._written.get((kind, row_id), as_of) <= as_of:
            return row
        seen: Row | None = None
        for written, version in self._before.get((kind, row_id), []):
            if written <= as_of:
                seen = version
        return seen

    def rows(self, kind: str, *, as_of: float | None = None) -> Iterator[Row]:
        """Yield the rows of ``kind``, in the order in which they came."""
        if as_of is None:
            yield from self._rows[kind].values()
            return
        for row_id in self._rows[kind]:
            row = self.get(kind, row_id, as_of=as_of)
            if row is not None:
                yield row

    def count(self, kind: str) -> int:
        """Return how many rows of ``kind`` there are."""
        return len(self._rows[kind])

    def put(self, kind: str, row: Mapping[str, Any]) -> Row:
        """Store a new row or a new version of one."""
        self.serial += 1
        kept = dict(row)
        row_id = int(kept["id"])
        self._next_id = max(self._next_id, row_id + 1)
        key = (kind, row_id)
        if key in self._written:
            versions = self._before.setdefault(key, [])
            versions.append((self._written[key], self._rows[kind][row_id]))
            del versions[:-_VERSIONS_KEPT]
        self._rows[kind][row_id] = kept
        self._written[key] = self._clock()
        return kept

    def drop(self, kind: str, row_id: int) -> Row | None:
        """Remove a row; return it if it was there."""
        self.serial += 1
        self._before.pop((kind, row_id), None)
        self._written.pop((kind, row_id), None)
        return self._rows[kind].pop(row_id, None)
