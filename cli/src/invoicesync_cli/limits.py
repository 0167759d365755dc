"""What a stack takes of both systems against what these admit, and how long invoices take."""

from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from invoicesync.ports.source import MILLISECONDS_A_MINUTE
from invoicesync.state.pace import READS_A_MONTH
from invoicesync_cli.phrases import age, when
from invoicesync_cli.survey import Survey


def rows(seen: Survey) -> Iterator[tuple[str, str, str]]:
    """Write the rows of `status` about calls."""
    used, spent = seen.usage, seen.spent
    own = (
        "of ours" if used.share == 1 else "of ours: Intuit asked for less, it comes back by itself"
    )
    yield "QuickBooks, pace", f"{used.share:.0%}", own
    yield (
        "QuickBooks, this month",
        f"{used.requests:,}",
        f"requests, {used.reads:,} of them reads; Intuit gives {READS_A_MONTH:,} reads a month",
    )
    gives = f"it gives {MILLISECONDS_A_MINUTE:,} ms a minute"
    left = spent.least_left_ms
    least = "" if left is None else f", {left:,} of them the least left"
    yield (
        "ServiceTrade, last 24 hours",
        f"{spent.calls:,}",
        f"calls, {spent.milliseconds / 1000:,.1f} s of its time; {gives}{least}",
    )


def arrived(seen: Survey) -> tuple[str, str]:
    """Tell how long invoices take, from the job's closing or the last change to QuickBooks."""
    if seen.arrived is None:
        return "unknown", "measured by each reconciliation: there was none yet"
    lags = seen.arrived.lags
    of = f"of {lags.measured:,} of {seen.arrived.period}, measured {when(seen.arrived.at)}"
    return f"{age(lags.p50)} / {age(lags.p95)}", of


def plain(seen: Survey) -> dict[str, Any]:
    """Return the same for programs."""
    last = seen.arrived
    measured = last and {"period": last.period, "at": last.at, **asdict(last.lags)}
    return {
        "quickbooks": {
            "rate_share": Decimal(f"{seen.usage.share:.3f}"),
            "requests_this_month": seen.usage.requests,
            "reads_this_month": seen.usage.reads,
            "reads_admitted": READS_A_MONTH,
        },
        "servicetrade": {
            "calls_last_day": seen.spent.calls,
            "milliseconds_last_day": seen.spent.milliseconds,
            "least_left_ms": seen.spent.least_left_ms,
            "milliseconds_a_minute": MILLISECONDS_A_MINUTE,
        },
        "arrived": measured,
    }
