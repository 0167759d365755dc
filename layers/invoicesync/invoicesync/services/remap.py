"""Apply the mapping in force to what an older one loaded: the difference goes out as an update.

Which invoices differ is found by the very steps of a load, and what is let go is the very document
that was looked at. The rest is the loader's: claim, look, intent, echo, as for any other update.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.services import left_alone
from invoicesync.services.foresight import Foreseen
from invoicesync.services.left_alone import Left
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.load.work import Result
from invoicesync.services.looking import ReadOnlyBooks
from invoicesync.services.preview import Preview
from invoicesync.services.wishes import Granted, Wish, Wishes
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger

DATED_BEFORE_CHANGED = timedelta(days=90)
"""An invoice of a day was changed at most so long before it, as the first scan assumes too."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One loaded invoice that the mapping makes otherwise, and what would change."""

    entry: Entry
    foreseen: Foreseen


@dataclass(frozen=True, slots=True)
class Compared:
    """Loaded invoices beside the mapping ``serial``; ``same`` counts those that it leaves as is."""

    serial: int
    differences: tuple[Difference, ...]
    left: tuple[Left, ...]
    same: int

    @property
    def ids(self) -> list[ServiceTradeId]:
        """The invoices that would change."""
        return [one.entry.servicetrade_id for one in self.differences]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compare:
    """Compares what is loaded with what a mapping makes of it; ``preview`` bears that mapping."""

    ledger: Ledger
    preview: Preview
    books: ReadOnlyBooks
    preferences: PreferencesReader
    serial: int

    def since(self, day: date) -> Compared:
        """Compare every loaded invoice that is dated on ``day`` or later."""
        left: list[Left] = []
        wanted: list[Entry] = []
        for entry in self.ledger.everything():
            if not _is_about(entry, day):
                continue
            if why := _why_by_ledger(entry):
                left.append(Left(entry, why))
            else:
                wanted.append(entry)
        changed_since = datetime.combine(day - DATED_BEFORE_CHANGED, time(), UTC)
        return self._compare(wanted, left, int(changed_since.timestamp()))

    def _compare(self, wanted: Sequence[Entry], left: list[Left], second: int) -> Compared:
        ids = [entry.servicetrade_id for entry in wanted]
        foreseen = {one.servicetrade_id: one for one in self.preview.of(ids, changed_since=second)}
        # Read even where nothing differs: nobody shall hear of a refusal once a person said yes.
        closed_on = self.preferences.read(self.books).closed_on if wanted else None
        differences: list[Difference] = []
        same = 0
        for entry in wanted:
            one = foreseen.get(entry.servicetrade_id)
            if one is None:
                left.append(Left(entry, left_alone.VANISHED))
            elif one.result == Result.UNCHANGED:
                same += 1
            elif one.result == Result.UPDATED:
                if why := left_alone.by_books(entry, one.there, closed_on):
                    left.append(Left(entry, why))
                else:
                    differences.append(Difference(entry, one))
            else:
                left.append(_left_by_load(entry, one))
        return Compared(self.serial, tuple(differences), tuple(left), same)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remap:
    """Sends the difference of what was compared."""

    wishes: Wishes
    actions: Actions

    def __call__(self, compared: Compared, *, actor: str, note: str = "") -> Granted:
        """Let each document go that was compared; raise `StoppedError` while no loader works."""
        self.wishes.require_open()
        serials = sorted({one.entry.mapping_serial for one in compared.differences})
        # Said before it is done: nothing of it shall ever stand there without a name.
        self.actions.record(
            Action(
                actor,
                "remap",
                invoices=compared.ids,
                before={"mapping_serials": serials},
                after={"mapping_serial": compared.serial},
                note=note,
            )
        )
        wishes = [
            Wish(one.entry, {"released_hash": one.foreseen.approves})
            for one in compared.differences
        ]
        return self.wishes.grant(wishes, what="remap", actor=actor)


def _is_about(entry: Entry, day: date) -> bool:
    """Say whether an invoice was ever brought into QuickBooks or settled, and is dated so."""
    dated = entry.shown.get("dated", "")
    is_settled = entry.adopted or entry.state in {State.ADOPTED, State.RESOLVED}
    return (entry.is_loaded or is_settled) and (not dated or dated >= day.isoformat())


def _why_by_ledger(entry: Entry) -> str:
    if why := left_alone.by_ledger(entry):
        return why
    is_other_hold = entry.state is State.HELD and not entry.rolled_back
    return left_alone.HELD if is_other_hold else ""


def _left_by_load(entry: Entry, one: Foreseen) -> Left:
    """Say why a load would not update it."""
    if one.problems:
        first = one.problems[0]
        return Left(entry, first.code.value, first.detail)
    return Left(entry, left_alone.ON_ITS_WAY, one.detail or one.result)
