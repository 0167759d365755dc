"""Tell other programs what became of invoices, by events that are sent again until confirmed."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from invoicesync.domain.events import Event, EventName, event_of
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.ports import EventBus
from invoicesync.state.entry import Entry, State
from invoicesync.state.told import Tellings, Told


class Announce:
    """Publishes what the ledger says, each thing once unless a run dies on its way."""

    def __init__(self, bus: EventBus, tellings: Tellings) -> None:
        self._bus = bus
        self._tellings = tellings

    def __call__(
        self, entries: Mapping[ServiceTradeId, Entry], told: Mapping[ServiceTradeId, Told]
    ) -> frozenset[ServiceTradeId]:
        """Publish what is new; return the invoices whose event was not confirmed.

        Raises `RetryableError` where the bus does not answer.
        """
        new = {
            id_: event
            for id_, entry in entries.items()
            if (event := event_about(entry)) is not None and event.key != told[id_].announced
        }
        if not new:
            return frozenset()
        confirmed = self._bus.publish(list(new.values()))
        lost: set[ServiceTradeId] = set()
        for (id_, event), is_told in zip(new.items(), confirmed, strict=True):
            if is_told:
                self._tellings.announced(id_, event.key)
            else:
                lost.add(id_)
        return frozenset(lost)


def event_about(entry: Entry) -> Event | None:
    """Make the event of where an invoice stands; None where nobody outside need know."""
    shared = {
        "servicetrade_id": int(entry.servicetrade_id),
        "quickbooks_id": entry.qbo_id,
        "number": entry.number or entry.shown.get("number", ""),
    }
    order = entry.applied.order if entry.applied is not None else ""
    match entry.state:
        case State.LOADED:
            money = {"total": _money(entry.total), "tax": _money(entry.tax)}
            return event_of(
                EventName.INVOICE_LOADED,
                *(entry.servicetrade_id, entry.generation, order, entry.total, entry.tax),
                detail={**shared, **money},
            )
        case State.VOIDED if entry.is_loaded:
            identity = (entry.servicetrade_id, entry.generation)
            return event_of(EventName.INVOICE_VOIDED, *identity, detail=shared)
        case State.HELD:
            problems = ",".join(f"{row.get('code')} {row.get('detail')}" for row in entry.problems)
            look = entry.seen.order if entry.seen is not None else ""
            return event_of(
                EventName.INVOICE_HELD,
                *(entry.servicetrade_id, entry.reason, look, problems),
                detail={
                    **shared,
                    "total": _money(entry.shown.get("total", "")),
                    "reason": entry.reason,
                },
            )
        case _:
            return None


def _money(amount: str) -> str | None:
    """Write an amount with two places; None where there is none that could be read."""
    try:
        return f"{Decimal(amount):.2f}"
    except InvalidOperation:
        return None
