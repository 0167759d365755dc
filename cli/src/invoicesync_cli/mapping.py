"""`mapping check / push / pull / history`: the file that says what becomes what."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from invoicesync.domain.mapping import parse_mapping
from invoicesync.services.prove import Proof, prove
from invoicesync.state.actions import Action
from invoicesync_cli.answers import Answer, Exit
from invoicesync_cli.command import command
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.exchanging import export, import_
from invoicesync_cli.files import read_mapping_file
from invoicesync_cli.mapping_diff import diff
from invoicesync_cli.phrases import when
from invoicesync_cli.prompts import Yes, confirm
from invoicesync_cli.suggesting import suggest

app = typer.Typer(
    no_args_is_help=True, help="The mapping: what of ServiceTrade is what in QuickBooks."
)

File = Annotated[Path, typer.Argument(help="The mapping, in YAML.")]
Serial = Annotated[int | None, typer.Option("--serial", help="That version; else the newest.")]
Note = Annotated[str, typer.Option("--note", help="Why; it is kept with your name.")]


def add_to(parent: typer.Typer) -> None:
    """Register the commands."""
    for work in (suggest, check, push, pull, diff, history, export):
        command(app)(work)
    command(app, "import")(import_)
    parent.add_typer(app, name="mapping")


def check(desk: Desk, *, file: File) -> Answer:
    """Prove that a mapping can be read and that every name in it is something in QuickBooks.

    Exit code 1 where a name is not, or is no product that can be sold. Shows the income account of
    each product.

    For example:

        invoicesync mapping check mapping.yaml
    """
    return _proved(prove(parse_mapping(read_mapping_file(file)), desk.books))


def push(desk: Desk, *, file: File, note: Note = "", yes: Yes = False) -> Answer:
    """Put a mapping in force, once every name in it was proved. Held invoices are tried again.

    What is loaded already stays as it is, until invoicesync remap applies the mapping to it.

    For example:

        invoicesync mapping push mapping.yaml --note "filters have a product now"
    """
    text = read_mapping_file(file)
    proofs = prove(parse_mapping(text), desk.books)
    if broken := [each for each in proofs if each.problem]:
        first = broken[0]
        raise DeskError(
            f"nothing was published: {len(broken)} names do not resolve, the first is "
            f"{first.name.path}: {first.problem}; see invoicesync mapping check"
        )
    confirm(f"Put {file} in force on {desk.stack.name}?", yes=yes)
    published = desk.mappings.publish(text, actor=desk.actor, note=note)
    before = {"serial": published.serial - 1}
    after = {"serial": published.serial}
    desk.record(Action(desk.actor, "mapping push", before=before, after=after, note=note))
    told = desk.extractor.tick()
    said = f"Mapping {published.serial} is in force; held invoices are tried again within the hour."
    return Answer(
        {**after, "mode": published.mapping.mode, "tick": dict(told)},
        lambda console: console.print(said),
    )


def pull(desk: Desk, *, serial: Serial = None) -> Answer:
    """Print a mapping as it was published.

    For example:

        invoicesync mapping pull > mapping.yaml
    """
    text = desk.mappings.text(serial)
    return Answer({"text": text}, lambda console: console.out(text, end="", highlight=False))


def history(desk: Desk) -> Answer:
    """List every version: when, by whom, why.

    For example:

        invoicesync mapping history
    """
    versions = desk.mappings.history()

    def show(console: Console) -> None:
        table = Table("serial", "published", "by", "why")
        for each in versions:
            table.add_row(str(each.serial), when(each.at), each.actor, each.note)
        console.print(table)

    rows: list[dict[str, Any]] = [
        {"serial": each.serial, "at": each.at, "actor": each.actor, "note": each.note}
        for each in versions
    ]
    return Answer({"versions": rows}, show)


def _proved(proofs: list[Proof]) -> Answer:
    broken = [each for each in proofs if each.problem]

    def show(console: Console) -> None:
        table = Table("where", "name", "in QuickBooks", "income account")
        for each in proofs:
            told = each.problem or f"id {each.id}{f': {each.warning}' if each.warning else ''}"
            style = "red" if each.problem else "yellow" if each.warning else ""
            cells = (each.name.path, each.name.name, told, each.account)
            table.add_row(*cells, style=style)
        console.print(table)
        console.print(
            f"{len(proofs)} names, {len(broken)} that do not resolve or cannot be sold."
            if broken
            else f"{len(proofs)} names; every one resolves, and every product can be sold."
        )

    plain = [
        {
            "path": each.name.path,
            "name": each.name.name,
            "id": each.id,
            "account": each.account,
            "problem": each.problem,
            "warning": each.warning,
        }
        for each in proofs
    ]
    found = Exit.FOUND if broken else Exit.FINE
    return Answer({"names": plain, "broken": len(broken)}, show, found)
