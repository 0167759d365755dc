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

RESERVE_MS = 10_000
_REFILL_SECONDS = 60.0


class ServerTime:
    """What is left of the minute, as ServiceTrade last told."""

    def __init__(self, clock: Clock, *, reserve_ms: int = RESERVE_MS) -> None:
        self._clock = clock
        self._reserve = reserve_ms
        self._low_since: float | None = None

    def check(self, what: str) -> None:
        """Raise `RateLimitedError` while the budget was low less than a minute ago."""
        if self._low_since is None:
            return
        wait = self._low_since + _REFILL_SECONDS - self._clock.now()
        if wait > 0:
            raise throttled(what, wait)
        self._low_since = None

    def note(self, body: Mapping[str, Any] | None) -> None:
        """Take in what an answer tells; one that tells nothing changes nothing."""
        balance: object = body
        for key in ("meta", "stats", "resourceBalanceMs"):
            balance = balance.get(key) if isinstance(balance, Mapping) else None
        if isinstance(balance, int | Decimal) and not isinstance(balance, bool):
            is_low = Decimal(balance).is_finite() and balance < self._reserve
            self._low_since = self._clock.now() if is_low else None
