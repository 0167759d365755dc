"""Register commands: each gets a desk, the options that all share, and honest ends.

A command is a plain function from a `Desk` and its own options to an `Answer`. What it raises on
purpose becomes one line and exit code 2; anything else is a fault of ours and keeps its traceback.
"""

import inspect
import json
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from invoicesync.errors import InvoiceSyncError
from invoicesync_cli.answers import Answer, Exit, give
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.screen import Screen
from invoicesync_cli.stack import LOCAL_FILE, deployed, local

DEFAULT_STACK = "invoicesync"

StackName = Annotated[
    str,
    typer.Option("--stack", envvar="INVOICESYNC_STACK", help="The deployed stack."),
]
Local = Annotated[bool, typer.Option("--local", help="The sandbox that `make up` keeps running.")]
StackFile = Annotated[
    Path,
    typer.Option("--stack-file", hidden=True, help="Where the sandbox tells of itself."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]

_SHARED = {
    "stack": (StackName, DEFAULT_STACK),
    "is_local": (Local, False),
    "stack_file": (StackFile, LOCAL_FILE),
    "as_json": (AsJson, False),
}

type Work = Callable[..., Answer]


def command(app: typer.Typer, name: str | None = None) -> Callable[[Work], Work]:
    """Register a function of a `Desk` as a command, under its own name or another."""

    def register(work: Work) -> Work:
        signature = inspect.signature(work, eval_str=True)
        own = [each for key, each in signature.parameters.items() if key != "desk"]
        shared = [
            inspect.Parameter(
                key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )
            for key, (annotation, default) in _SHARED.items()
        ]

        @wraps(work)
        def run(**given: Any) -> None:
            choice = {key: given.pop(key) for key in _SHARED}
            run_command(lambda: work(_desk(choice), **given), as_json=choice["as_json"])

        own = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own]
        run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in [*own, *shared]}
        app.command(name)(run)
        return work

    return register


def run_command(work: Callable[[], Answer], *, as_json: bool) -> None:
    """Run, print, and end the process with the exit code that the answer asks for."""
    try:
        answer = work()
    except (DeskError, InvoiceSyncError) as error:
        refuse(str(error), as_json=as_json)
    except typer.Abort:
        # Typer's own end for it is 1, which says that something was found.
        refuse("nothing was done: a question had no answer", as_json=as_json)
    give(answer, Screen(), as_json=as_json)
    raise typer.Exit(answer.exit)


def refuse(why: str, *, as_json: bool) -> NoReturn:
    """Say in one line why nothing was done, and end with exit code 2."""
    if as_json:
        Screen().file.write(f"{json.dumps({'error': why})}\n")
    else:
        Screen(stderr=True).print(f"invoicesync: {why}", soft_wrap=True)
    raise typer.Exit(Exit.FAILED)


def _desk(choice: dict[str, Any]) -> Desk:
    if choice["is_local"] or choice["stack_file"] != LOCAL_FILE:
        return Desk(local(choice["stack_file"]))
    return Desk(deployed(choice["stack"]))
