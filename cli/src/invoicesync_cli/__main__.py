"""The operator's command. So far it only tells what it is; see CHANGELOG.md for what comes."""

import typer
from rich.console import Console

import invoicesync

app = typer.Typer(no_args_is_help=True, help="Watch and run InvoiceSync.")


@app.callback()
def main() -> None:
    """Watch and run InvoiceSync."""


@app.command()
def about() -> None:
    """Say what this is."""
    Console().print(invoicesync.__doc__)


if __name__ == "__main__":
    app()
