"""QuickBooks as a person looks at it: nothing is written, and the live sync goes first.

Whoever looks takes slots of the pace that all loaders share, so that the company's limits hold for
both together. A look takes a slot only when it is due: the loaders, which may be a little ahead of
their time, come first. And all looks together are kept to a share of the pace.
"""

from collections.abc import Callable
from typing import Protocol

from invoicesync.domain.ids import RequestId
from invoicesync.errors import InvoiceSyncError, RateLimitedError
from invoicesync.ports import BatchAnswer, Books, Clock, Written
from invoicesync.services.load.paced import PacedBooks
from invoicesync.state.pace import THROTTLED_SECONDS, Pace
from invoicesync.state.realm import Realm

LOOKS = Pace("looks", per_minute=120, burst=10)
GAP_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 45.0
"""What a look waits for its turn; where a 429 keeps all away for longer, it gives up at once."""


class WriteRefusedError(InvoiceSyncError):
    """Something wanted to write during a look: a fault of ours, and nothing was written."""


class Turn(Protocol):
    """Says when the next look may be taken, and hears of it where QuickBooks said: too fast."""

    def take(self) -> None:
        """Wait for it; raise `RateLimitedError` where that would take too long."""

    def throttled(self, seconds: float | None) -> None:
        """Note that QuickBooks asks for so much patience."""


class BehindLoaders:
    """Turns that loaders, at ``requests_per_minute``, leave over."""

    def __init__(self, realm: Realm, requests_per_minute: int) -> None:
        self._realm = realm
        self._behind = Pace("requests", per_minute=requests_per_minute, burst=1)

    def take(self) -> None:
        """Take a slot of the looks, and one of all requests."""
        self._realm.reserve(LOOKS, self._behind, is_read=True, longest_seconds=LONGEST_WAIT_SECONDS)

    def throttled(self, seconds: float | None) -> None:
        """Tell the loaders: they are on the same limits."""
        self._realm.throttled(seconds)


class Alone:
    """Turns where there is no stack, and so no loader: two a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next_at = 0.0

    def take(self) -> None:
        """Let half a second pass between two looks."""
        self._clock.sleep(self._next_at - self._clock.now())
        self._next_at = self._clock.now() + GAP_SECONDS

    def throttled(self, seconds: float | None) -> None:
        """Keep away for so long."""
        self._next_at = self._clock.now() + (seconds or THROTTLED_SECONDS)


class ReadOnlyBooks(PacedBooks):
    """QuickBooks without its writes; each look takes its turn first."""

    def __init__(self, books: Books, turn: Turn) -> None:
        self._books = books
        self._turn = turn
        self.calls = 0

    def _call[T](self, call: Callable[[], T], *, is_read: bool = True) -> T:
        del is_read  # it never is anything else
        self._turn.take()
        self.calls += 1
        try:
            return call()
        except RateLimitedError as limited:
            self._turn.throttled(limited.delay_seconds)
            raise

    def batch(self, body: bytes, *, request_id: RequestId) -> BatchAnswer:
        """Refuse."""
        raise WriteRefusedError(f"a look does not write ({len(body)} bytes, {request_id})")

    def void(self, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """Refuse."""
        raise WriteRefusedError(f"a look does not write ({len(body)} bytes, {request_id})")

    def create(self, entity: str, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """Refuse."""
        raise WriteRefusedError(f"a look makes no {entity} ({len(body)} bytes, {request_id})")
