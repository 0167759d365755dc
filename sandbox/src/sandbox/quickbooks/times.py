"""Dates and times as the service prints them: Pacific, seconds, an offset with a colon."""

from datetime import UTC, date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

_HOUR = 3600


@lru_cache(maxsize=4096)
def _offset_seconds(hour: int) -> int:
    moment = datetime.fromtimestamp(hour * _HOUR, ZoneInfo("America/Los_Angeles"))
    offset = moment.utcoffset()
    return int(offset.total_seconds()) if offset else 0


@lru_cache(maxsize=1024)
def stamp(second: int) -> str:
    """Print ``second`` (of the epoch), for example 2020-09-29T05:58:07-07:00."""
    offset = _offset_seconds(second // _HOUR)
    local = datetime.fromtimestamp(second + offset, UTC)
    hours = abs(offset) // _HOUR
    return f"{local.isoformat()[:19]}{'-' if offset < 0 else '+'}{hours:02d}:00"


def stamp_milliseconds(epoch: float) -> str:
    """Print an epoch time with milliseconds, as the ``time`` of an answer has them."""
    text = stamp(int(epoch))
    return f"{text[:19]}.{int(epoch * 1000) % 1000:03d}{text[19:]}"


def today(epoch: float) -> str:
    """Return the date in the service's own zone."""
    return stamp(int(epoch))[:10]


@lru_cache(maxsize=1024)
def seconds_of(text: str) -> float:
    """Read a date, or a time with or without offset (then it is the service's own)."""
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo("America/Los_Angeles"))
    return moment.timestamp()


def is_date(text: object) -> bool:
    """Say whether ``text`` is a real date written yyyy-mm-dd."""
    if not isinstance(text, str) or len(text) != len("yyyy-mm-dd"):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def universal(second: int) -> str:
    """Print a time in UTC, without a zone at its end."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
