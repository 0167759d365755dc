"""Sheets in an Excel workbook. Every cell is written as text, so that none is ever a formula."""

import io
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, LargeZipFile, ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from invoicesync_cli.errors import DeskError
from invoicesync_cli.sheet_reading import Cell, Sheet
from invoicesync_cli.sheets import Grid

# What zipfile and openpyxl are known to raise for what is none, found by bending good ones.
_UNREADABLE = (
    *(BadZipFile, LargeZipFile, InvalidFileException, ParseError, zlib.error),
    *(KeyError, ValueError, TypeError, EOFError, NotImplementedError, RuntimeError),
)
_LARGEST = 50_000_000
_MOST_ROWS = 100_000
_WIDTH = 36
_AS_TEXT = "@"


def write_xlsx(grids: Sequence[Grid]) -> bytes:
    """Write sheets."""
    book = Workbook()
    for old in book.worksheets:
        book.remove(old)
    for grid in grids:
        sheet = book.create_sheet(grid.title)
        sheet.freeze_panes = "A2"
        for number, row in enumerate(grid.rows, start=1):
            for at, text in enumerate(row, start=1):
                cell: Any = sheet.cell(number, at)
                cell.value = text or None
                # What begins with = would be a formula by itself.
                cell.data_type = "s" if text else "n"
                cell.number_format = _AS_TEXT
                cell.quotePrefix = True
                if number == 1:
                    cell.font = Font(bold=True)
        for at in range(1, len(grid.rows[0]) + 1):
            column = sheet.column_dimensions[get_column_letter(at)]
            column.width = _WIDTH
            # Cells that somebody adds shall stay what was typed, 007 for one.
            column.number_format = _AS_TEXT
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read_xlsx(content: bytes) -> list[Sheet]:
    """Read sheets; numbers, dates and flags that Excel made of texts are read as texts."""
    try:
        with ZipFile(io.BytesIO(content)) as parts:
            size = sum(part.file_size for part in parts.infolist())
        if size > _LARGEST:
            raise DeskError(f"it is larger than {_LARGEST:,} bytes once unpacked")
        book = load_workbook(io.BytesIO(content), read_only=True)
        return [Sheet(sheet.title, sheet.title, list(_rows(sheet))) for sheet in book.worksheets]
    except _UNREADABLE as error:
        raise DeskError(f"it is no Excel workbook (.xlsx), or a damaged one: {error}") from None


def _rows(sheet: Any) -> Iterator[list[Cell]]:  # noqa: ANN401  (openpyxl has three classes for it)
    # What a workbook says of its size may be wrong.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > _MOST_ROWS:
            raise DeskError(f"sheet {sheet.title} has more than {_MOST_ROWS:,} rows")
        yield [_cell(cell, f"{sheet.title}!{_address(at, number)}") for at, cell in enumerate(row)]


def _address(at: int, number: int) -> str:
    return f"{get_column_letter(at + 1)}{number}"


def _cell(cell: Any, where: str) -> Cell:  # noqa: ANN401  (openpyxl has three classes for it)
    if cell.data_type == "f":
        return Cell("", where, "holds a formula; type what it comes to")
    if cell.data_type == "e":
        return Cell("", where, f"holds the error {cell.value}; type the value")
    return Cell(_text(cell.value), where)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value).strip()
