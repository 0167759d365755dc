"""Under which number an invoice is about to be made, and for whom: to be read by other loaders.

QuickBooks shows a new invoice to queries late, may execute a create long after it was sent, and
need not refuse a number that is used. Two loaders that looked for the same number would both find
it free. So a create names its number, in the transaction that stores its intent, and the number is
another invoice's only once whatever was sent for the first one can be seen.
"""

from dataclasses import dataclass

from invoicesync.conditions import Absent, Condition, Equals, Update, any_of
from invoicesync.domain.ids import RequestId, ServiceTradeId
from invoicesync.ports import Clock, Table
from invoicesync.state import keys
from invoicesync.state.ledger import Ledger

VISIBLE_SECONDS = 600
"""What was made so long ago is in QuickBooks' index, for a loader that looked at its start too."""


@dataclass(frozen=True, slots=True)
class Named:
    """For which invoice a number was last named, and by which request."""

    invoice_id: ServiceTradeId
    request_id: str


class Numbers:
    """Names numbers for invoices."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock
        self._ledger = Ledger(table)

    def naming(
        self,
        number: str,
        invoice_id: ServiceTradeId,
        request_id: RequestId,
        *,
        instead_of: Named | None = None,
    ) -> Update:
        """Render a write for a larger transaction; it fails where the number is another's."""
        free: list[Condition] = [Absent("servicetrade_id"), Equals("servicetrade_id", invoice_id)]
        if instead_of is not None:
            # By its request, for the other one may name the number anew meanwhile.
            free.append(Equals("request_id", instead_of.request_id))
        return Update(
            keys.number(number),
            set={"servicetrade_id": invoice_id, "request_id": request_id},
            condition=any_of(*free),
        )

    def named(self, number: str) -> Named:
        """Read for whom a number was named; it was, or nothing would have failed."""
        item = self._table.get(keys.number(number)) or {}
        return Named(ServiceTradeId(int(str(item["servicetrade_id"]))), str(item["request_id"]))

    def is_left(self, named: Named) -> bool:
        """Say whether all that was ever sent for an invoice shows, if it is there at all.

        Then who looked for its number and found nothing may take it.
        """
        entry = self._ledger.get(named.invoice_id)
        return entry.intent is None and entry.settled_at < self._clock.now() - VISIBLE_SECONDS
