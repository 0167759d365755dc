"""What one reconciliation came to, for metrics and for whoever asked."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from invoicesync.domain.bridge import Cause, Sum
from invoicesync.domain.lags import Lags
from invoicesync.domain.money import fixed, total
from invoicesync.services.report.model import Report
from invoicesync.state.pace import Usage


@dataclass(frozen=True, slots=True)
class Outcome:
    """One reconciliation. ``left`` are invoices that could not be asked for again, and ``why``."""

    report: Report
    page_key: str
    csv_key: str
    compared: int
    reads: int = 0
    asked_again: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    why: tuple[str, ...] = ()
    findings: Mapping[str, int] = field(default_factory=dict[str, int])
    usage: Usage | None = None
    lags: Lags = field(default_factory=Lags)

    @property
    def tax_variance(self) -> Decimal:
        """What QuickBooks' taxes come to beyond ServiceTrade's."""
        rows = self.report.bridge.rows
        return total(row.change.amount for row in rows if row.cause is Cause.TAX_VARIANCE)

    @property
    def discrepancy_percent(self) -> float:
        """How many of a hundred invoices differ."""
        return self.report.trend[-1].per_100_000 / 1000

    def plain(self) -> dict[str, Any]:
        """Write it for JSON: no names, and money as text."""
        bridge = self.report.bridge
        return {
            "period": self.report.period.name,
            "number": self.report.number,
            "closes": bridge.closes,
            "is_good": self.report.is_good,
            "verdict": self.report.verdict,
            "compared": self.compared,
            "differences": self.report.differences,
            "findings": dict(self.findings),
            "bridge": {
                "servicetrade": _sum(bridge.source),
                **{row.cause.value: _sum(row.change) for row in bridge.decided},
                "expected": _sum(bridge.expected),
                **{row.cause.value: _sum(row.change) for row in bridge.differences},
                "ours": _sum(bridge.actual),
                "unexplained": _sum(bridge.unexplained),
                "others": _sum(bridge.others),
                "sales": _sum(bridge.sales),
            },
            "lags": asdict(self.lags),
            "asked_again": list(self.asked_again),
            "left": list(self.left),
            "why": list(self.why),
            "page": self.page_key,
            "csv": self.csv_key,
            "csv_sha256": self.report.csv_sha256,
        }


def _sum(sum_: Sum) -> dict[str, Any]:
    return {"count": sum_.count, "amount": fixed(sum_.amount)}
