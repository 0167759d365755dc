"""Numbers that nobody bears."""

import pytest

from invoicesync.domain.number_gaps import MOST, Gap, gaps


@pytest.mark.parametrize(
    ("numbers", "found"),
    [
        ([], []),
        (["10482", "10483", "10482"], []),
        (["10486", "10482"], [Gap("10483", "10485", 3)]),
        (["A-7", "A-9", "8"], [Gap("A-8", "A-8", 1)]),
        (["007", "009"], [Gap("008", "008", 1)]),
        (["1", str(MOST + 1)], [Gap("2", str(MOST), MOST - 1)]),
        (["1", str(MOST + 2)], []),
        (["by hand", "", "12 b", "\N{SUPERSCRIPT TWO}"], []),
    ],
)
def test_a_gap_is_between_numbers_of_one_series(numbers: list[str], found: list[Gap]) -> None:
    assert gaps(numbers) == found
