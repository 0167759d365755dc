"""Stop before ServiceTrade's server-time budget is spent.

Every answer tells how many of a minute's 60,000 milliseconds are left. People work under other
users, but the native apps of this one share it: so the last part is left to them, and whoever
wants more is told when to come back rather than made to sleep.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from invoicesync.adapters.servicetrade.failures import throttled
from invoicesync.ports.runtime import Clock
from invoicesync.ports.source import Spent

RESERVE_MS = 10_000
_REFILL_SECONDS = 60.0


class ServerTime:
    """What is left of the minute, as ServiceTrade last told."""

    def __init__(self, clock: Clock, *, reserve_ms: int = RESERVE_MS) -> None:
        self._clock = clock
        self._reserve = reserve_ms
        self._low_since: float | None = None
        self._noted: list[tuple[int, int | None]] = []

    def check(self, what: str) -> None:
        """Raise `RateLimitedError` while the budget was low less than a minute ago."""
        if self._low_since is None:
            return
        wait = self._low_since + _REFILL_SECONDS - self._clock.now()
        if wait > 0:
            raise throttled(what, wait)
        self._low_since = None

    def note(self, body: Mapping[str, Any] | None) -> None:
        """Take in what an answer tells; one that tells nothing counts as a call alone."""
        stats = _within(_within(body, "meta"), "stats")
        used, left = (_number(_within(stats, name)) for name in _NAMES)
        # One step, for several workers may note at once.
        self._noted.append((used or 0, left))
        if left is not None:
            self._low_since = self._clock.now() if left < self._reserve else None

    def spent(self) -> Spent:
        """Add up what was noted since this was asked last."""
        noted, self._noted = self._noted, []
        return Spent(
            calls=len(noted),
            milliseconds=sum(used for used, _ in noted),
            least_left_ms=min((left for _, left in noted if left is not None), default=None),
        )


_NAMES = ("resourceUsageMs", "resourceBalanceMs")


def _within(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return int(value) if Decimal(value).is_finite() else None
