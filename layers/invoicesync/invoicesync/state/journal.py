"""Requests to QuickBooks, stored before they are sent, so that any of them can be sent again.

Three things in this order: the bodies in the bucket, the journal item, and an intent on each
invoice's ledger item, with its number where it is to be made. The last two are one transaction. A
resend takes the very bytes from here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from invoicesync.conditions import Put, Update, Write
from invoicesync.domain.ids import RequestId, ServiceTradeId
from invoicesync.errors import TransactionCanceledError
from invoicesync.ports import Bucket, Clock, Table
from invoicesync.state import keys
from invoicesync.state.entry import Entry, Intent, State
from invoicesync.state.leases import Change, Leases
from invoicesync.state.ledger import key_item
from invoicesync.state.numbers import Named, Numbers

EXPIRY_SECONDS = 90 * 86_400
_NUMBER_ALONE = (1,)
"""Of an intent and the name of its number, only the second failed."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One write, ready to be journaled: the entry it is for, its intent and its exact text.

    A create has a ``number``, which must be no other invoice's.
    """

    entry: Entry
    intent: Intent
    text: str
    number: str = ""


@dataclass(slots=True)
class Opened:
    """What of a request may be sent, with the entries as they are now.

    ``others`` names, for each item left out because its number is another invoice's, that invoice.
    The rest of what is left out lost its lease.
    """

    items: list[Prepared] = field(default_factory=list[Prepared])
    others: dict[ServiceTradeId, ServiceTradeId] = field(
        default_factory=dict[ServiceTradeId, ServiceTradeId]
    )


class Journal:
    """Stores requests and the intents behind them."""

    def __init__(self, table: Table, bucket: Bucket, clock: Clock, leases: Leases) -> None:
        self._table = table
        self._bucket = bucket
        self._clock = clock
        self._leases = leases
        self._numbers = Numbers(table, clock)

    def open(self, request_id: RequestId, items: Sequence[Prepared]) -> Opened:
        """Store a request; return what of it may be sent.

        An item whose lease was lost is left out: its new holder decides about it.
        """
        texts = {item.intent.bid: item.text for item in items}
        self._bucket.put(body_key(request_id), json.dumps(texts).encode())
        header = Put(
            {
                **key_item(keys.journal(request_id)),
                "key": body_key(request_id),
                "invoices": {item.intent.bid: item.entry.servicetrade_id for item in items},
                "at": int(self._clock.now()),
            }
        )
        writes: list[Write] = [header, *(w for item in items for w in self._intending(item))]
        try:
            self._table.write_all(writes)
        except TransactionCanceledError:
            return self._open_singly(header, items)
        return Opened([self._opened(item) for item in items])

    def _open_singly(self, header: Put, items: Sequence[Prepared]) -> Opened:
        self._table.write(header)
        opened = Opened()
        for item in items:
            failed = self._open_one(item)
            if failed == _NUMBER_ALONE:
                named = self._numbers.named(item.number)
                is_left = self._numbers.is_left(named)
                failed = self._open_one(item, named) if is_left else failed
                if failed == _NUMBER_ALONE:
                    opened.others[item.entry.servicetrade_id] = named.invoice_id
            if not failed:
                opened.items.append(self._opened(item))
        return opened

    def _open_one(self, item: Prepared, instead_of: Named | None = None) -> tuple[int, ...]:
        """Store one intent; return which of its conditions failed."""
        try:
            self._table.write_all(self._intending(item, instead_of))
        except TransactionCanceledError as cancelled:
            return cancelled.failed
        return ()

    def _intending(self, item: Prepared, instead_of: Named | None = None) -> list[Update]:
        intending = self._leases.changing(
            Change(
                item.entry,
                state=State.IN_FLIGHT,
                set={"intent": item.intent.written()},
                add={"attempts": 1},
            )
        )
        if not item.number:
            return [intending]
        id_, request_id = item.entry.servicetrade_id, item.intent.request_id
        naming = self._numbers.naming(item.number, id_, request_id, instead_of=instead_of)
        return [intending, naming]

    def _opened(self, item: Prepared) -> Prepared:
        entry = replace(item.entry, intent=item.intent, state=State.IN_FLIGHT)
        return replace(item, entry=entry)

    def texts(self, request_id: RequestId) -> Mapping[str, str]:
        """Fetch the exact texts of a request by bId; empty where they are gone."""
        raw = self._bucket.get(body_key(request_id))
        return {} if raw is None else dict(json.loads(raw))

    def invoices(self, request_id: RequestId) -> tuple[ServiceTradeId, ...]:
        """Name the invoices that a request was for."""
        item = self._table.get(keys.journal(request_id)) or {}
        named = item.get("invoices")
        if not isinstance(named, Mapping):
            return ()
        return tuple(ServiceTradeId(int(str(id_))) for id_ in named.values())

    def close(self, request_id: RequestId) -> None:
        """Let a request whose items are all settled expire after 90 days."""
        self._table.write(
            Update(
                keys.journal(request_id),
                set={"expires_at": int(self._clock.now()) + EXPIRY_SECONDS},
            )
        )


def body_key(request_id: RequestId) -> str:
    """Return where the bodies of a request are kept, by bId."""
    return f"journal/{request_id}.json"
