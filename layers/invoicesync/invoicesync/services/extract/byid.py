"""The one road of redrive, healing and waiting: look again at these invoices, as they are today."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import batched

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.errors import TransientReadError
from invoicesync.ports import Parallel
from invoicesync.services.extract.outbox import Outbox
from invoicesync.services.extract.reader import Reader
from invoicesync.services.extract.result import Tally
from invoicesync.services.extract.sights import Row, Sight, Sights, read_row
from invoicesync.state.checkpoint import Checkpoints
from invoicesync.state.entry import OPEN_STATES, Entry, State
from invoicesync.state.ledger import Ledger

AT_ONCE = 20
VANISHED = "ServiceTrade no longer shows this invoice"

type Missing = Callable[[Entry, str, Tally], Row | None]
"""What to look at instead of an invoice that could not be had, and why; None: at nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ByIds:
    """Looks at invoices by id."""

    reader: Reader
    ledger: Ledger
    checkpoints: Checkpoints
    sights: Sights
    outbox: Outbox
    parallel: Parallel

    def look_at(
        self, ids: Iterable[ServiceTradeId], *, group: str, tally: Tally, even_unchanged: bool
    ) -> None:
        """Look at each invoice; with ``even_unchanged`` a look that says nothing new is sent too.

        An invoice that cannot be fetched is counted as failed; the others go on.
        """
        for chunk in batched(dict.fromkeys(ids), AT_ONCE, strict=False):
            # The ledger first: only what it knew before the GET is surely older than the GET.
            entries = self.ledger.get_many(chunk)
            sights = [
                _explained(sight)
                for sight in self._seen(list(entries.values()), tally, _held_or_left_out)
            ]
            self.outbox.deliver(sights, group=group, tally=tally, even_unchanged=even_unchanged)

    def again(self, doubtful: Sequence[Sight], tally: Tally) -> list[Sight]:
        """Look once more, after the ledger was read; one that cannot be had stays as it was seen.

        The list showed it a moment ago: that it cannot be fetched alone proves nothing about it.
        """
        sights: list[Sight] = []
        for chunk in batched(doubtful, AT_ONCE, strict=False):
            fresh = {
                sight.entry.servicetrade_id: sight
                for sight in self._seen([sight.entry for sight in chunk], tally, _left_out)
            }
            sights += [fresh.get(sight.entry.servicetrade_id, sight) for sight in chunk]
        return sights

    def _seen(self, entries: Sequence[Entry], tally: Tally, missing: Missing) -> list[Sight]:
        self.reader.require_time()
        epoch = self.checkpoints.next_epoch()
        tally.epochs.append(epoch)
        fetched = self.parallel.map(self._fetch, entries)
        rows = [
            row if row is not None else missing(entry, why, tally)
            for entry, (row, why) in zip(entries, fetched, strict=True)
        ]
        found = [row for row in rows if row is not None]
        tally.add("rows", len(found))
        by_id = {entry.servicetrade_id: entry for entry in entries}
        return self.sights.of(found, by_id, epoch=epoch)

    def _fetch(self, entry: Entry) -> tuple[Row | None, str]:
        """Return the invoice, or why there is none."""
        try:
            answer = self.reader.invoice(entry.servicetrade_id)
        except TransientReadError as error:
            return None, str(error)
        if answer is None:
            return None, VANISHED
        row = read_row(answer[0])
        if row.source.invoice.id != entry.servicetrade_id:
            return None, "ServiceTrade answered with another invoice"
        return row, ""


def _left_out(entry: Entry, why: str, tally: Tally) -> None:
    tally.problems.append(f"invoice {entry.servicetrade_id} was not looked at again: {why}")


def _held_or_left_out(entry: Entry, why: str, tally: Tally) -> Row | None:
    """Make a tombstone of an invoice that vanished, where somebody depends on it."""
    tally.problems.append(f"invoice {entry.servicetrade_id}: {why}")
    if why != VANISHED:
        tally.add("failed")
        return None
    tally.add("vanished")
    return _tombstone(entry.servicetrade_id) if _is_somebodys(entry) else None


def _is_somebodys(entry: Entry) -> bool:
    """Say whether anything depends on the invoice: it is open, or stands in QuickBooks."""
    if entry.state in OPEN_STATES:
        return True
    return entry.is_loaded and not entry.is_voided and entry.state is not State.RESOLVED


def _tombstone(invoice_id: ServiceTradeId) -> Row:
    """Make a row that is dispatched, unreadable and so held: it reverses nothing by itself.

    An invoice that ServiceTrade shows no more may be hidden from our user or lost by them; only a
    person can tell. A void is what ServiceTrade says, never what it fails to say.
    """
    return read_row({"id": invoice_id, "unreadable": [VANISHED]})


def _explained(sight: Sight) -> Sight:
    """Say of an invoice that vanished nothing but that; of its fields there is nothing to say."""
    if VANISHED not in sight.source.unreadable:
        return sight
    vanished = Problem(ProblemCode.UNREADABLE_SOURCE, detail=VANISHED)
    return replace(sight, problems=(vanished,))
