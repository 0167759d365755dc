"""`run`, `backfill`, `pause` and `resume`: start and stop what the schedule does by itself."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console

from invoicesync.state.actions import Action
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError

DAY_FORMAT = "%Y-%m-%d"

Day = Annotated[datetime, typer.Option(formats=[DAY_FORMAT], help="A day, in UTC.")]
Note = Annotated[str, typer.Option("--note", help="Why; it is stored with your name.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    for work in (run, backfill, pause, resume):
        command(app)(work)


def run(desk: Desk) -> Answer:
    """Sync now, without waiting for the schedule.

    For example:

        invoicesync run
    """
    told = desk.extractor.tick()
    desk.record(Action(desk.actor, "run"))
    return _told(told, "run")


def backfill(
    desk: Desk,
    *,
    from_: Annotated[datetime, typer.Option("--from", formats=[DAY_FORMAT], help="First day.")],
    to: Annotated[datetime, typer.Option("--to", formats=[DAY_FORMAT], help="Last day.")],
) -> Answer:
    """Look again at every invoice created in a window, beside the live sync.

    Invoices dated before go-live stay out. What one run does not finish, the next ticks do; the
    same window again goes on where it stopped.

    For example:

        invoicesync backfill --from 2026-10-01 --to 2026-10-31
    """
    if to < from_:
        raise DeskError(f"--to {to:%Y-%m-%d} is before --from {from_:%Y-%m-%d}")
    start = from_.replace(tzinfo=UTC)
    end = to.replace(tzinfo=UTC) + timedelta(days=1) - timedelta(seconds=1)
    name = f"{start:%Y%m%d}-{end:%Y%m%d}"
    told = desk.extractor.backfill(
        name, int(start.timestamp()), int(end.timestamp()), actor=desk.actor
    )
    desk.record(Action(desk.actor, "backfill", after={"window": name}))
    return _told(told, f"backfill {name}")


def pause(desk: Desk, *, note: Note = "") -> Answer:
    """Stop loading: ServiceTrade is still read, nothing goes to QuickBooks until `resume`.

    For example:

        invoicesync pause --note "month end is being closed"
    """
    return _set_pause(desk, paused=True, note=note)


def resume(desk: Desk, *, note: Note = "") -> Answer:
    """Let loading go on after `pause`.

    For example:

        invoicesync resume
    """
    return _set_pause(desk, paused=False, note=note)


def _set_pause(desk: Desk, *, paused: bool, note: str) -> Answer:
    before = desk.realm.gate().paused
    desk.realm.pause(paused=paused)
    word = "pause" if paused else "resume"
    desk.record(
        Action(desk.actor, word, before={"paused": before}, after={"paused": paused}, note=note)
    )
    said = "Loading is paused." if paused else "Loading goes on with the next messages."
    return Answer({"paused": paused, "was_paused": before}, lambda c: c.print(said))


def _told(told: Any, what: str) -> Answer:  # noqa: ANN401  (whatever the function said)
    def show(console: Console) -> None:
        ended = "to its end" if told.get("complete") else f"until {told.get('reason')}"
        console.print(
            f"{what} went {ended}: {told.get('rows', 0)} rows read, "
            f"{told.get('enqueued', 0)} invoices queued, {told.get('unchanged', 0)} unchanged."
        )
        for problem in told.get("problems", ()):
            console.print(f"! {problem}", style="yellow")

    return Answer(dict(told), show, Exit.FINE if told.get("complete") else Exit.FOUND)
