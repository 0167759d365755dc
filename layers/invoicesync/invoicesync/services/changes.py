"""Read what changed in QuickBooks, in parts that can be told whole.

Change data capture takes no end and turns no page: a full answer may lack what did not fit, and
nobody says which part that is. Such a stretch is read by queries instead, each so short that one
answer holds it, so that no row can slip from one page to another. Queries know nothing of what was
deleted: of that only what the cut answers show is seen here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from invoicesync.domain.observation import is_gone
from invoicesync.errors import TransientReadError
from invoicesync.ports import Changes, Comparison, Json

ENTITY = "Invoice"
CHANGED = "MetaData.LastUpdatedTime"
FULL = 1000


class ChangedBooks(Protocol):
    """QuickBooks, as far as it tells what changed; nothing here can write."""

    def changes(self, entity: str, *, since: float) -> Changes:
        """Ask for what changed since a time, deletions too."""

    def query(
        self, entity: str, *, where: Sequence[Comparison] = (), limit: int = FULL
    ) -> list[Json]:
        """Run one SELECT."""


@dataclass(frozen=True, slots=True)
class Window:
    """All that changed up to ``until``, in QuickBooks' seconds, since the window before."""

    rows: Sequence[Json]
    until: int


def windows(books: ChangedBooks, since: int) -> Iterator[Window]:
    """Yield what changed since then, the oldest first."""
    first = books.changes(ENTITY, since=since)
    if not first.is_cut:
        yield Window(first.rows, int(first.at))
        return
    yield Window(_deleted(books, first, since), since)
    yield from _by_time(books, since, int(first.at))


def _deleted(books: ChangedBooks, first: Changes, since: int) -> list[Json]:
    """Find deletions behind an answer that was cut, as far as answers show them."""
    answer, start = first, since
    found = [row for row in answer.rows if is_gone(row)]
    while answer.is_cut and (newest := max(map(_second, answer.rows))) > start:
        start = newest
        answer = books.changes(ENTITY, since=start)
        found += [row for row in answer.rows if is_gone(row)]
    return found


def _by_time(books: ChangedBooks, start: int, end: int) -> Iterator[Window]:
    """Query from ``start`` up to, and without, ``end``; halve what fills an answer."""
    rows = _query(books, start, end, FULL)
    if len(rows) < FULL:
        yield Window(rows, end)
    elif end - start > 1:
        middle = (start + end) // 2
        yield from _by_time(books, start, middle)
        yield from _by_time(books, middle, end)
    else:
        # One second cannot be halved, and what changes in it is over: its pages stand still.
        yield Window(_query(books, start, end, 100 * FULL), end)


def _query(books: ChangedBooks, start: int, end: int, limit: int) -> list[Json]:
    between = [Comparison(CHANGED, ">=", _stamp(start)), Comparison(CHANGED, "<", _stamp(end))]
    return books.query(ENTITY, where=between, limit=limit)


def _stamp(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _second(row: Json) -> int:
    """Read when a row changed."""
    meta = row.get("MetaData")
    text = str(meta.get("LastUpdatedTime") if isinstance(meta, dict) else "")
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except ValueError as error:
        raise TransientReadError(
            f"invoice {row.get('Id')} does not tell when it changed"
        ) from error
