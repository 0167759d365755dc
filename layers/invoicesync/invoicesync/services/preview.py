"""Say what a sync would do, by the very steps that a load takes, and write nothing.

Whatever a load would write - to QuickBooks, to the ledger, to a queue - stands here replaced by a
part that only remembers it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import batched
from typing import Any, cast

from invoicesync.domain.fingerprint import fingerprint
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import Message
from invoicesync.domain.revision import Revision
from invoicesync.domain.source import Source as Told
from invoicesync.domain.source import parse_source, with_job
from invoicesync.domain.verdict import judge
from invoicesync.ports import (
    Clock,
    InvoiceFilter,
    Json,
    Random,
    Source,
)
from invoicesync.services.foresight import (
    Eyes,
    Foreseen,
    Remembered,
    SeenOnly,
    Unsent,
    Unsettled,
)
from invoicesync.services.load.customers import Customers
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.load.resolve import Resolver
from invoicesync.services.load.run import Run
from invoicesync.services.load.triage import approvable_hash, fix_number
from invoicesync.services.load.work import Work
from invoicesync.services.looking import ReadOnlyBooks
from invoicesync.state.entry import Entry
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Published
from invoicesync.state.references import References

PAGE_SIZE = 200
MOST_PAGES = 1000
MOST_SINGLY = 50
"""Invoices that are asked for one by one; more of them are looked for in ServiceTrade's list."""
TOGETHER = 30
AFTER_ALL_EPOCHS = 10**10 - 1
"""An epoch above any that a run has taken: what is looked at now is newer than all that was."""


class Preview:
    """Looks at ServiceTrade and QuickBooks, and at the ledger; writes to none of them.

    ``as_approved`` foresees what becomes of invoices once a person has let each of them go.
    """

    def __init__(
        self,
        *,
        source: Source,
        books: ReadOnlyBooks,
        ledger: Ledger,
        references: References,
        published: Published,
        clock: Clock,
        random: Random,
        as_approved: bool = False,
    ) -> None:
        self._source = source
        self._books = books
        self._as_approved = as_approved
        self._ledger = ledger
        self._references = references
        self._published = published
        self._clock = clock
        self._random = random

    def since(self, second: int) -> list[Foreseen]:
        """Foresee what would become of every invoice that changed since."""
        return self._of_rows(self._rows_since(second))

    def _rows_since(self, second: int) -> list[Json]:
        rows: dict[object, Json] = {}
        bounds = InvoiceFilter(updated_after=second)
        page = 1
        while True:
            read = self._source.invoices(bounds, page=page, limit=PAGE_SIZE)
            rows |= {row.get("id"): row for row in read.rows}
            if not read.rows or page >= min(read.total_pages or MOST_PAGES, MOST_PAGES):
                return list(rows.values())
            page += 1

    def of(
        self, invoice_ids: Iterable[ServiceTradeId], *, changed_since: int | None = None
    ) -> list[Foreseen]:
        """Foresee what would become of these invoices; those that do not exist are left out.

        Many of them are looked for in the list of what ``changed_since``; a list that is read while
        people edit may leave some out, and those are asked for one by one.
        """
        ids = list(dict.fromkeys(invoice_ids))
        rows: dict[object, Json] = {}
        if changed_since is not None and len(ids) > MOST_SINGLY:
            rows = {row.get("id"): row for row in self._rows_since(changed_since)}
        for id_ in ids:
            if id_ not in rows and (answer := self._source.invoice(id_)) is not None:
                rows[id_] = answer[0]
        return self._of_rows([rows[id_] for id_ in ids if id_ in rows])

    def _of_rows(self, rows: Sequence[Json]) -> list[Foreseen]:
        told = [parse_source(row, None) for row in rows]
        ids = [one.invoice.job.id for one in told if one.invoice.job and one.invoice.job.id]
        jobs = [
            (parse_source({}, row).job, row)
            for some in batched(dict.fromkeys(ids), PAGE_SIZE, strict=False)
            for row in self._source.jobs(some)
        ]
        by_id = {job.id: row for job, row in jobs if job is not None}
        whole = [
            with_job(one, by_id.get(one.invoice.job.id) if one.invoice.job else None)
            for one in told
        ]
        entries = self._ledger.get_many([one.invoice.id for one in whole])
        works = [
            self._work(one, entries[one.invoice.id], position) for position, one in enumerate(whole)
        ]
        return [
            foreseen
            for start in range(0, len(works), TOGETHER)
            for foreseen in self._foresee(works[start : start + TOGETHER])
        ]

    def _work(self, told: Told, entry: Entry, position: int) -> Work:
        verdict = judge(told, self._published.mapping, is_loaded=entry.is_loaded)
        revision = Revision(
            updated=told.invoice.updated or 0,
            epoch=AFTER_ALL_EPOCHS,
            position=position,
            disposition=verdict.disposition,
            fingerprint=fingerprint(told, written_number=entry.written_number),
        ).stamped_after(entry.seen)
        serial = self._published.serial
        if self._as_approved and verdict.document is not None:
            document = fix_number(verdict.document, entry)
            approved = approvable_hash(document, serial, entry)
            entry = replace(entry, released_hash=approved)
        message = Message(
            told, revision, verdict.reason, verdict.document, verdict.problems, serial
        )
        return Work(message, [], entry, verdict, serial)

    def _foresee(self, works: Sequence[Work]) -> list[Foreseen]:
        eyes = Eyes()
        kit = Kit(
            books=self._books,
            ledger=SeenOnly(self._ledger),
            leases=_nothing(),
            journal=_nothing(),
            published=self._published,
            recorder=eyes,
            clock=self._clock,
            random=self._random,
            deadline=_nothing(),
            lease_seconds=0,
        )
        references = Remembered(self._references)
        customers = Customers(self._books, references, self._random)
        resolver = Resolver(self._books, references, customers)
        preferences = PreferencesReader(self._clock)
        run = Run(kit, resolver, preferences, sender=Unsent(eyes), settler=Unsettled(eyes))
        run.load(works)
        return [eyes.of(work) for work in works]


def _nothing() -> Any:  # noqa: ANN401 - stands where a preview never looks
    return cast("Any", None)
