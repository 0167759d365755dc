"""Money and quantities as exact decimals: read, rounded half-up, written in fixed point."""

import re
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal

CENT = Decimal("0.01")
ZERO = Decimal("0.00")

# QuickBooks holds ten digits before the point; what is longer could not be posted anyway.
_DIGITS = 10
_LIMIT = Decimal(10) ** _DIGITS
_STEPS = {places: Decimal(1).scaleb(-places) for places in (2, 7)}
_ZEROS = {places: Decimal(0).quantize(step) for places, step in _STEPS.items()}
_TEXT = re.compile(r"[+-]?(?:[0-9]{1,10}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{0,40})?")

# The product of two numbers of ten digits and seven decimals fits; the caller's context is not
# ours to rely on.
_EXACT = Context(prec=60, rounding=ROUND_HALF_UP)


def parse(value: object, places: int = 2) -> Decimal | None:
    """Read a JSON number, or a number in a string, rounded half-up to ``places``.

    None stands for what is not a number that QuickBooks could hold: NaN, infinities, true and
    false, more than ten digits. Floats are refused, because they have lost the digits already.
    """
    number = _number(value)
    if number is None or not number.is_finite() or number.adjusted() > _DIGITS:
        return None
    rounded = round_half_up(number, places)
    return rounded if abs(rounded) < _LIMIT else None


def _number(value: object) -> Decimal | None:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text.replace(",", "")) if _TEXT.fullmatch(text) else None
    if isinstance(value, int) and not isinstance(value, bool):
        # Compared before it is converted: an int may have thousands of digits.
        return Decimal(value) if -(10**_DIGITS) < value < 10**_DIGITS else None
    return None


def parse_number(value: object) -> Decimal | None:
    """Read a quantity, a price or a rate: seven decimals, without trailing zeros."""
    if isinstance(value, int):
        return _number(value)
    number = parse(value, 7)
    return None if number is None else trimmed(number)


def round_half_up(amount: Decimal, places: int = 2) -> Decimal:
    """Round as QuickBooks does (6070); zero never carries a sign."""
    # A tiny number may have an exponent that quantize would refuse to align.
    if amount.adjusted() < -places - 1:
        amount = ZERO
    return amount.quantize(_STEPS[places], None, _EXACT) or _ZEROS[places]


def trimmed(number: Decimal) -> Decimal:
    """Drop trailing zeros after the point, and nothing before it."""
    text = fixed(number)
    return Decimal(text.rstrip("0")) if "." in text else number


def line_amount(quantity: Decimal, unit_price: Decimal) -> Decimal:
    """Multiply and round half-up to cents, which is what QuickBooks checks a line against."""
    return round_half_up(_EXACT.multiply(quantity, unit_price))


def to_cents(amount: Decimal | None) -> int:
    """Count an amount of two places in cents; none is nothing."""
    return 0 if amount is None else int(amount.scaleb(2))


def from_cents(cents: int) -> str:
    """Write cents in fixed point, as `fixed` writes the amount."""
    return fixed(Decimal(cents).scaleb(-2))


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Add up."""
    return sum(amounts, ZERO)


def fixed(number: Decimal) -> str:
    """Write in fixed point: same number of the same precision, same text."""
    return format(number, "f")


def dollars(amount: Decimal) -> str:
    """Write for people: $1,204.50, -$3.00."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"
