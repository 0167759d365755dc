"""The last acts of a seed: once all is settled, the books are observed and compared once more."""

from collections.abc import Callable

from tests.simulation.comparing import Compared, Reconcilers
from tests.simulation.comparing_auditor import ComparingAuditor
from tests.simulation.scheduler import Process, Scheduler
from tests.simulation.violations import Violations

AGAIN_SECONDS = 1800.0
"""How long after a reconciliation another one comes, once faults are over: nightly, in short."""
FIRST_SECONDS = 600.0
SEEN_SECONDS = FIRST_SECONDS + AGAIN_SECONDS + 900
"""Within so many seconds what no scan shows is come upon, by the second of them at the latest."""


class Closing:
    """Reconciles while things settle, and once more when they have; then the auditor speaks."""

    def __init__(
        self,
        scheduler: Scheduler,
        *,
        reconcilers: Reconcilers | None,
        heals: bool,
        auditor: ComparingAuditor,
        observe: Callable[[], Process] | None,
        violations: Violations,
    ) -> None:
        self._scheduler = scheduler
        self._reconcilers = reconcilers
        self._heals = heals
        self._auditor = auditor
        self._observe = observe
        self._violations = violations
        self._observer: Process | None = None
        self._is_at_it = False
        self._before: dict[str, str] = {}
        self._is_compared = reconcilers is None

    def heal(self) -> None:
        """Reconcile from now on, for what only a comparison comes upon."""
        if self._heals and self._reconcilers is not None and not self._is_compared:
            self._reconcilers.compare()
            self._scheduler.after(AGAIN_SECONDS, self.heal)

    def is_over(self) -> bool:
        """Go on with the last acts; say whether they are done."""
        if self._observe is not None and (self._observer is None or self._has_failed()):
            self._observer = self._observe()
        if not self._is_compared and not self._is_at_it and self._reconcilers is not None:
            self._is_at_it = True
            self._before = self._auditor.expected()
            self._reconcilers.compare(0, self._compared)
        is_observed = self._observer is None or self._observer.is_done
        return self._is_compared and is_observed

    def _has_failed(self) -> bool:
        process = self._observer
        return process is not None and (process.is_dead or process.error is not None)

    def _compared(self, compared: Compared | None) -> None:
        self._is_at_it = False
        if compared is None or self._before != self._auditor.expected():
            return  # it failed, or something moved meanwhile: the next tick compares again
        self._is_compared = True
        for kind, detail in self._auditor.judged(compared):
            self._violations.add(kind, detail)
