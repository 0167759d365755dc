"""Work that was done and never invoiced."""

# ruff: noqa: RUF009 - `at` declares a field, as dataclasses.field does; it is no default.

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.money import to_cents
from invoicesync.domain.source import SourceCompany
from invoicesync.domain.wire import DATE, IDENTITY, MONEY, TEXT, Shape, at, nested

_CANCELED = frozenset({"canceled", "cancelled"})


@dataclass(frozen=True, slots=True)
class _Job:
    id: ServiceTradeId | None = at("id", IDENTITY)
    number: str = at("number", TEXT)
    name: str = at("name", TEXT)
    status: str = at("status", TEXT)
    customer: SourceCompany | None = at("customer", nested(Shape(SourceCompany)))
    completed_on: int | None = at("completedOn", DATE)
    estimate: Decimal | None = at("estimatedPrice", MONEY)


_JOB = Shape(_Job)


@dataclass(frozen=True, slots=True)
class UnbilledJob:
    """A completed job without a final invoice. ``estimate`` in cents; None where nobody made one.

    ``completed`` is the day in UTC.
    """

    id: ServiceTradeId
    number: str
    name: str
    customer: str
    completed: date
    estimate: int | None


def read_unbilled(job: Mapping[str, Any]) -> UnbilledJob | None:
    """Read a job; None where it is canceled, or was not completed, or has no id to find it by."""
    read: _Job = _JOB.read(job, "job", [])
    if read.id is None or read.completed_on is None or read.status in _CANCELED:
        return None
    return UnbilledJob(
        id=read.id,
        number=read.number,
        name=read.name,
        customer=read.customer.name if read.customer else "",
        completed=datetime.fromtimestamp(read.completed_on, UTC).date(),
        estimate=None if read.estimate is None else to_cents(read.estimate),
    )
