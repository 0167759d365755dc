"""The mail: the whole bridge as text, good news too.

It carries no link: one that a function signs dies with the session of its role.
"""

from decimal import Decimal

from invoicesync.domain.bridge import EXPECTED, Bridge, Cause, Sum
from invoicesync.domain.money import dollars
from invoicesync.domain.texts import clean
from invoicesync.services.report.model import WORDS, Cell, Report, counted

LABEL = 44
ROWS = 10
WIDTH = 100


def subject_of(report: Report) -> str:
    """Say in the subject what came of it."""
    bridge = report.bridge
    if not bridge.closes:
        return f"InvoiceSync: {report.period.title} does not close"
    if report.differences:
        return f"InvoiceSync: {report.period.title}: {report.differences:,} to look at"
    return (
        f"InvoiceSync: {report.period.title} agrees: {counted(bridge.actual.count)}, "
        f"{dollars(bridge.actual.amount)}"
    )


def text_of(report: Report, *, kept_at: str) -> str:
    """Write the mail; ``kept_at`` says where page and listing lie."""
    lines = [report.verdict, "", *_bridge(report.bridge), ""]
    for table in report.tables:
        if table.name not in _MAILED or not table.rows:
            continue
        lines += [f"{clean(table.title)} ({len(table.rows):,})", clean(table.says)]
        lines += [_row(row) for row in table.rows[:ROWS]]
        if len(table.rows) > ROWS:
            lines.append(f"  (+{len(table.rows) - ROWS:,} more)")
        lines.append("")
    lines += [clean(f"{name}: {value}") for name, value in report.facts.items()]
    lines += ["", f"Page and listing: {kept_at}", f"SHA-256 of the listing: {report.csv_sha256}"]
    return "\n".join(lines)


_MAILED = frozenset(Cause) - EXPECTED | {Cause.HELD, "late"}
"""Tables that the mail shows the beginning of: what somebody has to look at."""


def _bridge(bridge: Bridge) -> list[str]:
    lines = [_line("ServiceTrade invoices dated in the period", bridge.source)]
    lines += [_line(f"  {WORDS[row.cause].label}", row.change) for row in bridge.decided]
    lines.append(_line("= expected in QuickBooks", bridge.expected))
    lines += [_line(f"  {WORDS[row.cause].label}", row.change) for row in bridge.differences]
    lines.append(_line("in QuickBooks, ours", bridge.actual))
    lines.append(_line("unexplained", bridge.unexplained))
    lines.append(_line("+ QuickBooks invoices not made by us", bridge.others))
    lines.append(_line("= sales in QuickBooks", bridge.sales))
    if bridge.reported is not None:
        lines.append(_line("sales in QuickBooks' own report", bridge.reported))
    return lines


def _line(label: str, sum_: Sum) -> str:
    return f"{label:<{LABEL}} {sum_.count:>8,} {dollars(sum_.amount):>18}"


def _row(row: tuple[Cell, ...]) -> str:
    cells = [dollars(each) if isinstance(each, Decimal) else str(each) for each in row if each]
    text = "  " + "  ".join(clean(cell) for cell in cells)
    return text if len(text) <= WIDTH else f"{text[: WIDTH - 2]} …"
