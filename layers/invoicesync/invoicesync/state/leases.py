"""Leases on ledger entries: who may change an invoice now, and the changes themselves."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import batched

from invoicesync.conditions import Condition, Equals, Item, Put, Update, Value, Write, all_of
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import (
    BusyError,
    ConditionFailedError,
    NewerReleaseError,
    TransactionCanceledError,
)
from invoicesync.ports import Clock, Random, Table
from invoicesync.state import keys, schemas
from invoicesync.state.entry import OPEN_STATES, Entry, State, read_entry
from invoicesync.state.ledger import (
    found_item,
    is_of_no_newer_release,
    key_item,
    lease_is_free,
    state_change,
)

WRITES_AT_ONCE = 100
"""What a transaction may hold."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a loader that holds the lease wants to write about one invoice.

    A ``state`` that is final gives way to QUEUED where a later look was marked since ``entry`` was
    read: a final state leaves the index, and work that is not in the index is nobody's.
    ``ready_at`` of what stands in QuickBooks by it is kept, with the moment that this is known.
    """

    entry: Entry
    state: State | None = None
    set: Mapping[str, Value] = field(default_factory=dict)
    add: Mapping[str, int] = field(default_factory=dict)
    remove: Sequence[str] = ()
    event: Mapping[str, Value] | None = None
    ready_at: int = 0


@dataclass(frozen=True, slots=True)
class Claims:
    """The entries that are ours now, and until when the others are somebody else's.

    ``newer`` were stored by a newer release in a form of its own, and are left as they are.
    """

    entries: Mapping[ServiceTradeId, Entry]
    busy_until: Mapping[ServiceTradeId, int]
    newer: frozenset[ServiceTradeId] = frozenset()

    @property
    def are_whole(self) -> bool:
        """Say whether everything that was asked for is ours."""
        return not self.busy_until and not self.newer


class Leases:
    """Claims, changes and releases ledger entries."""

    def __init__(self, table: Table, clock: Clock, random: Random) -> None:
        self._table = table
        self._clock = clock
        self._random = random

    def claim(self, invoice_ids: Sequence[ServiceTradeId], *, lease_seconds: int) -> Claims:
        """Take the lease of each invoice that nobody holds; fence + 1 and a fresh nonce."""
        nonce = self._random.token()
        claimed: list[ServiceTradeId] = []
        others: dict[ServiceTradeId, Item] = {}
        for group in batched(invoice_ids, WRITES_AT_ONCE, strict=False):
            try:
                self._table.write_all([self._claiming(i, nonce, lease_seconds) for i in group])
                claimed += group
            except TransactionCanceledError:
                for invoice_id in group:
                    found = self._claim_one(invoice_id, nonce, lease_seconds)
                    if found is None:
                        claimed.append(invoice_id)
                    else:
                        others[invoice_id] = found
        return self._claims(nonce, claimed, others)

    def _claims(
        self,
        nonce: str,
        claimed: Sequence[ServiceTradeId],
        others: Mapping[ServiceTradeId, Item],
    ) -> Claims:
        """Read what was claimed, and sort it and what was found of ``others``."""
        found = self._table.get_many([keys.ledger(id_) for id_ in claimed])
        items = {**others, **{id_: found.get(keys.ledger(id_)) for id_ in claimed}}
        ours: dict[ServiceTradeId, Entry] = {}
        busy: dict[ServiceTradeId, int] = {}
        newer: set[ServiceTradeId] = set()
        for invoice_id, item in items.items():
            try:
                entry = read_entry(invoice_id, item)
            except NewerReleaseError:
                newer.add(invoice_id)
                continue
            if entry.nonce == nonce:
                ours[invoice_id] = entry
            else:
                busy[invoice_id] = entry.lease_until
        return Claims(ours, busy, frozenset(newer))

    def _claim_one(self, invoice_id: ServiceTradeId, nonce: str, lease_seconds: int) -> Item | None:
        """Claim one; return what stands there instead, None where the claim is ours."""
        try:
            self._table.write(self._claiming(invoice_id, nonce, lease_seconds))
        except ConditionFailedError as failed:
            found = found_item(failed) or {}
            # A write that was retried below meets its own first try: the nonce tells.
            return None if found.get("nonce") == nonce else found
        return None

    def _claiming(self, invoice_id: ServiceTradeId, nonce: str, lease_seconds: int) -> Update:
        return Update(
            keys.ledger(invoice_id),
            set={
                "servicetrade_id": invoice_id,
                "nonce": nonce,
                "lease_until": int(self._clock.now()) + lease_seconds,
            },
            add={"fence": 1, "claims": 1},
            condition=all_of(lease_is_free(self._clock.now()), is_of_no_newer_release()),
        )

    def change(self, changes: Sequence[Change]) -> frozenset[ServiceTradeId]:
        """Write changes under their leases; return the ids whose lease was lost."""
        lost: set[ServiceTradeId] = set()
        for group in batched(changes, WRITES_AT_ONCE // 2, strict=False):
            try:
                self._table.write_all([w for change in group for w in self._changing(change)])
            except TransactionCanceledError:
                lost |= {
                    change.entry.servicetrade_id for change in group if not self._change_one(change)
                }
        return frozenset(lost)

    def change_or_raise(self, change: Change) -> None:
        """Write one change; raise `BusyError` where the lease was lost."""
        if self.change([change]):
            raise BusyError(f"the lease of invoice {change.entry.servicetrade_id} was lost")

    def changing(self, change: Change) -> Update:
        """Render a change as a write for a larger transaction; the event is left out."""
        entry = change.entry
        condition: Condition = all_of(Equals("nonce", entry.nonce), is_of_no_newer_release())
        if change.state is not None and change.state not in OPEN_STATES and entry.seen is not None:
            condition = all_of(condition, Equals("seen_order", entry.seen.order))
        now = self._clock.now()
        set_, remove = _state_of(change, now)
        if change.ready_at:
            set_ |= {"ready_at": change.ready_at, "stood_at": int(now)}
        if "intent" in change.remove:
            set_ |= {"settled_at": int(now)}
        return Update(
            keys.ledger(entry.servicetrade_id),
            set={"schema": schemas.LEDGER, **change.set, **set_},
            add=change.add,
            remove=(*change.remove, *remove),
            condition=condition,
        )

    def _changing(self, change: Change) -> list[Write]:
        writes: list[Write] = [self.changing(change)]
        if change.event is not None:
            now = self._clock.now()
            entry = change.entry
            at = keys.event(entry.servicetrade_id, now, entry.fence)
            writes.append(
                Put({**key_item(at), "at": int(now), "fence": entry.fence, **change.event})
            )
        return writes

    def _change_one(self, change: Change) -> bool:
        for attempt in (change, replace(change, state=change.state and State.QUEUED)):
            try:
                self._table.write_all(self._changing(attempt))
            except TransactionCanceledError:
                continue
            return True
        return False

    def release(self, entries: Iterable[Entry]) -> None:
        """Give leases back; one that was lost meanwhile is somebody else's and stays."""
        self.change([Change(entry, set={"lease_until": 0, "claims": 0}) for entry in entries])


def _state_of(change: Change, now: float) -> tuple[Item, tuple[str, ...]]:
    if change.state is None:
        return {}, ()
    # Since when it stands in an open state is what its age is told by.
    is_same = change.state is change.entry.state and change.state in OPEN_STATES
    return state_change(change.state, change.entry.open_since if is_same else now)
