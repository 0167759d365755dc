"""Time, chance and parallel work that a test holds in its hand."""

import random
from collections.abc import Callable, Sequence

type Chance = Callable[[], bool]
"""Says whether a nastiness happens this time; the test decides how."""


def never() -> bool:
    """Let nothing happen."""
    return False


class FakeClock:
    """A clock that moves when told to, or when somebody sleeps."""

    def __init__(self, now: float = 1_790_000_000.0) -> None:
        self.time = now
        self.slept: list[float] = []

    def now(self) -> float:
        """Return UTC epoch seconds."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Move on at once, and remember for how long."""
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.time += seconds


class SeededRandom:
    """Chance that is the same in every run of one seed."""

    def __init__(self, seed: int = 0) -> None:
        self._source = random.Random(seed)

    def uniform(self, low: float, high: float) -> float:
        """Draw a number between ``low`` and ``high``."""
        return self._source.uniform(low, high)

    def token(self) -> str:
        """Draw 32 hexadecimal digits."""
        return f"{self._source.getrandbits(128):032x}"

    def chance(self, probability: float) -> Chance:
        """Return what happens with ``probability``, drawn from this source."""
        return lambda: self._source.random() < probability


class FakeDeadline:
    """An invocation that ends at a given time of a clock."""

    def __init__(self, clock: FakeClock, seconds: float) -> None:
        self._clock = clock
        self._end = clock.now() + seconds

    def remaining_seconds(self) -> float:
        """Return the seconds left."""
        return self._end - self._clock.now()


class SerialParallel:
    """Several things at once, one after the other."""

    def map[A, B](self, work: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """Apply ``work`` to each; results in order; the first error is raised after all ended."""
        results: list[B] = []
        errors: list[Exception] = []
        for item in items:
            try:
                results.append(work(item))
            except Exception as error:  # noqa: BLE001 - whatever it is, the others still run
                errors.append(error)
        if errors:
            raise errors[0]
        return results
