"""All that is held, as the last line of a mail tells of it."""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicesync.domain.money import dollars, total

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
FAR_DAYS = 31


@dataclass(frozen=True, slots=True)
class Standing:
    """How many invoices are held, how much they come to, and since when the oldest waits.

    ``dated`` is the earliest date of them, ``close_day`` the day of the following month on which
    the company closes its books (0: nobody said). There may be more where not all were counted.
    """

    count: int
    amount: Decimal
    oldest_seconds: int
    dated: date | None = None
    close_day: int = 0
    is_whole: bool = True

    def sentence(self, today: date) -> str:
        """Tell it in one line."""
        if not self.count:
            return "Nothing is held any more."
        parts = [f"Oldest waits {_span(self.oldest_seconds)}.", self._month(today)]
        more = "" if self.is_whole else "at least "
        plural = "" if self.count == 1 else "s"
        parts.append(f"Held in all: {more}{self.count:,} invoice{plural}, {dollars(self.amount)}.")
        return " ".join(part for part in parts if part)

    def _month(self, today: date) -> str:
        """Say how long the earliest month is still open.

        By the calendar, where nobody said when its books are closed.
        """
        if self.dated is None:
            return ""
        name = f"{self.dated:%B}"
        ends, verb = _last_day(self.dated), "ends"
        if self.close_day:
            ends, verb = _following(ends, self.close_day), "closes"
        left = (ends - today).days
        if left > FAR_DAYS:
            return ""
        if left < 0:
            return f"{name} is over." if verb == "ends" else f"{name} was to be closed by now."
        when = {0: "today", 1: "tomorrow"}.get(left, f"in {left} days")
        return f"{name} {verb} {when}."


def standing_of(
    rows: Iterable[tuple[str, Decimal, int]], *, close_day: int, is_whole: bool
) -> Standing:
    """Add up (ISO date or empty, amount, seconds waited) of every held invoice."""
    given = list(rows)
    days = [day for iso, _, _ in given if (day := _date(iso)) is not None]
    return Standing(
        count=len(given),
        amount=total(amount for _, amount, _ in given),
        oldest_seconds=max((seconds for _, _, seconds in given), default=0),
        dated=min(days, default=None),
        close_day=close_day,
        is_whole=is_whole,
    )


def _date(iso: str) -> date | None:
    try:
        return date.fromisoformat(iso)
    except ValueError:
        return None


def _last_day(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def _following(last: date, day: int) -> date:
    return date(last.year + last.month // 12, last.month % 12 + 1, day)


def _span(seconds: int) -> str:
    if seconds < HOUR_SECONDS:
        return "less than an hour"
    if seconds < 2 * DAY_SECONDS:
        hours = seconds // HOUR_SECONDS
        return f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{seconds // DAY_SECONDS} days"
