"""`reconcile`: hold both books against each other, now and for any month."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.domain.bridge import Cause
from invoicesync.services.reconcile.request import SETTLE_SECONDS
from invoicesync.services.report.model import WORDS
from invoicesync.state.actions import Action
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.files import Force, write_new
from invoicesync_cli.phrases import amount_of, dollars, invoices
from invoicesync_cli.running import DAY_FORMAT

Month = Annotated[
    datetime | None, typer.Option("--month", formats=["%Y-%m"], help="A calendar month.")
]
First = Annotated[
    datetime | None, typer.Option("--from", formats=[DAY_FORMAT], help="First day; with --to.")
]
Last = Annotated[datetime | None, typer.Option("--to", formats=[DAY_FORMAT], help="Last day.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write the page of the report there.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write every row of the report there.")]
Settle = Annotated[
    int,
    typer.Option(
        "--settle-minutes",
        min=0,
        help="What changed in ServiceTrade so lately may still be on its way: no difference yet.",
    ),
]
_ENDS = {
    "servicetrade": "ServiceTrade invoices dated in the period",
    "expected": "= expected in QuickBooks",
    "ours": "in QuickBooks, ours",
    "unexplained": "unexplained",
    "others": "+ QuickBooks invoices not made by us",
    "sales": "= sales in QuickBooks",
}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(reconcile)


def reconcile(
    desk: Desk,
    *,
    month: Month = None,
    from_: First = None,
    to: Last = None,
    html: Html = None,
    csv: Csv = None,
    force: Force = False,
    settle_minutes: Settle = SETTLE_SECONDS // 60,
) -> Answer:
    """Compare both books anew, ask again for what is missing or old, and report the rest.

    Without days: the last 35. Nothing is written to QuickBooks. Exit code 1 where invoices differ,
    or where the bridge between the two totals does not close to $0.00.

    For example:

        invoicesync reconcile --month 2026-10 --html october.html --csv october.csv

        invoicesync reconcile --from 2026-10-01 --to 2026-10-15
    """
    asked = Asked(month, from_, to, settle_minutes)
    told = desk.reconciler.reconcile(asked.event(desk.actor))
    desk.record(Action(desk.actor, "reconcile", after={"period": str(told.get("period"))}))
    for file, key in ((html, "page"), (csv, "csv")):
        if file is not None:
            _save(desk, file, str(told.get(key)), force=force)
    return Answer(
        dict(told),
        lambda console: _show(console, told),
        Exit.FINE if told.get("is_good") else Exit.FOUND,
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """Which days are meant."""

    month: datetime | None
    first: datetime | None
    last: datetime | None
    settle_minutes: int

    def event(self, actor: str) -> dict[str, Any]:
        """Write what the function is asked for; raise `DeskError` where it makes no sense."""
        event = {"job": "reconcile", "trigger": "operator", "actor": actor}
        settling = {"settle_seconds": 60 * self.settle_minutes}
        if (self.first is None) != (self.last is None):
            raise DeskError("--from and --to go together")
        if self.month is not None and self.first is not None:
            raise DeskError("give --month, or --from and --to, not both")
        if self.month is not None:
            return {**event, **settling, "month": f"{self.month:%Y-%m}"}
        if self.first is not None and self.last is not None:
            if self.last < self.first:
                raise DeskError(f"--to {self.last:%Y-%m-%d} is before --from {self.first:%Y-%m-%d}")
            days = {"from": f"{self.first:%Y-%m-%d}", "to": f"{self.last:%Y-%m-%d}"}
            return {**event, **settling, **days}
        return {**event, **settling}


def _save(desk: Desk, file: Path, key: str, *, force: bool) -> None:
    content = desk.bucket.get(key)
    if content is None:
        raise DeskError(f"the report was made, and {key} is not in the bucket")
    write_new(file, content, force=force)


def _show(console: Console, told: Mapping[str, Any]) -> None:
    table = Table(title=f"{told.get('period')}, report {told.get('number')}", title_justify="left")
    table.add_column("")
    table.add_column("invoices", justify="right")
    table.add_column("amount", justify="right")
    for name, sum_ in told.get("bridge", {}).items():
        is_end = name in _ENDS
        label = _ENDS[name] if is_end else f"  {WORDS[Cause(name)].label}"
        style = ("bold" if is_end else "") if name != "unexplained" else _style(sum_)
        table.add_row(label, f"{sum_['count']:,}", dollars(amount_of(sum_["amount"])), style=style)
    console.print(table)
    console.print(str(told.get("verdict")))
    if asked := told.get("asked_again"):
        console.print(f"{invoices(len(asked))} asked for again.")
    for why in told.get("why", ()):
        console.print(f"! {why}", style="yellow")
    console.print(f"Kept as {told.get('page')}", style="dim")


def _style(sum_: Mapping[str, Any]) -> str:
    is_nothing = not sum_["count"] and amount_of(sum_["amount"]) == Decimal(0)
    return "bold green" if is_nothing else "bold red"
