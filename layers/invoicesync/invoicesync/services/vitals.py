"""How the stack is doing, in the numbers that alarms watch."""

from dataclasses import dataclass

from invoicesync.ports import Clock, Table
from invoicesync.state.entry import State
from invoicesync.state.ledger import Ledger
from invoicesync.state.realm import Realm


@dataclass(frozen=True, slots=True)
class Vitals:
    """Ages in seconds; 0 where there is nothing of the kind."""

    oldest_unsettled_seconds: float
    oldest_held_seconds: float
    breaker_open_seconds: float


def read_vitals(table: Table, realm: Realm, clock: Clock) -> Vitals:
    """Read the age of the oldest open work, the oldest hold and an open breaker."""
    now = clock.now()
    ledger = Ledger(table)

    def age(state: State) -> float:
        oldest = ledger.open_entries(state, until=now, limit=10)
        return max((now - entry.open_since for entry in oldest), default=0.0)

    opened_at = realm.gate().opened_at
    return Vitals(
        oldest_unsettled_seconds=max(age(State.QUEUED), age(State.IN_FLIGHT)),
        oldest_held_seconds=age(State.HELD),
        breaker_open_seconds=now - opened_at if opened_at else 0.0,
    )
