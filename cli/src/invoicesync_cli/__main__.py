"""The operator's command: connect, map, preview, release, watch, redrive.

Exit codes: 0 all is well, 1 the command did its work and found something for a person, 2 it could
not do its work.
"""

import typer

from invoicesync_cli import (
    adopting,
    connecting,
    deciding,
    evidence,
    held,
    mapping,
    preview,
    reconciling,
    redriving,
    remapping,
    running,
    show,
    status,
    unlinking,
)
from invoicesync_cli.audit import command as audit
from invoicesync_cli.doctor import command as doctor

app = typer.Typer(
    no_args_is_help=True,
    help=__doc__,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,
)
PARTS = (
    *(
        audit,
        adopting,
        unlinking,
        connecting,
        doctor,
        mapping,
        preview,
        status,
        held,
        show,
        evidence,
    ),
    *(redriving, deciding, remapping, running, reconciling),
)
for part in PARTS:
    part.add_to(app)


@app.callback()
def main() -> None:
    """Watch and run InvoiceSync: from the first connection to redriving after a fix."""


if __name__ == "__main__":
    app()
