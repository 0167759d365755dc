"""`mapping export / import FILE`: the mapping as a spreadsheet, for whoever writes no YAML."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from invoicesync.domain import mapping as mappings
from invoicesync.domain.mapping import parse_mapping
from invoicesync.state import keys
from invoicesync_cli.answers import Answer
from invoicesync_cli.csv_file import read_csv, write_csv
from invoicesync_cli.desk import Desk
from invoicesync_cli.errors import DeskError
from invoicesync_cli.files import Force, read_bytes, read_mapping_file, write_new
from invoicesync_cli.layout import TABLES
from invoicesync_cli.mapping_text import plain_of, write_mapping
from invoicesync_cli.sheet_reading import Sheet, from_sheets
from invoicesync_cli.sheets import Grid, to_sheets

Spreadsheet = Annotated[Path, typer.Argument(help="The spreadsheet, .xlsx or .csv.")]
From = Annotated[
    Path | None, typer.Option("--from", help="This mapping, in YAML; else the one in force.")
]
Serial = Annotated[int | None, typer.Option("--serial", help="That version; else the newest.")]
To = Annotated[
    Path | None,
    typer.Option("--to", help="The mapping to write; else the spreadsheet's name with .yaml."),
]


def _write_xlsx(grids: Sequence[Grid]) -> bytes:
    from invoicesync_cli.xlsx_file import write_xlsx  # noqa: PLC0415  (see _read_xlsx)

    return write_xlsx(grids)


def _read_xlsx(content: bytes) -> list[Sheet]:
    # openpyxl takes most of a second to import, for which no other command shall wait.
    from invoicesync_cli.xlsx_file import read_xlsx  # noqa: PLC0415

    return read_xlsx(content)


_WRITERS: Mapping[str, Callable[[Sequence[Grid]], bytes]] = {
    ".csv": write_csv,
    ".xlsx": _write_xlsx,
}
_READERS: Mapping[str, Callable[[bytes], list[Sheet]]] = {".csv": read_csv, ".xlsx": _read_xlsx}


def export(
    desk: Desk,
    *,
    file: Spreadsheet,
    source: From = None,
    serial: Serial = None,
    force: Force = False,
) -> Answer:
    """Write a mapping as a spreadsheet: a sheet for each table, and one for the settings.

    Prefer .xlsx. In a .csv a spreadsheet program may change dates and codes such as 007.

    For example:

        invoicesync mapping export mapping.xlsx

        invoicesync mapping export draft.xlsx --from draft.yaml
    """
    write = _for(file, _WRITERS)
    text = read_mapping_file(source) if source else desk.mappings.text(serial)
    mapping = parse_mapping(text)
    write_new(file, write(to_sheets(mapping)), force=force)
    said = f"{file} holds {_entries(mapping)} entries. Then: invoicesync mapping import {file}"
    return Answer(
        {"file": str(file), "entries": _entries(mapping)},
        lambda console: console.print(said),
    )


def import_(desk: Desk, *, file: Spreadsheet, to: To = None, force: Force = False) -> Answer:
    """Read a spreadsheet that `mapping export` wrote, and write the mapping that it holds.

    Nothing is put in force: `mapping check` and `mapping push` take what was written. Mistakes are
    told all at once, each by its sheet and cell, and then nothing is written.

    For example:

        invoicesync mapping import mapping.xlsx --to mapping.yaml
    """
    read = _for(file, _READERS)
    try:
        mapping = from_sheets(read(read_bytes(file)))
    except DeskError as error:
        named = "" if str(file) in str(error) else f"{file}: "
        raise DeskError(f"{named}{error}") from None
    target = to or file.with_suffix(".yaml")
    text = write_mapping(plain_of(mapping))
    write_new(target, text.encode(), force=force)
    same = _in_force(desk) == mapping

    def show(console: Console) -> None:
        if same:
            console.print(f"{target} says the same as the mapping in force.")
            return
        console.print(
            f"{target} holds {_entries(mapping)} entries. Nothing is in force yet: "
            f"invoicesync mapping check {target}, then mapping push {target}",
        )

    plain = {"file": str(target), "entries": _entries(mapping), "same_as_in_force": same}
    return Answer(plain, show)


def _for[T](file: Path, kinds: Mapping[str, T]) -> T:
    kind = kinds.get(file.suffix.lower())
    if kind is None:
        raise DeskError(f"{file} is no spreadsheet: its name must end with {' or '.join(kinds)}")
    return kind


def _in_force(desk: Desk) -> mappings.Mapping | None:
    if desk.table.get(keys.MAPPING) is None:
        return None
    return desk.mappings.current().mapping


def _entries(mapping: mappings.Mapping) -> int:
    titles = {layout.title for layout in TABLES}
    return sum(len(grid.rows) - 1 for grid in to_sheets(mapping) if grid.title in titles)
