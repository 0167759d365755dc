"""`invoicesync show INVOICE`: the whole life of one invoice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.conditions import Item
from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import ProblemCode
from invoicesync.state import keys
from invoicesync.state.actions import Action
from invoicesync.state.entry import OPEN_STATES, Entry, State
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.phrases import age, amount_of, dollars, when
from invoicesync_cli.survey import open_entries

MOST_EVENTS = 1000
ACTION_DAYS = 90
_TOLD = {"what", "at", "pk", "sk", "fence"}

InvoiceArgument = Annotated[
    str,
    typer.Argument(help="Its number, or ServiceTrade's id of it.", metavar="ID"),
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(show)


def show(desk: Desk, *, invoice: InvoiceArgument) -> Answer:
    """Show all that ever happened to one invoice: looks, attempts, requestids, answers, people.

    For example:

        invoicesync show 3100000000000001

        invoicesync show 10482
    """
    entry = find(desk, invoice)
    place = keys.ledger(entry.servicetrade_id).pk
    rows = desk.table.query(place, prefix="EVENT#", limit=MOST_EVENTS)
    rows += [*_told(desk, entry), *_deeds(desk, entry)]
    rows.sort(key=lambda row: _at(row.get("at")))
    actions = [
        action
        for action in desk.actions.of_days(ACTION_DAYS)
        if entry.servicetrade_id in action.invoices
    ]
    return Answer(
        {
            **_facts(entry),
            "events": [_event(row) for row in rows],
            "actions": [_action(action) for action in actions],
        },
        lambda console: _show(console, entry, rows, actions),
        Exit.FOUND if entry.state is State.HELD else Exit.FINE,
    )


def find(desk: Desk, invoice: str) -> Entry:
    """Find an invoice by its id, or by its number: among those that are open, else among all."""
    if invoice.isascii() and invoice.isdigit():
        entry = desk.ledger.get(ServiceTradeId(int(invoice)))
        if entry.state is not None:
            return entry
    open_ = (entry for state in sorted(OPEN_STATES) for entry in open_entries(desk, state))
    # The ledger is read whole for what is done: a look that nobody takes every minute.
    numbered = _bearing(invoice, open_) or _bearing(invoice, desk.ledger.everything())
    if len(numbered) == 1:
        return numbered[0]
    if numbered:
        ids = ", ".join(str(entry.servicetrade_id) for entry in numbered)
        raise DeskError(f"several invoices have the number {invoice}; give an id: {ids}")
    raise DeskError(
        f"no invoice {invoice} is known: give its number, or ServiceTrade's id, which ends the "
        "address of the invoice's page there"
    )


def _bearing(number: str, entries: Iterable[Entry]) -> list[Entry]:
    return [each for each in entries if number in {each.number, each.shown.get("number")}]


def _told(desk: Desk, entry: Entry) -> list[Item]:
    """Tell when the reason was put on the job in ServiceTrade."""
    found = desk.table.get(keys.acknowledged(entry.servicetrade_id)) or {}
    return [
        {"what": "reason on the job in ServiceTrade", "at": at}
        for name, at in found.items()
        if name.startswith("remark_") and isinstance(at, int)
    ]


def _deeds(desk: Desk, entry: Entry) -> list[Item]:
    """Tell what people did to it in QuickBooks, as the hourly look noticed."""
    if entry.qbo_id is None:
        return []
    place = keys.observed(entry.qbo_id).pk
    rows = desk.table.query(place, prefix="EVENT#", limit=MOST_EVENTS)
    return [
        {
            "what": f"{row.get('what')} in QuickBooks by people",
            "at": row.get("at", 0),
            "fields": row.get("fields", []),
            "balance": row.get("balance", ""),
        }
        for row in rows
    ]


def _facts(entry: Entry) -> dict[str, Any]:
    explained = _explained(entry)
    return {
        "servicetrade_id": entry.servicetrade_id,
        "number": entry.number or entry.shown.get("number", ""),
        "customer": entry.shown.get("customer", ""),
        "dated": entry.shown.get("dated", ""),
        "total": amount_of(entry.shown.get("total") or entry.total),
        "state": entry.state.value if entry.state else "unknown",
        "since": entry.open_since or None,
        "reason": entry.reason,
        "sentence": explained[0],
        "fix": explained[1],
        "problems": [dict(problem) for problem in entry.problems],
        "quickbooks_id": entry.qbo_id,
        "took_seconds": max(0, entry.stood_at - entry.ready_at) if entry.ready_at else None,
        "sync_token": entry.sync_token,
        "generation": entry.generation,
        "attempts": entry.attempts,
        "mapping_serial": entry.mapping_serial,
        "open_intent": None if entry.intent is None else entry.intent.request_id,
    }


def _explained(entry: Entry) -> tuple[str, str]:
    if entry.state is not State.HELD or entry.reason not in set(ProblemCode):
        return "", ""
    explained = EXPLANATIONS[ProblemCode(entry.reason)]
    return explained.sentence, explained.fix


def _event(row: Item) -> dict[str, Any]:
    told = {key: value for key, value in row.items() if key not in _TOLD}
    return {"at": row.get("at"), "what": row.get("what"), **told}


def _action(action: Action) -> dict[str, Any]:
    return {
        "at": action.at,
        "actor": action.actor,
        "what": action.what,
        "before": dict(action.before),
        "after": dict(action.after),
        "note": action.note,
    }


def _show(console: Console, entry: Entry, rows: list[Item], actions: list[Action]) -> None:
    facts = Table(show_header=False, box=None)
    facts.add_column(style="bold")
    facts.add_column(overflow="fold")
    for name, value in _facts(entry).items():
        if value in ("", None, [], 0):
            continue
        said = _SAID.get(name, str)
        facts.add_row(name.removesuffix("_seconds").replace("_", " "), said(value))
    console.print(facts)
    life = Table(title="What happened", title_justify="left")
    for heading in ("at", "what", "details"):
        life.add_column(heading, overflow="fold")
    happened = [(_at(row.get("at")), str(row.get("what")), _details(row)) for row in rows]
    happened += [(a.at, f"{a.what} by {a.actor}", a.note or str(dict(a.after))) for a in actions]
    for at, what, details in sorted(happened):
        life.add_row(when(at), what, details)
    console.print(life)


def _problems(found: Sequence[Mapping[str, Any]]) -> str:
    told = ((each.get("code", ""), each.get("detail", ""), each.get("where", "")) for each in found)
    return "\n".join(
        f"{code.replace('_', ' ')}: {detail}{f' ({where})' if where else ''}"
        for code, detail, where in told
    )


def _rows(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


_SAID: Mapping[str, Callable[[Any], str]] = {
    "total": dollars,
    "since": when,
    "took_seconds": age,
    "problems": _problems,
}


def _details(row: Item) -> str:
    return ", ".join(
        _problems(_rows(value)) if key == "problems" else f"{key} {value}"
        for key, value in row.items()
        if key not in _TOLD and value not in ("", {}, [])
    )


def _at(value: object) -> int:
    return value if isinstance(value, int) else 0
