"""Show the demo on a terminal."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sandbox.demo.standing import dollars

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from sandbox.demo.play import Played
    from sandbox.demo.world import World

_WIDTH_OF_WORDS = 62


class Terminal:
    """A `Screen` with a progress bar for each sync."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._title = ""
        self._progress: Progress | None = None

    def act(self, title: str) -> None:
        """Announce what comes next."""
        self._title = title
        self._console.print(f"[bold]{escape(title)}[/bold]")

    def begin(self, total: int) -> None:
        """Show a bar for so many messages."""
        self._progress = Progress(
            TextColumn("  queue to QuickBooks"),
            BarColumn(bar_width=36),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
        )
        self._progress.start()
        self._progress.add_task(self._title, total=total)

    def advance(self, messages: int) -> None:
        """Move the bar."""
        if self._progress is not None:
            self._progress.advance(self._progress.tasks[0].id, messages)

    def end(self) -> None:
        """Leave the bar as it is."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def show(console: Console, played: Played, world: World, figures: Mapping[str, object]) -> None:
    """Print what came of it: the syncs, the sums, what is held, and the verdict."""
    if played.standing is not None and played.standing.held:
        console.print(_holds(played))
    console.print(_syncs(played))
    console.print(_sums(played, world, figures))
    if played.compared.answers:
        console.print(_compared(played))
    console.print(_looked(played))
    for fault in played.faults:
        console.print(f"[bold red]fault[/bold red] {escape(fault)}")
    if not played.faults:
        console.print(
            "[bold green]Every invoice is in QuickBooks exactly once, or in front of a person."
            "[/bold green] Worked out from what both simulators hold."
        )


def _syncs(played: Played) -> Table:
    table = Table(title="Three syncs", title_justify="left")
    table.add_column("")
    for name in ("first", "second", "third"):
        table.add_column(name, justify="right")
    rows = {
        "invoices read from ServiceTrade": [run.extracted.get("rows", 0) for run in played.runs],
        "messages queued": [run.extracted.get("enqueued", 0) for run in played.runs],
        "created in QuickBooks": [run.created for run in played.runs],
        "updated": [run.updated for run in played.runs],
        "voided": [run.voided for run in played.runs],
        "calls to QuickBooks": [run.all_calls for run in played.runs],
        "  of these, writes": [run.writes for run in played.runs],
        "seconds": [f"{run.seconds:.1f}" for run in played.runs],
    }
    for name, values in rows.items():
        table.add_row(name, *[str(value) for value in values])
    return table


def _sums(played: Played, world: World, figures: Mapping[str, object]) -> Table:
    standing, found = played.standing, played.findings[-1]
    table = Table(title="Where every invoice stands", title_justify="left")
    table.add_column("")
    table.add_column("invoices", justify="right")
    table.add_column("why", max_width=_WIDTH_OF_WORDS)
    table.add_row("in ServiceTrade", str(figures["source_invoices"]), f"since {world.go_live}")
    table.add_row("in QuickBooks, exactly once", str(found.in_quickbooks), "")
    if standing is not None:
        held, waiting, ignored = standing.held, standing.waiting, standing.ignored
        table.add_row("held for a person", str(len(held)), "listed above")
        table.add_row("waiting", str(sum(waiting.values())), _reasons(waiting))
        table.add_row("left out, by name", str(sum(ignored.values())), _reasons(ignored))
        table.add_row("voided", str(standing.by_state.get("VOIDED", 0)), "void on both sides")
    table.add_section()
    told = played.acknowledged
    table.add_row("processed in ServiceTrade", str(told.processed), "told so by us")
    table.add_row("failed in ServiceTrade", str(told.failed), f"{told.comments} comments on jobs")
    table.add_section()
    table.add_row("money in ServiceTrade", dollars(found.servicetrade_total), "of those loaded")
    table.add_row("money in QuickBooks", dollars(found.quickbooks_total), "of the same")
    table.add_row("money held", dollars(found.held_total), "")
    return table


def _compared(played: Played) -> Table:
    title = "Both books compared, after a difference of each kind was planted"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for heading in ("invoices", "money", "healed: invoices", "money"):
        table.add_column(heading, justify="right")
    bridges = [answer["bridge"] for answer in played.compared.answers]
    for name in dict.fromkeys(name for bridge in bridges for name in bridge):
        cells: list[str] = []
        for bridge in bridges:
            sum_ = bridge.get(name)
            cells += ["", ""] if sum_ is None else [str(sum_["count"]), _amount(sum_["amount"])]
        style = "bold" if name in {"servicetrade", "expected", "ours", "unexplained"} else ""
        table.add_row(name.replace("_", " "), *cells, style=style)
    return table


def _amount(text: str) -> str:
    return dollars(Decimal(text))


def _looked(played: Played) -> Table:
    looked = played.looked
    table = Table(
        title=f"Typed by hand, {looked.first} to {looked.last}: what the audit finds",
        title_justify="left",
    )
    table.add_column("")
    table.add_column("invoices", justify="right")
    table.add_column("QuickBooks holds more by", justify="right")
    for name, (count, money) in looked.found.items():
        table.add_row(name, str(count), dollars(money))
    table.add_section()
    table.add_row(
        "linked by adopt, never written", str(looked.linked), dollars(looked.linked_total)
    )
    return table


def _reasons(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in counts.items())


def _holds(played: Played) -> Table:
    table = Table(
        title="Held, with the reason and the fix",
        title_justify="left",
        show_lines=True,
        expand=True,
    )
    table.add_column("invoice", overflow="fold", max_width=26)
    table.add_column("what is wrong", overflow="fold", ratio=1)
    table.add_column("what mends it", overflow="fold", ratio=1)
    assert played.standing is not None  # noqa: S101  (asked for only then)
    for each in played.standing.held:
        wrong = escape(each.sentence)
        if each.detail:
            where = f" ({each.where})" if each.where else ""
            wrong += f"\n[dim]{escape(each.detail + where)}[/dim]"
        table.add_row(
            f"{escape(each.number)}\n{dollars(each.total)}\n[dim]{each.code}[/dim]",
            wrong,
            escape(each.fix),
        )
    return table
