"""`remap` and `rollback`: a corrected mapping applied to what is loaded, a wrong one undone."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console

from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.remap import Remap
from invoicesync.services.rollback import Made, Rollback
from invoicesync.services.wishes import Granted
from invoicesync_cli.answers import Answer
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.differences import (
    MOST_SHOWN,
    exit_of,
    money_of,
    number_of,
    plain_compared,
    plain_granted,
    plain_left,
    show_compared,
    show_granted,
    show_left,
)
from invoicesync_cli.errors import DeskError
from invoicesync_cli.foreseeing import compare_loaded, wishes_of
from invoicesync_cli.phrases import dollars, invoices
from invoicesync_cli.prompts import Yes, confirm
from invoicesync_cli.running import DAY_FORMAT, Note
from invoicesync_cli.screen import Screen

Since = Annotated[
    datetime | None,
    typer.Option("--since", formats=[DAY_FORMAT], help="Invoices dated since; else since go-live."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show what would be done, and leave it at that.")
]
Version = Annotated[
    int,
    typer.Option("--mapping-version", min=1, help="The one to undo; see mapping history."),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app)(remap)
    command(app)(rollback)


def remap(
    desk: Desk, *, since: Since = None, dry_run: DryRun = False, yes: Yes = False, note: Note = ""
) -> Answer:
    """Apply the mapping in force to unpaid invoices of open periods that are in QuickBooks.

    Only what it makes otherwise is sent, as an update; what was rolled back comes back. Shows each
    change first. Paid, closed, voided, adopted, edited and resolved ones are left alone and listed:
    exit code 1 where one of them would have changed.

    For example:

        invoicesync remap --dry-run

        invoicesync remap --since 2026-11-01 --note "filters go to their own product"
    """
    day = None if since is None else since.date()
    compared = compare_loaded(desk, desk.mappings.current(), day)
    granted: Granted | None = None
    if compared.differences and not dry_run:
        if not yes:
            show_compared(Screen(stderr=True), compared, "What would change")
        confirm(f"Send {invoices(len(compared.differences))} to QuickBooks again?", yes=yes)
        use_case = Remap(wishes=wishes_of(desk), actions=desk.actions)
        granted = use_case(compared, actor=desk.actor, note=note)

    def show(console: Console) -> None:
        show_compared(console, compared, "What changes")
        if dry_run or compared.differences:
            show_granted(console, granted, "on their way")

    plain = {**plain_compared(compared), **plain_granted(granted)}
    return Answer(plain, show, exit_of(compared.left, granted))


def rollback(
    desk: Desk,
    *,
    mapping_version: Version,
    dry_run: DryRun = False,
    yes: Yes = False,
    note: Note = "",
) -> Answer:
    """Void the unpaid invoices of open periods that one version of the mapping made.

    They stay in QuickBooks, voided, under their numbers, and are held here until a corrected
    mapping is in force and you let them go by remap or release. A version in force cannot be rolled
    back: push a better one first. What cannot be voided is listed; exit code 1 where it is.

    For example:

        invoicesync rollback --mapping-version 3 --dry-run

        invoicesync rollback --mapping-version 3 --note "labor went to the wrong account"
    """
    use_case = Rollback(
        ledger=desk.ledger,
        books=desk.books,
        preferences=PreferencesReader(desk.clock),
        mappings=desk.mappings,
        wishes=wishes_of(desk),
        actions=desk.actions,
    )
    made = use_case.find(mapping_version)
    if not made.voidable and not made.left:
        raise DeskError(f"mapping {mapping_version} made no invoice that is known here")
    granted: Granted | None = None
    if made.voidable and not dry_run:
        if not yes:
            _show_made(Screen(stderr=True), made)
        worth = f"{invoices(len(made.voidable))}, {dollars(made.amount)}"
        confirm(f"Void {worth} in QuickBooks?", yes=yes)
        granted = use_case(made, actor=desk.actor, note=note)

    def show(console: Console) -> None:
        _show_made(console, made)
        if dry_run or made.voidable:
            show_granted(console, granted, "on their way to be voided")

    return Answer(_plain(made, granted), show, exit_of(made.left, granted))


def _plain(made: Made, granted: Granted | None) -> dict[str, Any]:
    return {
        "mapping_version": made.serial,
        "voidable": [
            {
                "servicetrade_id": entry.servicetrade_id,
                "number": number_of(entry),
                "quickbooks_id": entry.qbo_id,
                "customer": entry.shown.get("customer", ""),
                "dated": entry.shown.get("dated", ""),
                "total": money_of(entry),
            }
            for entry in made.voidable
        ],
        "amount": made.amount,
        "left": plain_left(made.left),
        **plain_granted(granted),
    }


def _show_made(console: Console, made: Made) -> None:
    named = ", ".join(number_of(entry) for entry in made.voidable[:MOST_SHOWN])
    more = ", …" if len(made.voidable) > MOST_SHOWN else ""
    which = f": {named}{more}" if named else ""
    console.print(
        f"Mapping {made.serial} made {invoices(len(made.voidable))} that can be voided, "
        f"{dollars(made.amount)}{which}.",
    )
    show_left(console, made.left)
