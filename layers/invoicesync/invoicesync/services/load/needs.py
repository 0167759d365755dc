"""What a load needs from the outside and is told, and what it reports."""

from collections import Counter
from dataclasses import dataclass

from invoicesync.ports import Books, Bucket, Clock, Queue, Random, Table, TokenRefresher
from invoicesync.services.load.lag import Arrival
from invoicesync.services.load.paced import Paces
from invoicesync.services.load.record import Notify
from invoicesync.services.load.work import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPorts:
    """The outside, as a load needs it."""

    books: Books
    refresher: TokenRefresher
    table: Table
    bucket: Bucket
    dead_letters: Queue
    outcomes: Queue
    notify: Notify
    clock: Clock
    random: Random


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """What a load is told: whose books, how fast, and how long a lease lasts.

    ``company`` names the pace and the breaker that it shares; ``realm_id`` keys cached references.

    A lease is the function's timeout, plus the 120 s for which Intuit may go on executing a request
    that we gave up, plus 60 s for index lag and clocks that differ.
    """

    realm_id: str
    paces: Paces
    company: str = "company"
    timeout_seconds: int = 180

    @property
    def lease_seconds(self) -> int:
        """How long a claim lasts."""
        return self.timeout_seconds + 120 + 60


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of each message, and how many QuickBooks calls, and metered reads, it took."""

    outcomes: tuple[Outcome, ...]
    calls: int = 0
    reads: int = 0
    arrivals: tuple[Arrival, ...] = ()

    @property
    def results(self) -> Counter[str]:
        """Count messages by result."""
        return Counter(outcome.result.value for outcome in self.outcomes)
