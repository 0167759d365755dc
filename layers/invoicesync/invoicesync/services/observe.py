"""Notice what people do in QuickBooks to invoices of ours. Nothing of theirs is touched.

    read      changes since the last look, 15 minutes of it again; an answer that is cut is read
              anew by time, in parts that fit into an answer
    compare   with the ledger, read after QuickBooks: an invoice with an open intent is the loader's
    tell      the finance lead, one mail a look; of payments only what is kept tells
    keep      beside the ledger, then commit how far was read: a crash costs a repeat, never a deed

The ledger is read after QuickBooks, and an intent is stored before its write is sent: so each write
of ours that QuickBooks shows is recorded, or has an open intent.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.observation import Deed, Kept, Observation, is_stale, observe
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.rendering import read_marker
from invoicesync.errors import RealmBlockedError, RetryableError
from invoicesync.ports import Clock, Deadline, Json, Table
from invoicesync.services.changes import ChangedBooks, windows
from invoicesync.services.noticed import Noticed, message
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger
from invoicesync.state.observed import Observations, Observed, Sighting
from invoicesync.state.realm import Realm

OVERLAP_SECONDS = 900
FURTHEST_BACK_SECONDS = 29 * 86_400
"""QuickBooks tells of thirty days; one of them is left for clocks and for the time a run takes."""
MARGIN_SECONDS = 60
ROWS_AT_ONCE = 1000

_TOLD_AS_HELD = frozenset(
    {
        ProblemCode.EDITED_IN_QUICKBOOKS.value,
        ProblemCode.DELETED_IN_QUICKBOOKS.value,
        ProblemCode.DUPLICATE_IN_QUICKBOOKS.value,
    }
)
"""Holds by which the finance lead has heard of it already."""


class TellFinance(Protocol):
    """Tells the finance lead, at most once an hour for one cause; may raise `RetryableError`."""

    def __call__(self, subject: str, text: str, *, cause: str) -> bool:
        """Tell; False where it was told within the hour."""


@dataclass(frozen=True, slots=True)
class ObserveResult:
    """What a look came to. ``missed_seconds`` lie too far back for QuickBooks to tell of them."""

    is_complete: bool
    rows: int = 0
    ours: int = 0
    deeds: Mapping[str, int] = field(default_factory=dict[str, int])
    missed_seconds: int = 0
    why: str = ""


class Observe:
    """Looks at what changed in QuickBooks since it last did."""

    def __init__(
        self, *, books: ChangedBooks, realm: Realm, table: Table, clock: Clock, tell: TellFinance
    ) -> None:
        self._books = books
        self._realm = realm
        self._ledger = Ledger(table)
        self._observations = Observations(table, clock)
        self._clock = clock
        self._tell = tell
        self._rows = self._ours = 0
        self._deeds = Counter[str]()

    def __call__(self, deadline: Deadline) -> ObserveResult:
        """Look, and say how far it came; what there was no time for is looked at the next time."""
        now = self._clock.now()
        if now < self._realm.gate().open_until:
            return ObserveResult(is_complete=False, why="breaker_open")
        until, oldest = self._observations.read_until(), int(now - FURTHEST_BACK_SECONDS)
        since = max(until - OVERLAP_SECONDS, oldest)
        why = ""
        try:
            for window in windows(self._books, since):
                if deadline.remaining_seconds() < MARGIN_SECONDS:
                    why = "out_of_time"
                    break
                self._look(window.rows)
                self._observations.commit(window.until)
        except (RetryableError, RealmBlockedError) as error:
            why = type(error).__name__
        return ObserveResult(
            is_complete=not why,
            rows=self._rows,
            ours=self._ours,
            deeds=dict(self._deeds),
            missed_seconds=max(0, oldest - until) if until else 0,
            why=why,
        )

    def _look(self, rows: Sequence[Json]) -> None:
        """Compare some rows, tell of what people did, and keep it."""
        latest = {QuickBooksId(str(row["Id"])): row for row in rows}
        self._rows += len(latest)
        known = self._observations.get_many(latest)
        owners = {
            id_: owner
            for id_, row in latest.items()
            if (owner := _owner(row, known.get(id_))) is not None
        }
        entries = self._ledger.get_many(owners.values())
        sightings: list[Sighting] = []
        noticed: list[Noticed] = []
        for id_, owner in owners.items():
            entry, row = entries[owner], latest[id_]
            kept = _kept(entry)
            if kept is None or is_stale(row, kept):
                continue
            self._ours += 1
            seen = observe(row, kept)
            before = known.get(id_)
            if before is not None and before.signature == (seen.signature if seen else ""):
                continue
            sightings.append(Sighting(id_, owner, seen, str(row.get("SyncToken", ""))))
            if seen is not None:
                self._deeds[seen.deed.value] += 1
                if _is_news(seen, entry):
                    noticed.append(Noticed(entry, seen, id_))
        if noticed:
            self._tell(*message(noticed), cause=_cause(sightings))
        self._observations.keep(sightings)


def _owner(row: Json, known: Observed | None) -> ServiceTradeId | None:
    """Say whose invoice a row is: by our mark, or because it was seen before."""
    mark = read_marker(row.get("PrivateNote"))
    if mark is not None:
        return mark[0]
    return None if known is None else known.servicetrade_id


def _kept(entry: Entry) -> Kept | None:
    """Read what the ledger holds against QuickBooks; None while a write of ours is open."""
    if entry.qbo_id is None or entry.intent is not None:
        return None
    is_voided = entry.is_voided or entry.state is State.VOIDED or entry.rolled_back > 0
    return Kept(entry.qbo_id, entry.sync_token, entry.echo_hash, entry.total, is_voided)


def _is_news(seen: Observation, entry: Entry) -> bool:
    is_told = entry.state is State.HELD and entry.reason in _TOLD_AS_HELD
    return seen.deed is not Deed.PAID and not is_told


def _cause(sightings: Sequence[Sighting]) -> str:
    """Name what is told, so that the same is not told twice should this run die on its way."""
    parts = (f"{one.qbo_id}={one.observation.signature}" for one in sightings if one.observation)
    return "observed|" + ";".join(sorted(parts))
