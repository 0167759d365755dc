"""What a report says, before it is put into a form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from invoicesync.domain.bridge import Bridge, Cause
from invoicesync.domain.money import ZERO, dollars

type Cell = str | int | Decimal
"""A text, a count, or an amount of money."""

ROWS_SHOWN = 200
"""Rows of one table on the page; the CSV has them all."""


@dataclass(frozen=True, slots=True)
class Period:
    """The days that a report is about, both included."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """Name it as files and commands do: a month, or its two days."""
        if self.is_month:
            return f"{self.first:%Y-%m}"
        return f"{self.first:%Y-%m-%d}--{self.last:%Y-%m-%d}"

    @property
    def title(self) -> str:
        """Name it as people do."""
        if self.is_month:
            return f"{self.first:%B %Y}"
        return f"{_spoken(self.first)} to {_spoken(self.last)}"

    @property
    def is_month(self) -> bool:
        """Say whether it is one calendar month."""
        return self.first.day == 1 and self.last == month_end(self.first)


def month_end(day: date) -> date:
    """Find the last day of a month."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def _spoken(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; numbers stand at the right."""

    title: str
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One part of the report. ``name`` is its anchor, ``says`` what it means and what to do."""

    name: str
    title: str
    says: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def shown(self) -> tuple[tuple[Cell, ...], ...]:
        """The rows that the page shows."""
        return self.rows[:ROWS_SHOWN]

    @property
    def hidden(self) -> int:
        """How many rows only the CSV has."""
        return len(self.rows) - len(self.shown)


@dataclass(frozen=True, slots=True)
class Day:
    """What both books have for one day."""

    day: date
    servicetrade: Decimal = ZERO
    quickbooks: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class HeldFor:
    """What is held for one reason."""

    reason: str
    count: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Trend:
    """The discrepancy rate of one earlier run, in invoices of a hundred thousand."""

    at: int
    per_100_000: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One reconciliation, to be read by people.

    ``facts`` are single figures by name; what nobody measured is not among them. ``differences``
    counts the invoices that a person or the next sync must see to, ``healed`` those of them that
    were asked for again already.
    """

    company: str
    period: Period
    number: int
    made_at: int
    bridge: Bridge
    differences: int
    healed: int
    facts: Mapping[str, str]
    tables: tuple[Table, ...]
    days: tuple[Day, ...]
    held: tuple[HeldFor, ...]
    trend: tuple[Trend, ...]
    csv_name: str
    csv_sha256: str

    @property
    def is_good(self) -> bool:
        """Say whether nobody has anything to do about it."""
        return self.bridge.closes and not self.differences

    @property
    def verdict(self) -> str:
        """Say it in one sentence."""
        bridge = self.bridge
        if not bridge.closes:
            left = bridge.unexplained if not bridge.unexplained.is_nothing else bridge.unreported
            return f"{dollars(left.amount)} in {counted(left.count)} is explained by nothing."
        if self.differences:
            asked = f", {self.healed:,} of them asked for again already" if self.healed else ""
            return (
                f"Everything is accounted for to the cent; {counted(self.differences)} "
                f"differ{'s' if self.differences == 1 else ''}{asked}."
            )
        return f"Both books agree: {counted(bridge.actual.count)}, {dollars(bridge.actual.amount)}."


def counted(number: int) -> str:
    """Count invoices."""
    return f"{number:,} invoice{'' if number in {1, -1} else 's'}"


@dataclass(frozen=True, slots=True)
class Words:
    """A cause in words: how the bridge calls it, and what there is to do."""

    label: str
    says: str


WORDS: Mapping[Cause, Words] = MappingProxyType(
    {
        Cause.BEFORE_GO_LIVE: Words(
            "before go-live", "Dated before go_live in the mapping: history stays out."
        ),
        Cause.EXCLUDED: Words(
            "left out by rule", "Left out by type or tag, as dispatch in the mapping says."
        ),
        Cause.ZERO: Words("of no amount", "They come to nothing, and nothing is sent."),
        Cause.VOID: Words("void", "Void in ServiceTrade; in QuickBooks void too, or never made."),
        Cause.WAITING: Words(
            "waiting", "The job is still open, or the invoice is in review. They go by themselves."
        ),
        Cause.ON_ITS_WAY: Words("on their way", "Queued or being sent while both books were read."),
        Cause.HELD: Words(
            "held for a person",
            "Something is wrong with each; the fix is named. Once mended they go by themselves.",
        ),
        Cause.RESOLVED: Words("closed by a person", "Closed by command, with a note."),
        Cause.TAX_VARIANCE: Words(
            "tax variance", "QuickBooks worked out another tax than ServiceTrade."
        ),
        Cause.ACCEPTED: Words(
            "accepted differences", "A person said that the two may differ, with a note."
        ),
        Cause.MISSING: Words(
            "missing in QuickBooks", "Should be there. They were asked for again; look tomorrow."
        ),
        Cause.DELETED: Words(
            "deleted in QuickBooks",
            "Somebody deleted it. Make it anew by redrive with --recreate, or close it by resolve.",
        ),
        Cause.VOIDED: Words(
            "voided in QuickBooks",
            "Somebody voided it. Void it in ServiceTrade too, or close it by resolve.",
        ),
        Cause.STALE: Words(
            "older in QuickBooks", "ServiceTrade has a newer revision. They were asked for again."
        ),
        Cause.DIFFERENT: Words(
            "differing",
            "The two differ, and nobody said why. Correct one, or accept it by resolve.",
        ),
        Cause.UNREVERSED: Words(
            "void in ServiceTrade, live in QuickBooks",
            "The void was asked for again. With a payment applied a person must undo that first.",
        ),
        Cause.DUPLICATE: Words(
            "twice in QuickBooks", "More than one live invoice. Void the one that is too many."
        ),
        Cause.AMBIGUOUS: Words(
            "not to be told apart",
            "Several share a number, or have nothing but that in common. A person must look.",
        ),
        Cause.BY_OTHERS: Words(
            "entered by somebody else",
            "In QuickBooks, but not made by InvoiceSync. Link the two by adopt.",
        ),
        Cause.OTHER_PERIOD: Words(
            "in the period in one of the books only",
            "One book dates it in the period and the other does not: books that were closed.",
        ),
        Cause.ONLY_IN_QUICKBOOKS: Words(
            "ours, and not in ServiceTrade",
            "It bears our mark, and ServiceTrade does not show its invoice any more.",
        ),
    }
)
