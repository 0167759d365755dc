"""Whether the loader's event source mapping should deliver."""

from invoicesync.state.realm import Gate


def loaders_work(gate: Gate) -> bool:
    """Say whether loaders do anything but give their messages back."""
    return not gate.paused and not gate.opened_at


def loaders_should_run(gate: Gate, now: float) -> bool:
    """Say whether messages should reach the loader at all.

    While the breaker is open a loader gives its messages back, which costs a receive each time; so
    once it has been open for long, delivery stops. But only a loader can try whether QuickBooks
    answers again, for nobody else has its credentials: when `open_until` has passed, delivery
    starts again, one loader takes the probe, and it closes the breaker or moves `open_until` on.
    """
    if gate.paused:
        return False
    return not gate.is_long_open(now) or now >= gate.open_until
