"""Undo what a wrong mapping made: its unpaid invoices of open periods are voided, by the loader.

What was voided stands held before a person. It comes back, as the same invoice, once a corrected
mapping is in force and somebody lets it go by `release` or `remap`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import batched

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import InvoiceSyncError
from invoicesync.ports import Comparison, Json
from invoicesync.services import left_alone
from invoicesync.services.left_alone import Left
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.looking import ReadOnlyBooks
from invoicesync.services.wishes import Granted, Wish, Wishes
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import Entry
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Mappings

IDS_A_QUERY = 100


class NothingToUndoError(InvoiceSyncError):
    """The mapping cannot be rolled back: its text says why, and what can be done."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a mapping made that can be voided, and what of it is left alone."""

    serial: int
    voidable: tuple[Entry, ...]
    left: tuple[Left, ...]

    @property
    def ids(self) -> list[ServiceTradeId]:
        """The invoices that can be voided."""
        return [entry.servicetrade_id for entry in self.voidable]

    @property
    def amount(self) -> Decimal:
        """What these come to in QuickBooks."""
        return sum((Decimal(entry.total or "0") for entry in self.voidable), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """Finds what a mapping made, and has it voided."""

    ledger: Ledger
    books: ReadOnlyBooks
    preferences: PreferencesReader
    mappings: Mappings
    wishes: Wishes
    actions: Actions

    def find(self, serial: int) -> Made:
        """Find the invoices that this mapping made, as they stand in QuickBooks now.

        Raises `NothingToUndoError` for a mapping that never was, and for the one in force: it would
        go on making what is voided here.
        """
        self._require_past(serial)
        made = [one for one in self.ledger.everything() if serial in {one.made_by, one.rolled_back}]
        left = [Left(entry, why) for entry in made if (why := _why_by_ledger(entry, serial))]
        known = {one.entry.servicetrade_id for one in left}
        wanted = [entry for entry in made if entry.servicetrade_id not in known]
        closed_on = self.preferences.read(self.books).closed_on if wanted else None
        there = self._read(wanted)
        voidable: list[Entry] = []
        for entry in wanted:
            found = there.get(str(entry.qbo_id))
            if why := left_alone.by_books(entry, found, closed_on):
                left.append(Left(entry, why))
            else:
                voidable.append(entry)
        return Made(serial, tuple(voidable), tuple(left))

    def __call__(self, made: Made, *, actor: str, note: str = "") -> Granted:
        """Have them voided; raise `StoppedError` while no loader works."""
        self.wishes.require_open()
        # Said before it is done: nothing of it shall ever stand there without a name.
        self.actions.record(
            Action(
                actor,
                "rollback",
                invoices=made.ids,
                before={"mapping_serial": made.serial, "amount": format(made.amount, "f")},
                after={"rolled_back": made.serial},
                note=note,
            )
        )
        wishes = [Wish(entry, {"rollback": made.serial}) for entry in made.voidable]
        return self.wishes.grant(wishes, what="rollback", actor=actor)

    def _require_past(self, serial: int) -> None:
        newest = self.mappings.current().serial
        if not 0 < serial <= newest:
            raise NothingToUndoError(
                f"there was never a mapping {serial}; the newest is {newest}: "
                "see invoicesync mapping history"
            )
        if serial == newest:
            raise NothingToUndoError(
                f"mapping {serial} is in force and would make more of the same: push a corrected "
                "one first, or the one before it (invoicesync mapping pull --serial NUMBER)"
            )

    def _read(self, entries: Sequence[Entry]) -> dict[str, Json]:
        ids = [str(entry.qbo_id) for entry in entries]
        return {
            str(row["Id"]): row
            for some in batched(ids, IDS_A_QUERY, strict=False)
            for row in self.books.query("Invoice", where=[Comparison("Id", "IN", list(some))])
        }


def _why_by_ledger(entry: Entry, serial: int) -> str:
    """Say why the ledger alone leaves one that this mapping made alone."""
    if why := left_alone.by_ledger(entry):
        return why
    if entry.rolled_back:
        return left_alone.ROLLED_BACK
    if not entry.is_loaded:
        return left_alone.DELETED
    return left_alone.CORRECTED_SINCE if entry.mapping_serial > serial else ""
