"""`release` and `resolve`: what only a person can decide about an invoice."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console

from invoicesync.domain.problems import ProblemCode
from invoicesync.services.release import Release, awaits_release
from invoicesync.services.resolve import Resolve
from invoicesync.state.entry import Entry, State
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.held import Customer
from invoicesync_cli.phrases import dollars, invoices
from invoicesync_cli.show import InvoiceArgument, find
from invoicesync_cli.survey import open_entries, total


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    command(app)(release)
    command(app)(resolve)


def release(
    desk: Desk,
    *,
    invoice: Annotated[
        list[str] | None, typer.Option("--invoice", help="This one; may be given several times.")
    ] = None,
    customer: Customer = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything that waits for it.")] = False,
) -> Answer:
    """Let reviewed invoices go: exactly the documents that were looked at.

    One that was edited after you looked is held again, as it is then.

    For example:

        invoicesync release --invoice 10482 --invoice 10483

        invoicesync release --customer "Keystone Foods"

        invoicesync release --all
    """
    entries = _meant(desk, invoice or [], customer or "", is_all=all_)
    released = Release(table=desk.table, extractor=desk.extractor, actions=desk.actions)(
        entries, actor=desk.actor
    )
    gone = [each for each in entries if each.servicetrade_id in released.ids]
    plain: dict[str, Any] = {
        "released": list(released.ids),
        "amount": total(gone),
        "held_for_more": list(released.others),
        "left": list(released.asked.left),
    }

    def show(console: Console) -> None:
        console.print(f"{invoices(len(gone))} released, {dollars(total(gone))}.")
        if released.others:
            console.print(
                f"{invoices(len(released.others))} are held for something else too, "
                "or wait for a corrected mapping."
            )
        if released.asked.left:
            console.print("Some will go within the hour: " + "; ".join(released.asked.why))

    is_whole = len(gone) == len(entries) and not released.asked.left
    return Answer(plain, show, Exit.FINE if is_whole else Exit.FOUND)


def _meant(desk: Desk, named: Sequence[str], customer: str, *, is_all: bool) -> list[Entry]:
    """Find what is to be released; raise `DeskError` where nothing is, or something cannot be."""
    if not (named or customer or is_all):
        raise DeskError("say what to release: --invoice ID, --customer NAME, or --all")
    if named:
        entries = [find(desk, each) for each in named]
        if strangers := [each for each in entries if not awaits_release(each)]:
            name = strangers[0].shown.get("number") or strangers[0].servicetrade_id
            raise DeskError(
                f"invoice {name} does not wait for release; see invoicesync show {name}"
            )
    else:
        entries = [each for each in open_entries(desk, State.HELD) if awaits_release(each)]
    wanted = customer.casefold()
    entries = [each for each in entries if wanted in each.shown.get("customer", "").casefold()]
    if not entries:
        raise DeskError(f"nothing waits for release ({ProblemCode.AWAITING_RELEASE.value})")
    return entries


def resolve(
    desk: Desk,
    *,
    invoice: InvoiceArgument,
    as_: Annotated[
        str,
        typer.Option(
            "--as",
            help="entered:NUMBER (typed into QuickBooks by hand), not-billable, or "
            "accepted-difference.",
        ),
    ],
    note: Annotated[str, typer.Option("--note", help="Why: it is kept with your name.")],
) -> Answer:
    """Close by hand what can never go. Something new in ServiceTrade opens it again.

    For example:

        invoicesync resolve 10482 --as entered:CM-17 --note "credit memo typed by Dana"

        invoicesync resolve 10490 --as not-billable --note "warranty, agreed with sales"
    """
    entry = find(desk, invoice)
    use_case = Resolve(table=desk.table, clock=desk.clock, actions=desk.actions)
    before = use_case(entry.servicetrade_id, how=as_, note=note, actor=desk.actor)
    name = before.shown.get("number") or str(before.servicetrade_id)
    return Answer(
        {
            "servicetrade_id": before.servicetrade_id,
            "was": {"state": str(before.state), "reason": before.reason},
            "as": as_,
        },
        lambda console: console.print(f"Invoice {name} is closed as {as_}."),
    )
