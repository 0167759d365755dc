"""Reads one list to its end, sends what is new, and only then moves the checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.source import SourceInvoice
from invoicesync.errors import BusyError, InvoiceSyncError, RetryableError
from invoicesync.ports import Bucket
from invoicesync.services.extract.byid import ByIds
from invoicesync.services.extract.outbox import Outbox
from invoicesync.services.extract.pages import Pages, Rows
from invoicesync.services.extract.progress import Progress, Window, resume
from invoicesync.services.extract.reader import OutOfTimeError, Reader
from invoicesync.services.extract.result import Reason, Tally, reason_of
from invoicesync.services.extract.sights import Row, Sights, read_row
from invoicesync.state.checkpoint import Checkpoint, Checkpoints
from invoicesync.state.ledger import Ledger

MOST_PASSES = 5
SETTLE_SECONDS = 60
"""A row may become visible this much later than its time says."""

UNNAMED_RUNS = 3
"""Runs that must meet what nobody can read before the commit goes past it: a fault that passes must
not make the scan forget a row that has no name to hold it by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One scan, live or of a backfill."""

    reader: Reader
    bucket: Bucket
    ledger: Ledger
    checkpoints: Checkpoints
    sights: Sights
    outbox: Outbox
    by_ids: ByIds
    page_size: int
    group: str
    tally: Tally

    def run(self, held: Checkpoint, window: Window) -> Checkpoint:
        """Scan ``window`` from the first page, or from where the last run stopped."""
        progress = resume(self.bucket, held.hint, window, self.page_size)
        try:
            is_whole = self._passes(progress)
        except (OutOfTimeError, RetryableError) as error:
            return self._stop(held, progress, error)
        finally:
            self.tally.source_time = progress.source_time
        try:
            return self._end(held, progress, is_whole=is_whole)
        except BusyError as error:
            self.tally.stop(Reason.LEASE_LOST, str(error))
            return held

    def _stop(self, held: Checkpoint, progress: Progress, why: InvoiceSyncError) -> Checkpoint:
        self.tally.stop(reason_of(why), str(why))
        hint = progress.hint(self.bucket, held)
        if hint is None:
            return held
        try:
            held = self.checkpoints.leave(held, hint)
        except BusyError as error:
            self.tally.stop(Reason.LEASE_LOST, str(error))
            return held
        self.tally.hint_left = True
        return held

    def _end(self, held: Checkpoint, progress: Progress, *, is_whole: bool) -> Checkpoint:
        if not is_whole:
            self.tally.stop(Reason.NEVER_WHOLE)
            return self.checkpoints.start_over(held, unnamed=progress.unnamed > 0)
        if progress.unnamed and held.unnamed_runs + 1 < UNNAMED_RUNS:
            self.tally.stop(Reason.UNREADABLE)
            return self.checkpoints.start_over(held, unnamed=True)
        # Mark before commit: what is marked late is looked at twice, what is committed early never.
        committed = self._commit(held, progress)
        self.tally.stop(Reason.COMPLETE)
        return committed

    def _commit(self, held: Checkpoint, progress: Progress) -> Checkpoint:
        if progress.window.upper is not None:
            return self.checkpoints.finish(held)
        source_time = progress.source_time or 0
        watermark = progress.largest_updated
        if watermark is not None:
            # The cap also makes an `updated` in the future harmless.
            watermark = min(watermark, source_time - SETTLE_SECONDS)
        return self.checkpoints.commit(
            held, watermark, source_time=source_time, unnamed=progress.unnamed > 0
        )

    def _passes(self, progress: Progress) -> bool:
        """Scan until one whole pass has shown all; False after five that have not."""
        pages = Pages(self.reader, progress.window.bounds, self.page_size)
        while progress.passes <= MOST_PASSES:
            self._one_pass(pages, progress)
            self.tally.add("passes")
            if self._is_whole(progress):
                return True
            progress.next_pass()
        return False

    def _one_pass(self, pages: Pages, progress: Progress) -> None:
        pages.start()
        while progress.page:
            # Stamped before the GET: whoever asks later gets the higher number.
            epoch = self.checkpoints.next_epoch()
            self.tally.epochs.append(epoch)
            page = pages.read(progress.page)
            progress.begin(page)
            if progress.began is None and not page.is_last:
                progress.count_first(self.reader.count(progress.window.bounds), page.source_time)
                pages.start()
                continue
            self._take(page, progress, epoch)
            progress.page = 0 if page.is_last else progress.page + 1

    def _is_whole(self, progress: Progress) -> bool:
        """Ask for the count after the last page, so that a row that came meanwhile is in it."""
        count = self.reader.count(progress.window.bounds)
        if count is None:
            return not progress.is_odd and len(progress.ids) == progress.ids_before_pass
        is_all_there = len(progress.ids) + progress.unnamed >= count
        return is_all_there and not progress.has_lost_rows(count)

    def _take(self, page: Rows, progress: Progress, epoch: int) -> None:
        self.tally.add("pages")
        self.tally.add("rows", len(page.rows))
        self.tally.add("bytes_read", page.bytes_read)
        if page.odd:
            self.tally.problems.append(page.odd)
        rows = [read_row(json) for json in page.rows]
        invoices = [row.source.invoice for row in rows]
        self._note_unnamed(page, invoices, progress)
        wanted = {
            invoice.id: row  # where an id comes twice, its last row is the later look
            for invoice, row in zip(invoices, rows, strict=True)
            if invoice.id and not progress.window.drops(invoice.created)
        }
        self._look(wanted, epoch)
        progress.take(invoices)

    def _look(self, rows: dict[ServiceTradeId, Row], epoch: int) -> None:
        entries = self.ledger.get_many(rows)
        sights = self.sights.of(list(rows.values()), entries, epoch=epoch)
        again = self.by_ids.again([sight for sight in sights if sight.is_doubtful], self.tally)
        sights = [*(sight for sight in sights if not sight.is_doubtful), *again]
        self.outbox.deliver(sights, group=self.group, tally=self.tally)

    def _note_unnamed(
        self, page: Rows, invoices: Sequence[SourceInvoice], progress: Progress
    ) -> None:
        nameless = [place for place, invoice in enumerate(invoices, 1) if not invoice.id]
        progress.unnamed += len(page.unreadable) + len(nameless)
        self.tally.add("unreadable", len(page.unreadable) + len(nameless))
        where = f"the list since {progress.window.lower}"
        self.tally.problems += [
            f"row {place} of page {progress.page} of {where} has no readable id"
            for place in nameless
        ]
        ids = [invoice.id for invoice in invoices if invoice.id]
        beside = f"; its page also shows invoices {ids[0]} and {ids[-1]}" if ids else ""
        self.tally.problems += [
            f"row {place + 1} of {where} cannot be fetched{beside}" for place in page.unreadable
        ]
