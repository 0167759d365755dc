"""Close by a person's word what can never go, until ServiceTrade says something new about it.

An intent whose outcome is unknown is kept: should the invoice be reopened, the loader looks for
what that write did before it does anything else.
"""

import re
from dataclasses import dataclass

from invoicesync.conditions import Item, Put, Update
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import BusyError, InvoiceSyncError, TransactionCanceledError
from invoicesync.ports import Clock, Table
from invoicesync.state import keys
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger, is_as_read, key_item, state_change

RESOLUTIONS = re.compile(r"entered:(?P<number>\S.{0,20})|not-billable|accepted-difference")
CLOSABLE = frozenset({State.HELD, State.WAITING})


class UnresolvableError(InvoiceSyncError):
    """The invoice cannot be closed so: its text says why, and what can be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolve:
    """Closes invoices."""

    table: Table
    clock: Clock
    actions: Actions

    def __call__(self, invoice_id: ServiceTradeId, *, how: str, note: str, actor: str) -> Entry:
        """Close an invoice as ``how`` says; return how it stood before.

        Raises `UnresolvableError` where it is not held or waiting, or ``how`` is no resolution, and
        `BusyError` while a loader is at work on it or ServiceTrade has just shown something new.
        """
        if RESOLUTIONS.fullmatch(how) is None:
            raise UnresolvableError(
                f"{how!r} is no resolution; there are: entered:<number in QuickBooks>, "
                "not-billable, accepted-difference"
            )
        if not note.strip():
            raise UnresolvableError("a note is needed: whoever reads the books later asks why")
        entry = Ledger(self.table).get(invoice_id)
        if entry.state not in CLOSABLE:
            stands = entry.state.value if entry.state else "unknown here"
            raise UnresolvableError(
                f"invoice {invoice_id} is {stands}; only HELD or WAITING closes"
            )
        self._close(entry, how=how, note=note, actor=actor)
        self.actions.record(
            Action(
                actor,
                "resolve",
                invoices=[invoice_id],
                before={"state": str(entry.state), "reason": entry.reason},
                after={"state": State.RESOLVED.value, "as": how},
                note=note,
            )
        )
        return entry

    def _close(self, entry: Entry, *, how: str, note: str, actor: str) -> None:
        now = self.clock.now()
        set_, remove = state_change(State.RESOLVED, now)
        said: Item = {"as": how, "note": note, "actor": actor, "at": int(now)}
        close = Update(
            keys.ledger(entry.servicetrade_id),
            set={**set_, "resolved": {**said, "was": entry.reason}},
            # Whoever closes it no longer wants it rolled back; that it was, stays true.
            remove=(*remove, "reason", "problems", "notified", "parked", "rollback"),
            condition=is_as_read(entry, now),
        )
        at = keys.event(entry.servicetrade_id, now, entry.fence)
        event = Put({**key_item(at), "what": "resolved", "fence": entry.fence, **said})
        try:
            self.table.write_all([close, event])
        except TransactionCanceledError as canceled:
            raise BusyError(
                f"invoice {entry.servicetrade_id} changed just now: look at it again, then decide"
            ) from canceled
