"""The permanent memory of every invoice: reading it, and what its two kinds of writer share.

The extractor marks what it saw (`invoicesync.state.looks`); a loader claims an invoice and, while
its lease lasts, only the bearer of its nonce changes it (`invoicesync.state.leases`). Lease times
come from the writer's own clock.
"""

from collections.abc import Iterable
from dataclasses import replace

from invoicesync.conditions import (
    Absent,
    Condition,
    Equals,
    Item,
    Key,
    Less,
    Update,
    all_of,
    any_of,
)
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.revision import Revision
from invoicesync.errors import ConditionFailedError
from invoicesync.ports import Table
from invoicesync.state import keys, schemas
from invoicesync.state.entry import OPEN_STATES, Entry, State, read_entry
from invoicesync.state.revisions import revision_attributes


class Ledger:
    """Reads ledger items, and raises what was seen."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, invoice_id: ServiceTradeId) -> Entry:
        """Read one entry, consistently."""
        return read_entry(invoice_id, self._table.get(keys.ledger(invoice_id)))

    def get_many(self, invoice_ids: Iterable[ServiceTradeId]) -> dict[ServiceTradeId, Entry]:
        """Read entries, consistently; one for every id that was asked for."""
        ids = list(dict.fromkeys(invoice_ids))
        found = self._table.get_many([keys.ledger(id_) for id_ in ids])
        return {id_: read_entry(id_, found.get(keys.ledger(id_))) for id_ in ids}

    def open_entries(self, state: State, *, until: float, limit: int = 100) -> list[Entry]:
        """Find entries that have been in an open ``state`` since ``until``, oldest first.

        The index lags: each is read again and left out where it has moved on.
        """
        rows = self._table.by_state(state.value, until=int(until), limit=limit)
        ids = [_id_of(row) for row in rows]
        entries = self.get_many(ids)
        return [entry for entry in entries.values() if entry.state is state]

    def everything(self) -> list[Entry]:
        """Read what is known of every invoice there ever was: for a desk, never for a function."""
        entries = [read_entry(_id_of(row), row) for row in self._table.scan(keys.LEDGER)]
        return sorted(entries, key=lambda entry: entry.servicetrade_id)

    def raise_seen(self, entry: Entry, revision: Revision, *, now: float) -> Entry:
        """Raise `seen` to ``revision`` if it is later and says something else; return the entry.

        It is QUEUED by that: whoever sent the message may have died before it was marked, the next
        scan finds nothing new, and without an open state nobody would miss a message that vanished.
        """
        seen = entry.seen
        if seen is not None and (seen.is_same_as(revision) or seen.is_after(revision)):
            return entry
        queued, _ = state_change(State.QUEUED, now)
        try:
            self._table.write(
                Update(
                    keys.ledger(entry.servicetrade_id),
                    set={
                        "schema": schemas.LEDGER,
                        **revision_attributes("seen", revision),
                        **queued,
                    },
                    condition=all_of(
                        any_of(Absent("seen_order"), Less("seen_order", revision.order)),
                        is_of_no_newer_release(),
                    ),
                )
            )
        except ConditionFailedError as failed:
            found = read_entry(entry.servicetrade_id, found_item(failed))
            return replace(entry, seen=found.seen)
        return replace(entry, seen=revision, state=State.QUEUED, open_since=int(now))


def is_as_read(entry: Entry, now: float) -> Condition:
    """Hold only for what was looked at: the same state, the same look, and nobody at work since."""
    seen = Absent("seen_order") if entry.seen is None else Equals("seen_order", entry.seen.order)
    fence = Equals("fence", entry.fence) if entry.fence else Absent("fence")
    return all_of(Equals("state", str(entry.state)), seen, fence, lease_is_free(now))


def is_of_no_newer_release() -> Condition:
    """Hold where this release knows the form of the item: what it writes bears its own number.

    A number that was lowered would let an older release read what it does not understand.
    """
    return any_of(Absent("schema"), Less("schema", schemas.LEDGER + 1))


def lease_is_free(now: float) -> Condition:
    """Say that nobody holds the lease.

    Expiry stands in the condition, never in TTL: TTL deletes up to two days late.
    """
    return any_of(Absent("lease_until"), Less("lease_until", int(now)))


def state_change(state: State, now: float) -> tuple[Item, tuple[str, ...]]:
    """Return what to set and what to remove for an entry to be in ``state`` since ``now``."""
    if state in OPEN_STATES:
        return {"state": state.value, "open_state": state.value, "open_since": int(now)}, ()
    return {"state": state.value}, ("open_state", "open_since")


def found_item(failed: ConditionFailedError) -> Item | None:
    """Return the item that a conditional write found instead."""
    return None if failed.found is None else dict(failed.found)


def key_item(key: Key) -> Item:
    """Write a key as attributes."""
    return {"pk": key.pk, "sk": key.sk}


def _id_of(row: Item) -> ServiceTradeId:
    return ServiceTradeId(int(str(row["pk"]).removeprefix("INVOICE#")))
