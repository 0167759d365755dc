"""Read the values of a QuickBooks invoice in one wording, however it worded them."""

from decimal import Decimal, InvalidOperation


def text(value: object) -> str:
    """Read a text; line breaks are one character, and what surrounds it is nobody's."""
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else ""


def number(value: object) -> str:
    """Write a number without trailing zeros, so that 100, 100.0 and 100.00 are one."""
    if value is None or isinstance(value, bool):
        return ""
    try:
        written = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return str(value)
    return format(written.normalize() + 0, "f")


def reference(value: object) -> str:
    """Read whom or what a reference names."""
    return str(value.get("value", "")) if isinstance(value, dict) else ""


def value(wrapped: object) -> str:
    """Read the text of a value that QuickBooks wraps."""
    return text(wrapped.get("value")) if isinstance(wrapped, dict) else ""


def address(value: object) -> str:
    """QuickBooks may flatten an address into its lines: compare the words, wherever they stand."""
    if not isinstance(value, dict):
        return ""
    left_out = {"Id", "Lat", "Long", "Country"}
    words = " ".join(str(part) for name, part in value.items() if name not in left_out and part)
    return " ".join(sorted(words.replace(",", " ").casefold().split()))


def tax(value: object) -> str:
    """Read the tax of a whole invoice."""
    return number(value.get("TotalTax")) if isinstance(value, dict) else ""


def customs(value: object) -> dict[str, str]:
    """Read custom fields, by the ids of their definitions."""
    rows = value if isinstance(value, list) else []
    return {
        str(row.get("DefinitionId")): text(row.get("StringValue"))
        for row in rows
        if isinstance(row, dict)
    }
