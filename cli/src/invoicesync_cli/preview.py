"""`preview`: what a sync would do now; nothing is written."""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.services.foresight import Foreseen
from invoicesync.state import keys
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.differences import plain_change, said
from invoicesync_cli.errors import DeskError
from invoicesync_cli.foreseeing import preview_by
from invoicesync_cli.phrases import amount_of, dollars, invoices
from invoicesync_cli.running import DAY_FORMAT
from invoicesync_cli.show import find

Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=[DAY_FORMAT], help="What changed since that day, in UTC."),
]
Invoices = Annotated[
    list[str] | None, typer.Option("--invoice", help="This one; may be given several times.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(preview)


def preview(desk: Desk, *, since: Since = None, invoice: Invoices = None) -> Answer:
    """Show what would be created, updated, voided or held, and why. Does none of it.

    Without options: what changed in ServiceTrade since it was last read. Exit code 1 where
    something would be held.

    For example:

        invoicesync preview

        invoicesync preview --since 2026-11-01

        invoicesync preview --invoice 10482
    """
    use_case = preview_by(desk, desk.mappings.current())
    if invoice:
        foreseen = use_case.of([find(desk, each).servicetrade_id for each in invoice])
    else:
        foreseen = use_case.since(_second(desk, since))
    held = any(each.problems for each in foreseen)
    return Answer(
        {
            "counts": dict(Counter(each.result for each in foreseen)),
            "invoices": [_plain(each) for each in foreseen],
        },
        lambda console: show(console, foreseen),
        Exit.FOUND if held else Exit.FINE,
    )


def _second(desk: Desk, since: datetime | None) -> int:
    if since is not None:
        return int(since.replace(tzinfo=UTC).timestamp())
    watermark = (desk.table.get(keys.LIVE) or {}).get("watermark")
    if not isinstance(watermark, int):
        raise DeskError("ServiceTrade was never read yet: say from which day, by --since")
    return watermark


def show(console: Console, foreseen: list[Foreseen]) -> None:
    """Draw what would happen, and what it comes to."""
    table = Table(title="What a sync would do now")
    for heading, justify in _COLUMNS:
        table.add_column(heading, justify=justify)
    for each in sorted(foreseen, key=lambda one: (one.result, one.shown.get("number", ""))):
        if each.result in {"unchanged", "superseded"}:
            continue
        table.add_row(
            each.shown.get("number") or str(each.servicetrade_id),
            each.shown.get("customer", ""),
            each.shown.get("dated", ""),
            dollars(amount_of(each.shown.get("total"))),
            each.result,
            _why(each),
        )
    console.print(table)
    totals: dict[str, Decimal] = {}
    for each in foreseen:
        money = totals.get(each.result, Decimal(0))
        totals[each.result] = money + amount_of(each.shown.get("total"))
    counts = Counter(each.result for each in foreseen)
    for result, money in sorted(totals.items()):
        console.print(f"{result}: {invoices(counts[result])}, {dollars(money)}")
    console.print("Nothing was written.")


_COLUMNS: tuple[tuple[str, Any], ...] = (
    ("invoice", "left"),
    ("customer", "left"),
    ("dated", "left"),
    ("total", "right"),
    ("would be", "left"),
    ("because, or what changes", "left"),
)


def _why(each: Foreseen) -> str:
    if each.problems:
        return "; ".join(f"{one.code.value}: {one.detail}" for one in each.problems)
    if each.changes:
        return "\n".join(said(change) for change in each.changes)
    return each.detail.replace("_", " ")


def _plain(each: Foreseen) -> dict[str, Any]:
    return {
        "servicetrade_id": each.servicetrade_id,
        **each.shown,
        "result": each.result,
        "problems": [problem.plain() for problem in each.problems],
        "changes": [plain_change(change) for change in each.changes],
        "detail": each.detail,
    }
