"""`invoicesync held`: what needs a person, why, and what mends it."""

from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.problems import ProblemCode
from invoicesync.state.entry import Entry, State
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.phrases import age, amount_of, dollars, invoices
from invoicesync_cli.survey import open_entries, total

Reason = Annotated[
    str | None, typer.Option("--reason", help="Only those held for this, as unmapped_item.")
]
Customer = Annotated[
    str | None, typer.Option("--customer", help="Only those of customers whose name holds this.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(held)


def held(desk: Desk, *, reason: Reason = None, customer: Customer = None) -> Answer:
    """List what needs a person: reason, fix, money and age. Exit code 1 where there is any.

    Nothing has to be typed once the cause is mended: held invoices are tried again every hour.

    For example:

        invoicesync held

        invoicesync held --reason unmapped_item --customer Keystone
    """
    found = held_entries(desk, reason=reason, customer=customer)
    now = desk.clock.now()
    return Answer(
        {
            "count": len(found),
            "amount": total(found),
            "held": [_plain(entry, now) for entry in found],
        },
        lambda console: show(console, found, now),
        Exit.FOUND if found else Exit.FINE,
    )


def held_entries(
    desk: Desk, *, reason: str | None = None, customer: str | None = None
) -> list[Entry]:
    """Find held invoices; raise `DeskError` for a reason that does not exist."""
    codes = [code.value for code in ProblemCode]
    if reason is not None and reason not in codes:
        raise DeskError(f"no reason is called {reason!r}; there are: {', '.join(codes)}")
    wanted = (customer or "").casefold()
    return [
        entry
        for entry in open_entries(desk, State.HELD)
        if reason in {None, entry.reason} and wanted in entry.shown.get("customer", "").casefold()
    ]


def show(console: Console, found: list[Entry], now: float) -> None:
    """Draw what is held, by reason, the dearest first."""
    if not found:
        console.print("Nothing is held.")
        return
    by_reason: dict[str, list[Entry]] = {}
    for entry in found:
        by_reason.setdefault(entry.reason, []).append(entry)
    for reason, entries in sorted(by_reason.items(), key=lambda pair: -total(pair[1])):
        explained = EXPLANATIONS[ProblemCode(reason)]
        table = Table(
            title=f"{reason}: {invoices(len(entries))}, {dollars(total(entries))}",
            title_justify="left",
            caption=f"Fix: {explained.fix}",
            caption_justify="left",
            width=min(console.width, 120),
        )
        for heading, justify in _COLUMNS:
            table.add_column(heading, justify=justify)
        for entry in sorted(entries, key=lambda each: each.open_since):
            shown = entry.shown
            table.add_row(
                shown.get("number") or str(entry.servicetrade_id),
                shown.get("customer", ""),
                shown.get("dated", ""),
                dollars(amount_of(shown.get("total"))),
                age(now - entry.open_since),
                _details(entry) or explained.sentence,
            )
        console.print(table)
    console.print(f"{invoices(len(found))} held, {dollars(total(found))}.")


_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("invoice", "left"),
    ("customer", "left"),
    ("dated", "left"),
    ("total", "right"),
    ("held for", "right"),
    ("what is wrong", "left"),
)


def _details(entry: Entry) -> str:
    told = [
        f"{problem.get('detail', '')}{f' ({where})' if (where := problem.get('where')) else ''}"
        for problem in entry.problems
    ]
    return "; ".join(each for each in told if each)


def _plain(entry: Entry, now: float) -> dict[str, Any]:
    explained = EXPLANATIONS[ProblemCode(entry.reason)]
    return {
        "servicetrade_id": entry.servicetrade_id,
        "number": entry.shown.get("number", ""),
        "customer": entry.shown.get("customer", ""),
        "dated": entry.shown.get("dated", ""),
        "total": Decimal(amount_of(entry.shown.get("total"))),
        "age_seconds": int(now - entry.open_since),
        "reason": entry.reason,
        "sentence": explained.sentence,
        "fix": explained.fix,
        "problems": [dict(problem) for problem in entry.problems],
    }
