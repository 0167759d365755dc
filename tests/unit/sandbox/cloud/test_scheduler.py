"""Schedules: their rates, and the events that they send."""

import threading
from pathlib import Path
from typing import Any, cast

import pytest

from sandbox.cloud.execution import Function
from sandbox.cloud.functions import Answer, Functions
from sandbox.cloud.intrinsics import TemplateError
from sandbox.cloud.scheduler import Schedule, Scheduler, schedules_of
from sandbox.cloud.template import Place

FUNCTION = Function("Tick", "stack-tick", "arn:tick", Path(), "app.lambda_handler", 3, 128)


class Lambda:
    """Remembers what it was invoked with."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def invoke_later(self, name: str, event: Any) -> Answer:
        assert name == FUNCTION.name
        self.events.append(event)
        return Answer("request", None)


def event(**properties: Any) -> dict[str, Any]:
    said = {"ScheduleExpression": "rate(5 minutes)", **properties}
    return {"Tick": {"Type": "ScheduleV2", "Properties": said}}


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(30 minutes)", 1800),
        ("rate(2 hours)", 7200),
        ("cron(30 8 * * ? *)", 86_400),
    ],
)
def test_a_rate_is_read(expression: str, seconds: int) -> None:
    (schedule,) = schedules_of(FUNCTION, event(ScheduleExpression=expression))

    assert schedule.every_seconds == seconds
    assert schedule.enabled


def test_a_schedule_can_be_off() -> None:
    (schedule,) = schedules_of(FUNCTION, event(State="DISABLED"))

    assert not schedule.enabled


@pytest.mark.parametrize("expression", ["cron(0 3 ? * MON *)", "rate(5 fortnights)"])
def test_an_expression_that_is_not_understood_is_refused_by_name(expression: str) -> None:
    (schedule,) = schedules_of(FUNCTION, event(ScheduleExpression=expression))

    with pytest.raises(TemplateError, match="TickTick"):
        _ = schedule.every_seconds


def test_an_event_of_another_kind_is_refused_by_name() -> None:
    with pytest.raises(TemplateError, match=r"Tick\.Web: Api"):
        schedules_of(FUNCTION, {"Web": {"Type": "Api", "Properties": {}}})


def fired(given: str | None) -> Any:
    functions = Lambda()
    schedule = Schedule("TickTick", FUNCTION, "rate(5 minutes)", given=given)
    scheduler = Scheduler([schedule], cast("Functions", functions), Place(), clock=lambda: 86_400.0)
    assert set(scheduler.fire("Tick")) == {"TickTick"}
    return functions.events[0]


def test_the_event_is_the_template_s_with_its_placeholders_filled() -> None:
    assert fired('{"at": "<aws.scheduler.scheduled-time>"}') == {"at": "1970-01-02T00:00:00Z"}


def test_without_an_event_in_the_template_the_scheduler_s_own_is_sent() -> None:
    sent = fired(None)

    assert sent["source"] == "aws.scheduler"
    assert sent["time"] == "1970-01-02T00:00:00Z"


def test_a_function_without_a_schedule_cannot_be_fired() -> None:
    with pytest.raises(LookupError, match="Nobody"):
        Scheduler([], cast("Functions", Lambda()), Place()).fire("Nobody")


def test_a_schedule_fires_at_once_and_then_at_its_rate_unless_it_is_off() -> None:
    functions, stop, now = Lambda(), threading.Event(), [0.0]
    schedules = [
        Schedule("On", FUNCTION, "rate(1 minute)"),
        Schedule("Off", FUNCTION, "rate(1 minute)", enabled=False),
    ]
    times: list[float] = []

    def told(name: str, _: Answer) -> None:
        assert name == "On"
        times.append(now[0])

    class Waiting(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            now[0] += 10
            if now[0] > 130:
                self.set()
            return bool(timeout)

    stop = Waiting()
    scheduler = Scheduler(schedules, cast("Functions", functions), Place(), clock=lambda: now[0])
    scheduler.run(stop, told)

    assert times == [0, 60, 120]
