"""The server-time budget: so many milliseconds a minute for each user, not so many requests."""

import math
from collections.abc import Callable

from sandbox.servicetrade.options import Options

_MINUTE = 60.0


class Budget:
    """What each user has left of this minute."""

    def __init__(self, *, clock: Callable[[], float], options: Options) -> None:
        self._clock = clock
        self._options = options
        self._left: dict[int, tuple[float, float]] = {}

    def balance(self, user_id: int) -> float:
        """Return the milliseconds left; it is whole again with every minute of the clock."""
        minute = self._clock() // _MINUTE
        kept, left = self._left.get(user_id, (minute, float(self._options.budget_ms)))
        return left if kept == minute else float(self._options.budget_ms)

    def spend(self, user_id: int, milliseconds: float) -> float:
        """Charge a request and return what is left."""
        left = self.balance(user_id) - milliseconds
        self._left[user_id] = (self._clock() // _MINUTE, left)
        return left

    def wait_seconds(self, user_id: int) -> int | None:
        """Return how long a user must wait, or None if it need not."""
        if not self._options.throttled or self.balance(user_id) > 0:
            return None
        return max(1, math.ceil(_MINUTE - self._clock() % _MINUTE))
