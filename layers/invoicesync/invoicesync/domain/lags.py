"""How long invoices take from being ready in ServiceTrade to standing in QuickBooks."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lags:
    """Seconds that half of the ``measured`` took at the most, and nineteen of twenty."""

    measured: int = 0
    p50: int = 0
    p95: int = 0


def lags_of(seconds: Iterable[int]) -> Lags:
    """Choose the percentiles by nearest rank: each is what some invoice really took."""
    known = sorted(seconds)
    if not known:
        return Lags()
    half, most = (known[-(-len(known) * percent // 100) - 1] for percent in (50, 95))
    return Lags(len(known), half, most)
