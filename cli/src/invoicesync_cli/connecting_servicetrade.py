"""`connect servicetrade`: credentials are tried, then stored."""

import json
from typing import Annotated

import typer

from invoicesync.adapters.servicetrade.credentials import parse_credentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.ports import InvoiceFilter
from invoicesync.services.connect import put_in_force
from invoicesync.state.actions import Action
from invoicesync_cli.answers import Answer
from invoicesync_cli.desk import Desk
from invoicesync_cli.phrases import DAY
from invoicesync_cli.prompts import FromStdin, asked

TRIED_DAYS = 30

OAuth = Annotated[bool, typer.Option("--oauth", help="A client id and secret instead of a user.")]


def servicetrade(desk: Desk, *, oauth: OAuth = False, from_stdin: FromStdin = False) -> Answer:
    """Store ServiceTrade's credentials once they have been tried.

    A user of its own is best: one that may read invoices, jobs and companies, and nothing else.

    For example:

        invoicesync connect servicetrade

        invoicesync connect servicetrade --from-stdin < credentials.json
    """
    names = ("client_id", "client_secret") if oauth else ("username", "password")
    given = asked(names, from_stdin=from_stdin)
    text = json.dumps(given)
    source = ServiceTradeSource(
        desk.stack.servicetrade_url,
        credentials=lambda: parse_credentials(text),
        clock=desk.clock,
    )
    since = int(desk.clock.now()) - TRIED_DAYS * DAY
    count = source.count(InvoiceFilter(updated_after=since))
    secret = desk.secret(desk.outputs.servicetrade_secret_arn)
    put_in_force(secret, text, version_id=desk.random.token())
    desk.record(Action(desk.actor, "connect servicetrade", after={"as": given[names[0]]}))
    seen = "an unknown number of" if count is None else f"{count:,}"
    said = (
        f"Stored: {given[names[0]]} sees {seen} invoices that changed in the last "
        f"{TRIED_DAYS} days."
    )
    return Answer(
        {"as": given[names[0]], "invoices_seen": count},
        lambda console: console.print(said),
    )
