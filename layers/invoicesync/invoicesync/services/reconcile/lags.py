"""Measure, by the ledger, how long the invoices of a period took."""

from invoicesync.domain.comparison import Comparison, Kind
from invoicesync.domain.lags import Lags, lags_of
from invoicesync.state.ledger import Ledger

MOST_MEASURED = 1000
"""Of more, every second, third or so is: a thousand tell as much as a hundred thousand."""


def measured(ledger: Ledger, comparison: Comparison, *, since: int) -> Lags:
    """Measure what agrees, is ours, and was ready after ``since``: there was no mapping before.

    The two moments come from two clocks. What was held counts with the time that it was held; what
    an older release loaded has no times and is left out.
    """
    ids = sorted(
        finding.sources[0].id
        for finding in comparison.of(Kind.MATCHED)
        if finding.live[0].is_ours and comparison.window.holds(finding.live[0].dated)
    )
    chosen = ids[:: -(-len(ids) // MOST_MEASURED) or 1]
    return lags_of(
        max(0, entry.stood_at - entry.ready_at)
        for entry in ledger.get_many(chosen).values()
        if entry.ready_at > since
    )
