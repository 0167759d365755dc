"""Counts what goes to QuickBooks as it leaves: how fast, and who renews tokens meanwhile."""

from collections import deque
from typing import Any
from urllib.parse import urljoin, urlsplit

from tests.simulation.scheduler import Process, Scheduler
from tests.simulation.violations import Violations

MINUTE = 60.0
BURST = 2
READS_PER_MINUTE = 60
"""The pace of the reconciler, which reads beside the loaders."""


class TrafficAuditor:
    """Holds every minute against the pace, and every token refresh against the one before.

    A loader may pause between its turn and its request, so that each may come one too early.
    """

    def __init__(self, scheduler: Scheduler, knobs: dict[str, Any], violations: Violations) -> None:
        self._scheduler = scheduler
        self._violations = violations
        slack = BURST + 1 + int(knobs["loaders"])
        self._most = {
            "requests": int(knobs["requests_per_minute"]) + slack,
            "batches": int(knobs["batches_per_minute"]) + slack,
            "reads": READS_PER_MINUTE + slack,
        }
        self._times: dict[str, deque[float]] = {name: deque() for name in self._most}
        self._renewing: Process | None = None

    def __call__(self, request: Any) -> None:
        """Count one request."""
        path = request.url.split("?")[0]
        if "/tokens/" in path:
            self._renews()
            return
        is_beside = self._scheduler.process.name.startswith("reconciler")
        self._count("reads" if is_beside else "requests")
        if path.endswith("/batch"):
            self._count("batches")

    def _renews(self) -> None:
        process, other = self._scheduler.process, self._renewing
        if other is not None and other is not process and not other.is_over:
            detail = f"{process.name} renews tokens while {other.name} does"
            self._violations.add("two_refreshes", detail)
        self._renewing = process

    def _count(self, name: str) -> None:
        now, times = self._scheduler.now, self._times[name]
        times.append(now)
        while times[0] <= now - MINUTE:
            times.popleft()
        if len(times) > self._most[name]:
            self._violations.add("too_fast", f"{len(times)} {name} within a minute")


class HostAuditor:
    """Sees where each request goes, and what it carries there."""

    def __init__(self, home: str, violations: Violations) -> None:
        self._home = urljoin(home, "/")
        self._violations = violations

    def __call__(self, request: Any) -> None:
        """Look at one request: a credential is for its own host alone."""
        if request.url.startswith(self._home):
            return
        if carried := sorted({"Authorization", "Cookie"} & {*request.headers}):
            host = urlsplit(request.url).netloc
            self._violations.add("credential_leaked", f"{', '.join(carried)} went to {host}")
