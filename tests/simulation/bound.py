"""How long it may take until all is settled once nothing goes wrong any more.

What every invoice may need, and for each thing that had gone wrong what it adds:

    a message that comes back   the longest pause between two tries, or until SQS shows it again
    a lease of who died         until it has ended
    three ticks                 to see it, to ask for it, and to see what came of that
    QuickBooks was away         the longest pause between two probes of the breaker
    a message has vanished      two hours, after which the tick asks for it again
    held for what is mended     an hour, after which the tick tries it again
    no scan shows it            the next reconciliation

What was promised otherwise takes longer: a new key after an unknown outcome waits for six hours,
and of one cause people are told once an hour.
"""

from typing import Any

from invoicesync.conditions import Key
from tests.fakes import FakeQueue, FakeTable
from tests.simulation.people import invoice_in

RETRY_CAP, VISIBILITY, LEASE, TICKS = 600, 1100, 360, 3
PROBES, VANISHED, HELD = 1800, 7200, 3600
OPEN = frozenset({"QUEUED", "IN_FLIGHT"})


class Bound:
    """Reads from the raw table and queue, when faults end, what had gone wrong."""

    def __init__(self, table: FakeTable, queue: FakeQueue, tick_seconds: int) -> None:
        self._table = table
        self._queue = queue
        self._least = RETRY_CAP + VISIBILITY + LEASE + TICKS * tick_seconds

    def seconds(self, *, unseen: float = 0.0) -> float:
        """Say within how many seconds from now all is to be settled."""
        terms = {
            PROBES: self._is_away(),
            VANISHED: self._has_vanished(),
            HELD: any(item.get("state") == "HELD" for item in self._ledger().values()),
        }
        return self._least + unseen + sum(term for term, is_due in terms.items() if is_due)

    def is_held(self, names: Any) -> bool:
        """Say whether one of these invoices came to be held since: it is tried again in an hour."""
        ledger = self._ledger()
        return any(
            item.get("state") == "HELD" and any(name in text for text in names)
            for name, item in ledger.items()
        )

    def _ledger(self) -> dict[str, Any]:
        return {
            key.pk.removeprefix("INVOICE#"): item
            for key, item in self._table.items.items()
            if key.sk == "LEDGER"
        }

    def _is_away(self) -> bool:
        return "opened_at" in (self._table.get(Key("REALM#company", "BREAKER")) or {})

    def _has_vanished(self) -> bool:
        carried = {str(invoice_in(body)) for body in self._queue.bodies}
        return any(
            item.get("state") in OPEN and name not in carried
            for name, item in self._ledger().items()
        )
