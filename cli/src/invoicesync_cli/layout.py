"""Which sheets a mapping is laid out in, and what each column of them is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

type Step = str | int
type Place = tuple[Step, ...]


class Kind(Enum):
    """What a cell holds."""

    TEXT = auto()
    FLAG = auto()
    """``true`` or ``false``."""
    LIST = auto()
    """One of several: the row of its setting may stand there again."""
    WORDS = auto()
    """As `LIST`, of words that are given; none at all is written `NO_WORDS`."""


NO_WORDS = "(none)"
SETTINGS = "settings"
SETTINGS_HEADER = ("setting", "value")


@dataclass(frozen=True, slots=True)
class Column:
    """A column after the name: its heading, and where within the entry its values belong."""

    heading: str
    place: Place = ()
    kind: Kind = Kind.TEXT

    def wanted(self, name: str) -> str:
        """Say what is to be written for a name."""
        if self.heading in {"QuickBooks", "ServiceTrade"}:
            return f"what {name!r} is in {self.heading}"
        return f"the {self.heading} of {name!r}"


@dataclass(frozen=True, slots=True)
class Layout:
    """One sheet: a table of the mapping. Without ``name`` its rows are a list, in their order."""

    place: tuple[str, ...]
    name: str
    columns: tuple[Column, ...]

    @property
    def title(self) -> str:
        """Return the name of the sheet."""
        return ".".join(self.place)

    @property
    def header(self) -> tuple[str, ...]:
        """Return its first row."""
        headings = tuple(column.heading for column in self.columns)
        return (self.name, *headings) if self.name else headings

    @property
    def is_plain(self) -> bool:
        """Say whether an entry is one value, and not several."""
        return self.columns[0].place == ()


def _columns(*names: str, under: Place = ()) -> tuple[Column, ...]:
    return tuple(Column(name, (*under, name)) for name in names)


_ADDRESS = ("street", "city", "state", "postal_code")
_IN_QUICKBOOKS = (Column("QuickBooks"),)

TABLES: tuple[Layout, ...] = (
    Layout(("customers", "names"), "ServiceTrade", _IN_QUICKBOOKS),
    Layout(("customers", "levels"), "ServiceTrade", (Column("level"),)),
    Layout(
        ("customers", "bill_to"),
        "ServiceTrade",
        (*_columns("email"), *_columns(*_ADDRESS, under=("address",))),
    ),
    Layout(("items", "by_code"), "ServiceTrade", _IN_QUICKBOOKS),
    Layout(("items", "by_name"), "ServiceTrade", _IN_QUICKBOOKS),
    Layout(("items", "by_type"), "ServiceTrade", _IN_QUICKBOOKS),
    Layout(("items", "by_service_line"), "ServiceTrade", _IN_QUICKBOOKS),
    Layout(("departments", "by_office"), "ServiceTrade", _IN_QUICKBOOKS),
    Layout(("classes", "by_service_line"), "ServiceTrade", _IN_QUICKBOOKS),
    Layout(("terms",), "ServiceTrade", _IN_QUICKBOOKS),
    Layout(("timezones", "by_office"), "ServiceTrade", (Column("time zone"),)),
    Layout(("ship_from", "by_office"), "ServiceTrade", _columns(*_ADDRESS)),
    Layout(("custom_fields",), "QuickBooks", (Column("ServiceTrade"),)),
    Layout(
        ("tax", "rules"),
        "",
        (
            *_columns("code", "state", "tax_group"),
            Column("taxable", ("taxable",), Kind.FLAG),
            Column("negative", ("negative",), Kind.FLAG),
            Column("lowest rate", ("rate_percent", 0)),
            Column("highest rate", ("rate_percent", 1)),
        ),
    ),
)

SETTING_KINDS: Mapping[str, Kind] = {
    "go_live": Kind.TEXT,
    "mode": Kind.TEXT,
    "review_over": Kind.TEXT,
    "timezone": Kind.TEXT,
    "dispatch.statuses": Kind.WORDS,
    "dispatch.job_statuses": Kind.WORDS,
    "dispatch.exclude_tags": Kind.LIST,
    "dispatch.include_tags": Kind.LIST,
    "dispatch.allow_partials": Kind.FLAG,
    "dispatch.allow_jobless": Kind.FLAG,
    "document_number.prefix": Kind.TEXT,
    "customers.level": Kind.TEXT,
    "customers.create_missing": Kind.FLAG,
    "items.default": Kind.TEXT,
    "departments.required": Kind.FLAG,
    "classes.default": Kind.TEXT,
    "po_required_for": Kind.LIST,
    "ship_from.default.street": Kind.TEXT,
    "ship_from.default.city": Kind.TEXT,
    "ship_from.default.state": Kind.TEXT,
    "ship_from.default.postal_code": Kind.TEXT,
    "closed_period": Kind.TEXT,
    "online_payment": Kind.FLAG,
    "tax.authority": Kind.TEXT,
    "tax.tolerance": Kind.TEXT,
}

HEADERS: Mapping[str, tuple[str, ...]] = {
    SETTINGS: SETTINGS_HEADER,
    **{layout.title: layout.header for layout in TABLES},
}
