"""Alarms, held against series as the functions emit them, by CloudWatch's own arithmetic.

A sample falls into a period, the statistic makes one datapoint of a period's samples, and the alarm
rings once enough of the last periods breach; a period without a sample counts as the alarm says.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from operator import gt, lt
from typing import Any

import pytest

from tests.template.conftest import Stack
from tests.template.test_alarms import alarms

HOUR, DAY = 3600, 86_400
TICK = 15 * 60
"""The schedule's default."""
STATISTICS: dict[str, Callable[[Iterable[float]], float]] = {
    "Sum": sum,
    "Maximum": max,
    "Minimum": min,
}
COMPARISONS = {"LessThanThreshold": lt, "GreaterThanThreshold": gt}

type Samples = list[tuple[int, float]]
"""Seconds, and what was emitted then."""


def every(seconds: int, value: float, *, until: int, since: int = 0) -> Samples:
    """Emit a value again and again."""
    return [(at, value) for at in range(since, until, seconds)]


def growing(seconds: int, *, since: int, until: int) -> Samples:
    """Emit how old something is at each tick, from when it began on."""
    return [(at, float(at - since)) for at in range(since, until, seconds)]


@dataclass(frozen=True)
class Alarm:
    """What CloudWatch goes by."""

    period: int
    statistic: str
    periods: int
    enough: int
    comparison: str
    threshold: float
    is_missing_breaching: bool

    def rings_at(self, samples: Samples, until: int) -> int | None:
        """Return the end of the first period after which it rings; None: it keeps quiet."""
        points: dict[int, list[float]] = {}
        for at, value in samples:
            points.setdefault(at // self.period, []).append(value)
        # The periods before the first sample are those of a stack that was not there yet.
        for newest in range(self.periods - 1, until // self.period):
            window = range(newest - self.periods + 1, newest + 1)
            if sum(self._breaches(points.get(one)) for one in window) >= self.enough:
                return (newest + 1) * self.period
        return None

    def _breaches(self, values: list[float] | None) -> bool:
        if values is None:
            return self.is_missing_breaching
        compare = COMPARISONS[self.comparison]
        return bool(compare(STATISTICS[self.statistic](values), self.threshold))


def read(stack: Stack, name: str) -> Alarm:
    """Read an alarm as it is with the schedule's default."""
    found = alarms(stack)[name]
    row = stack.document["Mappings"]["BySchedule"][str(TICK // 60)]

    def number(value: Any) -> int:
        return int(row[value["Fn::FindInMap"][2]] if isinstance(value, dict) else value)

    counted = [one["MetricStat"] for one in found.get("Metrics", []) if "MetricStat" in one]
    of: dict[str, Any] = (
        counted[0] if counted else {"Period": found.get("Period"), "Stat": found.get("Statistic")}
    )
    assert all((one["Period"], one["Stat"]) == (of["Period"], of["Stat"]) for one in counted)
    periods = number(found["EvaluationPeriods"])
    return Alarm(
        period=number(of["Period"]),
        statistic=of["Stat"],
        periods=periods,
        enough=number(found.get("DatapointsToAlarm", periods)),
        comparison=found["ComparisonOperator"],
        threshold=number(found["Threshold"]),
        is_missing_breaching=found["TreatMissingData"] == "breaching",
    )


BROKEN: dict[str, tuple[Samples, int, int]] = {
    # What goes wrong: what is emitted, when it began, and within how many seconds it must ring.
    "SyncNotCompletedAlarm": (every(TICK, 1, until=DAY), DAY, 2 * HOUR),
    "WatermarkLagAlarm": (every(TICK, 1, until=DAY), DAY, 5 * HOUR),
    "OldestUnsettledWorkAlarm": (growing(TICK, since=DAY, until=2 * DAY), DAY, 3 * HOUR),
    "HeldTooLongAlarm": (growing(TICK, since=DAY, until=3 * DAY), DAY, 26 * HOUR),
    "UnexplainedDeadLettersAlarm": (every(HOUR, 1, since=DAY, until=2 * DAY), DAY, HOUR),
    "BreakerOpenAlarm": (growing(TICK, since=DAY, until=2 * DAY), DAY, HOUR),
    "TokenExpiringAlarm": (
        [(day * DAY + at, 100.0 - day) for day in range(100) for at in range(0, DAY, 1800)],
        87 * DAY,
        3 * HOUR,
    ),
    "ObservationNotCompletedAlarm": (every(HOUR, 1, until=DAY), DAY, 6 * HOUR),
    "ReconcileNotCompletedAlarm": (every(DAY, 1, until=9 * DAY), 9 * DAY, 3 * DAY),
    "ReconcileDifferencesAlarm": (every(DAY, 3, since=9 * DAY, until=99 * DAY), 9 * DAY, 2 * DAY),
    "BridgeNotClosedAlarm": ([*every(DAY, 0, until=9 * DAY), (9 * DAY, 1)], 9 * DAY, HOUR),
    "FunctionErrorsAlarm": ([(DAY, 1)], DAY, 300),
    "FunctionThrottlesAlarm": (every(300, 2, since=DAY, until=2 * DAY), DAY, 1800),
    "InvocationDeadLettersAlarm": (every(60, 1, since=DAY, until=2 * DAY), DAY, 300),
    "OutcomeDeadLettersAlarm": (every(60, 1, since=DAY, until=2 * DAY), DAY, 300),
}
WELL: dict[str, Samples] = {
    # What may happen any day and must wake nobody, for ten days.
    "SyncNotCompletedAlarm": [
        one for one in every(TICK, 1, until=10 * DAY) if one[0] != 5 * DAY + TICK
    ],
    "WatermarkLagAlarm": [
        one for one in every(TICK, 1, until=10 * DAY) if not 0 <= one[0] - 5 * DAY < HOUR
    ],
    "OldestUnsettledWorkAlarm": every(TICK, HOUR, until=10 * DAY),
    "HeldTooLongAlarm": every(TICK, 20 * HOUR, until=10 * DAY),
    "UnexplainedDeadLettersAlarm": every(HOUR, 0, until=10 * DAY),
    "BreakerOpenAlarm": every(TICK, 300, until=10 * DAY),
    "TokenExpiringAlarm": every(1800, 60, until=10 * DAY),
    "ObservationNotCompletedAlarm": [
        one for one in every(HOUR, 1, until=10 * DAY) if not 0 <= one[0] - 5 * DAY < 2 * HOUR
    ],
    "ReconcileNotCompletedAlarm": [one for one in every(DAY, 1, until=10 * DAY) if one[0] != DAY],
    # What one night finds and heals is gone the next one.
    "ReconcileDifferencesAlarm": [(day * DAY, float(3 * (day % 2))) for day in range(10)],
    "BridgeNotClosedAlarm": every(DAY, 0, until=10 * DAY),
    "FunctionErrorsAlarm": every(300, 0, until=10 * DAY),
    "FunctionThrottlesAlarm": every(1800, 1, until=10 * DAY),
    "InvocationDeadLettersAlarm": every(60, 0, until=10 * DAY),
    "OutcomeDeadLettersAlarm": every(60, 0, until=10 * DAY),
}


def test_no_alarm_is_left_out(stack: Stack) -> None:
    assert set(alarms(stack)) == set(BROKEN) == set(WELL)


@pytest.mark.parametrize("name", BROKEN)
def test_what_goes_wrong_rings_in_time_and_not_before(stack: Stack, name: str) -> None:
    samples, began, within = BROKEN[name]
    if read(stack, name).is_missing_breaching is False:
        assert read(stack, name).rings_at([], began) is None

    rings = read(stack, name).rings_at(samples, began + within + DAY)

    assert rings is not None
    assert began < rings <= began + within


@pytest.mark.parametrize("name", WELL)
def test_what_may_happen_any_day_wakes_nobody(stack: Stack, name: str) -> None:
    assert read(stack, name).rings_at(WELL[name], 10 * DAY) is None
