"""What all loaders of one QuickBooks company share: pace, breaker and pause.

The pace is GCRA: one number, the theoretical arrival time in milliseconds, in one item a bucket.
A 429 halves the rate and holds everybody back; each quiet minute gives a little back.
"""

from dataclasses import dataclass

from invoicesync.conditions import (
    Absent,
    Condition,
    Equals,
    Greater,
    Item,
    Key,
    Less,
    Present,
    Update,
    all_of,
    any_of,
)
from invoicesync.errors import ConditionFailedError, RateLimitedError
from invoicesync.ports import Clock, Table
from invoicesync.state import keys

LONGEST_WAIT_SECONDS = 20.0
THROTTLED_SECONDS = 60
WHOLE_SHARE = 1000
"""The full rate, in thousandths of itself."""
SMALLEST_SHARE = 62
REGAINED_A_MINUTE = 50
PROBE_SECONDS = 60
FAILURES_TO_OPEN = 5
OPEN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one kind of call may go: ``per_minute`` on average, ``burst`` at once."""

    name: str
    per_minute: int
    burst: int


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
        self.realm_id = realm_id

    # Pace

    def reserve(self, pace: Pace, count: int = 1) -> None:
        """Take ``count`` slots, waiting at most 20 s; raise `RateLimitedError` beyond that."""
        waited = 0.0
        while (wait := self._try(pace, count)) > 0:
            if waited + wait > LONGEST_WAIT_SECONDS:
                raise RateLimitedError(
                    f"no slot for {pace.name} within {LONGEST_WAIT_SECONDS:.0f} s",
                    delay_seconds=max(wait, 1.0),
                )
            self._clock.sleep(wait)
            waited += wait

    def throttled(self, seconds: float | None) -> None:
        """Hold every loader back after a 429, and halve the rate."""
        now = self._now_ms()
        until = now + int((seconds or THROTTLED_SECONDS) * 1000)
        key = keys.realm(self.realm_id, "RATE#held")
        halved = self._share(self._table.get(key) or {}, now) // 2
        try:
            self._table.write(
                Update(
                    key,
                    set={"until": until, "at": now, "share": max(SMALLEST_SHARE, halved)},
                    condition=any_of(Absent("until"), Less("until", until)),
                )
            )
        except ConditionFailedError:
            return  # somebody holds everybody back for longer already

    def _try(self, pace: Pace, count: int) -> float:
        """Take the slots and return 0, or return how long to wait before trying again."""
        now = self._now_ms()
        held = self._table.get(keys.realm(self.realm_id, "RATE#held")) or {}
        if (until := _int(held, "until")) > now:
            return (until - now) / 1000
        interval = 60_000 * WHOLE_SHARE // (pace.per_minute * self._share(held, now))
        cost, slack = interval * count, interval * (pace.burst - 1)
        key = keys.realm(self.realm_id, f"RATE#{pace.name}")
        later: Condition = all_of(_at_least("tat", now), Less("tat", now + slack + 1))
        try:
            self._table.write(Update(key, add={"tat": cost}, condition=later))
        except ConditionFailedError as failed:
            found = failed.found or {}
            tat = _int(dict(found), "tat")
            if tat >= now:
                return (tat - now - slack + 1) / 1000
            return self._start(key, now, cost)
        return 0.0

    def _start(self, key: Key, now: int, cost: int) -> float:
        try:
            self._table.write(
                Update(
                    key,
                    set={"tat": now + cost},
                    condition=any_of(Absent("tat"), Less("tat", now)),
                )
            )
        except ConditionFailedError:
            return 0.05  # another loader started it in between: look again
        return 0.0

    def _share(self, held: Item, now: int) -> int:
        """The share of the full rate that is allowed: halved by each 429, regained by minutes."""
        if "share" not in held:
            return WHOLE_SHARE
        quiet_minutes = max(0, now - _int(held, "until")) // 60_000
        return min(WHOLE_SHARE, _int(held, "share") + REGAINED_A_MINUTE * quiet_minutes)

    # Breaker and pause

    def gate(self) -> Gate:
        """Read whether work may start."""
        breaker = self._table.get(keys.realm(self.realm_id, "BREAKER")) or {}
        paused = self._table.get(keys.realm(self.realm_id, "PAUSED")) or {}
        return Gate(
            paused=paused.get("paused") is True,
            open_until=_int(breaker, "open_until"),
            opened_at=_int(breaker, "opened_at"),
            reason=str(breaker.get("reason", "")),
        )

    def failed(self, reason: str) -> None:
        """Count a failure of the whole company's API; a run of them opens the breaker."""
        item = self._table.write(Update(keys.realm(self.realm_id, "BREAKER"), add={"failures": 1}))
        if _int(item, "failures") >= FAILURES_TO_OPEN:
            self.open(reason)

    def succeeded(self) -> None:
        """End a run of failures, and close the breaker."""
        try:
            self._table.write(
                Update(
                    keys.realm(self.realm_id, "BREAKER"),
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
                    keys.realm(self.realm_id, "BREAKER"),
                    set={"opened_at": now, "open_until": now + OPEN_SECONDS, "reason": reason},
                    condition=Absent("opened_at"),
                )
            )
        except ConditionFailedError:
            return False
        return True

    def extend(self) -> None:
        """Keep the breaker open for another while: the probe failed."""
        now = int(self._clock.now())
        try:
            self._table.write(
                Update(
                    keys.realm(self.realm_id, "BREAKER"),
                    set={"open_until": now + OPEN_SECONDS, "probe_until": 0},
                    condition=Present("opened_at"),
                )
            )
        except ConditionFailedError:
            return  # somebody else's call went well meanwhile, and closed it

    def take_probe(self) -> bool:
        """Take the lease on the one request that may try whether the company answers again."""
        now = int(self._clock.now())
        try:
            self._table.write(
                Update(
                    keys.realm(self.realm_id, "BREAKER"),
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
                keys.realm(self.realm_id, "PAUSED"),
                set={"paused": paused, "at": int(self._clock.now())},
            )
        )

    def _now_ms(self) -> int:
        return int(self._clock.now() * 1000)


def _int(item: Item, name: str) -> int:
    value = item.get(name, 0)
    return value if isinstance(value, int) else 0


def _at_least(name: str, value: int) -> Condition:
    return any_of(Equals(name, value), Greater(name, value))
