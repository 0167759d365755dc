"""Reconcile one period, from reading both books to telling people."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from invoicesync.domain.bridging import Bridging
from invoicesync.domain.comparison import (
    BooksRecord,
    Comparison,
    Kind,
    Population,
    Rules,
    SourceRecord,
    Window,
    compare,
)
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.ports import Clock, Extractor, Table
from invoicesync.services.again import ask_again
from invoicesync.services.reconcile.contents import Material
from invoicesync.services.reconcile.publish import Publish, Tally
from invoicesync.services.reconcile.request import Request
from invoicesync.services.reconcile.result import Outcome
from invoicesync.services.reconcile.standings import Known, look_up
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Published

MOST_LOOKS = 200
"""Invoices that are read by their Id in one run: what was deleted in QuickBooks no query shows."""
ACTOR = "reconciler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconcile:
    """Holds both books against each other.

    ``read_source`` and ``read_books`` read a window anew, ``look`` one invoice of QuickBooks by its
    Id, and ``reads`` counts what QuickBooks was asked.
    """

    read_source: Callable[[Window], Population[SourceRecord]]
    read_books: Callable[[Window], Population[BooksRecord]]
    look: Callable[[QuickBooksId], BooksRecord | None]
    reads: Callable[[], int]
    rules: Rules
    published: Published
    table: Table
    extractor: Extractor
    clock: Clock
    publish: Publish

    def __call__(self, asked: Request) -> Outcome:
        """Reconcile what is asked for.

        Raises what reading raises: half of a book would make differences where there are none.
        """
        period = asked.period(self._today())
        window = Window(period.first, period.last)
        # QuickBooks last: what it has is then no older than what ServiceTrade says of it.
        source = self.read_source(window)
        books = self.read_books(window)
        comparison, books, known = self._compared(source, books, window)
        bridging = Bridging(comparison, known.standings, known.details, known.linked)
        bridge = bridging.bridge(source, books)
        again = ask_again(self.extractor, known.healable(comparison.findings), actor=ACTOR)
        material = Material(
            source=source, books=books, bridging=bridging, bridge=bridge, held=known.held
        )
        tally = Tally(
            asked_again=again,
            reads=self.reads(),
            mapping_serial=self.published.serial,
            today=self._today(),
        )
        return self.publish(period, material, tally)

    def _compared(
        self,
        source: Population[SourceRecord],
        books: Population[BooksRecord],
        window: Window,
    ) -> tuple[Comparison, Population[BooksRecord], Known]:
        """Compare, and once more where the ledger knows of invoices that no query showed."""
        comparison = compare(source, books, window=window, rules=self.rules)
        ledger, now = Ledger(self.table), self.clock.now()
        known = look_up(ledger, comparison.findings, now=now)
        gone, found = self._looked_for(comparison, books, known)
        if not gone and not found:
            return comparison, books, known
        more = replace(books, records=[*books.records, *found])
        comparison = compare(source, more, window=window, rules=self.rules, deleted=gone)
        return comparison, more, look_up(ledger, comparison.findings, now=now)

    def _looked_for(
        self, comparison: Comparison, books: Population[BooksRecord], known: Known
    ) -> tuple[list[ServiceTradeId], list[BooksRecord]]:
        """Read by its Id what the ledger has in QuickBooks and was not found there."""
        read = {one.id for one in books.records}
        gone: list[ServiceTradeId] = []
        found: list[BooksRecord] = []
        missing = [one.id for each in comparison.of(Kind.MISSING) for one in each.sources]
        entries = [known.entries[id_] for id_ in missing]
        for entry in [each for each in entries if each.qbo_id not in {None, *read}][:MOST_LOOKS]:
            one = self.look(entry.qbo_id_or_raise)
            if one is None:
                gone.append(entry.servicetrade_id)
            elif one.id not in {each.id for each in found}:
                found.append(one)
        return gone, found

    def _today(self) -> date:
        zone = ZoneInfo(self.published.mapping.timezone)
        return datetime.fromtimestamp(self.clock.now(), zone).date()
