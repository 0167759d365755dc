"""How fast QuickBooks may be called, shared by every loader of a company.

The pace is GCRA: for each kind of call a number, the theoretical arrival time in milliseconds. They
stand in one item beside what a 429 leaves behind: a time before which nobody calls, and the share
of the full rate that is left. So a slot is one conditional write, and a refusal tells all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from invoicesync.conditions import (
    Absent,
    Condition,
    Equals,
    Greater,
    Item,
    Less,
    Update,
    all_of,
    any_of,
)
from invoicesync.errors import ConditionFailedError, RateLimitedError
from invoicesync.ports import Clock, Table
from invoicesync.state import keys

READS_A_MONTH = 500_000
"""Reads that Intuit's lowest tier gives an app for nothing; then it gives no more (August 2025)."""
LONGEST_WAIT_SECONDS = 20.0
THROTTLED_SECONDS = 60
WHOLE_SHARE = 1000
"""The full rate, in thousandths of itself."""
SMALLEST_SHARE = 62
REGAINED_A_MINUTE = 50


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast one kind of call may go: ``per_minute`` on average, ``burst`` at once."""

    name: str
    per_minute: int
    burst: int


@dataclass(frozen=True, slots=True)
class _Slot:
    """The next slot of one pace: its attribute, its time, and how far from now that may be."""

    name: str
    tat: int
    interval: int
    slack: int


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls to QuickBooks in a month, reads among them, and the share of the rate that is left.

    Counted as slots are taken, so that a call that was never sent after all counts too.
    """

    share: float
    requests: int
    reads: int


class Pacer:
    """Hands out slots."""

    def __init__(self, table: Table, clock: Clock, realm_id: str) -> None:
        self._table = table
        self._clock = clock
        self._key = keys.realm(realm_id, "RATE#calls")
        self._last: Item = {}
        """What the item held when we last saw it; every write checks what it builds on."""

    def reserve(
        self,
        *paces: Pace,
        is_read: bool = False,
        longest_seconds: float = LONGEST_WAIT_SECONDS,
    ) -> None:
        """Take a slot of each pace at once, and count the call.

        Waits at most ``longest_seconds`` in all.

        Raises `RateLimitedError` beyond that; then none was taken.
        """
        waited = 0.0
        kinds = ("requests", "reads") if is_read else ("requests",)
        while (wait := self._try(paces, kinds)) > 0:
            if waited + wait > longest_seconds:
                names = " and ".join(pace.name for pace in paces)
                raise RateLimitedError(
                    f"no slot for {names} within {longest_seconds:.0f} s",
                    delay_seconds=max(wait, 1.0),
                )
            self._clock.sleep(wait)
            waited += wait

    def throttled(self, seconds: float | None) -> None:
        """Hold every loader back after a 429, and halve the rate."""
        now = self._now()
        until = now + int((seconds or THROTTLED_SECONDS) * 1000)
        self._last = self._table.get(self._key) or {}
        halved = self._share(now) // 2
        try:
            self._last = self._table.write(
                Update(
                    self._key,
                    set={"until": until, "at": now, "share": max(SMALLEST_SHARE, halved)},
                    condition=any_of(Absent("until"), Less("until", until)),
                )
            )
        except ConditionFailedError:
            return  # somebody holds everybody back for longer already

    def usage(self, at: float | None = None) -> Usage:
        """Read what was used in this month, or in that of ``at``, and what is left of the rate."""
        self._last = self._table.get(self._key) or {}
        now = self._now()
        then = now if at is None else int(at * 1000)
        return Usage(
            share=self._share(now) / WHOLE_SHARE,
            requests=_int(self._last, _counter("requests", then)),
            reads=_int(self._last, _counter("reads", then)),
        )

    def _try(self, paces: Sequence[Pace], kinds: Sequence[str]) -> float:
        """Take the slots and return 0, or return how long to wait before trying again."""
        for _ in range(2):
            now = self._now()
            if (until := _int(self._last, "until")) > now:
                wait = (until - now) / 1000
                # Another loader may have been told to wait for less, or for more: look.
                self._last = self._table.get(self._key) or {}
                return wait if _int(self._last, "until") == until else 0.05
            slots = [self._slot(pace, now) for pace in paces]
            if (early := max(slot.tat - now - slot.slack for slot in slots)) > 0:
                return early / 1000
            if self._take(slots, now, kinds):
                return 0.0
        return 0.05  # others were faster twice: let them pass

    def _slot(self, pace: Pace, now: int) -> "_Slot":
        interval = 60_000 * WHOLE_SHARE // (pace.per_minute * self._share(now))
        name = f"tat_{pace.name}"
        return _Slot(name, _int(self._last, name), interval, interval * (pace.burst - 1))

    def _take(self, slots: Sequence["_Slot"], now: int, kinds: Sequence[str]) -> bool:
        """Write the slots down, if nothing has changed that they were worked out from."""
        share = self._last.get("share")
        rate: Condition = (
            Absent("share") if share is None else Equals("share", _int(self._last, "share"))
        )
        held = any_of(Absent("until"), Less("until", now), Equals("until", now))
        idle = [slot for slot in slots if slot.tat < now]
        busy = [slot for slot in slots if slot.tat >= now]
        free = [any_of(Absent(slot.name), Less(slot.name, now)) for slot in idle]
        room = [
            all_of(Greater(slot.name, now - 1), Less(slot.name, now + slot.slack + 1))
            for slot in busy
        ]
        update = Update(
            self._key,
            set={slot.name: now + slot.interval for slot in idle},
            add={
                **{slot.name: slot.interval for slot in busy},
                **{_counter(kind, now): 1 for kind in kinds},
            },
            condition=all_of(*free, *room, held, rate),
        )
        try:
            self._last = self._table.write(update)
        except ConditionFailedError as failed:
            self._last = dict(failed.found or {})
            return False
        return True

    def _share(self, now: int) -> int:
        """Return the share of the full rate: halved by each 429, regained by quiet minutes."""
        if "share" not in self._last:
            return WHOLE_SHARE
        quiet_minutes = max(0, now - _int(self._last, "until")) // 60_000
        return min(WHOLE_SHARE, _int(self._last, "share") + REGAINED_A_MINUTE * quiet_minutes)

    def _now(self) -> int:
        return int(self._clock.now() * 1000)


def _counter(kind: str, now: int) -> str:
    """Name the attribute that counts calls of a kind in a month of UTC, as Intuit meters them."""
    moment = datetime.fromtimestamp(now / 1000, UTC)
    return f"{kind}_{moment.year}{moment.month:02}"


def _int(item: Item, name: str) -> int:
    value = item.get(name, 0)
    return value if isinstance(value, int) else 0
