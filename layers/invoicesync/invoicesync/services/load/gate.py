"""Whether anything may be loaded now: an operator's pause and the breaker keep it back."""

from dataclasses import dataclass

from invoicesync.errors import RefusedError, RetryableError
from invoicesync.ports import Clock
from invoicesync.services.load.paced import PacedBooks
from invoicesync.state.realm import Realm

DELAY_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Shut:
    """Why nothing may be loaded now, and for how long messages had better stay away.

    Every receive counts towards the queue's last net: an outage of days must not use them up.
    """

    reason: str
    delay_seconds: float = DELAY_SECONDS


def why_shut(realm: Realm, clock: Clock, books: PacedBooks) -> Shut | None:
    """Say why nothing may be loaded now, if so; one loader tries an open breaker."""
    gate = realm.gate()
    if gate.paused:
        return Shut("paused")
    if not gate.opened_at:
        return None
    if clock.now() < gate.open_until or not realm.take_probe():
        return Shut("breaker_open", max(DELAY_SECONDS, gate.open_until - clock.now()))
    try:
        books.preferences()
    except (RetryableError, RefusedError):
        seconds = realm.extend(gate)
        return Shut("breaker_open", max(DELAY_SECONDS, seconds))
    realm.succeeded()
    return None
