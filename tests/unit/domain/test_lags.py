"""Percentiles of how long invoices took."""

import pytest

from invoicesync.domain.lags import Lags, lags_of


@pytest.mark.parametrize(
    ("seconds", "lags"),
    [
        ([], Lags()),
        ([7], Lags(1, 7, 7)),
        ([9, 3], Lags(2, 3, 9)),
        (range(1, 21), Lags(20, 10, 19)),
        (range(100, 0, -1), Lags(100, 50, 95)),
    ],
)
def test_half_took_no_longer_than_p50_and_nineteen_of_twenty_than_p95(
    seconds: list[int], lags: Lags
) -> None:
    assert lags_of(seconds) == lags
