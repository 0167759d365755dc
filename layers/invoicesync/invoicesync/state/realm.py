"""What all loaders of one QuickBooks company share: pace, breaker and pause."""

from dataclasses import dataclass

from invoicesync.conditions import Absent, Item, Less, Present, Update, all_of, any_of
from invoicesync.errors import ConditionFailedError
from invoicesync.ports import Clock, Table
from invoicesync.state import keys
from invoicesync.state.pace import LONGEST_WAIT_SECONDS, Pace, Pacer, Usage

PROBE_SECONDS = 60
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 300
LONGEST_OPEN_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether work may start: open breaker and pause keep it back."""

    paused: bool
    open_until: int
    opened_at: int
    reason: str

    def is_shut(self, now: float) -> bool:
        """Say whether loaders leave their messages alone now."""
        return self.paused or now < self.open_until

    def is_long_open(self, now: float) -> bool:
        """Say whether the breaker has kept work back for more than five minutes."""
        return 0 < self.opened_at < now - OPEN_SECONDS


class Realm:
    """Pace, breaker and pause of one QuickBooks company."""

    def __init__(self, table: Table, clock: Clock, realm_id: str) -> None:
        self._table = table
        self._clock = clock
        self._pacer = Pacer(table, clock, realm_id)
        self._breaker = keys.realm(realm_id, "BREAKER")
        self._paused = keys.realm(realm_id, "PAUSED")
        self._is_troubled = True

    def reserve(
        self,
        *paces: Pace,
        is_read: bool = False,
        longest_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        """Take a slot of each, waiting no longer than that; raise `RateLimitedError` beyond it."""
        self._pacer.reserve(*paces, is_read=is_read, longest_seconds=longest_seconds)

    def throttled(self, seconds: float | None) -> None:
        """Hold every loader back after a 429, and halve the rate."""
        self._pacer.throttled(seconds)

    def usage(self, at: float | None = None) -> Usage:
        """Read a month's calls, and the share of the full pace that is left after a 429."""
        return self._pacer.usage(at)

    def gate(self) -> Gate:
        """Read whether work may start."""
        items = self._table.get_many([self._breaker, self._paused])
        breaker, paused = items.get(self._breaker, {}), items.get(self._paused, {})
        self._is_troubled = bool(breaker.keys() & {"failures", "opened_at"})
        return Gate(
            paused=paused.get("paused") is True,
            open_until=_int(breaker, "open_until"),
            opened_at=_int(breaker, "opened_at"),
            reason=str(breaker.get("reason", "")),
        )

    def failed(self, reason: str) -> None:
        """Count a failure of the whole company's API; a run of them opens the breaker."""
        self._is_troubled = True
        item = self._table.write(Update(self._breaker, add={"failures": 1}))
        if _int(item, "failures") >= FAILURES_TO_OPEN:
            self.open(reason)

    def succeeded(self) -> None:
        """End a run of failures, and close the breaker, if anything is known of either."""
        if not self._is_troubled:
            return
        try:
            self._table.write(
                Update(
                    self._breaker,
                    remove=("failures", "opened_at", "open_until", "reason", "probe_until"),
                    condition=any_of(Present("failures"), Present("opened_at")),
                )
            )
        except ConditionFailedError:
            return  # it was closed and counted nothing

    def open(self, reason: str) -> bool:
        """Open the breaker; False where it is open already."""
        now = int(self._clock.now())
        try:
            self._table.write(
                Update(
                    self._breaker,
                    set={"opened_at": now, "open_until": now + OPEN_SECONDS, "reason": reason},
                    condition=Absent("opened_at"),
                )
            )
        except ConditionFailedError:
            return False
        return True

    def extend(self, gate: Gate) -> int:
        """Keep the breaker open for another while, and say how long: the probe failed.

        The longer it has been open, the longer the while: a quarter of that, within bounds.
        """
        now = int(self._clock.now())
        seconds = min(max(OPEN_SECONDS, (now - gate.opened_at) // 4), LONGEST_OPEN_SECONDS)
        try:
            self._table.write(
                Update(
                    self._breaker,
                    set={"open_until": now + seconds, "probe_until": 0},
                    condition=Present("opened_at"),
                )
            )
        except ConditionFailedError:
            return 0  # somebody else's call went well meanwhile, and closed it
        return seconds

    def take_probe(self) -> bool:
        """Take the lease on the one request that may try whether the company answers again."""
        now = int(self._clock.now())
        try:
            self._table.write(
                Update(
                    self._breaker,
                    set={"probe_until": now + PROBE_SECONDS},
                    condition=all_of(
                        Present("opened_at"),
                        any_of(Absent("probe_until"), Less("probe_until", now)),
                    ),
                )
            )
        except ConditionFailedError:
            return False
        return True

    def pause(self, *, paused: bool) -> None:
        """Stop or start all loading, by an operator's word."""
        self._table.write(
            Update(
                self._paused,
                set={"paused": paused, "at": int(self._clock.now())},
            )
        )


def _int(item: Item, name: str) -> int:
    value = item.get(name, 0)
    return value if isinstance(value, int) else 0
