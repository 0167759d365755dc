"""`invoicesync audit`: what is missing, double, different or unbilled, in dollars."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.domain.comparison import Window
from invoicesync.services.audit import Audited
from invoicesync.settings import QUICKBOOKS_URLS, SERVICETRADE_URL
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.audit.access import of_stack, without_stack
from invoicesync_cli.audit.lines import Line, money, plain_money, sections, tallies, total
from invoicesync_cli.audit.page import as_csv, as_html
from invoicesync_cli.command import AsJson, Local, StackFile, run_command
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.files import Force, write_new
from invoicesync_cli.running import DAY_FORMAT
from invoicesync_cli.stack import LOCAL_FILE, deployed, local

MOST_SHOWN = 40
"""Lines of one section on the screen; the files hold all."""

LONGEST_DAYS = 3 * 366

From = Annotated[datetime, typer.Option("--from", formats=[DAY_FORMAT], help="First invoice date.")]
To = Annotated[datetime, typer.Option("--to", formats=[DAY_FORMAT], help="Last invoice date.")]
Html = Annotated[Path | None, typer.Option("--html", help="Write a page to this file, too.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write every line to this file, too.")]
MappingFile = Annotated[
    Path | None,
    typer.Option("--mapping", help="Compare as this mapping says: names, dates, tax, tags."),
]
OfStack = Annotated[
    str | None,
    typer.Option("--stack", help="Read with the credentials and the mapping of this stack."),
]
OAuth = Annotated[
    bool, typer.Option("--oauth", help="Sign in to ServiceTrade as a client, not as a user.")
]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="The company is in Intuit's sandbox, not a real one.")
]
SourceUrl = Annotated[str, typer.Option("--servicetrade-url", hidden=True)]
BooksUrl = Annotated[str, typer.Option("--quickbooks-url", hidden=True)]


def add_to(app: typer.Typer) -> None:
    """Register the command. It is not like the others: it needs no stack."""
    app.command("audit")(audit)


def audit(  # noqa: PLR0913 - the options of a command
    *,
    from_: From,
    to: To,
    html: Html = None,
    csv: Csv = None,
    force: Force = False,
    mapping: MappingFile = None,
    stack: OfStack = None,
    oauth: OAuth = False,
    sandbox: Sandbox = False,
    is_local: Local = False,
    stack_file: StackFile = LOCAL_FILE,
    servicetrade_url: SourceUrl = SERVICETRADE_URL,
    quickbooks_url: BooksUrl = "",
    as_json: AsJson = False,
) -> None:
    """Compare ServiceTrade with QuickBooks: what is missing, double, different or unbilled.

    Nothing is posted, and no stack is needed: credentials come from SERVICETRADE_USERNAME,
    SERVICETRADE_PASSWORD, QUICKBOOKS_REALM_ID and QUICKBOOKS_ACCESS_TOKEN (an hour's token, as
    Intuit's OAuth playground gives it), or are asked for. Without a mapping, invoices are compared
    by number, customer name, date and total. Exit code 1 where something was found.

    For example:

        invoicesync audit --from 2026-10-01 --to 2026-10-31

        invoicesync audit --from 2026-10-01 --to 2026-10-31 --html october.html --csv october.csv

        invoicesync audit --from 2026-10-01 --to 2026-10-31 --stack invoicesync
    """
    usual = QUICKBOOKS_URLS["sandbox" if sandbox else "production"]
    urls = servicetrade_url, quickbooks_url or usual

    def work() -> Answer:
        window = window_of(from_, to)
        desk = _desk(stack, stack_file, is_local=is_local)
        access = of_stack(desk, mapping) if desk else without_stack(*urls, mapping, oauth=oauth)
        audited = access.audit()(window)
        for file, written in ((html, as_html), (csv, as_csv)):
            if file is not None:
                write_new(file, written(audited), force=force)
        return answer(audited)

    run_command(work, as_json=as_json)


def _desk(stack: str | None, stack_file: Path, *, is_local: bool) -> Desk | None:
    if is_local or stack_file != LOCAL_FILE:
        return Desk(local(stack_file))
    return Desk(deployed(stack)) if stack else None


def window_of(from_: datetime, to: datetime) -> Window:
    """Read a window of days; raise `DeskError` where it is none, or reaches too far."""
    first, last = from_.date(), to.date()
    if last < first:
        raise DeskError(f"--to {last} is before --from {first}")
    if (last - first).days > LONGEST_DAYS or first < date(2001, 1, 1):
        raise DeskError("a window of three years is the longest: audit a year at a time")
    return Window(first, last)


def answer(audited: Audited) -> Answer:
    """Put what was found into words and numbers."""
    comparison = audited.comparison
    rows = tallies(comparison)
    return Answer(
        {
            "from": comparison.window.first.isoformat(),
            "to": comparison.window.last.isoformat(),
            "agrees": not audited.is_found,
            "unreadable": comparison.unreadable,
            "tallies": {
                name: {
                    "findings": tally.findings,
                    "servicetrade": plain_money(tally.source_cents),
                    "quickbooks": plain_money(tally.books_cents),
                }
                for name, tally in rows
            },
            "findings": [plain(line) for _, lines in sections(audited) for line in lines],
        },
        lambda console: _show(console, audited),
        Exit.FOUND if audited.is_found else Exit.FINE,
    )


def plain(line: Line) -> dict[str, Any]:
    """Write a line for programs."""
    return {
        "what": line.what,
        "numbers": line.numbers,
        "customer": line.customer,
        "dated": line.dated,
        "servicetrade": plain_money(line.servicetrade),
        "quickbooks": plain_money(line.quickbooks),
        "difference": plain_money(line.difference),
        "detail": line.detail,
        "ids": line.ids,
    }


def _show(console: Console, audited: Audited) -> None:
    show_sections(console, audited)
    _show_tallies(console, audited)


def show_sections(console: Console, audited: Audited) -> None:
    """Print what is for people to look at."""
    for section, lines in sections(audited):
        table = Table(title=f"{section.title} ({len(lines)})", title_justify="left")
        for heading in ("number", "customer", "dated"):
            table.add_column(heading, overflow="fold")
        for heading in ("ServiceTrade", "QuickBooks"):
            table.add_column(heading, justify="right", no_wrap=True)
        table.add_column("detail", overflow="fold")
        for line in lines[:MOST_SHOWN]:
            cells = (line.numbers, line.customer, line.dated)
            amounts = (money(line.servicetrade), money(line.quickbooks))
            table.add_row(*cells, *amounts, line.detail)
        console.print(table)
        if len(lines) > MOST_SHOWN:
            console.print(f"and {len(lines) - MOST_SHOWN:,} more: see them all with --csv FILE")
        console.print(section.advice, style="dim")
        console.print()


def _show_tallies(console: Console, audited: Audited) -> None:
    rows = tallies(audited.comparison)
    window = audited.comparison.window
    table = Table(title=f"Invoices dated {window.first} to {window.last}", title_justify="left")
    table.add_column("found")
    for heading in ("findings", "ServiceTrade", "QuickBooks", "difference"):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, tally in [*(row for row in rows if row[1].findings), ("all", total(rows))]:
        excess = tally.books_cents - tally.source_cents
        amounts = map(money, (tally.source_cents, tally.books_cents, excess))
        table.add_row(name, f"{tally.findings:,}", *amounts)
    console.print(table)
    if audited.comparison.unreadable:
        count = audited.comparison.unreadable
        console.print(f"{count:,} row{'' if count == 1 else 's'} could not be read.")
    agrees = "Some things need a person." if audited.is_found else "The books agree."
    console.print(f"{agrees} Nothing was changed.")
