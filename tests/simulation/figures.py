"""What many seeds came to, added up as they come: no report is kept."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.report import Report

BITE = {
    "port calls": "calls",
    "kills": "kills",
    "unknown outcomes": "unknown",
    "invoices": "invoices",
}
"""What a seed must have much of to mean something: the name, and the field of a report."""
THROTTLES = ("throttled", "table_throttled")
"""Mishaps that are throttles: QuickBooks answers 429, or the table refuses for want of capacity."""
TWICE_EVERY = 100
"""Of so many seeds, the first is played twice."""


@dataclass(slots=True)
class Histogram:
    """How often each whole number came: as large as there are different ones."""

    times: Counter[int] = field(default_factory=Counter[int])

    def add(self, value: float) -> None:
        """Count a value, rounded to a whole number."""
        self.times[round(value)] += 1

    @property
    def total(self) -> int:
        """Sum up all values."""
        return sum(value * times for value, times in self.times.items())

    @property
    def most(self) -> int:
        """Return the largest value; 0 where there is none."""
        return max(self.times, default=0)

    @property
    def median(self) -> float:
        """Return the middle value, or the mean of the middle two; 0 where there is none."""
        number = self.times.total()
        if not number:
            return 0
        return (self._at((number - 1) // 2) + self._at(number // 2)) / 2

    def _at(self, position: int) -> int:
        for value in sorted(self.times):
            position -= self.times[value]
            if position < 0:
                return value
        raise IndexError(position)


@dataclass(slots=True)
class Figures:
    """The sums over all seeds so far."""

    seeds: int = 0
    bite: dict[str, Histogram] = field(default_factory=lambda: {name: Histogram() for name in BITE})
    settled: Histogram = field(default_factory=Histogram)
    hours: float = 0.0
    mishaps: Counter[str] = field(default_factory=Counter[str])
    kinds: Counter[str] = field(default_factory=Counter[str])
    late: Counter[str] = field(default_factory=Counter[str])
    late_seeds: int = 0
    twice: int = 0
    broken: list[int] = field(default_factory=list[int])
    """The seeds in which an auditor found something."""

    def add(self, report: Report, *, twice: bool = False) -> None:
        """Count one seed; ``twice`` where it was played a second time to compare."""
        self.seeds += 1
        self.twice += twice
        for name, of in BITE.items():
            self.bite[name].add(getattr(report, of))
        self.settled.add(report.settled_seconds)
        self.hours += report.hours
        self.mishaps.update(report.counts)
        self.kinds.update(violation.kind for violation in report.violations)
        self.late.update({text.split(":")[0] for text in report.late})
        self.late_seeds += bool(report.late)
        if report.violations:
            self.broken.append(report.seed)

    @property
    def throttles(self) -> int:
        """Sum up the throttles that were drawn."""
        return sum(self.mishaps[name] for name in THROTTLES)

    def lines(self, seconds: float) -> Iterator[str]:
        """Say what it came to; the totals last."""
        for name, values in self.bite.items():
            yield f"{name}: median {values.median:,.1f} a seed, most {values.most:,}"
        yield f"settled: median {self.settled.median:,.0f} s, most {self.settled.most:,} s"
        yield f"later than the stated bound: {_told(self.late_seeds, 'seed')}{_listed(self.late)}"
        yield f"mishaps: {self.mishaps.total():,}{_listed(self.mishaps)}"
        differ = self.kinds["trace_differs"]
        yield f"played twice: {_told(self.twice, 'seed')}, {differ:,} with another trace"
        yield f"violations: {self.kinds.total():,}{_listed(self.kinds)}"
        yield self.totals(seconds)

    def totals(self, seconds: float) -> str:
        """Say the sums in one line."""
        sums = (f"{values.total:,} {name}" for name, values in self.bite.items())
        return (
            f"{_told(self.seeds, 'seed')}, {len(self.broken):,} with violations, "
            f"{', '.join(sums)}, {self.throttles:,} throttles, "
            f"{self.hours / 24:,.1f} simulated days in {seconds:,.0f} s, "
            f"{_rate(self.seeds, seconds):.2f} seeds a second"
        )

    def summary(self, seconds: float) -> dict[str, Any]:
        """Return all of it for a machine to read."""
        return {
            "seeds": self.seeds,
            "seeds_with_violations": sorted(self.broken),
            "violations": _ordered(self.kinds),
            "played_twice": self.twice,
            "per_seed": {
                name: {"median": each.median, "most": each.most, "total": each.total}
                for name, each in self.bite.items()
            },
            "throttles": self.throttles,
            "settled_seconds": {"median": self.settled.median, "most": self.settled.most},
            "late_seeds": self.late_seeds,
            "late": _ordered(self.late),
            "mishaps": _ordered(self.mishaps),
            "simulated_hours": round(self.hours, 3),
            "wall_seconds": round(seconds, 3),
            "seeds_per_second": round(_rate(self.seeds, seconds), 3),
        }


def _rate(seeds: int, seconds: float) -> float:
    return seeds / seconds if seconds else 0.0


def _told(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _ordered(counts: Counter[str]) -> dict[str, int]:
    """Most first, and by name where two came as often: the order of arrival tells nothing."""
    return dict(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _listed(counts: Counter[str]) -> str:
    told = ", ".join(f"{name} {number:,}" for name, number in _ordered(counts).items())
    return f" ({told})" if told else ""
