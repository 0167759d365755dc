"""Reports, seeded companies, money on the wire, and time."""

from decimal import Decimal

import pytest

from sandbox.quickbooks import companies, reports, times, wire
from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.options import Options
from tests.unit.sandbox.quickbooks.world import NOW, Client, invoice, line, refused


def test_a_transaction_list_reconciles_with_the_books(client: Client) -> None:
    client.company.create("Invoice", invoice(line("10.00"), DocNumber="A", TxnDate="2026-09-01"))
    client.company.create("Invoice", invoice(line("20.00"), TxnDate="2026-08-31"))
    client.company.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 4})

    answer = client.get("reports/TransactionList?start_date=2026-09-01&end_date=2026-09-30").json()

    titles = [each["ColTitle"] for each in answer["Columns"]["Column"]]
    rows = [
        {title: cell["value"] for title, cell in zip(titles, row["ColData"], strict=True)}
        for row in answer["Rows"]["Row"]
    ]
    assert [(row["Transaction Type"], row["Num"], row["Amount"]) for row in rows] == [
        ("Invoice", "A", "10.00"),
        ("Payment", "", "-4.00"),
    ]
    assert answer["Header"]["Option"] == [{"Name": "NoReportData", "Value": "false"}]


def test_a_transaction_list_can_be_of_one_type(client: Client) -> None:
    client.company.create("Invoice", invoice())
    client.company.create("Payment", {"CustomerRef": {"value": "1"}, "TotalAmt": 4})

    answer = client.get("reports/TransactionList?transaction_type=Payment").json()

    assert len(answer["Rows"]["Row"]) == 1


def test_an_empty_report_says_so(company: Company) -> None:
    answer = reports.run(company, "CustomerSales", {})

    assert answer["Header"]["Option"][0]["Value"] == "true"
    assert answer["Rows"] == {}


def test_customer_sales_adds_up_without_tax(company: Company) -> None:
    company.create("Invoice", invoice(line("10.00")))
    company.create("Invoice", invoice(line("5.00")))
    company.create("CreditMemo", invoice(line("1.00"), customer="2"))

    answer = reports.run(company, "CustomerSales", {})

    values = [[cell["value"] for cell in row["ColData"]] for row in answer["Rows"]["Row"][:-1]]
    assert values == [["Allegheny Dental", "-1.00"], ["Keystone Mills", "15.00"]]
    assert answer["Rows"]["Row"][-1]["Summary"]["ColData"][1]["value"] == "14.00"


def test_open_invoices_are_listed_by_age(company: Company) -> None:
    company.create("Invoice", invoice(line("10.00"), TxnDate="2020-01-01"))
    company.void("Invoice", company.create("Invoice", invoice())["Id"])

    answer = reports.run(company, "AgedReceivableDetail", {})

    assert len(answer["Rows"]["Row"]) == 1
    with refused("500"):
        reports.run(company, "Weather", {})
    with refused("2060"):
        reports.run(company, "CustomerSales", {"start_date": "soon"})


def test_an_empty_company_has_its_preferences_and_nothing_else() -> None:
    company = companies.empty(VirtualClock(NOW), Options(discounts=False))

    assert company.read("Preferences", "1")["SalesFormsPrefs"]["AllowDiscount"] is False
    assert list(company.objects("Customer")) == []


def test_the_sample_company_can_be_worked_with_at_once() -> None:
    company = companies.sample(VirtualClock(NOW))

    made = company.create("Invoice", invoice(line("12.75", item="11"), DocNumber="2001"))

    assert made["CustomerRef"]["name"] == "Amy's Bird Sanctuary"
    assert company.read("Invoice", "2")["Balance"] == 0
    assert company.query("select count(*) from Item").total == 11


def test_a_seeded_object_has_the_id_and_token_it_was_given(company: Company) -> None:
    made = company.seed("Invoice", invoice(), identity="264", token=3)

    assert (made["Id"], company.read("Invoice", "264")["SyncToken"]) == ("264", "3")
    assert company.create("Invoice", invoice())["Id"] == "265"
    with pytest.raises(ValueError, match="exists already"):
        company.seed("Invoice", invoice(), identity="264")


def test_preferences_and_the_company_sheet_can_be_changed(company: Company) -> None:
    change = {"Id": "1", "SyncToken": "0", "sparse": True}

    prefs = company.update(
        "Preferences", {**change, "SalesFormsPrefs": {"CustomTxnNumbers": False}}
    )

    assert prefs["SalesFormsPrefs"]["CustomTxnNumbers"] is False
    assert prefs["SalesFormsPrefs"]["AllowDiscount"] is True
    assert company.create("Invoice", invoice())["DocNumber"] == "1001"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("100.00"), "100.00"),
        (Decimal("0.00"), "0"),
        (wire.rate("75.000"), "75"),
        (wire.rate("22.50"), "22.5"),
        (wire.rate("1E+3"), "1000"),
        (True, "true"),
        (None, "null"),
        ("é\n", '"é\\n"'),
        ([1, {"a": Decimal("-0.10")}], '[1,{"a":-0.10}]'),
    ],
)
def test_a_value_is_written_as_the_service_writes_it(value: object, text: str) -> None:
    assert wire.render(value) == text


def test_numbers_are_read_without_floats() -> None:
    assert wire.parse(b'{"a": 0.1}') == {"a": Decimal("0.1")}
    with pytest.raises(ValueError, match="NaN"):
        wire.parse(b"NaN")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-01-05T12:00:00Z", "2026-01-05T04:00:00-08:00"),
        ("2026-07-05T12:00:00Z", "2026-07-05T05:00:00-07:00"),
        ("2026-03-08T09:59:59Z", "2026-03-08T01:59:59-08:00"),
        ("2026-03-08T10:00:00Z", "2026-03-08T03:00:00-07:00"),
    ],
)
def test_times_are_pacific_and_follow_daylight_saving(moment: str, text: str) -> None:
    assert times.stamp(int(times.seconds_of(moment))) == text


def test_a_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="go back"):
        VirtualClock(0).advance(-1)
