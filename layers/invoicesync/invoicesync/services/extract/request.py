"""What an event asks of the extractor."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import MisconfiguredError


@dataclass(frozen=True, slots=True)
class Request:
    """A tick, unless ``ids`` or a ``backfill`` (name, first and last second) are asked for."""

    ids: tuple[ServiceTradeId, ...] = ()
    backfill: tuple[str, int, int] | None = None
    actor: str = "schedule"


def read_request(event: Mapping[str, Any]) -> Request:
    """Read ``{"invoice_ids": [...]}``, ``{"backfill": {"name", "start", "end"}}``, else a tick.

    Raises `MisconfiguredError` saying what an event may hold.
    """
    actor = str(event.get("actor", "schedule"))
    try:
        if "invoice_ids" in event:
            ids = tuple(ServiceTradeId(int(one)) for one in event["invoice_ids"])
            return Request(ids=ids, actor=actor)
        if "backfill" in event:
            asked = event["backfill"]
            window = (str(asked["name"]), int(asked["start"]), int(asked["end"]))
            return Request(backfill=window, actor=actor)
    except (KeyError, TypeError, ValueError) as error:
        raise MisconfiguredError(
            'the event cannot be read: give {"invoice_ids": [numbers]}, {"backfill": {"name": '
            'text, "start": second, "end": second}}, or neither for a run of the schedule'
        ) from error
    return Request(actor=actor)
