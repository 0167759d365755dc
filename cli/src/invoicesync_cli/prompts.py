"""Ask whoever sits at the terminal; secrets without echo, or as JSON from standard input."""

import json
import sys
from typing import Annotated, Any

import typer

from invoicesync_cli.errors import DeskError
from invoicesync_cli.screen import harmless

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before it is done.")]
FromStdin = Annotated[
    bool, typer.Option("--from-stdin", help="Read the credentials as JSON from standard input.")
]


def asked(names: tuple[str, str], *, from_stdin: bool) -> dict[str, str]:
    """Ask for two texts, the second without echo; or read both as one line of JSON."""
    first, second = names
    if not from_stdin:
        return {
            first: typer.prompt(first.replace("_", " "), err=True),
            second: typer.prompt(second.replace("_", " "), hide_input=True, err=True),
        }
    try:
        told: Any = json.loads(sys.stdin.readline())
        given = {name: told[name] for name in names}
    except (ValueError, KeyError, TypeError):
        raise DeskError(
            f'standard input must be one line: {{"{first}": …, "{second}": …}}'
        ) from None
    if not all(isinstance(text, str) and text.strip() for text in given.values()):
        raise DeskError(f"{first} and {second} must not be empty")
    return given


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is done; raise `DeskError` where the answer is no."""
    if not yes and not typer.confirm(harmless(question), err=True):
        raise DeskError("nothing was done")
