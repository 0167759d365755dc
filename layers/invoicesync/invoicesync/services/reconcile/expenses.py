"""What the work took of both systems, against what they admit, and what that costs."""

from datetime import date

from invoicesync.ports import Spent
from invoicesync.ports.source import MILLISECONDS_A_MINUTE
from invoicesync.services.report.model import Cell, Column, Table
from invoicesync.state.pace import READS_A_MONTH, Usage


def expenses(month: date, usage: Usage | None, *, reads: int, spent: Spent) -> Table:
    """List the calls that were counted; what nobody counted is not among them.

    Intuit said on August 11, 2025 that writes are free, and reads up to a number, beyond which its
    lowest tier gets none. Of AWS no price is known here.
    """
    rows: list[tuple[Cell, ...]] = []
    if usage is not None:
        of_month = f"in {month:%B %Y}"
        rows += [
            (f"QuickBooks: calls {of_month}", usage.requests, "500 a minute", "writes are free"),
            (
                f"QuickBooks: reads {of_month}, the metered ones",
                usage.reads,
                f"{READS_A_MONTH:,} a month",
                "nothing; beyond, Intuit's lowest tier gets no answer",
            ),
        ]
    rows.append(("QuickBooks: calls for this report", reads, "", "counted above"))
    if spent.calls:
        seconds = f"{spent.milliseconds / 1000:,.1f} s"
        least = spent.least_left_ms
        left = "" if least is None else f"; {least:,} ms were the least that was left"
        admitted = f"{MILLISECONDS_A_MINUTE:,} ms a minute{left}"
        rows += [
            ("ServiceTrade: extractor's calls, 24 hours", spent.calls, "", "none is named"),
            ("ServiceTrade: its time for them", seconds, admitted, "none is named"),
        ]
    rows.append(("AWS", "not counted", "", "as AWS's bill says"))
    return Table(
        "expenses",
        "Calls, and what they cost",
        "Counted here. What QuickBooks costs is as Intuit said on August 11, 2025.",
        (
            Column("What"),
            Column("Counted", is_number=True),
            Column("Admitted"),
            Column("Cost"),
        ),
        tuple(rows),
    )
