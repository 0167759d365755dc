"""One invoice for each reason to hold one, as such invoices come about.

Three reasons are not here, because a minute cannot have them: `outcome_unknown` takes five lost
answers over a day, `crashes_loader` five crashes with a lease between them, and
`currency_unsupported` a currency, which ServiceTrade's invoices do not show.
`edited_in_quickbooks`, `deleted_in_quickbooks` and `payment_applied` come in the second act, when
there is something to edit.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.demo.catalogue import MECHANICAL, City
from sandbox.demo.contractor import Customer, discount, place
from sandbox.demo.taxation import taxed
from sandbox.quickbooks.people import People

if TYPE_CHECKING:
    from sandbox.demo.catalogue import Sold
    from sandbox.demo.world import World
    from sandbox.quickbooks.store import Record

_OHIO = City("Youngstown", "OH", "44503", "Pittsburgh", ("8",))
_YEARS_SECONDS = 20 * 365 * 86_400.0
_SURCHARGED = "FUEL-1"
_LABOR = MECHANICAL[0]
_FILTER = next(sold for sold in MECHANICAL if sold.code.startswith("FLT"))


def add_oddities(world: World) -> None:
    """Add them all; `World.odd` tells which is which."""
    for make in (
        *(_about_jobs, _about_mappings, _about_tax, _about_customers, _about_numbers),
        *(_about_money, _about_the_rest),
    ):
        make(world)


def _odd(world: World, code: str, customer: Customer | None = None, **values: Any) -> int:
    customer = customer or _customer(world, "Liberty Tower Condominiums")
    made = int(world.contractor.invoice(customer, **values)["id"])
    world.odd.setdefault(code, []).append(made)
    return made


def _customer(world: World, name: str) -> Customer:
    return next(each for each in world.contractor.customers if each.client.name == name)


def _sold(world: World, sold: Sold, **values: Any) -> list[dict[str, Any]]:
    return [world.contractor.line(sold, **values)]


def _about_jobs(world: World) -> None:
    contractor = world.contractor
    tower = _customer(world, "Liberty Tower Condominiums")
    loose: dict[str, Any] = {"customerId": tower.id, "locationId": tower.places[0].id}
    office = contractor.offices["Pittsburgh"]
    _odd(world, "missing_job", jobId=None, assignedOfficeId=office, **loose)
    _odd(world, "job_canceled", job={"status": "canceled"})
    other = _customer(world, "Golden State Dental")
    job = contractor.job(other, other.places[0])
    _odd(world, "job_mismatch", jobId=job, **loose)
    # A job that the invoice names and that no list shows, as if the user may not see it.
    world.clock.ahead_by(_YEARS_SECONDS)
    hidden = contractor.job(tower, tower.places[0])
    world.clock.ahead_by(0)
    _odd(world, "job_not_found", jobId=hidden)


def _about_mappings(world: World) -> None:
    line = world.contractor.line
    freight = {"name": "Inbound freight", "code": "FRT", "type": "freight"}
    _odd(world, "unmapped_item", lines=[line(_LABOR), line(_LABOR, libItem=freight)])
    rental = {"name": "Equipment rental", "code": "RENT", "type": "service"}
    _odd(world, "item_inactive", lines=_sold(world, _LABOR, libItem=rental))
    People(world.books.company).deactivate("Item", world.books.items["Equipment Rental"])
    _odd(world, "unmapped_class", lines=_sold(world, _LABOR, serviceLine="Kitchen Exhaust"))
    _odd(world, "unmapped_department", assignedOfficeId=world.contractor.offices["Reno"])
    _odd(world, "unmapped_term", paymentTerms="Net 45")
    _odd(world, "po_missing", _customer(world, "Allegheny School District"), customerPo="")


def _about_tax(world: World) -> None:
    contractor = world.contractor
    theirs = _customer(world, "Steel City Gym")
    across = place(contractor, theirs.id, _OHIO, name="Youngstown", refNumber="SCG-OH")
    ohio = Customer(theirs.id, theirs.client, (across,))
    _odd(world, "unmapped_tax", ohio, lines=_sold(world, _FILTER))
    filters = {**_sold(world, _FILTER, quantity=12)[0], "taxRate": "0.07", "taxAmount": "0.12"}
    filters.pop("taxed")
    _odd(world, "tax_rate_out_of_band", items=[filters])
    # The library is exempt in both systems, and somebody put tax on its filters all the same.
    exempt = _customer(world, "O'Hara Township Library")
    lines = taxed(_sold(world, _FILTER, quantity=4), exempt.places[0].city, exempt=False)
    _odd(world, "taxability_differs", exempt, items=lines)


def _about_customers(world: World) -> None:
    contractor, books = world.contractor, world.books
    pattern = _customer(world, "Steel City Gym")

    def newcomer(name: str, **values: Any) -> Customer:
        made = int(contractor.account.add("company", {"name": name, **values})["id"])
        where = place(contractor, made, pattern.places[0].city, name="Shop", refNumber="N-01")
        return Customer(made, pattern.client, (where,))

    for name in ("Steel City Gymnasium & Spa", "Alleghany Ice Cream"):
        _odd(world, "customer_missing", newcomer(name))
    books.customer("Braddock Roller Rink")
    rink = next(
        each for each in books.company.objects("Customer") if "Roller" in each["DisplayName"]
    )
    _odd(world, "customer_inactive", newcomer("Braddock Roller Rink"))
    People(books.company).deactivate("Customer", str(rink["Id"]))
    wrong = {"quickbooks": books.customers["Natomas Ice Arena"]}
    _odd(world, "customer_mismatch", newcomer("Etna Hardware", externalIds=wrong))
    books.customer("Etna Hardware")
    homeless = {"street": "", "city": "", "state": "", "postalCode": ""}
    nowhere = place(
        contractor, pattern.id, pattern.places[0].city, name="New site", address=homeless
    )
    there = Customer(pattern.id, pattern.client, (nowhere,))
    _odd(world, "address_missing", there, lines=_sold(world, _LABOR))


def _about_numbers(world: World) -> None:
    books, contractor = world.books, world.contractor
    _odd(world, "number_missing", invoiceNumber="", refNumber="")
    _odd(world, "number_too_long", invoiceNumber="LIBERTY-TOWER-2026-PHASE-2-0007")
    by_hand = books.customers["Liberty Tower Condominiums"]
    day = contractor.today - timedelta(days=20)
    _odd(world, "number_taken", invoiceNumber="4711")
    books.type_invoice(by_hand, "4711", day, Decimal("480.00"))
    number = "DUP-100"
    _odd(world, "duplicate_number_in_source", invoiceNumber=number)
    world.plain.append(int(contractor.invoice(invoiceNumber=number)["id"]))
    # As after a copy in QuickBooks of an invoice that an earlier stack had made.
    twice = _odd(world, "duplicate_in_quickbooks", invoiceNumber="TWICE-1")
    for _ in range(2):
        books.type_invoice(by_hand, "TWICE-1", day, Decimal("128.00"), f"Job 9001\n[st:{twice}.0]")


def _about_money(world: World) -> None:
    for wrong in ("999.99", "0.01"):
        _odd(world, "totals_disagree", subtotal=wrong)
    credit = discount("150.00")
    _odd(world, "credit_memo_needed", lines=[credit])
    chiller = {"name": "Chiller replacement", "code": "", "type": "part"}
    large = _sold(world, _FILTER, libItem=chiller, description="Chiller, 80 ton", price=61_250)
    _odd(world, "awaiting_release", lines=[{**large[0], "quantity": 1}])
    _odd(world, "closed_period", day=world.closed_through - timedelta(days=3))
    for _ in range(2):
        _odd(world, "date_missing", transactionDate=None)


def _about_the_rest(world: World) -> None:
    account = world.account
    unreadable = _odd(world, "unreadable_source")
    row = account.row("invoice", unreadable)
    lines = [{**item, "orderIndex": "first"} for item in row["items"]]
    account.store.put("invoice", {**row, "items": lines})
    # QuickBooks' own fields for such numbers end at 31 characters.
    _odd(
        world,
        "rejected_by_quickbooks",
        customerPo="Blanket PO 2026 / Capital project 4471-B / Phase 2",
    )
    _odd(world, "echo_mismatch", invoiceNumber=_SURCHARGED)
    world.books.company.after_write = lambda record: _surcharge(world, record)


def _surcharge(world: World, record: Record) -> None:
    """Act as another app that adds a line to an invoice the moment it is there."""
    body = record.body
    if body.get("DocNumber") != _SURCHARGED or body["SyncToken"] != "0":
        return
    lines = [line for line in body["Line"] if line["DetailType"] != "SubTotalLineDetail"]
    fuel = {
        "Amount": Decimal("7.50"),
        "DetailType": "SalesItemLineDetail",
        "Description": "Fuel surcharge",
        "SalesItemLineDetail": {
            "ItemRef": {"value": world.books.items["Trip Charge"]},
            "TaxCodeRef": {"value": "NON"},
        },
    }
    world.by_other_apps.add(record.identity)
    People(world.books.company).edit("Invoice", record.identity, {"Line": [*lines, fuel]})
