"""Sales tax: automated by place, by hand through a code, or not at all."""

from decimal import Decimal
from typing import Any

from sandbox.quickbooks import companies
from sandbox.quickbooks.clock import VirtualClock
from tests.unit.sandbox.quickbooks.world import NOW, Open, invoice, line, refused

ERIE = {"Line1": "1 Lake", "City": "Erie", "CountrySubDivisionCode": "PA", "PostalCode": "16501"}


def test_automated_tax_follows_the_ship_address(opened: Open) -> None:
    company = opened(automated_tax=True)

    here = company.create("Invoice", invoice(line("100.00", item="2"), line("50.00")))
    there = company.create("Invoice", invoice(line("100.00", item="2"), ShipAddr=ERIE))

    assert here["TxnTaxDetail"]["TotalTax"] == Decimal("7.00")
    assert [each["Amount"] for each in here["TxnTaxDetail"]["TaxLine"]] == [6, 1]
    assert here["TotalAmt"] == Decimal("157.00")
    assert there["TxnTaxDetail"]["TotalTax"] == Decimal("6.00")


def test_without_an_address_the_companys_own_counts(opened: Open) -> None:
    company = opened(automated_tax=True)
    company.create("Customer", {"DisplayName": "Walk-in"})

    made = company.create("Invoice", invoice(line("100.00", item="2"), customer="3"))

    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("7.00")


def test_a_place_without_a_rate_is_not_taxed(opened: Open) -> None:
    company = opened(automated_tax=True)
    ohio = {**ERIE, "CountrySubDivisionCode": "OH"}

    made = company.create("Invoice", invoice(line("100.00", item="2"), ShipAddr=ohio))

    assert made["TxnTaxDetail"] == {"TotalTax": 0}


def test_a_code_that_a_client_sends_is_ignored_by_automated_tax(opened: Open) -> None:
    company = opened(automated_tax=True)

    made = company.create(
        "Invoice",
        invoice(line("100.00", item="2"), TxnTaxDetail={"TxnTaxCodeRef": {"value": "999"}}),
    )

    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("7.00")


def test_a_total_that_a_client_sends_is_spread_over_the_rates(opened: Open) -> None:
    sent: dict[str, Any] = {"TotalTax": "10.00"}
    body = invoice(line("100.00", item="2"), TxnTaxDetail=sent)

    spread = opened(automated_tax=True).create("Invoice", body)["TxnTaxDetail"]
    ignored = opened(automated_tax=True, tax_override_allowed=False).create("Invoice", body)

    assert spread["TotalTax"] == Decimal("10.00")
    assert [each["Amount"] for each in spread["TaxLine"]] == [Decimal("8.57"), Decimal("1.43")]
    assert ignored["TxnTaxDetail"]["TotalTax"] == Decimal("7.00")


def test_automated_tax_can_be_insisted_on(opened: Open) -> None:
    sent = {"TotalTax": "10.00", "UseAutomatedSalesTax": True}

    made = opened(automated_tax=True).create(
        "Invoice", invoice(line("100.00", item="2"), TxnTaxDetail=sent)
    )

    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("7.00")


def test_tax_is_computed_anew_when_lines_change(opened: Open) -> None:
    company = opened(automated_tax=True)
    made = company.create("Invoice", invoice(line("100.00", item="2")))

    changed = company.update(
        "Invoice",
        {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Line": [line("200.00", item="2")]},
    )

    assert changed["TotalAmt"] == Decimal("214.00")


def test_an_override_outlives_a_changed_note(opened: Open) -> None:
    company = opened(automated_tax=True)
    made = company.create(
        "Invoice", invoice(line("100.00", item="2"), TxnTaxDetail={"TotalTax": "9.00"})
    )

    changed = company.update(
        "Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    )

    assert changed["TotalAmt"] == made["TotalAmt"] == Decimal("109.00")


def test_the_place_outlives_a_changed_note(opened: Open) -> None:
    company = opened(automated_tax=True)
    made = company.create("Invoice", invoice(line("100.00", item="2"), ShipAddr=ERIE))

    changed = company.update(
        "Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    )

    assert changed["TxnTaxDetail"]["TotalTax"] == Decimal("6.00")


def test_an_untaxed_customer_needs_a_reason_under_automated_tax(opened: Open) -> None:
    company = opened(automated_tax=True)

    with refused("6000", "exempt"):
        company.create("Customer", {"DisplayName": "Church", "Taxable": False})
    company.create(
        "Customer", {"DisplayName": "Church", "Taxable": False, "TaxExemptionReasonId": "9"}
    )

    made = company.create("Invoice", invoice(line("100.00", item="2"), customer="3"))

    assert made["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert made["TotalAmt"] == Decimal("100.00")


def test_a_company_without_sales_tax_ignores_it(opened: Open) -> None:
    company = opened(uses_sales_tax=False)

    made = company.create(
        "Invoice", invoice(line("100.00", item="2"), TxnTaxDetail={"TotalTax": "5.00"})
    )

    assert made["TotalAmt"] == Decimal("100.00")


def test_by_hand_the_code_of_the_document_says_the_rate() -> None:
    company = companies.sample(VirtualClock(NOW))
    detail = {"TxnTaxCodeRef": {"value": "2"}}

    made = company.create("Invoice", invoice(line("325.75", item="5"), TxnTaxDetail=detail))

    tax = made["TxnTaxDetail"]
    assert tax["TotalTax"] == Decimal("26.06")
    assert tax["TaxLine"][0]["TaxLineDetail"]["NetAmountTaxable"] == Decimal("325.75")
    with refused("2500"):
        company.create("Invoice", invoice(TxnTaxDetail={"TxnTaxCodeRef": {"value": "88"}}))
    with refused("6160"):
        company.create(
            "Invoice", invoice(TxnTaxDetail={"TxnTaxCodeRef": {"value": "CustomSalesTax"}})
        )


def test_tax_after_a_discount_is_smaller(opened: Open) -> None:
    company = opened(automated_tax=True)
    discount = {
        "Amount": "50.00",
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": False},
    }

    made = company.create(
        "Invoice", invoice(line("100.00", item="2"), discount, ApplyTaxAfterDiscount=True)
    )

    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("3.50")
    assert made["TotalAmt"] == Decimal("53.50")


def test_outside_the_united_states_every_line_needs_a_code(opened: Open) -> None:
    with refused("6000", "GST/HST"):
        opened(country="CA").create("Invoice", invoice())


def test_sending_back_the_address_that_was_read_does_not_move_the_place(opened: Open) -> None:
    company = opened(automated_tax=True)
    made = company.create("Invoice", invoice(line("100.00", item="2"), ShipAddr=ERIE))
    assert "CountrySubDivisionCode" not in made["ShipAddr"]

    changed = company.update("Invoice", {**made, "PrivateNote": "x", "TxnTaxDetail": {}})

    assert changed["TxnTaxDetail"]["TotalTax"] == Decimal("6.00")
    assert changed["ShipAddr"] == made["ShipAddr"]


def test_a_new_address_moves_the_place(opened: Open) -> None:
    company = opened(automated_tax=True)
    made = company.create("Invoice", invoice(line("100.00", item="2")))
    change = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "ShipAddr": ERIE}

    assert company.update("Invoice", change)["TxnTaxDetail"]["TotalTax"] == Decimal("6.00")
