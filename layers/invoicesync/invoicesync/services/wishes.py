"""What a person wants of loaded invoices, written into the ledger before anybody is asked to do it.

A wish makes its invoice open work: whoever wrote it may die before the extractor is asked, and the
extractor's tick asks again for what has been open too long. Nothing is written to QuickBooks here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from invoicesync.conditions import Put, Update, Value
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import TransactionCanceledError
from invoicesync.ports import Clock, Extractor, Table
from invoicesync.services.again import AT_ONCE, Asked, ask_again
from invoicesync.services.redrive import StoppedError
from invoicesync.state import keys
from invoicesync.state.entry import OPEN_STATES, Entry, State
from invoicesync.state.ledger import is_as_read, key_item, state_change
from invoicesync.state.realm import Realm


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of one invoice as it was looked at: the attributes that say so."""

    entry: Entry
    set: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Granted:
    """What was written down, and asked for; ``changed`` were not as they had been looked at."""

    wished: tuple[ServiceTradeId, ...]
    changed: tuple[Entry, ...]
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Writes wishes down, and has their invoices looked at again."""

    table: Table
    realm: Realm
    extractor: Extractor
    clock: Clock

    def require_open(self) -> None:
        """Raise `StoppedError` while no loader works."""
        gate = self.realm.gate()
        if gate.opened_at or gate.paused:
            why = "an operator paused loading" if gate.paused else gate.reason
            raise StoppedError(f"nothing is done while loaders stand still ({why})")

    def grant(self, wishes: Sequence[Wish], *, what: str, actor: str) -> Granted:
        """Write each wish down, then ask for its invoice, some at a time."""
        wished: list[ServiceTradeId] = []
        changed: list[Entry] = []
        asked = Asked()
        for some in batched(wishes, AT_ONCE, strict=False):
            ids: list[ServiceTradeId] = []
            for wish in some:
                if self._write(wish, what, actor):
                    ids.append(wish.entry.servicetrade_id)
                else:
                    changed.append(wish.entry)
            wished += ids
            told = ask_again(self.extractor, ids, actor=actor)
            asked = Asked(asked.done + told.done, asked.left + told.left, asked.why + told.why)
        return Granted(tuple(wished), tuple(changed), asked)

    def _write(self, wish: Wish, what: str, actor: str) -> bool:
        entry, now = wish.entry, self.clock.now()
        # What is open stays what it is: HELD before a person, and tried every hour.
        is_open = entry.state in OPEN_STATES
        queued, _ = ({}, ()) if is_open else state_change(State.QUEUED, now)
        write = Update(
            keys.ledger(entry.servicetrade_id),
            set={**wish.set, **queued},
            condition=is_as_read(entry, now),
        )
        at = keys.event(entry.servicetrade_id, now, entry.fence)
        event = Put({**key_item(at), "what": what, "actor": actor, "at": int(now), **wish.set})
        try:
            self.table.write_all([write, event])
        except TransactionCanceledError:
            return False
        return True
