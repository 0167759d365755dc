"""Which causes people were told of: reserved for a minute, sent, and open until they are cleared.

A cause is told under a reservation: two that meet it at once send one message, and one that dies
while sending leaves it to the next. `sent_at` keeps every other message about it away for an hour,
also after it was cleared.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, cast

from invoicesync.conditions import (
    Absent,
    Condition,
    Equals,
    Item,
    Key,
    Less,
    Update,
    all_of,
    any_of,
)
from invoicesync.domain.causes import Cause
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.revision import Revision
from invoicesync.errors import BusyError, ConditionFailedError
from invoicesync.ports import Clock, Table
from invoicesync.state import keys
from invoicesync.state.entry import Entry, State

HOUR_SECONDS = 3600
RESERVED_SECONDS = 60
OPEN = "TOLD"
"""What an alert that was not cleared yet stands under in the index `ByState`."""
MOST_OPEN = 1000


@dataclass(frozen=True, slots=True)
class Alert:
    """One cause that people were told of at ``sent_at`` and that was not cleared yet."""

    cause: Cause
    sent_at: int


class Alerts:
    """Remembers what was told."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def reserve(self, name: str) -> int | None:
        """Take a cause to tell of it now: the moment to give to `sent`; None within the hour.

        Raises `BusyError` where somebody else is about to tell of it.
        """
        now = int(self._clock.now())
        is_due = any_of(Absent("sent_at"), Less("sent_at", now - HOUR_SECONDS))
        reservation = {"reserved_until": now + RESERVED_SECONDS}
        condition = all_of(is_due, _is_free(now))
        try:
            self._table.write(Update(_key(name), set=reservation, condition=condition))
        except ConditionFailedError as failed:
            sent_at = (failed.found or {}).get("sent_at")
            if isinstance(sent_at, int) and sent_at >= now - HOUR_SECONDS:
                return None
            raise BusyError("somebody else is about to tell of this cause") from None
        return now

    def sent(self, name: str, at: int, cause: Cause | None = None) -> None:
        """Note that it was told; a ``cause`` is open from now on, anything else is forgotten."""
        told: Item = {"sent_at": at}
        if cause is None:
            kept = told | {"expires_at": at + 2 * HOUR_SECONDS}
            self._table.write(Update(_key(name), set=kept))
            return
        told |= {"open_state": OPEN, "open_since": at}
        told |= {"code": cause.code.value, "about": cause.about}
        self._table.write(Update(_key(name), set=told, remove=("expires_at",)))

    def open(self) -> list[Alert]:
        """Find the causes that were told and not cleared yet, the oldest first."""
        rows = self._table.by_state(OPEN, until=int(self._clock.now()), limit=MOST_OPEN)
        found = self._table.get_many([Key(str(row["pk"]), str(row["sk"])) for row in rows])
        return [_read(item) for item in found.values() if item.get("open_state") == OPEN]

    def reserve_clearing(self, alert: Alert) -> bool:
        """Take an open cause to tell that it is cleared; False where somebody has it."""
        now = int(self._clock.now())
        return self._has_changed(
            Update(
                _key(alert.cause.name),
                set={"reserved_until": now + RESERVED_SECONDS},
                condition=all_of(_is_as(alert), _is_free(now)),
            )
        )

    def cleared(self, alert: Alert) -> bool:
        """Note that a cause is cleared, unless it was told anew meanwhile."""
        return self._has_changed(
            Update(
                _key(alert.cause.name),
                set={"expires_at": int(self._clock.now()) + 2 * HOUR_SECONDS},
                remove=("open_state", "open_since"),
                condition=_is_as(alert),
            )
        )

    def mark(self, entry: Entry) -> None:
        """Note on a held invoice that people were told of it, unless it has moved on since."""
        self._has_changed(
            Update(
                keys.ledger(entry.servicetrade_id),
                set={"notified": hold_mark(entry.reason, entry.seen)},
                condition=all_of(
                    Equals("state", State.HELD.value),
                    Equals("reason", entry.reason),
                    Equals("seen_order", entry.seen.order if entry.seen else ""),
                ),
            )
        )

    def _has_changed(self, write: Update) -> bool:
        try:
            self._table.write(write)
        except ConditionFailedError:
            return False
        return True


def hold_mark(code: str, seen: Revision | None) -> str:
    """Name a hold by its code and by the look that it is about."""
    return f"{code}:{seen.order if seen else ''}"


def _key(name: str) -> Key:
    return keys.alert(hashlib.sha256(name.encode()).hexdigest()[:32])


def _is_free(now: int) -> Condition:
    return any_of(Absent("reserved_until"), Less("reserved_until", now))


def _is_as(alert: Alert) -> Condition:
    return all_of(Equals("open_state", OPEN), Equals("sent_at", alert.sent_at))


def _read(item: Item) -> Alert:
    got = cast("dict[str, Any]", item)
    return Alert(Cause(ProblemCode(got["code"]), got["about"]), got["sent_at"])
