"""Some weeks of long ago, typed into QuickBooks by hand: right, wrong, twice, or not at all."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.quickbooks.people import People

if TYPE_CHECKING:
    from sandbox.demo.world import World

_SEED = 4711
_DAYS_BEFORE_GO_LIVE = 130
_DAYS = 30
# In the order of their days; some things happen twice.
_PLAN = (
    *("pair", "other total", "own number", "missing", "double", "late", "pair", "missing"),
    *("own number", "double", "pair", "other total"),
)
_CUSTOMERS = ("Liberty Tower Condominiums", "Golden State Dental", "Steel City Gym")
_DEPARTMENTS = {"Sacramento": "California"}
_OTHER = Decimal(10)


@dataclass(slots=True)
class Past:
    """What was planted between two days: ids of ServiceTrade, and QuickBooks' Ids."""

    first: date
    last: date
    pairs: dict[int, str] = field(default_factory=dict)
    """What nobody can doubt, whatever number or day it was typed under."""
    other_total: set[int] = field(default_factory=set)
    late: set[int] = field(default_factory=set)
    missing: set[int] = field(default_factory=set)
    double: set[int] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    unbilled: set[int] = field(default_factory=set)


def plant(world: World) -> Past:
    """Plant a past that lies before everything that a sync reads; nothing else is changed by it."""
    first = world.go_live - timedelta(days=_DAYS_BEFORE_GO_LIVE)
    past = Past(first, first + timedelta(days=_DAYS))
    contractor, people = world.contractor, People(world.books.company)
    usual, contractor.random = contractor.random, random.Random(_SEED)
    people.open_books()
    for number, what in enumerate(_PLAN):
        _plant(world, past, number, what)
    theirs = world.books.customers[_CUSTOMERS[0]]
    day = first + timedelta(days=5)
    past.foreign.add(world.books.type_invoice(theirs, "RENT-07", day, Decimal("1250.00")))
    customer = next(each for each in contractor.customers if each.client.name == _CUSTOMERS[1])
    done = contractor.moment(day, 15)
    job = {"completedOn": done, "updated": done, "estimatedPrice": "640.00"}
    past.unbilled.add(contractor.job(customer, customer.places[0], **job))
    people.close_books(world.closed_through.isoformat())
    contractor.random = usual
    return past


def _plant(world: World, past: Past, number: int, what: str) -> None:
    """Add one invoice, and what the office made of it. Labor is not taxed, so totals are equal."""
    contractor, books = world.contractor, world.books
    name = _CUSTOMERS[number % len(_CUSTOMERS)]
    customer = next(each for each in contractor.customers if each.client.name == name)
    day = past.first + timedelta(days=2 * number)
    amount = Decimal(300 + 17 * number)
    line: dict[str, Any] = {
        "description": "Technician labor, as agreed",
        "quantity": 1,
        "price": str(amount),
        "libItem": {"name": "Technician labor", "code": "LAB", "type": "labor"},
        "serviceLine": "HVAC",
    }
    invoice = contractor.invoice(customer, day=day, lines=[line])
    identity, own = int(invoice["id"]), str(invoice["invoiceNumber"])
    office = str(invoice["assignedOffice"]["name"])

    def typed(under: str = own, on: date = day, total: Decimal = amount) -> str:
        department = _DEPARTMENTS.get(office, office)
        return books.type_invoice(books.customers[name], under, on, total, department=department)

    match what:
        case "pair":
            past.pairs[identity] = typed()
        case "own number":
            past.pairs[identity] = typed(under=f"QB-{number}")
        case "late":
            past.pairs[identity] = typed(on=day + timedelta(days=9))
            past.late.add(identity)
        case "other total":
            typed(total=amount + _OTHER)
            past.other_total.add(identity)
        case "double":
            typed()
            typed()
            past.double.add(identity)
        case _:
            past.missing.add(identity)
