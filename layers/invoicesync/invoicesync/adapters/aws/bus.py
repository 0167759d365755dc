"""An event bus on EventBridge."""

from __future__ import annotations

import json
from itertools import batched
from typing import TYPE_CHECKING, Any

from invoicesync.adapters.aws.failures import translated
from invoicesync.errors import RetryableError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from invoicesync.domain.events import Event

SOURCE = "invoicesync"
ENTRIES_A_CALL = 10
"""What one call takes; ten events of ours are a few kilobytes of the 256 that it takes in all."""


class EventBridgeBus:
    """An `EventBus` on EventBridge."""

    def __init__(
        self,
        client: Any,  # noqa: ANN401  (its types are in no package of ours)
        name: str,
    ) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Sequence[Event]) -> tuple[bool, ...]:
        """Publish; True for each event that the bus confirmed, in order.

        A call may go well for some of its events only. An error that may pass is raised if nothing
        was confirmed before it; else those after it are simply not confirmed.
        """
        confirmed: list[bool] = []
        for call in batched(events, ENTRIES_A_CALL, strict=False):
            try:
                confirmed += self._publish(call)
            except RetryableError:
                if not any(confirmed):
                    raise
                break
        return tuple(confirmed) + (False,) * (len(events) - len(confirmed))

    def _publish(self, events: Sequence[Event]) -> list[bool]:
        entries = [self._entry(event) for event in events]
        with translated(f"putting {len(entries)} events on {self._name}"):
            answer = self._client.put_events(Entries=entries)
        answers = answer.get("Entries", [])
        done = [bool(each.get("EventId")) and not each.get("ErrorCode") for each in answers]
        # Answers come in the order of the events; fewer than those tell of no particular one.
        return done if len(done) == len(events) else [False] * len(events)

    def _entry(self, event: Event) -> dict[str, str]:
        return {
            "Source": SOURCE,
            "DetailType": event.name.value,
            "Detail": json.dumps(event.plain()),
            "EventBusName": self._name,
        }
