"""Rates: how many requests, batches and reports a realm may make in a sliding window."""

from collections import deque
from collections.abc import Callable

from sandbox.quickbooks.options import RateLimits

_MINUTE = 60.0


class _Window:
    def __init__(self, most: int, seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._times: deque[float] = deque()

    def is_full(self, now: float) -> bool:
        while self._times and self._times[0] <= now - self._seconds:
            self._times.popleft()
        return len(self._times) >= self._most

    def add(self, now: float) -> None:
        self._times.append(now)


class Limits:
    """The windows of one realm; without limits everything is let through."""

    def __init__(self, clock: Callable[[], float], limits: RateLimits | None) -> None:
        self._clock = clock
        self._windows: dict[str, list[_Window]] = {}
        if limits is None:
            return
        every = [
            _Window(limits.requests_per_minute, _MINUTE),
            _Window(limits.requests_per_second, 1.0),
        ]
        self._windows = {
            "other": every,
            "batch": [*every, _Window(limits.batches_per_minute, _MINUTE)],
            "report": [*every, _Window(limits.reports_per_minute, _MINUTE)],
        }

    def admit(self, kind: str) -> bool:
        """Count a request of this kind in, or not; refused ones do not count."""
        now = self._clock()
        windows = self._windows.get(kind, self._windows.get("other", []))
        if any(window.is_full(now) for window in windows):
            return False
        for window in windows:
            window.add(now)
        return True
