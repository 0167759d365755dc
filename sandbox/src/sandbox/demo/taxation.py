"""Put sales tax on a line as ServiceTrade shows it, so that QuickBooks comes to the same."""

from __future__ import annotations

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.demo.catalogue import City

CENT = Decimal("0.01")


def taxed(lines: Sequence[dict[str, Any]], city: City, *, exempt: bool) -> list[dict[str, Any]]:
    """Put tax on the lines that are taxed.

    The tax of an invoice is what each authority's rate makes of its taxed lines, rounded for each;
    its cents are shared out so that every line is within a cent of its own.
    """
    written = [{key: each for key, each in line.items() if key != "taxed"} for line in lines]
    shared = [at for at, line in enumerate(lines) if line.get("taxed") and not exempt]
    amounts = {at: amount_of(lines[at]) for at in shared}
    whole = sum(amounts.values(), Decimal())
    tax = sum((_cents(whole * Decimal(rate) / 100) for rate in city.rates), Decimal())
    exact = {at: amounts[at] * city.percent / 100 for at in shared}
    parts = {at: exact[at].quantize(CENT, ROUND_FLOOR) for at in shared}
    left = int((tax - sum(parts.values(), Decimal())) / CENT)
    for at in sorted(shared, key=lambda at: parts[at] - exact[at])[:left]:
        parts[at] += CENT
    if left > len(shared):
        parts[shared[0]] += CENT * (left - len(shared))
    for at, line in enumerate(written):
        if at in parts:
            group = {"name": city.tax_group, "state": city.state, "rate": str(city.percent)}
            line |= {"taxGroup": group, "taxRate": str(city.percent), "taxAmount": str(parts[at])}
        else:
            line |= {"taxRate": 0, "taxAmount": 0}
    return written


def amount_of(line: dict[str, Any]) -> Decimal:
    """Return what a line costs, before tax."""
    given = line.get("subtotal")
    if given is not None:
        return Decimal(str(given))
    return _cents(Decimal(str(line["quantity"])) * Decimal(str(line["price"])))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)
