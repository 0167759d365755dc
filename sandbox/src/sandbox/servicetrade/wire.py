"""Turn values into the JSON that ServiceTrade writes, and what clients write into values."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.servicetrade.options import Options

CENT = Decimal("0.01")


def decimal_of(value: object) -> Decimal:
    """Read a number that a client or a seeder wrote, in whatever JSON type."""
    try:
        number = Decimal(str(value).replace(",", ""))
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number


def cents(amount: Decimal) -> Decimal:
    """Round half up to cents."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def number_on_the_wire(amount: Decimal | None, options: Options) -> float | str | None:
    """Write a number: an int when whole and a float otherwise, as observed, or as a string.

    The float is only a way to make `json` print the shortest digits; nothing is computed with it.
    """
    if amount is None:
        return None
    if options.numbers == "string":
        return f"{amount:f}"
    if options.numbers == "grouped":
        return f"{amount:,f}"
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def map_on_the_wire(values: Mapping[str, Any], options: Options) -> dict[str, Any] | list[Any]:
    """Write a map; an empty one may come out as a list, as PHP does it."""
    return dict(values) if values or options.empty_map == "object" else []


def seconds_on_the_wire(seconds: int | None, options: Options) -> int | None:
    """Move a date to midnight where the account keeps dates without a time."""
    if seconds is None or options.dates == "as_given":
        return seconds
    zone = ZoneInfo(options.timezone)
    day = datetime.fromtimestamp(seconds, zone).date()
    midnight_zone = UTC if options.dates == "utc_midnight" else zone
    return int(datetime(day.year, day.month, day.day, tzinfo=midnight_zone).timestamp())


def text_of(value: object) -> str:
    """Write JSON compactly."""
    return _ENCODE(value)


_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
