"""The contractor's ServiceTrade: offices, customers, jobs and the invoices of a few weeks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.demo.bookkeeping import location_ref
from sandbox.demo.catalogue import (
    CITIES,
    CLIENTS,
    FIRE,
    LONG_STORY,
    MECHANICAL,
    NOTES,
    OFFICES,
)
from sandbox.demo.taxation import amount_of, taxed

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from sandbox.demo.bookkeeping import Bookkeeping
    from sandbox.demo.catalogue import City, Client, Sold
    from sandbox.servicetrade import Account

_HOUR = 3600
_MANY_LINES = 6
_LONG_DESCRIPTION = 4000
_WORTH_A_DISCOUNT = 100


@dataclass(frozen=True, slots=True)
class Place:
    """A service location, and the city that taxes it."""

    id: int
    city: City


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer of the contractor, on the ServiceTrade side."""

    id: int
    client: Client
    places: tuple[Place, ...]


@dataclass(slots=True)
class Contractor:
    """The account, and what is needed to write one more invoice into it."""

    account: Account
    random: random.Random
    today: date
    offices: dict[str, int] = field(default_factory=dict)
    customers: list[Customer] = field(default_factory=list)
    sales: list[int] = field(default_factory=list)
    number: int = 24_000

    def job(self, customer: Customer, place: Place, **values: Any) -> int:
        """Add a job, completed unless told otherwise; return its id."""
        fire = self.random.random() < 0.3  # noqa: PLR2004  (three jobs in ten)
        given = {
            "customerId": customer.id,
            "locationId": place.id,
            "assignedOfficeId": self.offices[place.city.office],
            "salesId": self.random.choice(self.sales),
            "type": "inspection" if fire else self.random.choice(("repair", "service_call")),
            "status": self.random.choice(("completed", "invoiced", "closed", "pending_invoice")),
            "completedOn": self.moment(self.today, 17),
            "updated": self.moment(self.today - timedelta(days=1), 16),
            **values,
        }
        return int(self.account.add("job", given)["id"])

    def invoice(
        self,
        customer: Customer | None = None,
        *,
        day: date | None = None,
        lines: Sequence[dict[str, Any]] | None = None,
        job: dict[str, Any] | None = None,
        **values: Any,
    ) -> dict[str, Any]:
        """Add an invoice with a job of its own; ``values`` go over what it would have."""
        customer = customer or self.random.choice(self.customers)
        place = self.random.choice(customer.places)
        day = day or self.today - timedelta(days=self.random.randrange(1, 60))
        done = self.moment(day, 15)
        job_id = self.job(customer, place, **{"completedOn": done, "updated": done, **(job or {})})
        written = lines if lines is not None else self._lines(done)
        client = customer.client
        self.number += 1
        given = {
            "jobId": job_id,
            "invoiceNumber": str(self.number),
            "status": self.random.choice(("pending_accounting", "pending_accounting", "sent")),
            "transactionDate": self._date(day),
            "dueDate": self.moment(day + timedelta(days=30), 0),
            "created": done,
            "updated": done + self.random.randrange(_HOUR),
            "paymentTerms": client.terms,
            "customerPo": client.purchase_order.format(self.number % 1000),
            "notes": self.random.choice(NOTES),
            "items": taxed(written, place.city, exempt=client.exempt),
            **values,
        }
        return self.account.add("invoice", given)

    def moment(self, day: date, hour: int) -> int:
        """Return an hour of a day, UTC, in seconds; never later than an hour ago."""
        at = int(datetime(day.year, day.month, day.day, hour, tzinfo=UTC).timestamp())
        return min(at, self.account.now - _HOUR) if hour else at

    def _date(self, day: date) -> int:
        # Most accounts keep dates at midnight; some rows carry the hour at which they were made,
        # and in the evening that is the next day in UTC.
        if self.random.random() < 0.2:  # noqa: PLR2004  (one in five)
            return self.moment(day + timedelta(days=1), 2)
        return self.moment(day, 0)

    def _lines(self, done: int) -> list[dict[str, Any]]:
        book = FIRE if self.random.random() < 0.35 else MECHANICAL  # noqa: PLR2004
        count = self.random.choice((1, 2, 2, 3, 3, 4, 5, _MANY_LINES))
        lines = [self.line(sold) for sold in self.random.sample(book, k=min(count, len(book)))]
        if self.random.random() < 0.1:  # noqa: PLR2004  (one in ten)
            lines.append(remark("Work performed outside business hours at no extra charge."))
        if self.random.random() < 0.06:  # noqa: PLR2004
            lines[0]["jobItem"] = {"usedOn": done}
        if self.random.random() < 0.05:  # noqa: PLR2004
            lines[0]["description"] = (LONG_STORY * 40)[:_LONG_DESCRIPTION]
        if self.random.random() < 0.05 and amount_of(lines[0]) > _WORTH_A_DISCOUNT:  # noqa: PLR2004
            lines.append(discount("25.00"))
        return lines

    def line(self, sold: Sold, **values: Any) -> dict[str, Any]:
        """Return a line that sells something of the price book."""
        return {
            "description": sold.name,
            "quantity": self.random.choice(sold.quantities),
            "price": sold.price,
            "libItem": {"name": sold.name, "code": sold.code, "type": sold.type},
            "serviceLine": sold.service_line,
            "taxed": sold.taxed,
            **values,
        }


