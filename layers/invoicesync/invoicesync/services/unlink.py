"""Take back a link that `adopt` made: the invoice is looked at anew, as if it never was linked.

Nothing of the link stays in the entry, or the number that somebody typed would be taken for the one
under which it is to be made. Like the link it is one transaction under conditions, with a new
nonce. It leaves open work, so that the extractor's next tick asks for it.
"""

from dataclasses import dataclass

from invoicesync.conditions import Absent, Delete, Equals, Item, Put, Update, all_of
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.errors import BusyError, InvoiceSyncError, TransactionCanceledError
from invoicesync.ports import Clock, Random, Table
from invoicesync.state import keys
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger, is_as_read, key_item, state_change

_OF_A_LINK = ("adopted", "qbo_id", "number", "total", "tax")


class NotLinkedError(InvoiceSyncError):
    """There is no link to take back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlink:
    """Takes links back."""

    table: Table
    clock: Clock
    random: Random
    actions: Actions

    def look(self, invoice_id: ServiceTradeId) -> Entry:
        """Return the entry of a linked invoice; raise `NotLinkedError` for any other."""
        entry = Ledger(self.table).get(invoice_id)
        if entry.state is not State.ADOPTED or entry.qbo_id is None:
            stands = entry.state.value if entry.state else "unknown here"
            raise NotLinkedError(
                f"invoice {invoice_id} is {stands}; only what adopt has linked can be unlinked"
            )
        return entry

    def __call__(self, invoice_id: ServiceTradeId, *, note: str, actor: str) -> Entry:
        """Take the link of an invoice back; return how it stood before.

        Raises `NotLinkedError`, and `BusyError` where a loader or a new look came between. The
        action is stored first: a run that dies half-way has told what it was about.
        """
        entry = self.look(invoice_id)
        linked = entry.qbo_id_or_raise
        self.actions.record(
            Action(
                actor,
                "unlink",
                invoices=[invoice_id],
                before={"state": State.ADOPTED.value, "qbo_id": linked},
                after={"state": State.QUEUED.value},
                note=note,
            )
        )
        self._unlink(entry, linked, note=note, actor=actor)
        return entry

    def _unlink(self, entry: Entry, linked: QuickBooksId, *, note: str, actor: str) -> None:
        now, nonce = self.clock.now(), self.random.token()
        # Open since ever: the next tick need not wait until it looks forgotten.
        set_, remove = state_change(State.QUEUED, 0)
        free = Update(
            keys.ledger(entry.servicetrade_id),
            set={**set_, "nonce": nonce},
            add={"fence": 1},
            remove=(*remove, *_OF_A_LINK),
            condition=all_of(is_as_read(entry, now), Equals("qbo_id", linked), Absent("intent")),
        )
        at = keys.event(entry.servicetrade_id, now, entry.fence + 1)
        said: Item = {"what": "unlinked", "actor": actor, "qbo_id": linked, "note": note}
        event = Put({**key_item(at), "at": int(now), "fence": entry.fence + 1, **said})
        try:
            self.table.write_all([free, Delete(keys.adopted(linked)), event])
        except TransactionCanceledError as canceled:
            # A write that was retried below meets its own first try: the nonce tells.
            if Ledger(self.table).get(entry.servicetrade_id).nonce != nonce:
                raise BusyError(
                    f"invoice {entry.servicetrade_id} changed just now: look at it again"
                ) from canceled
