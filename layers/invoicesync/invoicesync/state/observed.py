"""What was last seen in QuickBooks of our invoices: beside the ledger, never over it.

It also tells whose an invoice was when QuickBooks shows no more of it than its Id.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import batched

from invoicesync.conditions import Absent, Item, Less, Put, Update, Write, any_of
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.observation import Observation
from invoicesync.errors import ConditionFailedError
from invoicesync.ports import Clock, Table
from invoicesync.state import keys
from invoicesync.state.ledger import key_item

AT_ONCE = 50
"""Two writes each: as many as a transaction may hold."""


@dataclass(frozen=True, slots=True)
class Observed:
    """What stands in the table of one invoice in QuickBooks; no ``signature``: nothing was done."""

    qbo_id: QuickBooksId
    servicetrade_id: ServiceTradeId
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """What is to be kept of one invoice: whose it is, and what people did to it, if anything."""

    qbo_id: QuickBooksId
    servicetrade_id: ServiceTradeId
    observation: Observation | None
    sync_token: str


class Observations:
    """Keeps sightings, and up to when QuickBooks' changes were read."""

    def __init__(self, table: Table, clock: Clock) -> None:
        self._table = table
        self._clock = clock

    def get_many(self, ids: Iterable[QuickBooksId]) -> dict[QuickBooksId, Observed]:
        """Read what is known of some invoices; those that are not known are left out."""
        places = {keys.observed(id_): id_ for id_ in ids}
        found = self._table.get_many(list(places))
        return {
            places[key]: Observed(
                places[key],
                ServiceTradeId(int(str(item["servicetrade_id"]))),
                str(item.get("signature", "")),
            )
            for key, item in found.items()
        }

    def keep(self, sightings: Sequence[Sighting]) -> None:
        """Write sightings, each as the newest, and each deed as something that happened."""
        for group in batched(sightings, AT_ONCE, strict=False):
            self._table.write_all([write for one in group for write in self._keeping(one)])

    def _keeping(self, one: Sighting) -> list[Write]:
        now = self._clock.now()
        seen = one.observation
        said: Item = {
            "servicetrade_id": one.servicetrade_id,
            "qbo_id": one.qbo_id,
            "sync_token": one.sync_token,
            "at": int(now),
        }
        if seen is None:
            return [Put({**key_item(keys.observed(one.qbo_id)), **said})]
        said |= {
            "what": seen.deed.value,
            "fields": list(seen.fields),
            "total": seen.total,
            "balance": seen.balance,
            "signature": seen.signature,
        }
        return [
            Put({**key_item(keys.observed(one.qbo_id)), **said}),
            Put({**key_item(keys.observation(one.qbo_id, now)), **said}),
        ]

    def read_until(self) -> int:
        """Return up to when changes were read, in QuickBooks' seconds; 0 if never."""
        until = (self._table.get(keys.CHANGES) or {}).get("until")
        return until if isinstance(until, int) else 0

    def commit(self, until: float) -> None:
        """Note up to when changes were read; never backwards."""
        try:
            self._table.write(
                Update(
                    keys.CHANGES,
                    set={"until": int(until)},
                    condition=any_of(Absent("until"), Less("until", int(until))),
                )
            )
        except ConditionFailedError:
            return  # another run has come further
