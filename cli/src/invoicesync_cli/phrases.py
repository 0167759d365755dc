"""How amounts, ages and counts are worded on the screen."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

MINUTE, HOUR, DAY = 60, 3600, 86_400


def dollars(amount: Decimal) -> str:
    """Write an amount of money."""
    return f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}"


def amount_of(text: object) -> Decimal:
    """Read an amount that was stored as text; what is no amount counts as nothing."""
    try:
        return Decimal(str(text or "0"))
    except InvalidOperation:
        return Decimal(0)


def age(seconds: float) -> str:
    """Write a time span in its largest two units."""
    whole = int(max(0.0, seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < 2 * DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
    return f"{whole // DAY} days"


def when(second: float) -> str:
    """Write a moment, in UTC."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M} UTC" if second else "never"


def invoices(count: int) -> str:
    """Count invoices."""
    return f"{count:,} invoice{'' if count == 1 else 's'}"
