"""One invoice's ledger item, read."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, cast

from invoicesync.conditions import Item
from invoicesync.domain.ids import DocNumber, QuickBooksId, RequestId, ServiceTradeId
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.state import schemas
from invoicesync.state.revisions import read_revision, written_revision


class State(StrEnum):
    """Where an invoice stands."""

    WAITING = "WAITING"
    QUEUED = "QUEUED"
    IN_FLIGHT = "IN_FLIGHT"
    HELD = "HELD"
    LOADED = "LOADED"
    ADOPTED = "ADOPTED"
    RESOLVED = "RESOLVED"
    VOIDED = "VOIDED"
    IGNORED = "IGNORED"


OPEN_STATES = frozenset({State.WAITING, State.QUEUED, State.IN_FLIGHT, State.HELD})
"""States that are not final; only these are in the index `ByState`."""


class Operation(StrEnum):
    """What an intent means to do in QuickBooks."""

    CREATE = "create"
    UPDATE = "update"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that was stored before it was sent and whose outcome is not recorded yet.

    ``unknown`` counts sends whose outcome is unknown, the first of them at ``unknown_since``.
    ``absent`` are the times at which a look found nothing of it in QuickBooks. ``custom_fields``
    are the definition ids of those that are ours; the body may carry other people's too.
    ``rolls_back`` is the mapping whose making a void undoes, where no void of ServiceTrade's does.
    ``ready_at`` is since when ServiceTrade has what is written, 0 where it stood there already.
    """

    request_id: RequestId
    bid: str
    operation: Operation
    revision: Revision
    document_hash: str
    mapping_serial: int
    note: str = ""
    tax: str = "0"
    tax_tolerance: str = "0"
    unknown: int = 0
    unknown_since: int = 0
    absent: tuple[int, ...] = ()
    custom_fields: tuple[str, ...] = ()
    rolls_back: int = 0
    ready_at: int = 0

    def written(self) -> str:
        """Write as one text: nothing of it is part of a condition, and a text is cheap to carry."""
        plain: dict[str, Any] = {
            "request_id": self.request_id,
            "bid": self.bid,
            "operation": self.operation.value,
            "revision": written_revision(self.revision),
            "document_hash": self.document_hash,
            "mapping_serial": self.mapping_serial,
            "note": self.note,
            "tax": self.tax,
            "tax_tolerance": self.tax_tolerance,
            "unknown": self.unknown,
            "unknown_since": self.unknown_since,
            "absent": list(self.absent),
            "custom_fields": list(self.custom_fields),
        }
        rare = {"rolls_back": self.rolls_back, "ready_at": self.ready_at}
        return _ENCODE(plain | {name: value for name, value in rare.items() if value})


@dataclass(frozen=True, slots=True)
class Entry:
    """What the ledger knows of one invoice. ``fence`` 0: nothing was ever written.

    ``settled_at`` is when the last intent ended.
    ``shown`` is by what people know it: number, customer, date and total of the last look.
    ``made_by`` is the mapping by which its invoice was made, ``mapping_serial`` that of the last
    write. ``rollback`` is a mapping whose making a person wants undone, ``rolled_back`` one whose
    making was: the invoice stands in QuickBooks, voided, until a person lets it go again. What
    QuickBooks has was ready in ServiceTrade at ``ready_at``, and known to stand at ``stood_at``.
    """

    servicetrade_id: ServiceTradeId
    state: State | None = None
    open_since: int = 0
    seen: Revision | None = None
    applied: Revision | None = None
    document_hash: str = ""
    echo_hash: str = ""
    qbo_id: QuickBooksId | None = None
    sync_token: str = ""
    number: DocNumber | None = None
    customer_id: str = ""
    total: str = ""
    tax: str = ""
    reason: str = ""
    problems: tuple[Mapping[str, str], ...] = ()
    held_hash: str = ""
    released_hash: str = ""
    attempts: int = 0
    claims: int = 0
    generation: int = 0
    fence: int = 0
    nonce: str = ""
    lease_until: int = 0
    intent: Intent | None = None
    settled_at: int = 0
    mapping_serial: int = 0
    made_by: int = 0
    rollback: int = 0
    rolled_back: int = 0
    ready_at: int = 0
    stood_at: int = 0
    job_id: ServiceTradeId | None = None
    tried_at: int = 0
    written_number: str | None = None
    adopted: bool = False
    note: str = ""
    notified: str = ""
    parked: str = ""
    resolved: Mapping[str, str] = field(default_factory=dict[str, str])
    shown: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_loaded(self) -> bool:
        """Say whether QuickBooks holds an invoice of ours for it."""
        return self.qbo_id is not None

    @property
    def qbo_id_or_raise(self) -> QuickBooksId:
        """The Id in QuickBooks of an invoice that is known to be loaded."""
        if self.qbo_id is None:
            raise LookupError(f"invoice {self.servicetrade_id} is not in QuickBooks")
        return self.qbo_id

    @property
    def intent_or_raise(self) -> Intent:
        """The open intent of an invoice that something was sent for."""
        if self.intent is None:
            raise LookupError(f"invoice {self.servicetrade_id} was sent without an intent")
        return self.intent

    @property
    def is_voided(self) -> bool:
        """Say whether our invoice in QuickBooks was voided by us: that is final."""
        return (
            self.is_loaded
            and self.applied is not None
            and self.applied.disposition is Disposition.VOID
        )


def read_entry(invoice_id: ServiceTradeId, item: Item | None) -> Entry:
    """Read an item; None gives an empty entry. Raises `NewerReleaseError`."""
    if item is None:
        return Entry(invoice_id)
    got = cast("dict[str, Any]", item)
    schemas.refuse_newer(f"invoice {invoice_id}", got.get("schema", 1), schemas.LEDGER)
    known: dict[str, Any] = {
        name: value if (read := _READ_BY.get(name)) is None else read(value)
        for name, value in got.items()
        if name in _ATTRIBUTES
    }
    known["servicetrade_id"] = invoice_id
    return Entry(**known)


_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def _intent(written: str) -> Intent:
    plain = json.loads(written)
    return Intent(
        request_id=RequestId(plain["request_id"]),
        bid=plain["bid"],
        operation=Operation(plain["operation"]),
        revision=read_revision(plain["revision"]),
        document_hash=plain["document_hash"],
        mapping_serial=plain["mapping_serial"],
        note=plain["note"],
        tax=plain["tax"],
        tax_tolerance=plain["tax_tolerance"],
        unknown=plain["unknown"],
        unknown_since=plain["unknown_since"],
        absent=tuple(plain["absent"]),
        custom_fields=tuple(plain["custom_fields"]),
        rolls_back=plain.get("rolls_back", 0),
        ready_at=plain.get("ready_at", 0),
    )


_ATTRIBUTES = frozenset(one.name for one in fields(Entry))
# How those are read that the item holds in another form than the entry.
_READ_BY: Mapping[str, Callable[[Any], Any]] = {
    "state": State,
    "seen": read_revision,
    "applied": read_revision,
    "problems": tuple,
    "intent": _intent,
    "shown": json.loads,
}
