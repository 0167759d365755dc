"""Time, chance and parallel work: the simulator owns all three."""

from collections.abc import Callable, Sequence
from typing import Protocol


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> float:
        """Return UTC epoch seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


class Random(Protocol):
    """The only source of chance."""

    def uniform(self, low: float, high: float) -> float:
        """Draw a number between ``low`` and ``high``."""

    def token(self) -> str:
        """Draw 32 hexadecimal digits."""


class Deadline(Protocol):
    """How long this invocation may still run."""

    def remaining_seconds(self) -> float:
        """Return the seconds left."""


class Parallel(Protocol):
    """The only way to do several things at once, so that a simulator can order them."""

    def map[A, B](self, work: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """Apply ``work`` to each; results in order; the first error is raised after all ended."""
