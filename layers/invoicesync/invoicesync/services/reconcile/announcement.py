"""Tell other programs how the books compared; the report in the bucket stays the record."""

from invoicesync.domain.events import Event, EventName, event_of
from invoicesync.domain.money import fixed
from invoicesync.errors import RetryableError
from invoicesync.ports import EventBus
from invoicesync.services.reconcile.result import Outcome

TRIES = 3


def announced(bus: EventBus, outcome: Outcome) -> bool:
    """Publish what a reconciliation came to; say whether the bus confirmed it."""
    for _ in range(TRIES):
        try:
            if all(bus.publish([event_about(outcome)])):
                return True
        except RetryableError:
            continue
    return False


def event_about(outcome: Outcome) -> Event:
    """Make the event of one reconciliation; its report's number makes it one of its kind."""
    report, bridge = outcome.report, outcome.report.bridge
    return event_of(
        EventName.BOOKS_RECONCILED,
        *(report.period.name, report.number),
        detail={
            "period": report.period.name,
            "report": report.number,
            "closes": bridge.closes,
            "compared": outcome.compared,
            "differences": report.differences,
            "asked_again": len(outcome.asked_again),
            "servicetrade": fixed(bridge.source.amount),
            "quickbooks": fixed(bridge.actual.amount),
            "unexplained": fixed(bridge.unexplained.amount),
        },
    )
