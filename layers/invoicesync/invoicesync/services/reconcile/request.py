"""What an event asks of a reconciliation."""

import calendar
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from invoicesync.services.asked import read_asked
from invoicesync.services.report.model import Period

DAYS = 35
MOST_DAYS = 400


SETTLE_SECONDS = 4 * 3600
"""Longer than the longest schedule, a loader's lease and the retries need together."""


class Request(BaseModel):
    """A month, or two days, or the last 35 days.

    What ServiceTrade changed within ``settle_seconds`` may still be on its way.
    """

    # Typed by people: what is misspelt must not be taken for the nightly run.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    job: Literal["reconcile"] = "reconcile"
    trigger: str = "schedule"
    actor: Annotated[str, Field(min_length=1)] = "schedule"
    month: Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")] | None = None
    first: Annotated[date | None, Field(alias="from")] = None
    settle_seconds: Annotated[int, Field(ge=0)] = SETTLE_SECONDS
    last: Annotated[date | None, Field(alias="to")] = None

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        if (self.first is None) != (self.last is None):
            raise ValueError("from and to go together")
        if self.first is not None and self.month is not None:
            raise ValueError("ask for a month, or for from and to, not for both")
        if self.first is not None and self.last is not None:
            if self.last < self.first:
                raise ValueError("to is before from")
            if (self.last - self.first).days >= MOST_DAYS:
                raise ValueError(f"at most {MOST_DAYS} days at once")
        return self

    def period(self, today: date) -> Period:
        """Say which days are meant."""
        if self.month is not None:
            year, month = map(int, self.month.split("-"))
            return Period(
                date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
            )
        if self.first is not None and self.last is not None:
            return Period(self.first, self.last)
        return Period(today - timedelta(days=DAYS - 1), today)


def read_request(event: Mapping[str, Any]) -> Request:
    """Read an event; raise `MisconfiguredError` naming all that is wrong with it."""
    return read_asked(Request, event, _GIVE)


_GIVE = (
    'a month as {"job": "reconcile", "month": "2026-10"}, or from and to as days, or neither for '
    f"the last {DAYS} days"
)
