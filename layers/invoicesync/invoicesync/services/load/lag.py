"""How long an invoice takes from being ready in ServiceTrade to standing in QuickBooks."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from invoicesync.services.load.work import Result, Work


@dataclass(frozen=True, slots=True)
class Arrival:
    """An invoice that a load brought to QuickBooks: how long it took, and the money it made new."""

    lag_seconds: int
    created: Decimal


_STANDS = frozenset({Result.CREATED, Result.UPDATED})


def ready_at(work: Work) -> int:
    """Say since when ServiceTrade has it as it is to stand; 0 where QuickBooks has that already.

    That is the later of two: the first look's change that said the same, for what we tell
    ServiceTrade is a change too, and the completion of the job, for which an invoice waits.
    """
    seen, revision, applied = work.entry.seen, work.message.revision, work.entry.applied
    if applied is not None and applied.is_same_as(revision):
        return 0  # only the mapping differs
    first = seen if seen is not None and seen.is_same_as(revision) else revision
    return max(first.updated, work.message.completed_on)


def arrivals(works: Iterable[Work], *, now: float) -> list[Arrival]:
    """Say what a load brought to QuickBooks, or found that it had brought before."""
    lags = [(work, _lag_of(work, now)) for work in works]
    return [Arrival(lag, _new_money(work)) for work, lag in lags if lag is not None]


def _new_money(work: Work) -> Decimal:
    return work.document.total if work.result is Result.CREATED else Decimal(0)


def _lag_of(work: Work, now: float) -> int | None:
    if work.has_arrived:
        return max(0, work.entry.stood_at - work.entry.ready_at)
    if work.result not in _STANDS or not (ready := ready_at(work)):
        return None
    return max(0, int(now) - ready)
