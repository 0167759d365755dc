"""Ask QuickBooks slowly: a 429 that a look provokes would stop every loader for a minute."""

from invoicesync.ports import Clock

GAP_SECONDS = 0.5
"""Two requests a second beside the loaders' seven stay under the ten that Intuit admits."""


class Pace:
    """Lets some time pass between two requests."""

    def __init__(self, clock: Clock, gap_seconds: float = GAP_SECONDS) -> None:
        self._clock = clock
        self._gap_seconds = gap_seconds
        self._next_at = 0.0

    def wait(self) -> None:
        """Wait for the next request's turn."""
        self._clock.sleep(self._next_at - self._clock.now())
        self._next_at = self._clock.now() + self._gap_seconds
