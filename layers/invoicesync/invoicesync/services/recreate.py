"""Make an invoice anew that somebody deleted in QuickBooks, because a person said so.

The next generation of its mark tells the new invoice from the old one, should that ever come back.
"""

from dataclasses import dataclass

from invoicesync.conditions import Absent, Condition, Equals, Item, Put, Update, all_of, any_of
from invoicesync.domain.problems import ProblemCode
from invoicesync.errors import BusyError, InvoiceSyncError, TransactionCanceledError
from invoicesync.ports import Books, Clock, Table
from invoicesync.state import keys
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import key_item, lease_is_free

_OF_THE_OLD_ONE = (
    "qbo_id",
    "sync_token",
    "echo_hash",
    "document_hash",
    "customer_id",
    "total",
    "tax",
    "tax_variance",
    "note",
    "made_by",
    "rollback",
    "rolled_back",
)


class NotGoneError(InvoiceSyncError):
    """The invoice cannot be made anew: its text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recreate:
    """Forgets what was deleted in QuickBooks, so that the next try makes it anew."""

    table: Table
    books: Books
    clock: Clock
    actions: Actions

    def __call__(self, entry: Entry, *, actor: str) -> None:
        """Prepare one invoice; whoever asks the extractor for it then has it made.

        Raises `NotGoneError` where it was not deleted, is there after all, or may be on its way.
        """
        name = f"invoice {entry.number or entry.servicetrade_id}"
        if entry.state is not State.HELD or entry.reason != ProblemCode.DELETED_IN_QUICKBOOKS:
            raise NotGoneError(f"{name} is not held as deleted_in_quickbooks")
        if entry.intent is not None:
            raise NotGoneError(f"{name} has a write whose outcome is not known yet")
        if (old := entry.qbo_id) is None:
            return  # forgotten already, by somebody who died before the extractor was asked for it
        if self.books.read_invoice(old) is not None:
            raise NotGoneError(f"{name} is in QuickBooks (id {old}): it is not made anew")
        self._forget(entry, actor)
        self.actions.record(
            Action(
                actor,
                "recreate",
                invoices=[entry.servicetrade_id],
                before={"qbo_id": str(old), "generation": entry.generation},
                after={"generation": entry.generation + 1},
            )
        )

    def _forget(self, entry: Entry, actor: str) -> None:
        now = self.clock.now()
        forget = Update(
            keys.ledger(entry.servicetrade_id),
            set={"generation": entry.generation + 1},
            remove=_OF_THE_OLD_ONE,
            condition=all_of(
                Equals("state", State.HELD.value),
                Equals("reason", entry.reason),
                Equals("qbo_id", str(entry.qbo_id)),
                _is_generation(entry.generation),
                Absent("intent"),
                lease_is_free(now),
            ),
        )
        said: Item = {"what": "recreated", "actor": actor, "was": str(entry.qbo_id), "at": int(now)}
        event = Put({**key_item(keys.event(entry.servicetrade_id, now, entry.fence)), **said})
        try:
            self.table.write_all([forget, event])
        except TransactionCanceledError as canceled:
            raise BusyError(
                f"invoice {entry.servicetrade_id} changed just now: look at it again"
            ) from canceled


def _is_generation(generation: int) -> Condition:
    if generation:
        return Equals("generation", generation)
    return any_of(Absent("generation"), Equals("generation", 0))
