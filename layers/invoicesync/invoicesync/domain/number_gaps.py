"""Numbers that no invoice bears though those around them are borne."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

_NUMBER = re.compile(r"(\D*)([0-9]{1,15})")
MOST = 100
"""Numbers that are farther apart belong to different series."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The numbers from ``first`` to ``last``, both missing."""

    first: str
    last: str
    count: int


def gaps(numbers: Iterable[str]) -> list[Gap]:
    """Find the gaps in every series; numbers of one series begin with the same letters."""
    series: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for number in numbers:
        if read := _NUMBER.fullmatch(number.strip()):
            series[read[1]][int(read[2])] = read[2]
    found: list[Gap] = []
    for prefix, borne in sorted(series.items()):
        ordered = sorted(borne)
        for before, after in pairwise(ordered):
            if 1 < after - before <= MOST:
                width = len(borne[before])
                first, last = (f"{prefix}{n:0{width}d}" for n in (before + 1, after - 1))
                found.append(Gap(first, last, after - before - 1))
    return found
