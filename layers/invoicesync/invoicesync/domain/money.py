"""Money and quantities as exact decimals: read, rounded half-up, written in fixed point."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")

# QuickBooks holds ten digits before the point; what is longer could not be posted anyway.
_LIMIT = Decimal(10) ** 10
_STEPS = {places: Decimal(1).scaleb(-places) for places in (2, 7)}
_TEXT = re.compile(r"[+-]?(?:[0-9]{1,10}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{0,40})?")

# The product of two numbers of ten digits and seven decimals fits; the caller's context is not
# ours to rely on.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def parse(value: object, places: int = 2) -> Decimal | None:
    """Read a JSON number, or a number in a string, rounded half-up to ``places``.

    None stands for what is not a number that QuickBooks could hold: NaN, infinities, true and
    false, more than ten digits. Floats are refused, because they have lost the digits already.
    """
    number: Decimal
    match value:
        case bool():
            return None
        case Decimal():
            number = value
        case int():
            # Compared before it is converted: an int may have thousands of digits.
            if not -(10**10) < value < 10**10:
                return None
            number = Decimal(value)
        case str():
            text = value.strip()
            if _TEXT.fullmatch(text) is None:
                return None
            number = Decimal(text.replace(",", ""))
        case _:
            return None
    if not number.is_finite() or number.adjusted() > _LIMIT.adjusted():
        return None
    rounded = round_half_up(number, places)
    return rounded if abs(rounded) < _LIMIT else None


def parse_number(value: object) -> Decimal | None:
    """Read a quantity, a price or a rate: seven decimals, without trailing zeros."""
    number = parse(value, 7)
    return None if number is None else trimmed(number)


def round_half_up(amount: Decimal, places: int = 2) -> Decimal:
    """Round as QuickBooks does (6070); zero never carries a sign."""
    # A tiny number may have an exponent that quantize would refuse to align.
    if amount.adjusted() < -places - 1:
        amount = Decimal(0)
    rounded = amount.quantize(_STEPS[places], context=_EXACT)
    return rounded or abs(rounded)


def trimmed(number: Decimal) -> Decimal:
    """Drop trailing zeros after the point, and nothing before it."""
    short = number.normalize(_EXACT)
    exponent = short.as_tuple().exponent
    return short.quantize(Decimal(1), context=_EXACT) if int(exponent) > 0 else short


def line_amount(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """Multiply and round half-up to cents, which is what QuickBooks checks a line against."""
    return round_half_up(_EXACT.multiply(quantity, unit_price))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add up."""
    return sum(amounts, ZERO)


def fixed(number: Decimal) -> str:
    """Write in fixed point: same number of the same precision, same text."""
    return format(number, "f")


def dollars(amount: Decimal) -> str:
    """Write for people: $1,204.50, -$3.00."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"
