"""What one run of the extractor did, for metrics and for people."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, cast

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import InvoiceSyncError, RateLimitedError
from invoicesync.ports import Spent
from invoicesync.services.extract.reader import OutOfTimeError


class Reason(StrEnum):
    """Why a run ended where it did."""

    COMPLETE = "complete"
    BUSY = "busy"
    OUT_OF_TIME = "out_of_time"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    LEASE_LOST = "lease_lost"
    NEVER_WHOLE = "never_whole"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ExtractResult:
    """What one run did. ``rows`` counts every row of every page, repeats too.

    ``unreadable`` counts rows and jobs that ServiceTrade shows and nobody can read, ``vanished``
    invoices that it showed once and shows no more, ``failed`` ids that could not be asked for,
    ``left`` ids that there was no time for. ``backfills`` are those that a tick went on with.
    ``spent`` is what it took of ServiceTrade.
    """

    kind: str
    complete: bool
    reason: Reason
    watermark: int | None
    source_time: int | None
    epochs: tuple[int, ...]
    passes: int = 0
    pages: int = 0
    rows: int = 0
    bytes_read: int = 0
    fresh: int = 0
    enqueued: int = 0
    unchanged: int = 0
    dispatched: int = 0
    voided: int = 0
    waiting: int = 0
    ignored: int = 0
    unreadable: int = 0
    vanished: int = 0
    failed: int = 0
    reexamined: int = 0
    hint_left: bool = False
    loader_on: bool | None = None
    problems: tuple[str, ...] = ()
    left: tuple[ServiceTradeId, ...] = ()
    spent: Spent = field(default_factory=Spent)
    backfills: "tuple[ExtractResult, ...]" = ()

    @property
    def is_run_completed(self) -> bool:
        """Say whether the schedule is kept: to the end, or stopped in time with a hint left."""
        return self.complete or (self.hint_left and self.reason is Reason.OUT_OF_TIME)


@dataclass(slots=True)
class Tally:
    """Counts while a run lasts."""

    kind: str
    actor: str = "schedule"
    complete: bool = False
    reason: Reason = Reason.COMPLETE
    watermark: int | None = None
    source_time: int | None = None
    hint_left: bool = False
    loader_on: bool | None = None
    epochs: list[int] = field(default_factory=list[int])
    counts: dict[str, int] = field(default_factory=dict[str, int])
    problems: list[str] = field(default_factory=list[str])
    left: tuple[ServiceTradeId, ...] = ()
    spent: Spent = field(default_factory=Spent)

    def add(self, name: str, count: int = 1) -> None:
        """Count one thing by the name that it has in `ExtractResult`."""
        self.counts[name] = self.counts.get(name, 0) + count

    def stop(self, reason: Reason, detail: str = "") -> None:
        """Note why the run ends here."""
        self.complete = reason is Reason.COMPLETE
        self.reason = reason
        if detail:
            self.problems.append(detail)

    def result(self) -> ExtractResult:
        """Put the counts together."""
        return ExtractResult(
            kind=self.kind,
            complete=self.complete,
            reason=self.reason,
            watermark=self.watermark,
            source_time=self.source_time,
            epochs=tuple(self.epochs),
            hint_left=self.hint_left,
            loader_on=self.loader_on,
            problems=tuple(self.problems),
            left=self.left,
            spent=self.spent,
            **cast("dict[str, Any]", self.counts),
        )


def reason_of(error: InvoiceSyncError) -> Reason:
    """Name what stopped a run."""
    match error:
        case OutOfTimeError():
            return Reason.OUT_OF_TIME
        case RateLimitedError():
            return Reason.RATE_LIMITED
        case _:
            return Reason.UNAVAILABLE
