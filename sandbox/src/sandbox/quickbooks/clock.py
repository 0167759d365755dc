"""A clock that stands still until it is moved."""


class VirtualClock:
    """Seconds of the epoch, moved by whoever runs the simulation."""

    def __init__(self, now: float) -> None:
        """Start at ``now``."""
        self._now = now

    def __call__(self) -> float:
        """Return the time."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward; a clock never goes back."""
        if seconds < 0:
            raise ValueError(f"a clock can not go back by {-seconds} s")
        self._now += seconds
