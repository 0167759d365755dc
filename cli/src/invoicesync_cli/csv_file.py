"""Sheets in one CSV file, a section each: `[title]`, the headings, the rows.

A spreadsheet takes a cell that begins with = and the like for a formula, which may send data away
from the machine of whoever opens it. An apostrophe in front keeps it text, and is taken away when
the file is read; every cell is quoted, so that no other separator can begin a cell of its own.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from invoicesync_cli.errors import DeskError
from invoicesync_cli.layout import SETTINGS, SETTINGS_HEADER
from invoicesync_cli.sheet_reading import Cell, Sheet
from invoicesync_cli.sheets import Grid

# Some programs take their wide forms for the same.
_WIDE = (
    "\N{FULLWIDTH EQUALS SIGN}",
    "\N{FULLWIDTH PLUS SIGN}",
    "\N{FULLWIDTH HYPHEN-MINUS}",
    "\N{FULLWIDTH COMMERCIAL AT}",
)
_GUARDED = ("=", "+", "-", "@", "\t", "\r", *_WIDE, "[")
"""A bracket begins a section."""

_HEADINGS = re.compile(rf'^"?{SETTINGS_HEADER[0]}"?([,;\t])"?{SETTINGS_HEADER[1]}"?', re.MULTILINE)
_SECTION = re.compile(r"\[(.+)\]")


def write_csv(grids: Sequence[Grid]) -> bytes:
    """Write sheets, with the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    for grid in grids:
        writer.writerow([f"[{grid.title}]"])
        writer.writerows([guarded(cell) for cell in row] for row in grid.rows)
        writer.writerow([])
    return text.getvalue().encode("utf-8-sig")


def read_csv(content: bytes) -> list[Sheet]:
    """Read sheets; separators may be commas, semicolons or tabs."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DeskError('it is not UTF-8: save it as "CSV UTF-8"') from None
    headings = _HEADINGS.search(text)
    if headings is None:
        raise DeskError(
            f"it has no section [{SETTINGS}] with the headings {', '.join(SETTINGS_HEADER)}; "
            "begin with a file that invoicesync mapping export wrote"
        )
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=headings[1], strict=True)
    return list(_sections(_numbered(lines)))


def guarded(text: str) -> str:
    """Keep a spreadsheet from taking a text for a formula."""
    return f"'{text}" if text.lstrip("'").startswith(_GUARDED) else text


def unguarded(text: str) -> str:
    """Undo `guarded`."""
    is_guarded = text.startswith("'") and text.lstrip("'").startswith(_GUARDED)
    return text[1:] if is_guarded else text


def _numbered(lines: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            yield number, line
    except csv.Error as error:
        raise DeskError(f"row {number + 1} cannot be read: {error}") from None


def _sections(lines: Iterator[tuple[int, list[str]]]) -> Iterator[Sheet]:
    title, where = "", ""
    rows: list[list[Cell]] = []
    for number, line in lines:
        first, *rest = [text.strip() for text in line] or [""]
        section = _SECTION.fullmatch(first)
        if section and not any(rest):
            if title or rows:
                yield Sheet(title, where, rows)
            title, where, rows = section[1], f"A{number} [{section[1]}]", []
        elif title or any([first, *rest]):
            where = where or f"A{number}"
            rows.append([Cell(unguarded(t), f"{_letter(at)}{number}") for at, t in _placed(line)])
    yield Sheet(title, where, rows)


def _placed(line: list[str]) -> Iterator[tuple[int, str]]:
    return ((at, text.strip()) for at, text in enumerate(line))


def _letter(at: int) -> str:
    letters = ""
    while at >= 0:
        letters = chr(ord("A") + at % 26) + letters
        at = at // 26 - 1
    return letters
