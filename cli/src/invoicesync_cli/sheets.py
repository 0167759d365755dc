"""Lay a mapping out in sheets. Pure: no file is touched."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from invoicesync.domain import mapping as mappings
from invoicesync_cli.layout import (
    NO_WORDS,
    SETTING_KINDS,
    SETTINGS,
    SETTINGS_HEADER,
    TABLES,
    Kind,
    Layout,
    Place,
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet to be written; its first row holds the headings."""

    title: str
    rows: Sequence[Sequence[str]]


def to_sheets(mapping: mappings.Mapping) -> list[Grid]:
    """Lay a mapping out, with every setting and every table, be it empty."""
    plain = mapping.model_dump(mode="json")
    settings = [SETTINGS_HEADER, *_setting_rows(plain)]
    return [Grid(SETTINGS, settings), *(_table(layout, plain) for layout in TABLES)]


def _setting_rows(plain: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for setting, kind in SETTING_KINDS.items():
        value = _at(plain, tuple(setting.split(".")))
        if kind is Kind.WORDS:
            yield from ((setting, each) for each in sorted(value) or [NO_WORDS])
        elif kind is Kind.LIST:
            yield from ((setting, each) for each in value or [""])
        else:
            yield setting, _text(value)


def _table(layout: Layout, plain: Mapping[str, Any]) -> Grid:
    table = _at(plain, layout.place)
    entries = table.items() if layout.name else (("", each) for each in table)
    rows = [
        (*([name] if layout.name else []), *(_text(_at(each, c.place)) for c in layout.columns))
        for name, each in entries
    ]
    return Grid(layout.title, [layout.header, *rows])


def _at(value: Any, place: Place) -> Any:  # noqa: ANN401  (whatever JSON holds)
    for step in place:
        if value is None:
            return None
        value = value[step]
    return value


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
