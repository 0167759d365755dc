"""Read a mapping back from its sheets; what is wrong is said by cell. Pure: no file is touched."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from invoicesync.domain import mapping as mappings
from invoicesync.domain.mapping import MistakenMappingError, read_mapping
from invoicesync.domain.mapping_values import key
from invoicesync_cli.errors import DeskError
from invoicesync_cli.layout import (
    HEADERS,
    NO_WORDS,
    SETTING_KINDS,
    SETTINGS,
    TABLES,
    Column,
    Kind,
    Layout,
    Place,
)

_LONGEST = 500
_MOST_TOLD = 50
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that was read: its text, where it is, and what makes it unreadable, if anything."""

    text: str
    where: str
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that was read, its empty rows too."""

    title: str
    where: str
    rows: Sequence[Sequence[Cell]]


class MistakenCellsError(DeskError):
    """Cells of a spreadsheet are wrong: all of them, each by its address."""

    def __init__(self, mistakes: Sequence[str]) -> None:
        self.mistakes = tuple(mistakes)
        told = [f"  {each}" for each in mistakes[:_MOST_TOLD]]
        if more := len(mistakes) - len(told):
            told.append(f"  and {more} more")
        super().__init__("nothing was written, there is something to mend:\n" + "\n".join(told))


def from_sheets(sheets: Sequence[Sheet]) -> mappings.Mapping:
    """Read a mapping from its sheets, or raise `MistakenCellsError`."""
    return _Reading().mapping(sheets)


@dataclass(slots=True)
class _Reading:
    """What was read so far: values, what is wrong with cells, and where each value came from."""

    plain: dict[str, Any] = field(default_factory=dict[str, Any])
    wrong: list[str] = field(default_factory=list[str])
    origin: dict[Place, str] = field(default_factory=dict[Place, str])

    def mapping(self, sheets: Sequence[Sheet]) -> mappings.Mapping:
        """Read all sheets; what the mapping itself finds wrong is said by cell too."""
        found = self._known(sheets)
        if SETTINGS in found:
            self.origin[()] = found[SETTINGS].where
            self._settings(found[SETTINGS])
        for layout in TABLES:
            if layout.title in found:
                self.origin[layout.place] = found[layout.title].where
                self._table(layout, found[layout.title])
        if self.wrong:
            raise MistakenCellsError(self.wrong)
        try:
            return read_mapping(self.plain)
        except MistakenMappingError as error:
            told = [f"{self._where(each.place)}: {each}" for each in error.mistakes]
            raise MistakenCellsError(told) from None

    def _where(self, place: Place) -> str:
        """Find the cell that a value came from, or else the sheet that it belongs to."""
        while place not in self.origin:
            place = place[:-1]
        return self.origin[place]

    def _known(self, sheets: Sequence[Sheet]) -> dict[str, Sheet]:
        found: dict[str, Sheet] = {}
        for sheet in sheets:
            if sheet.title not in HEADERS:
                near = get_close_matches(sheet.title, HEADERS, n=1)
                meant = f"; did you mean {near[0]}?" if near else ", so nothing is read from it"
                self.wrong.append(f"{sheet.where}: no part of a mapping is called that{meant}")
            elif sheet.title in found:
                self.wrong.append(f"{sheet.where}: stands there twice; join the two")
            else:
                found[sheet.title] = sheet
        # A table that is lost must not be taken for one that was emptied.
        self.wrong += [
            f"{title}: is missing; export again" for title in HEADERS if title not in found
        ]
        return found

    def _rows(self, sheet: Sheet) -> Iterator[list[Cell]]:
        """Yield the filled rows beneath the headings, each as wide as they are."""
        header = HEADERS[sheet.title]
        width = len(header)
        filled = [row for row in sheet.rows if any(cell.text or cell.fault for cell in row)]
        if not filled or [cell.text for cell in filled[0]][:width] != list(header):
            said = ", ".join(header)
            self.wrong.append(f"{sheet.where}: the first row must hold the headings {said}")
            return
        for row in filled[1:]:
            is_good = True
            for at, cell in enumerate(row):
                if fault := _fault(cell, is_beside=at >= width):
                    self.wrong.append(f"{cell.where}: {fault}")
                    is_good = False
            if is_good:
                missing = range(len(row), width)
                yield [*row[:width], *(Cell("", _beside(row[0].where, at)) for at in missing)]

    def _settings(self, sheet: Sheet) -> None:
        seen: dict[str, str] = {}
        for setting, value in self._rows(sheet):
            kind = SETTING_KINDS.get(setting.text)
            if kind is None:
                near = get_close_matches(setting.text, SETTING_KINDS, n=1)
                meant = f"; did you mean {near[0]}?" if near else ""
                self.wrong.append(f"{setting.where}: {setting.text!r} is no setting{meant}")
                continue
            place = tuple(setting.text.split("."))
            twin = seen.setdefault(setting.text, setting.where)
            if kind in {Kind.LIST, Kind.WORDS}:
                self._add(place, value, is_empty=kind is Kind.WORDS and value.text == NO_WORDS)
            elif twin != setting.where:
                self.wrong.append(f"{setting.where}: {setting.text} stands in {twin} too")
            elif value.text:
                self._set(place, value, kind)

    def _add(self, place: tuple[str, ...], cell: Cell, *, is_empty: bool) -> None:
        if not cell.text:
            return
        values = self._inner(place[:-1]).setdefault(place[-1], [])
        self.origin.setdefault(place, cell.where)
        if not is_empty:
            self.origin[*place, len(values)] = cell.where
            values.append(cell.text)

    def _table(self, layout: Layout, sheet: Sheet) -> None:
        if not layout.name:
            rules = [self._entry(layout, at, row) for at, row in enumerate(self._rows(sheet))]
            self._inner(layout.place[:-1])[layout.place[-1]] = rules
            return
        seen: dict[str, str] = {}
        table = self._inner(layout.place)
        for name, *cells in self._rows(sheet):
            if not name.text:
                self.wrong.append(f"{name.where}: is empty: write the name in {layout.name} here")
                continue
            twin = seen.setdefault(key(name.text), name.where)
            if twin != name.where:
                self.wrong.append(f"{name.where}: {name.text!r} stands in {twin} too; keep one")
            elif not layout.is_plain:
                table[name.text] = self._entry(layout, name.text, cells)
            elif cells[0].text:
                table[name.text] = cells[0].text
                self.origin[*layout.place, name.text] = cells[0].where
            else:
                self.wrong.append(
                    f"{cells[0].where}: is empty: write {layout.columns[0].wanted(name.text)}, or "
                    "delete the row"
                )

    def _entry(self, layout: Layout, name: str | int, cells: Sequence[Cell]) -> dict[str, Any]:
        entry: dict[str, Any] = {}
        here: Place = (*layout.place, name)
        self.origin[here] = cells[0].where
        for column, cell in zip(layout.columns, cells, strict=True):
            self.origin[*here, *column.place] = cell.where
            if cell.text:
                self._put(entry, column, cell)
        band = entry.get("rate_percent")
        if isinstance(band, dict):
            if len(band) == 1:
                where = self.origin[*here, "rate_percent", 1 - next(iter(band))]
                self.wrong.append(f"{where}: is empty: a band has a lowest and a highest rate")
            entry["rate_percent"] = [band[at] for at in sorted(band)]
        return entry

    def _put(self, entry: dict[str, Any], column: Column, cell: Cell) -> None:
        inner: dict[Any, Any] = entry
        for step in column.place[:-1]:
            inner = inner.setdefault(step, {})
        inner[column.place[-1]] = self._value(cell, column.kind)

    def _set(self, place: tuple[str, ...], cell: Cell, kind: Kind) -> None:
        self._inner(place[:-1])[place[-1]] = self._value(cell, kind)
        self.origin[place] = cell.where

    def _value(self, cell: Cell, kind: Kind) -> str | bool:
        if kind is not Kind.FLAG:
            return cell.text
        if cell.text.lower() not in _FLAGS:
            self.wrong.append(f"{cell.where}: must be true or false")
        return _FLAGS.get(cell.text.lower(), False)

    def _inner(self, place: Sequence[str]) -> dict[str, Any]:
        inner = self.plain
        for step in place:
            inner = inner.setdefault(step, {})
        return inner


def _beside(first: str, at: int) -> str:
    """Return the address of a cell in the row whose first cell is in column A."""
    before, _, number = first.rpartition("A")
    return f"{before}{chr(ord('A') + at)}{number}"


def _fault(cell: Cell, *, is_beside: bool) -> str:
    if cell.fault:
        return cell.fault
    if is_beside and cell.text:
        return "stands beside the table, where nothing is read; delete it"
    if len(cell.text) > _LONGEST:
        return f"is longer than {_LONGEST} characters"
    hidden = next((each for each in cell.text if not each.isprintable()), "")
    if hidden:
        return f"holds a character that cannot be seen (U+{ord(hidden):04X}); type the text again"
    return ""
