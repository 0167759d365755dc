"""What an audit found, as lines for people: on the screen, on a page, in a file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicesync.domain.comparison import (
    BooksRecord,
    By,
    Comparison,
    Difference,
    Field,
    Finding,
    Kind,
    SourceRecord,
    Tally,
)
from invoicesync.domain.unbilled import UnbilledJob
from invoicesync.services.audit import Audited
from invoicesync_cli.phrases import dollars

_MONEY = frozenset({Field.AMOUNT, Field.TAX})
_FIELDS = {Field.AMOUNT: "amount before tax", Field.DEPARTMENT: "location"}


@dataclass(frozen=True, slots=True)
class Section:
    """One thing that can be found: what it is called, and what is to be done about it."""

    title: str
    advice: str


SECTIONS = {
    Kind.MISSING: Section(
        "Missing in QuickBooks", "Finished in ServiceTrade, and nobody has booked it: enter it."
    ),
    Kind.DOUBLE: Section(
        "Double in QuickBooks", "One invoice, booked more than once: void all but one."
    ),
    Kind.DIFFERING: Section("Different", "Booked, and not the same: find out which side is right."),
    Kind.STALE: Section(
        "Outdated in QuickBooks", "Changed in ServiceTrade since: the next sync brings it."
    ),
    Kind.AMBIGUOUS: Section(
        "Not to be told apart", "Any of these may belong to any other: a person must look."
    ),
    Kind.VOIDED: Section(
        "Voided in QuickBooks", "Alive in ServiceTrade: void it there, or book it anew."
    ),
    Kind.DELETED: Section(
        "Deleted in QuickBooks", "Alive in ServiceTrade: void it there, or book it anew."
    ),
    Kind.UNREVERSED: Section(
        "Void in ServiceTrade only", "Still alive in QuickBooks: void it there."
    ),
    Kind.UNTRACEABLE: Section(
        "Without an origin", "Made by InvoiceSync, for an invoice that ServiceTrade does not show."
    ),
    Kind.FOREIGN: Section(
        "In QuickBooks only", "Not an error by itself: look whether each is meant to be."
    ),
}
"""In the order in which they are shown; other kinds are counted only."""

UNBILLED = Section(
    "Done and never invoiced", "Completed jobs without a final invoice; the money is the estimate."
)


@dataclass(frozen=True, slots=True)
class Line:
    """One finding. Amounts in cents; None where that side has nothing."""

    what: str
    numbers: str
    customer: str
    dated: str
    servicetrade: int | None
    quickbooks: int | None
    detail: str
    ids: str

    @property
    def difference(self) -> int:
        """By how much QuickBooks holds more."""
        return (self.quickbooks or 0) - (self.servicetrade or 0)


def sections(audited: Audited) -> Iterator[tuple[Section, list[Line]]]:
    """Yield what was found, by section; a section without a line is left out."""
    for kind, section in SECTIONS.items():
        found = audited.comparison.of(kind)
        if kind is Kind.FOREIGN:
            found = tuple(each for each in found if each.live)  # what is void is nobody's business
        if lines := [line_of(each) for each in found]:
            yield section, lines
    if audited.unbilled:
        yield UNBILLED, [_of_job(job) for job in audited.unbilled]


def line_of(finding: Finding) -> Line:
    """Word one finding."""
    records: list[SourceRecord | BooksRecord] = [*finding.sources, *finding.books]
    days = sorted({one.dated for one in records if one.dated is not None})
    numbers = dict.fromkeys(one.number for one in records if one.number)
    names = dict.fromkeys(one.customer.name for one in records if one.customer.name)
    ids = [f"ServiceTrade {one.id}" for one in finding.sources]
    ids += [f"QuickBooks {one.id}" for one in finding.books]
    return Line(
        what=finding.kind.value,
        numbers=", ".join(numbers),
        customer=" / ".join(names),
        dated=_span(days),
        servicetrade=finding.source_cents if finding.sources else None,
        quickbooks=finding.books_cents if finding.books else None,
        detail=_detail(finding),
        ids=", ".join(ids),
    )


def _of_job(job: UnbilledJob) -> Line:
    return Line(
        what="unbilled",
        numbers=f"job {job.number}",
        customer=job.customer,
        dated=job.completed.isoformat(),
        servicetrade=job.estimate,
        quickbooks=None,
        detail=job.name if job.estimate is not None else f"{job.name} (no estimate)",
        ids=f"ServiceTrade job {job.id}",
    )


def tallies(comparison: Comparison) -> list[tuple[str, Tally]]:
    """List how many of each kind there are, and what they come to, those outside left out."""
    found = comparison.tallies()
    return [(kind.value, found[kind]) for kind in Kind if kind is not Kind.OUTSIDE]


def total(lines: Sequence[tuple[str, Tally]]) -> Tally:
    """Add tallies up."""
    rows = [tally for _, tally in lines]
    return Tally(
        sum(row.findings for row in rows),
        sum(row.source_cents for row in rows),
        sum(row.books_cents for row in rows),
    )


def money(cents: int | None) -> str:
    """Write cents as dollars; nothing where there is nothing."""
    return "" if cents is None else dollars(Decimal(cents).scaleb(-2))


def plain_money(cents: int | None) -> Decimal | None:
    """Give cents as an amount, for programs."""
    return None if cents is None else Decimal(cents).scaleb(-2)


def _detail(finding: Finding) -> str:
    parts = [worded(each) for each in finding.differences]
    if finding.kind is Kind.DOUBLE:
        parts.append(f"{len(finding.live)} times")
    if finding.by is By.NUMBER_ALONE:
        parts.append("the same number, and neither customer nor total agrees")
    elif finding.kind is Kind.AMBIGUOUS:
        counts = f"{len(finding.sources)} in ServiceTrade, {len(finding.books)} in QuickBooks"
        parts.append(counts)
    if finding.kind is Kind.MISSING and finding.sources[0].obstacle:
        parts.append(f"would be held: {finding.sources[0].obstacle}")
    if finding.resembles is not None:
        parts.append(f"maybe a second copy of ServiceTrade's {finding.resembles}")
    return "; ".join(parts)


def worded(difference: Difference) -> str:
    """Word one difference: what ServiceTrade says, what QuickBooks holds, by how much."""
    field = difference.field
    name = _FIELDS.get(field, field.value)
    here, there = _value(field, difference.source), _value(field, difference.books)
    by = ""
    if field in _MONEY:
        by = f" ({'+' if difference.by > 0 else ''}{money(difference.by)})"
    elif field is Field.DATE and difference.by:
        days = abs(difference.by)
        when = "later" if difference.by > 0 else "earlier"
        by = f" ({days} day{'' if days == 1 else 's'} {when})"
    return f"{name} {here}, in QuickBooks {there}{by}"


def _value(field: Field, value: int | str | date | None) -> str:
    if field in _MONEY and isinstance(value, int):
        return money(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if value else "none"


def _span(days: Sequence[date]) -> str:
    if not days:
        return ""
    first, last = days[0].isoformat(), days[-1].isoformat()
    return first if first == last else f"{first} to {last}"
