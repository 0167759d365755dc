"""The values that a mapping is made of, and how names are compared."""

from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from invoicesync.domain.money import parse, parse_number


@lru_cache(maxsize=10_000)
def key(name: str) -> str:
    """Fold case and spacing, the differences that people do not see."""
    return " ".join(name.split()).casefold()


def _printable(text: str) -> str:
    if not text.strip() or not text.isprintable() or text != text.strip():
        raise ValueError("must be one line of text without blanks around it")
    return text


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        guess = get_close_matches(name, sorted(available_timezones()), n=1)
        raise ValueError(
            f"is no time zone; write it as in {guess[0] if guess else 'America/New_York'}"
        ) from error


def _amount(value: object) -> Decimal:
    amount = parse(_undone(value))
    if amount is None:
        raise ValueError('is no amount of money; write it as in "0.02"')
    return amount


def _rate(value: object) -> Decimal:
    rate = parse_number(_undone(value))
    if rate is None:
        raise ValueError("is no rate in percent; write it as in 7.25")
    return rate


def _undone(value: object) -> object:
    # YAML reads 7.25 as a float; its shortest text is what the person wrote.
    return repr(value) if isinstance(value, float) else value


def _no_twins[V](names: dict[str, V]) -> dict[str, V]:
    seen: dict[str, str] = {}
    for name in names:
        twin = seen.setdefault(key(name), name)
        if twin != name:
            raise ValueError(f"names {twin!r} and {name!r}, which differ only in case or spacing")
    return names


type Text = Annotated[str, Field(max_length=500), AfterValidator(_printable)]
type Zone = Annotated[str, AfterValidator(_known_zone)]
type Amount = Annotated[Decimal, BeforeValidator(_amount), Field(ge=0)]
type Percent = Annotated[Decimal, BeforeValidator(_rate), Field(ge=0, le=100)]
type Table[V] = Annotated[dict[Text, V], AfterValidator(_no_twins)]
type Level = Literal["company", "location", "job"]


def folded[V](table: Mapping[str, V]) -> dict[str, V]:
    """Make a table that is asked by `key`."""
    return {key(name): value for name, value in table.items()}
