"""Fire the schedules of the template: when asked, or as often as they say."""

from __future__ import annotations

import json
import re
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sandbox.cloud.intrinsics import TemplateError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.cloud.execution import Function
    from sandbox.cloud.functions import Answer, Functions
    from sandbox.cloud.template import Place

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_NIGHTLY = re.compile(r"cron\(\d+ \d+ \* \* \? \*\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule of one function."""

    name: str
    function: Function
    expression: str
    enabled: bool = True
    given: str | None = None
    """The event as the template gives it, as JSON."""

    @property
    def every_seconds(self) -> int:
        """Return the seconds between two runs."""
        if _NIGHTLY.fullmatch(self.expression):
            return _SECONDS["day"]
        found = _RATE.fullmatch(self.expression)
        if found is None:
            said = f"only rate(...) and a cron of every day are understood, not {self.expression}"
            raise TemplateError(f"{self.name}: {said}")
        return int(found[1]) * _SECONDS[found[2]]


def schedules_of(function: Function, events: Mapping[str, Mapping[str, Any]]) -> list[Schedule]:
    """Read the evaluated ``Events`` of a function."""
    found = []
    for name, event in events.items():
        if event["Type"] != "ScheduleV2":
            raise TemplateError(f"{function.logical_id}.{name}: {event['Type']} is not simulated")
        said = event["Properties"]
        found.append(
            Schedule(
                name=f"{function.logical_id}{name}",
                function=function,
                expression=said["ScheduleExpression"],
                enabled=said.get("State", "ENABLED") == "ENABLED",
                given=said.get("Input"),
            )
        )
    return found


class Scheduler:
    """Invokes functions as EventBridge Scheduler does: asynchronously, with its event."""

    def __init__(
        self,
        schedules: Sequence[Schedule],
        functions: Functions,
        place: Place,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.schedules = tuple(schedules)
        self._functions = functions
        self._place = place
        self._clock = clock

    def fire(self, function: str | None = None) -> dict[str, Answer]:
        """Fire every schedule, or those of one function, whatever their rate and state."""
        wanted = [
            each
            for each in self.schedules
            if function is None or function in {each.function.logical_id, each.function.name}
        ]
        if not wanted:
            raise LookupError(f"no schedule for {function}")
        return {each.name: self._fire(each) for each in wanted}

    def run(self, stop: threading.Event, told: Callable[[str, Answer], None]) -> None:
        """Fire the enabled schedules as often as they say, at once for the first time."""
        enabled = [each for each in self.schedules if each.enabled]
        due = dict.fromkeys((each.name for each in enabled), self._clock())
        while not stop.is_set():
            for schedule in enabled:
                if due[schedule.name] <= self._clock() and not stop.is_set():
                    due[schedule.name] = self._clock() + schedule.every_seconds
                    told(schedule.name, self._fire(schedule))
            stop.wait(1.0)

    def _fire(self, schedule: Schedule) -> Answer:
        return self._functions.invoke_later(schedule.function.name, self._event(schedule))

    def _event(self, schedule: Schedule) -> Any:  # noqa: ANN401  (any JSON value)
        moment = datetime.fromtimestamp(self._clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        arn = self._place.arn("scheduler", f"schedule/default/{schedule.name}")
        identity = str(uuid.uuid4())
        if schedule.given is None:
            return {
                "version": "0",
                "id": identity,
                "detail-type": "Scheduled Event",
                "source": "aws.scheduler",
                "account": self._place.account,
                "time": moment,
                "region": self._place.region,
                "resources": [arn],
                "detail": "{}",
            }
        text = schedule.given
        for name, value in (
            ("scheduled-time", moment),
            ("execution-id", identity),
            ("schedule-arn", arn),
            ("attempt-number", "1"),
        ):
            text = text.replace(f"<aws.scheduler.{name}>", value)
        return json.loads(text)
