"""What QuickBooks shall hold for one invoice, with names where QuickBooks wants ids.

The loader resolves the names. Two documents with the same hash ask for the same invoice.
"""

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any

from invoicesync.domain.ids import DocNumber, ServiceTradeId


@dataclass(frozen=True, slots=True)
class Reference:
    """A thing in QuickBooks by id, by name, or by id with the name that it must bear.

    ``id`` comes from ServiceTrade's external ids and counts only if it is active (and, where
    ``name`` is given too, bears that name); ``name`` alone is looked up, exactly.
    """

    name: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """Whom to bill: a customer, or the sub-customer ``name`` below ``parent``.

    ``may_create`` says whether a missing one is made (`customers.create_missing`). ``taxable`` is
    what the invoice's own tax says, for comparison with the customer's; None: no comparison.
    """

    reference: Reference
    parent: Reference | None = None
    may_create: bool = False
    taxable: bool | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line. Without ``item`` it is a description and its amount is zero.

    Where ``quantity`` and ``unit_price`` are given, ``amount`` is their product rounded half-up.
    """

    description: str
    amount: Decimal
    item: Reference | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    tax_code: str | None = None
    class_name: str | None = None
    service_date: date | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; it drives sales tax."""

    street: str
    city: str
    state: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Document:
    """One QuickBooks invoice as it shall be."""

    servicetrade_id: ServiceTradeId
    number: DocNumber
    txn_date: date
    due_date: date | None
    customer: Customer
    lines: tuple[Line, ...]
    subtotal: Decimal
    tax: Decimal
    total: Decimal
    note: str = ""
    memo: str = ""
    term: str | None = None
    department: str | None = None
    custom_fields: tuple[tuple[str, str], ...] = ()
    ship_to: Address | None = None
    ship_from: Address | None = None
    tax_override: Decimal | None = None
    tax_tolerance: Decimal = Decimal(0)
    closed_period: str = "hold"
    online_payment: bool | None = None
    bill_to: Address | None = None
    bill_email: str | None = None

    def canonical(self) -> bytes:
        """Render as JSON with sorted keys: same document, same bytes."""
        return _ENCODE(self).encode()

    def hash(self) -> str:
        """The SHA-256 of the canonical form."""
        return hashlib.sha256(self.canonical()).hexdigest()


def _plain(value: object) -> str | dict[str, object]:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):
        return value.isoformat()
    if (names := _ATTRIBUTES.get(type(value))) is not None:
        return dict(zip(names, _READ[type(value)](value), strict=True))
    raise TypeError(f"{type(value).__name__} has no canonical form")


_ENCODE = json.JSONEncoder(separators=(",", ":"), default=_plain, ensure_ascii=False).encode

# Sorted once, so that no document needs its keys sorted again.
_ATTRIBUTES: dict[type[object], list[str]] = {
    made: sorted(one.name for one in fields(made))
    for made in (Document, Customer, Line, Reference, Address)
}
_READ = {made: attrgetter(*names) for made, names in _ATTRIBUTES.items()}


def from_plain(plain: dict[str, Any]) -> Document:
    """Read back what `Document.canonical` wrote."""
    customer: dict[str, Any] = plain["customer"]
    read: dict[str, Any] = {
        **plain,
        "servicetrade_id": ServiceTradeId(plain["servicetrade_id"]),
        "number": DocNumber(plain["number"]),
        "txn_date": date.fromisoformat(plain["txn_date"]),
        "due_date": _date(plain["due_date"]),
        "customer": Customer(
            reference=Reference(**customer["reference"]),
            parent=Reference(**customer["parent"]) if customer["parent"] else None,
            may_create=customer["may_create"],
            taxable=customer["taxable"],
        ),
        "lines": tuple(_line(line) for line in plain["lines"]),
        "subtotal": _number(plain["subtotal"]),
        "tax": _number(plain["tax"]),
        "total": _number(plain["total"]),
        "custom_fields": tuple((name, value) for name, value in plain["custom_fields"]),
        "ship_to": Address(**plain["ship_to"]) if plain["ship_to"] else None,
        "ship_from": Address(**plain["ship_from"]) if plain["ship_from"] else None,
        "bill_to": Address(**plain["bill_to"]) if plain["bill_to"] else None,
        "tax_override": _decimal(plain["tax_override"]),
        "tax_tolerance": _number(plain["tax_tolerance"]),
    }
    return Document(**read)


def _line(plain: dict[str, Any]) -> Line:
    return Line(
        description=plain["description"],
        amount=_number(plain["amount"]),
        item=Reference(**plain["item"]) if plain["item"] else None,
        quantity=_decimal(plain["quantity"]),
        unit_price=_decimal(plain["unit_price"]),
        tax_code=plain["tax_code"],
        class_name=plain["class_name"],
        service_date=_date(plain["service_date"]),
    )


def _decimal(plain: str | None) -> Decimal | None:
    return None if plain is None else _number(plain)


def _number(plain: str) -> Decimal:
    """Read an amount; NaN and Infinity are none, whatever Decimal thinks of them."""
    number = Decimal(plain)
    if not number.is_finite():
        raise ValueError(f"{plain} is no amount")
    return number


def _date(plain: str | None) -> date | None:
    return None if plain is None else date.fromisoformat(plain)
