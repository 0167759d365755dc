"""Files of the person at the desk: read with a clear word where that fails, never overwritten."""

from pathlib import Path
from typing import Annotated

import typer

from invoicesync.domain.mapping import parse_mapping
from invoicesync.errors import MisconfiguredError
from invoicesync_cli.errors import DeskError

Force = Annotated[bool, typer.Option("--force", help="Overwrite the file if it is there.")]


def read_mapping_file(file: Path) -> str:
    """Read a file that must hold a mapping."""
    try:
        text = read_bytes(file).decode()
    except UnicodeDecodeError as error:
        raise DeskError(f"{file} cannot be read: {error}") from None
    try:
        parse_mapping(text)
    except MisconfiguredError as error:
        raise DeskError(f"{file}: {error}") from None
    return text


def read_bytes(file: Path) -> bytes:
    """Read a file."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise DeskError(f"there is no file {file}") from None
    except OSError as error:
        raise DeskError(f"{file} cannot be read: {error}") from None


def write_new(file: Path, content: bytes, *, force: bool) -> None:
    """Write a file that is not there yet, or, by ``force``, over the one that is."""
    try:
        with file.open("wb" if force else "xb") as opened:
            opened.write(content)
    except FileExistsError:
        raise DeskError(f"{file} is there already: name another file, or add --force") from None
    except OSError as error:
        raise DeskError(f"{file} cannot be written: {error}") from None
