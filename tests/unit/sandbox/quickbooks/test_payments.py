"""What payments and credits do to invoices, and what undoing them gives back."""

from decimal import Decimal
from typing import Any

from sandbox.quickbooks.company import Company
from sandbox.quickbooks.people import People
from tests.unit.sandbox.quickbooks.world import Open, invoice, line, refused


def payment(amount: str, *invoices: tuple[str, str]) -> dict[str, Any]:
    lines = [
        {"Amount": part, "LinkedTxn": [{"TxnId": each, "TxnType": "Invoice"}]}
        for each, part in invoices
    ]
    return {"CustomerRef": {"value": "1"}, "TotalAmt": amount, "Line": lines}


def test_a_payment_lowers_the_balance_links_itself_and_moves_the_token(company: Company) -> None:
    made = company.create("Invoice", invoice())

    paid = company.create("Payment", payment("60.00", (made["Id"], "60.00")))

    after = company.read("Invoice", made["Id"])
    assert after["Balance"] == Decimal("40.00")
    assert after["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "Payment"}]
    assert after["SyncToken"] == "1"


def test_a_payment_may_leave_the_token_alone(opened: Open) -> None:
    company = opened(payments_move_sync_token=False)
    made = company.create("Invoice", invoice())
    company.create("Payment", payment("60.00", (made["Id"], "60.00")))

    assert company.read("Invoice", made["Id"])["SyncToken"] == "0"


def test_what_is_not_applied_stays_open_on_the_payment(company: Company) -> None:
    made = company.create("Invoice", invoice())

    paid = company.create("Payment", payment("150.00", (made["Id"], "100.00")))

    assert paid["UnappliedAmt"] == Decimal("50.00")
    assert company.read("Customer", "1")["Balance"] == Decimal("-50.00")


def test_too_much_or_a_stranger_can_not_be_paid(company: Company) -> None:
    made = company.create("Invoice", invoice())
    other = company.create("Invoice", invoice(customer="2"))

    with refused("6000"):
        company.create("Payment", payment("150.00", (made["Id"], "150.00")))
    with refused("6000"):
        company.create("Payment", payment("10.00", (made["Id"], "50.00")))
    with refused("620"):
        company.create("Payment", payment("10.00", (other["Id"], "10.00")))
    with refused("2020", "TotalAmt"):
        company.create("Payment", {"CustomerRef": {"value": "1"}})


def test_the_customers_balance_follows_invoices_and_payments(company: Company) -> None:
    made = company.create("Invoice", invoice())
    company.create("Invoice", invoice(line("11.00")))
    assert company.read("Customer", "1")["Balance"] == Decimal("111.00")

    paid = company.create("Payment", payment("60.00", (made["Id"], "60.00")))
    assert company.read("Customer", "1")["Balance"] == Decimal("51.00")

    company.delete("Payment", paid["Id"])
    company.delete("Invoice", made["Id"])
    assert company.read("Customer", "1")["Balance"] == Decimal("11.00")
    assert company.read("Customer", "1")["SyncToken"] == "0"


def test_a_void_makes_its_payments_unapplied(company: Company) -> None:
    made = company.create("Invoice", invoice())
    paid = company.create("Payment", payment("60.00", (made["Id"], "60.00")))

    voided = company.void("Invoice", made["Id"])

    after = company.read("Payment", paid["Id"])
    assert voided["LinkedTxn"] == []
    assert after["UnappliedAmt"] == Decimal("60.00")
    assert after["Line"] == []
    assert company.read("Customer", "1")["Balance"] == Decimal("-60.00")


def test_a_paid_invoice_is_not_deleted(company: Company) -> None:
    made = company.create("Invoice", invoice())
    company.create("Payment", payment("60.00", (made["Id"], "60.00")))

    with refused("6000", "payments"):
        company.delete("Invoice", made["Id"])


def test_a_paid_invoice_keeps_its_customer(company: Company) -> None:
    made = company.create("Invoice", invoice())
    company.create("Payment", payment("60.00", (made["Id"], "60.00")))

    with refused("6000", "customer"):
        company.update(
            "Invoice",
            {"Id": made["Id"], "SyncToken": "1", "sparse": True, "CustomerRef": {"value": "2"}},
        )


def test_a_raised_invoice_stays_paid_as_far_as_it_was(company: Company) -> None:
    made = company.create("Invoice", invoice())
    company.create("Payment", payment("60.00", (made["Id"], "60.00")))
    change = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Line": [line("130.00")]}

    changed = company.update("Invoice", change)

    assert changed["Balance"] == Decimal("70.00")
    assert len(changed["LinkedTxn"]) == 1


def test_an_invoice_lowered_below_its_payment_gives_the_rest_back(company: Company) -> None:
    made = company.create("Invoice", invoice())
    paid = company.create("Payment", payment("60.00", (made["Id"], "60.00")))
    change = {"Id": made["Id"], "SyncToken": "1", "sparse": True, "Line": [line("50.00")]}

    changed = company.update("Invoice", change)

    assert changed["Balance"] == 0
    assert company.read("Payment", paid["Id"])["UnappliedAmt"] == Decimal("10.00")


def test_a_changed_payment_is_applied_anew(company: Company) -> None:
    first = company.create("Invoice", invoice())
    second = company.create("Invoice", invoice())
    paid = company.create("Payment", payment("60.00", (first["Id"], "60.00")))
    again = payment("60.00", (second["Id"], "20.00"))

    changed = company.update("Payment", {**again, "Id": paid["Id"], "SyncToken": "0"})

    assert changed["UnappliedAmt"] == Decimal("40.00")
    assert company.read("Invoice", first["Id"])["Balance"] == Decimal("100.00")
    assert company.read("Invoice", second["Id"])["Balance"] == Decimal("80.00")


def test_a_refused_change_of_a_payment_changes_nothing(company: Company) -> None:
    made = company.create("Invoice", invoice())
    paid = company.create("Payment", payment("60.00", (made["Id"], "60.00")))
    bad = payment("60.00", (made["Id"], "900.00"))

    with refused("6000"):
        company.update("Payment", {**bad, "Id": paid["Id"], "SyncToken": "0"})

    assert company.read("Invoice", made["Id"])["Balance"] == Decimal("40.00")


def test_a_voided_payment_frees_its_invoice(company: Company) -> None:
    made = company.create("Invoice", invoice())
    paid = company.create("Payment", payment("60.00", (made["Id"], "60.00")))

    voided = company.void("Payment", paid["Id"])

    assert voided["TotalAmt"] == 0
    assert company.read("Invoice", made["Id"])["Balance"] == Decimal("100.00")


def test_open_credits_are_applied_by_themselves_where_that_is_wanted(opened: Open) -> None:
    company = opened(auto_apply_credit=True)
    credit = company.create("CreditMemo", invoice(line("30.00")))

    made = company.create("Invoice", invoice())

    assert made["TotalAmt"] == Decimal("100.00")
    assert made["Balance"] == Decimal("70.00")
    assert company.read("CreditMemo", credit["Id"])["RemainingCredit"] == 0
    assert company.read("Customer", "1")["Balance"] == Decimal("70.00")


def test_credits_wait_where_it_is_not(company: Company) -> None:
    company.create("CreditMemo", invoice(line("30.00")))

    assert company.create("Invoice", invoice())["Balance"] == Decimal("100.00")


def test_an_estimate_is_closed_by_its_invoice(company: Company) -> None:
    estimate = company.create("Estimate", invoice())
    link = {"TxnId": estimate["Id"], "TxnType": "Estimate"}

    made = company.create("Invoice", invoice(LinkedTxn=[link]))

    after = company.read("Estimate", estimate["Id"])
    assert made["LinkedTxn"] == [link]
    assert after["TxnStatus"] == "Closed"
    assert after["LinkedTxn"] == [{"TxnId": made["Id"], "TxnType": "Invoice"}]


def test_billed_time_can_not_be_billed_again(company: Company) -> None:
    company.create("Employee", {"GivenName": "Ann"})
    time = company.create(
        "TimeActivity",
        {"NameOf": "Employee", "EmployeeRef": {"value": "3"}, "Hours": 2},
    )
    link = {"TxnId": time["Id"], "TxnType": "TimeActivity"}
    company.create("Invoice", invoice(LinkedTxn=[link]))

    assert company.read("TimeActivity", time["Id"])["BillableStatus"] == "HasBeenBilled"
    with refused("620"):
        company.create("Invoice", invoice(LinkedTxn=[link]))


def test_a_person_pays_what_is_open(company: Company) -> None:
    made = company.create("Invoice", invoice())

    People(company).pay(made["Id"])

    assert company.read("Invoice", made["Id"])["Balance"] == 0
