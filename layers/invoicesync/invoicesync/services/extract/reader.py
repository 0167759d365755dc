"""Reads ServiceTrade with patience: a few attempts, a short wait, an eye on the time left."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.source import read_job_id
from invoicesync.errors import InvoiceSyncError, RetryableError, TransientReadError
from invoicesync.ports import Clock, Deadline, InvoiceFilter, Json, Random, Source, SourcePage

ATTEMPTS = 3
LONGEST_WAIT_SECONDS = 30.0
MOST_SINGLES_WITHOUT_SUCCESS = 5

UNREADABLE_JOB = cast("Json", "unreadable")
"""Stands for a job that cannot be fetched: `parse_source` notes it as unreadable, not as absent."""


class OutOfTimeError(InvoiceSyncError):
    """The invocation nears its end; what is left is for the next one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """ServiceTrade, read patiently until ``margin_seconds`` before the end of the invocation."""

    source: Source
    clock: Clock
    random: Random
    deadline: Deadline
    margin_seconds: float

    def require_time(self, *, begun: bool = False) -> None:
        """Raise `OutOfTimeError` where too little is left to begin something, or to end it."""
        left = self.deadline.remaining_seconds()
        if left < self._margin(begun=begun):
            raise OutOfTimeError(f"{left:.0f} s are left; nothing new is begun")

    def patiently[T](self, read: Callable[[], T], *, begun: bool = False) -> T:
        """Read, up to three times; the last failure is raised, and a long wait at once.

        ``begun``: this ends what is under way, and may use the time that was kept for it.
        """
        for attempt in range(1, ATTEMPTS):
            self.require_time(begun=begun)
            try:
                return read()
            except RetryableError as error:
                self._wait_after(error, attempt, begun=begun)
        self.require_time(begun=begun)
        return read()

    def _wait_after(self, error: RetryableError, attempt: int, *, begun: bool) -> None:
        wait = error.delay_seconds
        if wait is None:
            wait = self.random.uniform(0, 2.0**attempt)
        room = self.deadline.remaining_seconds() - self._margin(begun=begun)
        if wait > min(LONGEST_WAIT_SECONDS, room):
            raise error
        self.clock.sleep(wait)

    def _margin(self, *, begun: bool) -> float:
        return self.margin_seconds / 3 if begun else self.margin_seconds

    def page(self, bounds: InvoiceFilter, number: int, size: int) -> SourcePage:
        """Fetch one page, once; `patiently` is for the caller, who judges what came."""
        return self.source.invoices(bounds, page=number, limit=size)

    def count(self, bounds: InvoiceFilter) -> int | None:
        """Count the invoices within ``bounds``; None where that cannot be had."""
        try:
            return self.patiently(lambda: self.source.count(bounds))
        except TransientReadError:
            return None

    def invoice(self, invoice_id: ServiceTradeId) -> tuple[Json, int] | None:
        """Fetch one invoice and ServiceTrade's clock; None where it does not exist."""
        return self.patiently(lambda: self.source.invoice(invoice_id), begun=True)

    def jobs(self, job_ids: Sequence[ServiceTradeId]) -> Mapping[ServiceTradeId, Json]:
        """Fetch jobs; what does not exist is left out, what fails alone is `UNREADABLE_JOB`."""
        found = self._some_jobs(job_ids)
        # An invoice is held for a job that does not exist; an answer that was short but once must
        # not do that.
        missing = [job_id for job_id in job_ids if job_id not in found]
        return found | self._some_jobs(missing)

    def _some_jobs(self, job_ids: Sequence[ServiceTradeId]) -> dict[ServiceTradeId, Json]:
        if not job_ids:
            return {}
        done, failed = self.apart([tuple(job_ids)], self.source.jobs, _halves, begun=True)
        jobs = ((read_job_id(row), row) for _, rows in done for row in rows)
        found = {job_id: row for job_id, row in jobs if job_id is not None}
        return found | {job_id: UNREADABLE_JOB for (job_id,) in failed}

    def apart[P, R](
        self,
        pieces: Sequence[P],
        read: Callable[[P], R],
        split: Callable[[P], Sequence[P]],
        *,
        begun: bool = False,
    ) -> tuple[list[tuple[P, R]], list[P]]:
        """Read pieces, or else their parts and the parts of these; return what came, what failed.

        Where nothing at all can be read, it is not the parts that are broken: the failure is
        raised.
        """
        done: list[tuple[P, R]] = []
        failed: list[P] = []
        waiting = deque(pieces)
        while waiting:
            piece = waiting.popleft()
            try:
                done.append((piece, self.patiently(partial(read, piece), begun=begun)))
            except TransientReadError:
                parts = split(piece)
                if not parts:
                    failed.append(piece)
                    if not done and (not waiting or len(failed) == MOST_SINGLES_WITHOUT_SUCCESS):
                        raise
                waiting.extendleft(reversed(parts))
        return done, failed


def _halves(ids: tuple[ServiceTradeId, ...]) -> list[tuple[ServiceTradeId, ...]]:
    middle = len(ids) // 2
    return [ids[:middle], ids[middle:]] if middle else []
