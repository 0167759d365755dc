"""The single figures of a report; what nobody measured is not among them."""

from collections.abc import Sequence
from decimal import Decimal

from invoicesync.domain.bridge import Cause
from invoicesync.domain.bridging import money
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.lags import Lags
from invoicesync.domain.money import dollars, total
from invoicesync.services.reconcile.material import Material
from invoicesync.services.report.charts import percent
from invoicesync.state.actions import Action
from invoicesync.state.pace import READS_A_MONTH, Usage

MINUTE, HOUR, DAY = 60, 3600, 86_400


def figures(
    material: Material,
    actions: Sequence[Action],
    *,
    mapping_serial: int,
    reads: int,
    differing: int,
    lags: Lags,
    usage: Usage | None,
) -> dict[str, str]:
    """Name what was measured; ``differing`` is the rate in invoices of a hundred thousand."""
    found = {
        "Discrepancy rate": percent(differing),
        "Tax variance": dollars(_tax_variance(material)),
        "Mapping": f"version {mapping_serial}",
        "Reads of QuickBooks for this report": f"{reads:,}",
    }
    if jobs := material.audited.unbilled:
        estimates = [job.estimate for job in jobs if job.estimate is not None]
        worth = f"{dollars(money(sum(estimates)))} in {len(estimates):,} estimates"
        found["Work never invoiced"] = (
            f"{len(jobs):,} jobs; {worth if estimates else 'no estimate'}"
        )
    if loaded := _loaded(material):
        touched = {id_ for action in actions for id_ in action.invoices}
        alone = len([id_ for id_ in loaded if id_ not in touched])
        share = alone * 100_000 // len(loaded)
        found["Went without a person's command"] = percent(share)
    if lags.measured:
        times = f"{_span(lags.p50)} / {_span(lags.p95)}"
        found["From closed job or last change to QuickBooks, p50 / p95"] = (
            f"{times}, of {lags.measured:,} measured"
        )
    if usage is not None:
        found["Metered reads of QuickBooks in the month"] = (
            f"{usage.reads:,} of {READS_A_MONTH:,} that cost nothing"
        )
    return found


def rate(differences: int, compared: int) -> int:
    """Work out how many invoices of a hundred thousand differ."""
    return differences * 100_000 // max(1, compared)


def _tax_variance(material: Material) -> Decimal:
    rows = material.bridge.rows
    return total(row.change.amount for row in rows if row.cause is Cause.TAX_VARIANCE)


def _loaded(material: Material) -> list[ServiceTradeId]:
    window = material.comparison.window
    return [
        one.mark[0]
        for one in material.books
        if one.mark is not None and not one.is_void and window.holds(one.dated)
    ]


def _span(seconds: int) -> str:
    if seconds < MINUTE:
        return f"{seconds} s"
    if seconds < HOUR:
        return f"{seconds // MINUTE} min"
    if seconds < 2 * DAY:
        return f"{seconds // HOUR} h {seconds % HOUR // MINUTE} min"
    return f"{seconds // DAY} days"
