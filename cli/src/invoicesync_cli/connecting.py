"""`connect`: credentials go straight to Secrets Manager."""

import typer

from invoicesync_cli.command import command
from invoicesync_cli.connecting_quickbooks import quickbooks
from invoicesync_cli.connecting_servicetrade import servicetrade

app = typer.Typer(
    no_args_is_help=True, help="Connect the two systems; nothing of a secret is ever shown."
)


def add_to(parent: typer.Typer) -> None:
    """Register the commands."""
    command(app)(quickbooks)
    command(app)(servicetrade)
    parent.add_typer(app, name="connect")
