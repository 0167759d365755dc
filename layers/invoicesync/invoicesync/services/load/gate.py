"""Whether anything may be loaded now: an operator's pause and the breaker keep it back."""

from invoicesync.errors import RefusedError, RetryableError
from invoicesync.ports import Clock
from invoicesync.services.load.paced import PacedBooks
from invoicesync.state.realm import Realm


def why_shut(realm: Realm, clock: Clock, books: PacedBooks) -> str:
    """Say why nothing may be loaded now, if so; one loader tries an open breaker."""
    gate = realm.gate()
    if gate.paused:
        return "paused"
    if not gate.opened_at:
        return ""
    if clock.now() < gate.open_until or not realm.take_probe():
        return "breaker_open"
    try:
        books.preferences()
    except (RetryableError, RefusedError):
        realm.extend()
        return "breaker_open"
    realm.succeeded()
    return ""
