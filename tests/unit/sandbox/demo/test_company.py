"""The made-up contractor: the same each time, on both sides, with something of everything."""

from decimal import ROUND_HALF_UP, Decimal

import pytest

from sandbox.demo.catalogue import CITIES, City
from sandbox.demo.company import build
from sandbox.demo.taxation import taxed
from sandbox.demo.world import World

NOON = 1_795_000_000.0


@pytest.fixture(scope="module")
def world() -> World:
    return build(lambda: NOON, size=300)


def test_it_is_the_same_each_time(world: World) -> None:
    again = build(lambda: NOON, size=300)

    assert list(again.invoices()) == list(world.invoices())
    assert again.odd == world.odd


def test_another_seed_makes_other_invoices(world: World) -> None:
    other = build(lambda: NOON, size=300, seed=7)

    assert list(other.invoices()) != list(world.invoices())


def test_it_has_as_many_invoices_as_asked_for_in_both_states(world: World) -> None:
    invoices = list(world.invoices())
    states = {invoice["location"]["address"]["state"] for invoice in invoices}

    assert world.past is not None
    planted = {*world.past.pairs, *world.past.other_total, *world.past.missing, *world.past.double}
    assert len(invoices) == 300 + len(planted)
    assert {"PA", "CA"} <= states


def test_there_is_one_for_each_reason_that_a_first_sync_can_meet(world: World) -> None:
    assert set(world.odd) == {
        *("missing_job", "job_not_found", "job_mismatch", "job_canceled"),
        *("unmapped_item", "unmapped_class", "unmapped_department", "unmapped_tax"),
        *("tax_rate_out_of_band", "taxability_differs", "unmapped_term", "po_missing"),
        *("customer_missing", "customer_inactive", "customer_mismatch", "item_inactive"),
        *("address_missing", "number_missing", "number_too_long", "number_taken"),
        *("duplicate_number_in_source", "duplicate_in_quickbooks", "date_missing"),
        *("closed_period", "totals_disagree", "credit_memo_needed", "awaiting_release"),
        *("echo_mismatch", "rejected_by_quickbooks", "unreadable_source"),
    }


def test_the_texts_are_as_awkward_as_in_life(world: World) -> None:
    invoices = list(world.invoices())
    notes = " ".join(invoice["notes"] for invoice in invoices)
    names = " ".join(invoice["customer"]["name"] for invoice in invoices)
    longest = max(len(item["description"]) for each in invoices for item in each["items"])

    assert "🙂" in notes
    assert "'" in names
    assert "&" in names
    assert longest == 4000


def test_every_plain_invoice_adds_up(world: World) -> None:
    for identity in world.plain:
        row = world.account.row("invoice", identity)
        assert row["subtotal"] == sum(item["subtotal"] for item in row["items"])
        assert row["totalPrice"] == row["subtotal"] + row["taxAmount"]
        assert row["totalPrice"] > 0


def test_quickbooks_knows_the_customers_and_has_a_past(world: World) -> None:
    company = world.books.company
    names = {str(each["DisplayName"]) for each in company.objects("Customer")}
    typed = {str(each["DocNumber"]) for each in company.objects("Invoice")}
    before = {
        each["invoiceNumber"]: each["totalPrice"]
        for each in world.invoices()
        if each["invoiceNumber"] in typed
    }

    assert {"Keystone Foods, Inc.", "Keystone Foods - Plant 1 (KF-01)"} <= names
    assert len(world.books.past) == len(list(company.objects("Invoice"))) > 5
    assert len(before) > 5
    assert any(
        each["TotalAmt"] != Decimal(str(before[str(each["DocNumber"])]))
        for each in company.objects("Invoice")
        if each["DocNumber"] in before
    )


def test_the_hidden_job_is_named_by_its_invoice_and_listed_nowhere(world: World) -> None:
    (identity,) = world.odd["job_not_found"]
    job = world.account.show("invoice", identity)["job"]

    listed = world.account.store.rows("job", as_of=NOON)
    assert job["id"] not in {row["id"] for row in listed}


@pytest.mark.parametrize("city", CITIES, ids=lambda city: city.name)
def test_the_tax_of_an_invoice_is_what_quickbooks_makes_of_it(city: City) -> None:
    cents = Decimal("0.01")
    for price in ("0.07", "14.37", "38.65", "683.49"):
        lines = [{"quantity": 3, "price": price, "taxed": True} for _ in range(3)]
        written = taxed(lines, city, exempt=False)
        base = 9 * Decimal(price)
        by_rate = [
            (base * Decimal(each) / 100).quantize(cents, ROUND_HALF_UP) for each in city.rates
        ]
        parts = [Decimal(line["taxAmount"]) for line in written]

        assert sum(parts) == sum(by_rate)
        exact = 3 * Decimal(price) * city.percent / 100
        assert all(abs(part - exact) <= cents for part in parts)


def test_an_exempt_customer_pays_no_tax() -> None:
    lines = [{"quantity": 1, "price": "10.00", "taxed": True}]

    (line,) = taxed(lines, CITIES[0], exempt=True)

    assert line["taxAmount"] == 0
    assert "taxed" not in line