def remark(text: str) -> dict[str, Any]:
    """Return a line that says something and costs nothing."""
    return {"description": text, "quantity": 1, "price": 0}


def discount(amount: str) -> dict[str, Any]:
    """Return a line that takes something off."""
    return {
        "description": "Loyalty discount",
        "quantity": 1,
        "price": f"-{amount}",
        "libItem": {"name": "Discount", "code": "DISC", "type": "service"},
        "serviceLine": "HVAC",
    }


def settle(contractor: Contractor, books: Bookkeeping) -> None:
    """Give the contractor its offices, its people and its customers."""
    account = contractor.account
    for name, (street, city, state, postal_code) in OFFICES.items():
        address = {"street": street, "city": city, "state": state, "postalCode": postal_code}
        office = {"name": name, "companyId": account.contractor_id, "isVendor": True}
        made = account.add("location", {**office, "address": address})
        contractor.offices[name] = int(made["id"])
    for first, last in (("Dana", "Kowalski"), ("Luis", "Ortega"), ("Mei", "Tran")):
        person = {"firstName": first, "lastName": last, "username": f"{first}.{last}".lower()}
        contractor.sales.append(int(account.add("user", {**person, "isSales": True})["id"]))
    for client in CLIENTS:
        contractor.customers.append(_add(client, contractor, books))


def _add(client: Client, contractor: Contractor, books: Bookkeeping) -> Customer:
    known = {"quickbooks": books.customers[client.name]} if client.known_by_id else {}
    made = contractor.account.add("company", {"name": client.name, "externalIds": known})
    cities = [city for city in CITIES if city.name in client.cities]
    places = []
    for number, name in enumerate(client.locations, start=1):
        city = cities[number % len(cities)]
        places.append(
            place(
                contractor,
                int(made["id"]),
                city,
                name=name,
                refNumber=location_ref(client, number),
                taxable=not client.exempt,
            )
        )
    return Customer(int(made["id"]), client, tuple(places))


def place(contractor: Contractor, company: int, city: City, **values: Any) -> Place:
    """Add a service location in a city."""
    street = f"{contractor.random.randrange(100, 9000)} {city.name} Avenue"
    address = {
        "street": street,
        "city": city.name,
        "state": city.state,
        "postalCode": city.postal_code,
    }
    given = {"companyId": company, "address": address, **values}
    return Place(int(contractor.account.add("location", given)["id"]), city)
