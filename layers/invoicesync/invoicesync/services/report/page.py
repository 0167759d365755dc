"""The page: one file of HTML that needs nothing else, for the screen and for paper."""

from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from invoicesync.domain.bridge import Bridge, Sum
from invoicesync.domain.money import dollars
from invoicesync.services.report import charts
from invoicesync.services.report.model import WORDS, Cell, Report

type Line = tuple[str, Sum, str, str]
"""A line of the bridge: its label, its sum, its kind, and the anchor of its list."""


def write_page(report: Report) -> str:
    """Render the page; everything that comes from the two systems is escaped."""
    return _template().render(
        report=report,
        lines=_lines(report.bridge, {table.name for table in report.tables if table.rows}),
        made_at=f"{datetime.fromtimestamp(report.made_at, UTC):%Y-%m-%d %H:%M} UTC",
        days=charts.money_by_day(report.days),
        held=charts.held_by_reason(report.held),
        trend=charts.discrepancy_trend(report.trend),
        width=charts.WIDTH,
        left=charts.LEFT,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("invoicesync.services.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"money": dollars, "cell": _cell, "signed": _signed}
    return environment.get_template("page.html.j2")


def _lines(bridge: Bridge, listed: set[str]) -> list[Line]:
    lines: list[Line] = [
        ("ServiceTrade invoices dated in the period", bridge.source, "end", ""),
    ]

    def step(rows: Bridge, kind: str) -> None:
        for row in rows.decided if kind == "step" else rows.differences:
            anchor = row.cause.value if row.cause.value in listed else ""
            lines.append((WORDS[row.cause].label, row.change, kind, anchor))

    step(bridge, "step")
    lines.append(("expected in QuickBooks", bridge.expected, "end", ""))
    step(bridge, "difference")
    others = "not_ours" if "not_ours" in listed else ""
    lines += [
        ("in QuickBooks, ours", bridge.actual, "end", ""),
        ("unexplained", bridge.unexplained, "left over", ""),
        ("QuickBooks invoices not made by us", bridge.others, "step", others),
        ("sales in QuickBooks", bridge.sales, "end", ""),
    ]
    if bridge.reported is not None:
        lines.append(("sales in QuickBooks' own report", bridge.reported, "end", ""))
        lines.append(("in that report alone", bridge.unreported, "left over", ""))
    return lines


def _cell(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return dollars(cell)
    return f"{cell:,}" if isinstance(cell, int) else cell


def _signed(sum_: Sum) -> str:
    return f"{'+' if sum_.amount > 0 else ''}{dollars(sum_.amount)}"
