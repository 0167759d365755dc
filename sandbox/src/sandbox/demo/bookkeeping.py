"""The contractor's QuickBooks: its lists, its customers, and a past that people typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.demo.catalogue import CITIES, CLIENTS, CONTRACTOR, OFFICES
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.options import Jurisdiction, Options, RateLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from sandbox.demo.catalogue import Client
    from sandbox.quickbooks.wire import Body

CUSTOM_FIELDS = (("1", "P.O. Number"), ("2", "Sales Rep"), ("3", "Job"))

# Intuit raises the ceiling of batches to this on request; the demo is not about waiting.
BATCHES_PER_MINUTE = 120

_INCOME = ("Mechanical Services", "Parts & Materials", "Fire & Life Safety Services", "Discounts")
_ITEMS = (
    ("Labor", "Mechanical Services", "128.00"),
    ("Overtime Labor", "Mechanical Services", "192.00"),
    ("Trip Charge", "Mechanical Services", "65.00"),
    ("Preventative Maintenance", "Mechanical Services", "412.50"),
    ("Equipment Rental", "Mechanical Services", "240.00"),
    ("Materials", "Parts & Materials", "0"),
    ("Fire Inspection", "Fire & Life Safety Services", "545.00"),
    ("Discount", "Discounts", "0"),
    ("Retainage", "Discounts", "0"),
    ("Customer Deposit", "Discounts", "0"),
)
_TERMS = (("Due on receipt", 0), ("Net 15", 15), ("Net 30", 30))
_EXEMPT_REASON = "10"  # local government


@dataclass(slots=True)
class Bookkeeping:
    """The books, and the ids under which the rest of the demo finds things."""

    company: Company
    customers: dict[str, str] = field(default_factory=dict)
    """Ids by ServiceTrade's name of the customer."""
    items: dict[str, str] = field(default_factory=dict)
    past: frozenset[str] = frozenset()
    """Ids of the invoices that were there before the first sync."""

    def customer(self, name: str, *, exempt: bool = False, parent: str | None = None) -> str:
        """Add a customer; return its Id."""
        body: Body = {"DisplayName": name}
        if exempt:
            body |= {"Taxable": False, "TaxExemptionReasonId": _EXEMPT_REASON}
        if parent is not None:
            body |= {"Job": True, "ParentRef": {"value": parent}}
        return str(self.company.create("Customer", body)["Id"])

    def type_invoice(
        self,
        customer: str,
        number: str,
        day: date,
        amount: Decimal,
        note: str = "",
        *,
        department: str = "",
    ) -> str:
        """Type an invoice of one line, as the office did before; return its Id."""
        body: Body = {
            "CustomerRef": {"value": customer},
            "DocNumber": number,
            "TxnDate": day.isoformat(),
            "Line": [
                {
                    "Amount": amount,
                    "DetailType": "SalesItemLineDetail",
                    "Description": "As per work order",
                    "SalesItemLineDetail": {
                        "ItemRef": {"value": self.items["Labor"]},
                        "TaxCodeRef": {"value": "NON"},
                    },
                }
            ],
        }
        if note:
            body["PrivateNote"] = note
        if department:
            found = (each for each in self.company.objects("Department"))
            ids = {str(each["Name"]): each["Id"] for each in found}
            body["DepartmentRef"] = {"value": ids[department]}
        return str(self.company.create("Invoice", body, allow_duplicate=True)["Id"])

    def close_past(self) -> None:
        """Take what is there for the past: from here on the sync works."""
        self.past = frozenset(str(each["Id"]) for each in self.company.objects("Invoice"))


def open_books(
    clock: Callable[[], float], closed_through: date, switches: Mapping[str, Any]
) -> Bookkeeping:
    """Open the contractor's books, with lists and customers and no invoice yet."""
    wanted: dict[str, Any] = {
        "automated_tax": True,
        "custom_fields": CUSTOM_FIELDS,
        "jurisdictions": _jurisdictions(),
        "book_close_date": closed_through.isoformat(),
        "limits": RateLimits(batches_per_minute=BATCHES_PER_MINUTE),
        **switches,
    }
    company = Company(clock=clock, options=Options(**wanted))
    books = Bookkeeping(company)
    company.update(
        "CompanyInfo", {"Id": "1", "SyncToken": "0", "sparse": True, "CompanyName": CONTRACTOR}
    )
    accounts = {
        name: company.create("Account", {"Name": name, "AccountType": "Income"})["Id"]
        for name in _INCOME
    }
    for name, income, price in _ITEMS:
        made = company.create(
            "Item",
            {
                "Name": name,
                "Type": "Service",
                "IncomeAccountRef": {"value": accounts[income]},
                "UnitPrice": price,
            },
        )
        books.items[name] = str(made["Id"])
    for name, days in _TERMS:
        company.create("Term", {"Name": name, "DueDays": days})
    for name in ("Pittsburgh", "Philadelphia", "California"):
        company.create("Department", {"Name": name})
    for name in ("Mechanical", "Fire & Life Safety"):
        company.create("Class", {"Name": name})
    for client in CLIENTS:
        _add(client, books)
    return books


def _add(client: Client, books: Bookkeeping) -> None:
    name = client.in_quickbooks or client.name
    books.customers[client.name] = books.customer(name, exempt=client.exempt)
    if not client.in_quickbooks:
        return
    # Billed by location: QuickBooks has one name space, so a sub-customer's name says whose it is.
    for number, location in enumerate(client.locations, start=1):
        ref = location_ref(client, number)
        books.customer(
            f"{client.name} - {location} ({ref})",
            exempt=client.exempt,
            parent=books.customers[client.name],
        )


def location_ref(client: Client, number: int) -> str:
    """Return the reference number of a client's location."""
    initials = "".join(word[0] for word in client.name.split() if word[0].isalpha())
    return f"{initials.upper()}-{number:02d}"


def _jurisdictions() -> tuple[Jurisdiction, ...]:
    found = [
        Jurisdiction(f"{state} State", state, Decimal(rate))
        for state, rate in sorted({(city.state, city.rates[0]) for city in CITIES})
    ]
    found += [
        Jurisdiction(f"{city.name} District {number}", city.state, Decimal(rate), city.name)
        for city in CITIES
        for number, rate in enumerate(city.rates[1:], start=1)
    ]
    assert all(office in OFFICES for office in {city.office for city in CITIES})  # noqa: S101
    return tuple(found)
