"""`redrive`: try held invoices again once their cause is mended."""

import time
from collections.abc import Sequence
from itertools import batched
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import ProblemCode
from invoicesync.services.again import Asked
from invoicesync.services.recreate import Recreate
from invoicesync.services.redrive import MENDED, Found, Redrive, StoppedError, Wanted
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.phrases import dollars, invoices
from invoicesync_cli.show import find
from invoicesync_cli.survey import total

MINUTE_SECONDS = 60

Reasons = Annotated[
    list[str] | None, typer.Option("--reason", help="Held for this; may be given several times.")
]
Invoices = Annotated[
    list[str] | None, typer.Option("--invoice", help="This one; may be given several times.")
]


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(redrive)


def redrive(
    desk: Desk,
    *,
    reason: Reasons = None,
    invoice: Invoices = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything that is held.")] = False,
    recreate: Annotated[
        bool, typer.Option("--recreate", help="Make anew what was deleted in QuickBooks.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be tried, and leave it.")
    ] = False,
    rate: Annotated[int, typer.Option(min=0, help="Invoices a minute; 0: all at once.")] = 0,
) -> Answer:
    """Try held invoices again, from ServiceTrade and the mapping as they are now.

    Nothing needs redriving in the long run: what is held is tried again every hour by itself.
    Whoever stops this in the middle loses nothing.

    For example:

        invoicesync redrive --reason unmapped_item --dry-run

        invoicesync redrive --invoice 10482

        invoicesync redrive --reason deleted_in_quickbooks --recreate
    """
    use_case = _use_case(desk)
    found = use_case.find(_wanted(desk, reason or [], invoice or [], is_all=all_))
    if not found.ids:
        raise DeskError("nothing to redrive: nothing is held that fits; see invoicesync held")
    if dry_run:
        use_case.let_lie(found)
        return _answer(found, None)
    if recreate:
        _recreate(desk, found)
    return _answer(found, _carry_out(desk, use_case, found, rate))


def _use_case(desk: Desk) -> Redrive:
    return Redrive(
        letters=desk.dead_letters,
        table=desk.table,
        realm=desk.realm,
        extractor=desk.extractor,
        actions=desk.actions,
        clock=desk.clock,
    )


def _wanted(desk: Desk, reasons: Sequence[str], named: Sequence[str], *, is_all: bool) -> Wanted:
    if not (reasons or named or is_all):
        raise DeskError("say what to redrive: --reason REASON, --invoice ID, or --all")
    known = {code.value for code in ProblemCode}
    if unknown := [each for each in reasons if each not in known]:
        raise DeskError(f"no reason is called {', '.join(unknown)}; see invoicesync held")
    ids = [find(desk, each).servicetrade_id for each in named]
    return Wanted(frozenset(reasons), frozenset(ids))


def _recreate(desk: Desk, found: Found) -> None:
    use_case = Recreate(table=desk.table, books=desk.books, clock=desk.clock, actions=desk.actions)
    deleted = found.by_reason.get(ProblemCode.DELETED_IN_QUICKBOOKS.value, ())
    if not deleted:
        _use_case(desk).let_lie(found)
        raise DeskError("--recreate is for what is held as deleted_in_quickbooks; none of these is")
    for entry in deleted:
        use_case(entry, actor=desk.actor)


def _carry_out(desk: Desk, use_case: Redrive, found: Found, rate: int) -> Asked:
    """Ask for all of it, in parts of ``rate`` a minute where one is given."""
    asked = Asked()
    ids = found.ids
    for part in batched(ids, rate or len(ids), strict=False):
        if asked.done or asked.left:
            time.sleep(MINUTE_SECONDS)
        try:
            some = use_case(found.only(part), actor=desk.actor)
        except StoppedError:
            rest = set(ids) - set(asked.done) - set(asked.left) - set(part)
            use_case.let_lie(found.only(rest))
            raise
        asked = Asked(asked.done + some.done, asked.left + some.left, asked.why + some.why)
    return asked


def _answer(found: Found, asked: Asked | None) -> Answer:
    plain: dict[str, Any] = {
        "found": {
            reason: {
                "count": len(rows),
                "amount": total(rows),
                "invoices": [entry.servicetrade_id for entry in rows],
            }
            for reason, rows in found.by_reason.items()
        },
        "unreadable": found.unreadable,
        "asked": None if asked is None else list(asked.done),
        "left": [] if asked is None else list(asked.left),
        "why": [] if asked is None else list(asked.why),
    }
    is_whole = asked is None or not asked.left
    return Answer(
        plain, lambda console: _show(console, found, asked), Exit.FINE if is_whole else Exit.FOUND
    )


def _show(console: Console, found: Found, asked: Asked | None) -> None:
    table = Table(title="Held, by reason" if asked is None else "Tried again, by reason")
    for heading, justify in (("reason", "left"), ("invoices", "right"), ("money", "right")):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type]  # one of its words
    for reason, rows in found.by_reason.items():
        word = "mended since" if reason == MENDED else reason
        table.add_row(word, str(len(rows)), dollars(total(rows)))
    console.print(table)
    if found.unreadable:
        console.print(f"{found.unreadable} messages name no invoice; they stay where they are.")
    if asked is None:
        console.print("Nothing was done: this was a dry run.")
        return
    console.print(f"{invoices(len(asked.done))} on their way: invoicesync status shows the rest.")
    if asked.left:
        left: list[ServiceTradeId] = list(asked.left)
        console.print(f"{invoices(len(left))} could not be asked for: {'; '.join(asked.why)}")
