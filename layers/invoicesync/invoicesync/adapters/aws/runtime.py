"""Real time, real chance and real threads."""

from __future__ import annotations

import random
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class SystemClock:
    """The machine's `Clock`."""

    def now(self) -> float:
        """Return UTC epoch seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait; not at all for nothing or less."""
        if seconds > 0:
            time.sleep(seconds)


class SystemRandom:
    """The operating system's `Random`."""

    def __init__(self) -> None:
        self._source = random.SystemRandom()

    def uniform(self, low: float, high: float) -> float:
        """Draw a number between ``low`` and ``high``."""
        return self._source.uniform(low, high)

    def token(self) -> str:
        """Draw 32 hexadecimal digits."""
        return secrets.token_hex(16)


class ThreadParallel:
    """A `Parallel` of a few threads, made for one call and ended with it."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def map[A, B](self, work: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """Apply ``work`` to each; results in order; the first error is raised after all ended."""
        if len(items) <= 1:
            return [work(item) for item in items]
        with ThreadPoolExecutor(min(self._workers, len(items))) as pool:
            futures = [pool.submit(work, item) for item in items]
        return [future.result() for future in futures]


class LambdaContext(Protocol):
    """The part of Lambda's context that tells the time left."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left."""
        raise NotImplementedError


class LambdaDeadline:
    """The `Deadline` of one Lambda invocation."""

    def __init__(self, context: LambdaContext) -> None:
        self._context = context

    def remaining_seconds(self) -> float:
        """Return the seconds left."""
        return self._context.get_remaining_time_in_millis() / 1000
