"""`invoicesync status`: how the sync is doing, at one look or again and again."""

import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.conditions import Item
from invoicesync.state.entry import State
from invoicesync.state.pace import READS_A_MONTH
from invoicesync_cli import limits
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.phrases import age, dollars, when
from invoicesync_cli.screen import Screen
from invoicesync_cli.survey import Open, Survey, survey

EVERY_SECONDS = 5
FEW_DAYS = 14
LATE_SECONDS = 3600
MANY_READS = READS_A_MONTH * 8 // 10
_WORDS = {
    State.QUEUED: "queued",
    State.IN_FLIGHT: "in flight",
    State.WAITING: "waiting",
    State.HELD: "held for a person",
}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(status)


def status(
    desk: Desk,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="Look again every five seconds, until Ctrl-C.")
    ] = False,
) -> Answer:
    """Show how the sync is doing: exit code 1 where something needs a person.

    For example:

        invoicesync status

        invoicesync status --watch --stack invoicesync-prod

        invoicesync status --json | jq .held.count
    """
    while watch:
        console = Screen()
        seen = survey(desk)
        console.clear()
        show(console, desk.stack.name, seen)
        try:
            time.sleep(EVERY_SECONDS)
        except KeyboardInterrupt:
            break
    seen = survey(desk)
    return Answer(
        plain(desk.stack.name, seen),
        lambda console: show(console, desk.stack.name, seen),
        Exit.FOUND if needs_of(seen) else Exit.FINE,
    )


def needs_of(seen: Survey) -> list[str]:
    """Say what of it needs a person."""
    needs: list[str] = []
    held, late = seen.open[State.HELD], seen.scan_age
    if held.count:
        needs.append(f"{held.count} held: see invoicesync held")
    if seen.mapping_serial is None:
        needs.append("no mapping is published: invoicesync mapping push FILE")
    if late is not None and late > LATE_SECONDS:
        needs.append(f"ServiceTrade was last read to its end {age(late)} ago")
    if seen.breaker_opened_at:
        needs.append(f"QuickBooks is left alone: {seen.breaker_reason}")
    if seen.paused:
        needs.append("loading is paused: invoicesync resume")
    if seen.usage.reads >= MANY_READS:
        needs.append(
            f"{seen.usage.reads:,} metered reads this month; Intuit gives {READS_A_MONTH:,}"
        )
    if seen.token_days is None:
        needs.append("QuickBooks is not connected: invoicesync connect quickbooks")
    elif seen.token_days < FEW_DAYS:
        needs.append(
            f"the consent ends in {seen.token_days:.0f} days: "
            "invoicesync connect quickbooks --reconnect"
        )
    return needs


def show(console: Console, name: str, seen: Survey) -> None:
    """Draw one look at a stack."""
    table = Table(title=f"{name} at {when(seen.at)}", show_header=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column()
    for state, word in _WORDS.items():
        _add(table, word, seen.open[state])
    lag = age(seen.lag_seconds) if seen.lag_seconds else "none"
    table.add_row("lag", lag, "of the oldest that is on its way to QuickBooks")
    table.add_row("lag, p50 / p95", *limits.arrived(seen))
    table.add_section()
    late = seen.scan_age
    read = "never" if late is None else f"{age(late)} ago"
    newest = f"newest change {when(seen.watermark or 0)}"
    under_way = "a run is under way" if seen.is_scanning else newest
    table.add_row("ServiceTrade read to its end", read, under_way)
    table.add_row("messages", f"{seen.queue.visible:,}", f"{seen.queue.in_flight:,} being loaded")
    table.add_row("dead letters", f"{seen.dead_letters.visible + seen.dead_letters.in_flight:,}")
    table.add_row("loading", *_loading(seen))
    for row in limits.rows(seen):
        table.add_row(*row)
    days = "not connected" if seen.token_days is None else f"{seen.token_days:.0f} days"
    table.add_row("consent of QuickBooks", days, "renewed by use")
    table.add_row("mapping", str(seen.mapping_serial or "none"))
    console.print(table)
    _show_runs(console, seen)
    for need in needs_of(seen):
        console.print(f"! {need}", style="yellow")


def _add(table: Table, word: str, open_: Open) -> None:
    why = ", ".join(f"{count} {reason or 'new'}" for reason, (count, _) in open_.by_reason.items())
    oldest = f", oldest {age(open_.oldest_seconds)}" if open_.count else ""
    money = f"{dollars(open_.amount)}{oldest}" if open_.count else ""
    table.add_row(word, f"{open_.count:,}", f"{money}\n{why.replace('_', ' ')}".strip())


def _loading(seen: Survey) -> tuple[str, str]:
    if seen.paused:
        return "paused", "by an operator"
    if seen.breaker_opened_at:
        return "stopped", f"{seen.breaker_reason}, {age(seen.at - seen.breaker_opened_at)}"
    return "on", ""


def _show_runs(console: Console, seen: Survey) -> None:
    if not seen.runs:
        return
    table = Table(title="Last runs")
    for heading in ("at", "kind", "ended", "rows", "queued", "asked by"):
        table.add_column(heading)
    for run in seen.runs:
        counts: Any = run.get("counts") or {}
        table.add_row(
            when(_seconds(run)),
            str(run.get("kind")),
            str(run.get("reason")),
            f"{counts.get('rows', 0)}",
            f"{counts.get('enqueued', 0)}",
            str(run.get("actor")),
        )
    console.print(table)


def _seconds(run: Item) -> int:
    at = run.get("at")
    return at if isinstance(at, int) else 0


def plain(name: str, seen: Survey) -> dict[str, Any]:
    """Return one look for programs."""
    return {
        "stack": name,
        "at": int(seen.at),
        "watermark": seen.watermark,
        "scanned_at": seen.scanned_at,
        **{_name(state): _plain_open(seen.open[state]) for state in _WORDS},
        "messages": seen.queue.visible,
        "messages_in_flight": seen.queue.in_flight,
        "dead_letters": seen.dead_letters.visible + seen.dead_letters.in_flight,
        "paused": seen.paused,
        "breaker": {"opened_at": seen.breaker_opened_at, "reason": seen.breaker_reason},
        "lag_seconds": int(seen.lag_seconds),
        **limits.plain(seen),
        "token_days": None if seen.token_days is None else int(seen.token_days),
        "mapping_serial": seen.mapping_serial,
        "runs": [
            {key: run.get(key) for key in ("at", "kind", "reason", "actor", "counts")}
            for run in seen.runs
        ],
        "needs": needs_of(seen),
    }


def _name(state: State) -> str:
    return state.value.lower()


def _plain_open(open_: Open) -> dict[str, Any]:
    return {
        "count": open_.count,
        "amount": open_.amount,
        "oldest_seconds": int(open_.oldest_seconds),
        "by_reason": {
            reason or "new": {"count": count, "amount": amount}
            for reason, (count, amount) in open_.by_reason.items()
        },
    }
