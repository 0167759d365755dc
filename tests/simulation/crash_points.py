"""Kill the process at every call, and at every pair of calls, of small scripted courses.

A course is played once in peace to count its points: one before and one after each call of a port,
and one in the middle of each request, which then lands later or never. Whether a process dies after
one call or before its next is the same, as it does nothing in between that lasts: where no time
passes, that is one point. Then it is played again for
every point, with a kill there; what died comes back as it would in the cloud, and the auditors and
the judge of the seeded simulation say whether every promise was kept.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.gates import Chances
from tests.simulation.plan import CLASSES, Plan
from tests.simulation.report import Report
from tests.simulation.world import START, World

KNOBS: dict[str, Any] = {
    "invoices": 0,
    "active_hours": 0,
    "tick_seconds": 600,
    "page_size": 20,
    "batch_size": 10,
    "window_seconds": 20,
    "loaders": 2,
    "aws_seconds": 0.01,
    "http_seconds": 0.2,
    "skew_seconds": 0,
    "source_skew_seconds": 0,
    "create_missing": False,
    "batches_per_minute": 40,
    "requests_per_minute": 420,
    "late_visibility_seconds": 0,
    "index_lag_seconds": 0,
}
KILLS = frozenset({"kill", "kill_in_flight"})


class CountedChances(Chances):
    """No chance at all but the kills that were asked for, by the number of their point."""

    def __init__(self, plan: Plan, chance: random.Random, kill_at: frozenset[int]) -> None:
        super().__init__(plan, chance)
        self._kill_at = kill_at
        self._last: tuple[int, float] | None = None
        self.where: Callable[[], tuple[int, float]] = lambda: (0, 0.0)
        """Tells which process runs, and the time."""
        self.points = 0

    def hits(self, name: str) -> bool:
        """Count a point where a process may die, and say whether it does."""
        if name not in KILLS:
            return False
        last, self._last = self._last, None
        if name == "kill":
            self._last = self.where()
            if self._last == last:
                return False
        self.points += 1
        return self.points in self._kill_at


@dataclass(frozen=True, slots=True)
class Course:
    """A few acts, each at its second; ``expected`` are the holds that it brings about."""

    name: str
    script: Callable[["Stage"], object]
    expected: frozenset[str] = frozenset()
    knobs: dict[str, Any] = field(default_factory=dict[str, Any])


class Stage(World):
    """One course, with or without kills."""

    def __init__(self, course: Course, kill_at: frozenset[int] = frozenset()) -> None:
        self.kill_at = kill_at
        self.course = course
        self.last_act = 0.0
        plan = Plan(0, dict.fromkeys(CLASSES, 0.0), {**KNOBS, **course.knobs})
        super().__init__(0, plan=plan)
        scheduler = self.scheduler
        self.counted.where = lambda: (scheduler.process.number, scheduler.now)
        self.judge.expected = course.expected

    def _chances(self, chance: random.Random) -> Chances:
        self.counted = CountedChances(self.plan, chance, self.kill_at)
        return self.counted

    def _unknowns(self, chance: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
        super()._unknowns(chance)  # drawn all the same, and left: every course knows its world
        return {}, {}

    def at(self, seconds: float, act: Callable[[], object]) -> None:
        """Let something happen so many seconds after the beginning."""
        self.last_act = max(self.last_act, seconds)
        self.scheduler.at(START + seconds, act)

    def fail(self, fault: str, route: str, **rule: Any) -> None:
        """Let a request to QuickBooks fail."""
        settings = {name: rule.pop(name) for name in list(rule) if name not in {"times", "skip"}}
        self.books_mishaps.add([{"fault": fault, "route": route, **rule, "with": settings}])

    def run(self) -> Report:
        """Play the course to its end."""
        self.operators.publish()
        self.course.script(self)
        self.calm_at = START + self.last_act + 1
        return self._played()


def points_of(course: Course) -> int:
    """Play a course in peace and count where it may be killed; raise where it is not clean."""
    stage = Stage(course)
    report = stage.run()
    if report.violations:
        raise AssertionError(f"{course.name} is not clean without a kill: {report.violations}")
    return stage.counted.points


def played(course: Course, kill_at: frozenset[int]) -> Report:
    """Play a course with kills."""
    return Stage(course, kill_at).run()


def singles(course: Course) -> Iterator[frozenset[int]]:
    """Yield every point of a course."""
    for point in range(1, points_of(course) + 1):
        yield frozenset({point})


def pairs_from(course: Course, first: int) -> Iterator[frozenset[int]]:
    """Yield every pair of one point: the second may be one that only the first brought about."""
    stage = Stage(course, frozenset({first}))
    stage.run()
    for second in range(first + 1, stage.counted.points + 1):
        yield frozenset({first, second})


def pairs(course: Course) -> Iterator[frozenset[int]]:
    """Yield every pair of a course."""
    for (first,) in singles(course):
        yield from pairs_from(course, first)


@dataclass(slots=True)
class Tally:
    """What a search over points came to."""

    course: str
    runs: int = 0
    kills: int = 0
    broken: list[tuple[tuple[int, ...], str]] = field(
        default_factory=list[tuple[tuple[int, ...], str]]
    )


def search(course: Course, points: Iterator[frozenset[int]] | Sequence[frozenset[int]]) -> Tally:
    """Play a course once for each set of points."""
    tally = Tally(course.name)
    for kill_at in points:
        report = played(course, kill_at)
        tally.runs += 1
        tally.kills += report.kills
        for violation in report.violations:
            told = f"{violation.kind}: {violation.detail}"
            tally.broken.append((tuple(sorted(kill_at)), told))
    return tally
