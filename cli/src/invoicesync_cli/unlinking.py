"""`invoicesync unlink`: take back what `adopt` linked wrongly."""

from typing import Annotated, Any

import typer

from invoicesync.services.unlink import Unlink
from invoicesync.state.entry import Entry
from invoicesync_cli.answers import Answer
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.phrases import amount_of, dollars
from invoicesync_cli.prompts import Yes, confirm
from invoicesync_cli.show import InvoiceArgument, find

DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the link, and leave it.")]
Note = Annotated[str, typer.Option("--note", help="Why: it is kept with your name.")]

NEXT = (
    "The next run looks at it anew. If it belongs in QuickBooks it is made there, beside what was "
    "typed; where its number stands there already, it is held. To keep it out, resolve it then."
)


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    command(app)(unlink)


def unlink(
    desk: Desk,
    *,
    invoice: InvoiceArgument,
    note: Note = "",
    dry_run: DryRun = False,
    yes: Yes = False,
) -> Answer:
    """Take back the link of one invoice that adopt has made. QuickBooks is not touched.

    It is shown before anything is done. Afterwards the invoice is as if it never had been linked:
    the next run looks at it anew.

    For example:

        invoicesync unlink 10482 --dry-run

        invoicesync unlink 10482 --note "the typed one is of another job"
    """
    use_case = Unlink(table=desk.table, clock=desk.clock, random=desk.random, actions=desk.actions)
    entry = use_case.look(find(desk, invoice).servicetrade_id)
    told = _told(entry)
    if not dry_run:
        confirm(f"{told}\n{NEXT}\nTake the link back?", yes=yes)
        use_case(entry.servicetrade_id, note=note, actor=desk.actor)
    done = "Nothing was done: this was a dry run." if dry_run else "The link is taken back."
    plain: dict[str, Any] = {
        "servicetrade_id": entry.servicetrade_id,
        "quickbooks_id": entry.qbo_id,
        "dry_run": dry_run,
        "unlinked": not dry_run,
    }
    return Answer(plain, lambda console: console.print(f"{told}\n{done} {NEXT}", markup=False))


def _told(entry: Entry) -> str:
    number = entry.shown.get("number") or entry.servicetrade_id
    amount = dollars(amount_of(entry.shown.get("total") or entry.total))
    return (
        f"Invoice {number} of {entry.shown.get('customer') or 'nobody named'}, {amount}, is linked "
        f"to {entry.number or 'one without a number'} in QuickBooks (Id {entry.qbo_id})."
    )
