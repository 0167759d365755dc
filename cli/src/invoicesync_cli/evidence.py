"""`invoicesync evidence INVOICE`: what QuickBooks was sent, and what it answered."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.json import JSON
from rich.rule import Rule

from invoicesync.conditions import Item
from invoicesync.domain.ids import RequestId, ServiceTradeId
from invoicesync.state import keys
from invoicesync.state.actions import Action
from invoicesync.state.journal import body_key
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.phrases import when
from invoicesync_cli.screen import harmless
from invoicesync_cli.show import MOST_EVENTS, InvoiceArgument, find

Unmasked = Annotated[
    bool,
    typer.Option(
        "--unmasked",
        help="Show what was sent with names, addresses and texts; that you looked is kept.",
    ),
]


@dataclass(frozen=True, slots=True)
class Record:
    """One answer that was no plain success, and what was asked; of a batch only our item."""

    key: str
    at: int
    request_id: str
    tid: str
    status: int
    sent: Any
    answered: Any

    def plain(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "at": self.at,
            "requestid": self.request_id,
            "intuit_tid": self.tid,
            "status": self.status,
            "sent": self.sent,
            "answered": self.answered,
            "key": self.key,
        }


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(evidence)


def evidence(desk: Desk, *, invoice: InvoiceArgument, unmasked: Unmasked = False) -> Answer:
    """Show what QuickBooks refused or left open of one invoice: what was sent, what it answered.

    Names, addresses and texts are masked. With --unmasked what was sent is shown as it went out,
    as long as it is kept (90 days); answers are never kept but masked.

    For example:

        invoicesync evidence 10482

        invoicesync evidence 3100000000000001 --unmasked
    """
    entry = find(desk, invoice)
    rows = desk.table.query(
        keys.ledger(entry.servicetrade_id).pk, prefix="EVENT#", limit=MOST_EVENTS
    )
    records = list(_records(desk, entry.servicetrade_id, rows, unmasked=unmasked))
    if unmasked and records:
        what = Action(desk.actor, "evidence --unmasked", [entry.servicetrade_id])
        desk.record(what)
    plain = {
        "servicetrade_id": entry.servicetrade_id,
        "evidence": [record.plain() for record in records],
    }
    return Answer(
        plain, lambda console: _show(console, records), Exit.FOUND if records else Exit.FINE
    )


def _records(
    desk: Desk, invoice: ServiceTradeId, rows: Sequence[Item], *, unmasked: bool
) -> Iterator[Record]:
    """Yield what is kept of the requests that the invoice took part in, oldest first."""
    asked: dict[str, int] = {}
    for row in rows:
        if request_id := str(row.get("request_id") or ""):
            asked.setdefault(request_id, _second(row.get("at")))
    days = {day for second in asked.values() for day in _days_around(second)}
    for day in sorted(days):
        for key in desk.bucket.keys(f"evidence/{day.isoformat()}/quickbooks-"):
            kept: Mapping[str, Any] = json.loads(desk.bucket.get(key) or b"{}")
            request_id = str(kept.get("request", {}).get("requestid") or "")
            if request_id in asked:
                bid = _bid(desk, RequestId(request_id), invoice)
                sent = _pinned(desk, RequestId(request_id), bid) if unmasked else None
                yield Record(
                    key=key,
                    at=asked[request_id],
                    request_id=request_id,
                    tid=str(kept.get("intuit_tid") or ""),
                    status=int(kept["answer"]["status"]),
                    sent=sent or _item(kept["request"].get("body"), "BatchItemRequest", bid),
                    answered=_item(kept["answer"].get("body"), "BatchItemResponse", bid),
                )


def _days_around(second: int) -> Iterator[date]:
    """Yield the days on which the answer may have been filed: it may come after midnight."""
    day = datetime.fromtimestamp(second, UTC).date()
    yield from (day - timedelta(days=1), day, day + timedelta(days=1))


def _bid(desk: Desk, request_id: RequestId, invoice: ServiceTradeId) -> str:
    """Find under which item of a request an invoice went; empty where the journal has expired."""
    journal = desk.table.get(keys.journal(request_id)) or {}
    named = journal.get("invoices")
    if not isinstance(named, Mapping):
        return ""
    return next((bid for bid, id_ in named.items() if int(str(id_)) == invoice), "")


def _pinned(desk: Desk, request_id: RequestId, bid: str) -> Any:  # noqa: ANN401  (JSON)
    """Read what was sent, as it went out."""
    raw = desk.bucket.get(body_key(request_id))
    texts: Mapping[str, str] = {} if raw is None else json.loads(raw)
    return json.loads(texts[bid]) if bid in texts else None


def _item(body: Any, list_name: str, bid: str) -> Any:  # noqa: ANN401  (JSON in, JSON out)
    """Take our item out of a batch; whatever is no batch is shown whole."""
    content = body.get("json") if isinstance(body, Mapping) else None
    items = content.get(list_name) if isinstance(content, Mapping) else None
    if not isinstance(items, list) or not bid:
        return body
    ours = [item for item in items if isinstance(item, Mapping) and item.get("bId") == bid]
    return ours[0] if ours else f"nothing about our item {bid} of {len(items)}"


def _second(value: object) -> int:
    return value if isinstance(value, int) else 0


def _show(console: Console, records: Sequence[Record]) -> None:
    if not records:
        console.print("QuickBooks refused nothing of this invoice and left nothing open.")
    for record in records:
        title = f"{when(record.at)}  requestid {record.request_id}  intuit_tid {record.tid or '-'}"
        console.print(Rule(title, align="left"))
        console.print("sent")
        console.print(_json(record.sent))
        console.print(f"answered with HTTP {record.status}")
        console.print(_json(record.answered))


def _json(value: Any) -> JSON:  # noqa: ANN401  (JSON)
    return JSON(harmless(json.dumps(value, ensure_ascii=False)))
