"""What the extractor saw of each invoice, written so that a later look always wins."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched

from invoicesync.conditions import (
    Absent,
    Condition,
    Equals,
    Item,
    Less,
    Put,
    Update,
    Write,
    all_of,
    any_of,
)
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.revision import Revision
from invoicesync.errors import ConditionFailedError, TransactionCanceledError
from invoicesync.ports import Clock, Table
from invoicesync.state import keys, schemas
from invoicesync.state.entry import Entry, State, read_entry
from invoicesync.state.ledger import (
    found_item,
    is_of_no_newer_release,
    key_item,
    lease_is_free,
    state_change,
)
from invoicesync.state.revisions import revision_attributes, written_revision

LOOKS_AT_ONCE = 50
"""Two writes each: as many as a transaction may hold."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the extractor saw of one invoice, and what it made of it.

    ``state`` is QUEUED where a message was confirmed by the queue, else WAITING or IGNORED.
    ``shown`` is what people know the invoice by.
    """

    servicetrade_id: ServiceTradeId
    revision: Revision
    state: State
    reason: str
    job_id: ServiceTradeId | None = None
    shown: Mapping[str, str] = field(default_factory=dict[str, str])


class Looks:
    """Writes looks."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def mark(self, looks: Sequence[Look]) -> None:
        """Raise `seen` and the state to each look that is newer than what stands there."""
        for group in batched(looks, LOOKS_AT_ONCE, strict=False):
            try:
                self._table.write_all([write for look in group for write in self._marking(look)])
            except TransactionCanceledError:
                for look in group:
                    self._mark_one(look)

    def settle_unsent(self, look: Look, before: Entry) -> bool:
        """Write a look that needs no message, if nobody saw the invoice since ``before`` was read.

        False: somebody did, and the look must go out as a message after all.
        """
        unchanged: Condition = (
            Absent("seen_order") if before.seen is None else Equals("seen_order", before.seen.order)
        )
        update = self._look_update(
            look,
            all_of(unchanged, Absent("qbo_id"), Absent("intent"), lease_is_free(self._clock.now())),
            since=before.open_since if before.state is look.state else 0,
        )
        try:
            self._table.write(update)
        except ConditionFailedError as failed:
            # A write that was retried below meets its own first try.
            return read_entry(look.servicetrade_id, found_item(failed)).seen == look.revision
        return True

    def touch(self, entry: Entry, *, every_seconds: int) -> bool:
        """Note that an open invoice is tried again now; False where another run just did."""
        now = int(self._clock.now())
        try:
            self._table.write(
                Update(
                    keys.ledger(entry.servicetrade_id),
                    set={"tried_at": now},
                    condition=any_of(
                        Absent("tried_at"),
                        Less("tried_at", now - every_seconds),
                        Equals("tried_at", now),
                    ),
                )
            )
        except ConditionFailedError:
            return False
        return True

    def _marking(self, look: Look) -> list[Write]:
        now = self._clock.now()
        return [
            # No lease in the condition: a loader raises `seen` to its own message before it does
            # anything; what is marked here is newer work, and a final state gives way to it.
            self._look_update(
                look, all_of(_below("seen_order", look), _below("applied_order", look))
            ),
            Put(
                {
                    **key_item(keys.event(look.servicetrade_id, now, 0)),
                    "what": "seen",
                    "state": look.state.value,
                    "reason": look.reason,
                    "revision": written_revision(look.revision),
                    "at": int(now),
                }
            ),
        ]

    def _mark_one(self, look: Look) -> None:
        try:
            self._table.write_all(self._marking(look))
        except TransactionCanceledError:
            return  # a later look, the same one, or one of a newer release stands there already

    def _look_update(self, look: Look, condition: Condition, *, since: int = 0) -> Update:
        """Render a look; ``since`` keeps the age of an entry that stays in its state."""
        changes: Item = {
            **revision_attributes("seen", look.revision),
            "schema": schemas.LEDGER,
            "servicetrade_id": look.servicetrade_id,
            "reason": look.reason,
            "shown": json.dumps(dict(look.shown), ensure_ascii=False),
        }
        if look.job_id is not None:
            changes["job_id"] = look.job_id
        set_, remove = state_change(look.state, since or self._clock.now())
        return Update(
            keys.ledger(look.servicetrade_id),
            set={**changes, **set_},
            remove=remove,
            condition=all_of(condition, is_of_no_newer_release()),
        )


def _below(name: str, look: Look) -> Condition:
    return any_of(Absent(name), Less(name, look.revision.order))
