"""An event bus that nobody listens to."""

from collections.abc import Sequence

from invoicesync.domain.events import Event
from tests.fakes.runtime import Chance, never


class FakeBus:
    """An `EventBus` that keeps what was published; ``loses`` one where it is not confirmed."""

    def __init__(self, *, loses: Chance = never) -> None:
        self.events: list[Event] = []
        self.loses = loses

    def publish(self, events: Sequence[Event]) -> tuple[bool, ...]:
        """Publish; True for each event that the bus confirmed, in order."""
        return tuple(self._publish(event) for event in events)

    def _publish(self, event: Event) -> bool:
        if self.loses():
            return False
        self.events.append(event)
        return True
