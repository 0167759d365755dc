"""How one stack is doing, read from its table, its queues and its token secret; writes nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoicesync.adapters.aws import clients
from invoicesync.conditions import Item
from invoicesync.errors import MisconfiguredError
from invoicesync.ports import Spent
from invoicesync.state import keys
from invoicesync.state.entry import Entry, State
from invoicesync.state.pace import Usage
from invoicesync.state.reports import Reconciled, Reports
from invoicesync.state.runs import Runs, spent
from invoicesync.state.tokens import current_tokens
from invoicesync_cli.desk import Desk
from invoicesync_cli.phrases import amount_of

MOST_OPEN = 10_000
MOST_RUNS = 5
MONTHS_BACK = 2
_DEPTHS: list[Any] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
]


@dataclass(frozen=True, slots=True)
class Open:
    """The invoices of one open state: how many, how much, since when."""

    count: int
    amount: Decimal
    oldest_seconds: float
    by_reason: dict[str, tuple[int, Decimal]]


@dataclass(frozen=True, slots=True)
class Depth:
    """Messages of one queue, as SQS counts them: about so many."""

    visible: int
    in_flight: int
    delayed: int


@dataclass(frozen=True, slots=True)
class Survey:
    """One look at everything. ``token_days`` is None where QuickBooks was never connected.

    ``watermark`` is the last change in ServiceTrade that is surely known, ``scanned_at`` when it
    was last read to its end; both are by ServiceTrade's clock. ``spent`` is what the runs of the
    last 24 hours took of it, ``arrived`` the last comparison that measured how long invoices take.
    """

    at: float
    watermark: int | None
    scanned_at: int | None
    is_scanning: bool
    mapping_serial: int | None
    open: dict[State, Open]
    queue: Depth
    dead_letters: Depth
    paused: bool
    breaker_opened_at: int
    breaker_reason: str
    usage: Usage
    token_days: float | None
    runs: tuple[Item, ...]
    spent: Spent
    arrived: Reconciled | None

    @property
    def lag_seconds(self) -> float:
        """How long the oldest invoice is on its way to QuickBooks already; 0 where none is."""
        return max(self.open[state].oldest_seconds for state in (State.QUEUED, State.IN_FLIGHT))

    @property
    def scan_age(self) -> float | None:
        """Seconds since ServiceTrade was last read to its end."""
        return None if self.scanned_at is None else self.at - self.scanned_at


def survey(desk: Desk) -> Survey:
    """Look at a stack."""
    now = desk.clock.now()
    runs = Runs(desk.table).of_last_day(now)
    live = desk.table.get(keys.LIVE) or {}
    mapping = desk.table.get(keys.MAPPING)
    gate = desk.realm.gate()
    return Survey(
        at=now,
        watermark=_int_or_none(live, "watermark"),
        scanned_at=_int_or_none(live, "scanned_at"),
        is_scanning=(_int_or_none(live, "lease_until") or 0) > now,
        mapping_serial=None if mapping is None else _int_or_none(mapping, "serial"),
        open={state: _open(desk, state, now) for state in _OPEN},
        queue=depth(desk.outputs.invoice_queue_url),
        dead_letters=depth(desk.outputs.dead_letter_queue_url),
        paused=gate.paused,
        breaker_opened_at=gate.opened_at,
        breaker_reason=gate.reason,
        usage=desk.realm.usage(),
        token_days=_token_days(desk, now),
        runs=tuple(runs[:MOST_RUNS]),
        spent=spent(runs),
        arrived=_arrived(desk),
    )


_OPEN = (State.QUEUED, State.IN_FLIGHT, State.WAITING, State.HELD)


def open_entries(desk: Desk, state: State) -> list[Entry]:
    """Read all invoices of an open state, the oldest first."""
    return desk.ledger.open_entries(state, until=desk.clock.now(), limit=MOST_OPEN)


def _open(desk: Desk, state: State, now: float) -> Open:
    entries = open_entries(desk, state)
    counts = Counter(entry.reason for entry in entries)
    return Open(
        count=len(entries),
        amount=total(entries),
        oldest_seconds=max((now - entry.open_since for entry in entries), default=0.0),
        by_reason={
            reason: (count, total([each for each in entries if each.reason == reason]))
            for reason, count in sorted(counts.items())
        },
    )


def total(entries: Sequence[Entry]) -> Decimal:
    """Add up what invoices come to, as ServiceTrade last showed them."""
    return sum((amount_of(entry.shown.get("total")) for entry in entries), Decimal(0))


def depth(url: str) -> Depth:
    """Ask SQS how many messages a queue holds."""
    answer: Any = clients.sqs().get_queue_attributes(QueueUrl=url, AttributeNames=_DEPTHS)
    return Depth(*(int(answer["Attributes"][name]) for name in _DEPTHS))


def _arrived(desk: Desk) -> Reconciled | None:
    """Find the last comparison of both books that measured how long invoices take."""
    lately = Reports(desk.table, desk.clock, desk.random).lately(MONTHS_BACK)
    return next((each for each in reversed(lately) if each.lags.measured), None)


def _token_days(desk: Desk, now: float) -> float | None:
    try:
        tokens = current_tokens(desk.secret(desk.outputs.quickbooks_token_secret_arn))
    except MisconfiguredError:
        return None
    return tokens.days_left(now)


def _int_or_none(item: Item, name: str) -> int | None:
    value = item.get(name)
    return value if isinstance(value, int) else None
