"""Reconcile one period, from reading both books to telling people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from invoicesync.domain.bridging import Bridging
from invoicesync.domain.comparison import (
    Absence,
    BooksRecord,
    Kind,
    Rules,
    Window,
    compare,
)
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.sales_report import read_sales
from invoicesync.ports import Clock, Extractor, Json, Table
from invoicesync.services.again import Asked, ask_again
from invoicesync.services.audit import Audited
from invoicesync.services.reconcile.lags import measured
from invoicesync.services.reconcile.material import Material
from invoicesync.services.reconcile.publish import Publish, Tally
from invoicesync.services.reconcile.request import Request
from invoicesync.services.reconcile.result import Outcome
from invoicesync.services.reconcile.standings import Known, look_up
from invoicesync.services.report.model import Period
from invoicesync.state.entry import Entry
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Published, first_published
from invoicesync.state.pace import Usage
from invoicesync.state.runs import Runs, spent

MOST_LOOKS = 200
"""Invoices that are read by their Id in one run: what was deleted in QuickBooks no query shows."""
MOST_ASKED = 300
TOO_MANY = f"at most {MOST_ASKED} in one run: for more, run invoicesync backfill"
ACTOR = "reconciler"

_SENT_BEFORE = frozenset({Absence.EXCLUDED, Absence.WAITING, Absence.ZERO, Absence.VOID})
"""What an invoice may have become after it was loaded."""


def uncounted(_: float) -> Usage | None:
    """Say that nobody counts the calls of a month."""
    return None


type Read = Callable[[Window], Audited]
"""Reads both books of a window anew, and compares them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """Holds both books against each other.

    ``look`` reads one invoice of QuickBooks by its Id, ``report`` its own list of some days, and
    ``reads`` counts what it was asked, ``usage`` all that it was asked in the month of a moment;
    None: nobody counts that.
    """

    read: Read
    look: Callable[[QuickBooksId], BooksRecord | None]
    report: Callable[[date, date], Json]
    reads: Callable[[], int]
    rules: Rules
    published: Published
    table: Table
    extractor: Extractor
    clock: Clock
    publish: Publish
    usage: Callable[[float], Usage | None] = uncounted

    def __call__(self, asked: Request) -> Outcome:
        """Reconcile what is asked for.

        Raises what reading raises: half of a book would make differences where there are none.
        """
        period = asked.period(self._today())
        audited, known = self._known(self.read(Window(period.first, period.last)))
        comparison = audited.comparison
        bridging = Bridging(comparison, known.standings, known.details, known.linked)
        # Its report lags behind: it is asked of days that are over.
        is_over = period.last < self._today()
        reported = read_sales(self.report(period.first, period.last)) if is_over else None
        bridge = bridging.bridge(audited.source, audited.books, reported)
        again = self._ask_again(known.healable(comparison.findings))
        tally = Tally(
            asked_again=again,
            reads=self.reads(),
            mapping_serial=self.published.serial,
            today=self._today(),
            lags=measured(Ledger(self.table), comparison, since=first_published(self.table)),
            usage=self.usage(self._end_of(period)),
            spent=spent(Runs(self.table).of_last_day(self.clock.now())),
        )
        return self.publish(period, Material(audited, bridging, bridge, known.held), tally)

    def _known(self, audited: Audited) -> tuple[Audited, Known]:
        """Look into the ledger, and compare once more what it knows of and no query showed."""
        ledger, now = Ledger(self.table), self.clock.now()
        known = look_up(ledger, audited.comparison.findings, now=now)
        gone, found = self._looked_for(audited, known)
        if not gone and not found:
            return audited, known
        books = replace(audited.books, records=[*audited.books.records, *found])
        window = audited.comparison.window
        comparison = compare(audited.source, books, window=window, rules=self.rules, deleted=gone)
        known = look_up(ledger, comparison.findings, now=now)
        return replace(audited, comparison=comparison, books=books), known

    def _looked_for(
        self, audited: Audited, known: Known
    ) -> tuple[list[ServiceTradeId], list[BooksRecord]]:
        """Read by its Id what the ledger has in QuickBooks and was not found there."""
        read = {one.id for one in audited.books.records}
        gone: list[ServiceTradeId] = []
        found: list[BooksRecord] = []
        missing = [one.id for each in audited.comparison.of(Kind.MISSING) for one in each.sources]
        entries = [known.entries[id_] for id_ in missing]
        entries += self._sent_before(audited)
        for entry in [each for each in entries if each.qbo_id not in {None, *read}][:MOST_LOOKS]:
            one = self.look(entry.qbo_id_or_raise)
            if one is None:
                gone.append(entry.servicetrade_id)
            elif one.id not in {each.id for each in found}:
                found.append(one)
        return gone, found

    def _sent_before(self, audited: Audited) -> list[Entry]:
        """Name what is not to be in QuickBooks and may be there: dated elsewhere by a person."""
        absent = [
            one.id
            for each in audited.comparison.of(Kind.ABSENT)
            if not each.books
            for one in each.sources
            if one.absence in _SENT_BEFORE
        ]
        return list(Ledger(self.table).get_many(absent).values())

    def _ask_again(self, ids: Sequence[ServiceTradeId]) -> Asked:
        """Ask for as many as there is time for: the next run asks for the rest."""
        asked = ask_again(self.extractor, ids[:MOST_ASKED], actor=ACTOR)
        if not ids[MOST_ASKED:]:
            return asked
        return Asked(asked.done, (*asked.left, *ids[MOST_ASKED:]), (*asked.why, TOO_MANY))

    def _end_of(self, period: Period) -> float:
        following = datetime.combine(period.last, time(), ZoneInfo(self.published.mapping.timezone))
        return min(self.clock.now(), following.timestamp())

    def _today(self) -> date:
        zone = ZoneInfo(self.published.mapping.timezone)
        return datetime.fromtimestamp(self.clock.now(), zone).date()
