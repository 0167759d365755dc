"""What an invoice becomes when it is made, changed, voided and deleted."""

from decimal import Decimal

import pytest

from sandbox.quickbooks import wire
from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.company import Company
from tests.unit.sandbox.quickbooks.world import Open, invoice, line, refused


def test_a_minimal_invoice_is_completed_with_the_defaults(company: Company) -> None:
    made = company.create("Invoice", invoice(DocNumber="1"))

    assert made["Line"][0]["Id"] == "1"
    assert made["Line"][0]["LineNum"] == 1
    assert made["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "NON"}
    assert made["CustomerRef"] == {"value": "1", "name": "Keystone Mills"}
    assert made["CurrencyRef"]["value"] == "USD"
    assert made["TxnDate"] == "2026-09-21"
    assert made["DueDate"] == "2026-10-21"
    assert made["BillAddr"]["City"] == "Pittsburgh"
    assert made["TotalAmt"] == made["Balance"] == Decimal("100.00")
    assert (made["PrintStatus"], made["EmailStatus"]) == ("NeedToPrint", "NotSet")
    assert made["SyncToken"] == "0"


def test_the_subtotal_is_a_last_line_without_an_id(company: Company) -> None:
    made = company.create("Invoice", invoice(line("10.00"), line("5.50")))

    last = made["Line"][-1]
    assert last == {
        "Amount": Decimal("15.50"),
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {},
    }


def test_amounts_are_written_with_two_places_and_prices_without_trailing_zeros(
    company: Company,
) -> None:
    made = company.create("Invoice", invoice(line("45", Qty="2.0", UnitPrice="22.50")))

    text = wire.render(made)

    assert '"Amount":45.00' in text
    assert '"UnitPrice":22.5,"Qty":2,' in text
    assert '"TotalTax":0' in text


def test_an_id_counts_over_all_kinds_of_transactions(company: Company) -> None:
    first = company.create("Invoice", invoice())
    second = company.create("Estimate", invoice())

    assert int(second["Id"]) == int(first["Id"]) + 1


def test_the_due_date_follows_the_term_of_the_customer(company: Company) -> None:
    term = company.create("Term", {"Name": "Net 10", "DueDays": 10})
    company.update(
        "Customer",
        {"Id": "1", "SyncToken": "0", "sparse": True, "SalesTermRef": {"value": term["Id"]}},
    )

    made = company.create("Invoice", invoice(TxnDate="2026-01-30"))

    assert made["SalesTermRef"]["value"] == term["Id"]
    assert made["DueDate"] == "2026-02-09"


def test_a_term_by_day_of_month_is_due_on_that_day(company: Company) -> None:
    term = company.create("Term", {"Name": "31st", "DayOfMonthDue": 31, "DueNextMonthDays": 5})
    reference = {"value": term["Id"]}

    soon = company.create("Invoice", invoice(TxnDate="2026-01-10", SalesTermRef=reference))
    later = company.create("Invoice", invoice(TxnDate="2026-01-29", SalesTermRef=reference))

    assert soon["DueDate"] == "2026-01-31"
    assert later["DueDate"] == "2026-02-28"


def test_an_edited_address_comes_back_as_lines(company: Company) -> None:
    address = {
        "Line1": "9 Oak",
        "City": "Erie",
        "CountrySubDivisionCode": "PA",
        "PostalCode": "16501",
    }

    made = company.create("Invoice", invoice(BillAddr=address))

    assert made["BillAddr"]["Line2"] == "Erie, PA  16501"
    assert "City" not in made["BillAddr"]


def test_a_sales_line_without_an_item_is_text_and_its_amount_does_not_count(
    company: Company,
) -> None:
    text = {"Amount": 5, "Description": "Thanks", "DetailType": "SalesItemLineDetail"}

    made = company.create("Invoice", invoice(line("10.00"), text))

    assert made["Line"][1]["DetailType"] == "DescriptionOnly"
    assert made["TotalAmt"] == Decimal("10.00")


def test_a_discount_comes_off_after_the_subtotal(company: Company) -> None:
    discount = {
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": True, "DiscountPercent": 10},
    }

    made = company.create("Invoice", invoice(line("200.00"), discount))

    assert [each["DetailType"] for each in made["Line"]] == [
        "SalesItemLineDetail",
        "SubTotalLineDetail",
        "DiscountLineDetail",
    ]
    assert made["TotalAmt"] == Decimal("180.00")


def test_a_discount_needs_its_preference(opened: Open) -> None:
    discount = {"Amount": 5, "DetailType": "DiscountLineDetail", "DiscountLineDetail": {}}

    with refused("6000"):
        opened(discounts=False).create("Invoice", invoice(line(), discount))


def test_a_bundle_adds_up_its_lines(company: Company) -> None:
    kit = company.create("Item", {"Name": "Kit", "Type": "Group"})
    group = {
        "DetailType": "GroupLineDetail",
        "GroupLineDetail": {
            "GroupItemRef": {"value": kit["Id"]},
            "Quantity": 1,
            "Line": [line("10.00"), line("20.00")],
        },
    }

    made = company.create("Invoice", invoice(group))

    assert made["TotalAmt"] == Decimal("30.00")


def test_an_amount_is_price_times_quantity_rounded_half_up(company: Company) -> None:
    with refused("6070", "1,861.07"):
        company.create("Invoice", invoice(line("1861.07", Qty="14.50", UnitPrice="128.35")))

    made = company.create("Invoice", invoice(line("1861.08", Qty="14.50", UnitPrice="128.35")))

    assert made["TotalAmt"] == Decimal("1861.08")


def test_an_amount_alone_is_not_multiplied(company: Company) -> None:
    assert company.create("Invoice", invoice(line("7.77", Qty="3")))["TotalAmt"] == Decimal("7.77")


def test_a_negative_total_is_refused(company: Company) -> None:
    with refused("6000", "negative"):
        company.create("Invoice", invoice(line("5.00"), line("-10.00")))


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({"Line": [line()]}, "2020", "CustomerRef"),
        ({"CustomerRef": {"value": "1"}}, "2020", "Line"),
        (invoice({"Amount": 1}), "2020", "DetailType"),
        (
            invoice(
                {
                    "DetailType": "SalesItemLineDetail",
                    "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
                }
            ),
            "2020",
            "Amount",
        ),
        (invoice({"Amount": 1, "DetailType": "Nonsense"}), "2170", "Nonsense"),
        (invoice(EmailStatus="Sent"), "2170", "EmailStatus"),
        (invoice(EmailStatus="NeedToSend"), "2020", "BillEmail"),
        (invoice(DocNumber="x" * 22), "2050", "Supplied length:22"),
        (invoice(PrivateNote="x" * 4001), "2050", "Max:4000"),
        (invoice(CustomerMemo={"value": "x" * 1001}), "2050", "Max:1000"),
        (invoice({**line(), "Description": "x" * 4001}), "2050", "Max:4000"),
        (invoice(TxnDate="21.09.2026"), "2060", "21.09.2026"),
        (invoice(line("ten")), "2080", "ten"),
        (invoice(line(), customer="99"), "2500", "Names element id 99"),
        (invoice(line(item="99")), "2500", "Items element id 99"),
        (invoice(line(ClassRef={"value": "9"})), "2500", "Klasses element id 9"),
        (invoice(line(TaxCodeRef={"value": "2"})), "6100", "TAX or NON"),
    ],
)
def test_a_bad_invoice_is_refused(
    company: Company, body: dict[str, object], code: str, words: str
) -> None:
    with refused(code, words):
        company.create("Invoice", body)

    assert list(company.objects("Invoice")) == []


@pytest.mark.parametrize(
    "body",
    [
        invoice(Colour="red"),
        invoice({**line(), "Colour": "red"}),
        invoice(line(Colour="red")),
        invoice(CustomerMemo={"Colour": "red"}),
        invoice(BillAddr={"Colour": "red"}),
        invoice(TxnTaxDetail={"Colour": "red"}),
    ],
)
def test_an_unknown_property_is_refused_at_every_depth(
    company: Company, body: dict[str, object]
) -> None:
    with refused("2010", 'Unrecognized field "Colour"'):
        company.create("Invoice", body)


def test_computed_fields_that_a_client_sends_are_overwritten(company: Company) -> None:
    made = company.create("Invoice", invoice(TotalAmt=1, Balance=7, domain="XXX"))

    assert made["TotalAmt"] == made["Balance"] == Decimal("100.00")
    assert made["domain"] == "QBO"


def test_a_name_in_a_reference_is_only_decoration(company: Company) -> None:
    body = invoice()
    body["CustomerRef"]["name"] = "Somebody Else"

    assert company.create("Invoice", body)["CustomerRef"]["name"] == "Keystone Mills"


def test_more_than_seven_hundred_and_fifty_taxable_lines_are_refused(company: Company) -> None:
    with refused("6000", "750"):
        company.create("Invoice", invoice(*[line("1.00", item="2")] * 751))
    assert company.create("Invoice", invoice(*[line("1.00")] * 751))["TotalAmt"] == 751


def test_ten_thousand_lines_are_the_most(company: Company) -> None:
    with refused("6000", "10000"):
        company.create("Invoice", invoice(*[line("1.00")] * 10_001))


def test_a_sparse_update_changes_only_what_is_sent(company: Company) -> None:
    made = company.create("Invoice", invoice(DocNumber="A", PrivateNote="old"))
    change = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "new"}

    changed = company.update("Invoice", change)

    assert changed["PrivateNote"] == "new"
    assert changed["DocNumber"] == "A"
    assert changed["Line"] == made["Line"]
    assert changed["SyncToken"] == "1"


def test_a_sparse_update_empties_a_field_that_is_sent_empty(company: Company) -> None:
    made = company.create("Invoice", invoice(PrivateNote="old"))

    changed = company.update(
        "Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": ""}
    )

    assert "PrivateNote" not in changed


def test_a_full_update_clears_what_is_not_sent_but_keeps_the_number(company: Company) -> None:
    made = company.create("Invoice", invoice(DocNumber="A", PrivateNote="n", TxnDate="2026-01-01"))

    changed = company.update("Invoice", {"Id": made["Id"], "SyncToken": "0", **invoice()})

    assert "PrivateNote" not in changed
    assert changed["DocNumber"] == "A"
    assert changed["TxnDate"] == "2026-09-21"


def test_lines_are_replaced_as_a_whole_and_their_ids_never_come_back(company: Company) -> None:
    made = company.create("Invoice", invoice(line("1.00"), line("2.00"), line("3.00")))
    lines = [{**made["Line"][1], "Amount": "5.00"}, line("7.00")]

    changed = company.update(
        "Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "Line": lines}
    )

    assert [each.get("Id") for each in changed["Line"]] == ["2", "4", None]
    assert [each.get("LineNum") for each in changed["Line"]] == [1, 2, None]
    assert changed["TotalAmt"] == Decimal("12.00")


def test_a_stale_token_is_refused_and_changes_nothing(company: Company) -> None:
    made = company.create("Invoice", invoice())
    body = {"Id": made["Id"], "sparse": True, "PrivateNote": "x"}
    company.update("Invoice", {**body, "SyncToken": "0"})

    with refused("5010", "finished before you did"):
        company.update("Invoice", {**body, "SyncToken": "0", "PrivateNote": "y"})
    with refused("2020", "SyncToken"):
        company.update("Invoice", body)

    assert company.read("Invoice", made["Id"])["PrivateNote"] == "x"


def test_a_write_that_changes_nothing_leaves_the_token(opened: Open) -> None:
    for keeps, token in ((True, "0"), (False, "1")):
        company = opened(unchanged_write_keeps_token=keeps)
        made = company.create("Invoice", invoice(PrivateNote="same"))
        same = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "same"}

        assert company.update("Invoice", same)["SyncToken"] == token


def test_an_update_moves_the_time_of_change_only(company: Company) -> None:
    made = company.create("Invoice", invoice())
    assert isinstance(company.clock, VirtualClock)
    company.clock.advance(61)

    changed = company.update(
        "Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    )

    assert changed["MetaData"] == {
        "CreateTime": "2026-09-21T07:13:20-07:00",
        "LastUpdatedTime": "2026-09-21T07:14:21-07:00",
    }


def test_an_unknown_invoice_is_not_found(company: Company) -> None:
    with refused("610", "made inactive"):
        company.read("Invoice", "99")
    with refused("2030", "1.5"):
        company.read("Invoice", "1.5")


def test_a_voided_invoice_keeps_its_number_and_loses_its_amounts(company: Company) -> None:
    made = company.create(
        "Invoice", invoice(line("10.00", Qty=2, UnitPrice=5), DocNumber="A", PrivateNote="mine")
    )

    voided = company.void("Invoice", made["Id"])

    assert voided["DocNumber"] == "A"
    assert voided["PrivateNote"] == "Voided - mine"
    assert voided["TotalAmt"] == voided["Balance"] == 0
    assert voided["Line"][0]["Amount"] == voided["Line"][0]["SalesItemLineDetail"]["Qty"] == 0
    assert voided["SyncToken"] == "1"
    with refused("6140"):
        company.create("Invoice", invoice(DocNumber="A"))


def test_voiding_twice_changes_nothing(company: Company) -> None:
    made = company.create("Invoice", invoice())
    company.void("Invoice", made["Id"])

    assert company.void("Invoice", made["Id"])["SyncToken"] == "1"


def test_a_void_takes_the_taxes_too(opened: Open) -> None:
    company = opened(automated_tax=True)
    made = company.create("Invoice", invoice(line(item="2")))
    assert made["TxnTaxDetail"]["TotalTax"] == Decimal("7.00")

    detail = company.void("Invoice", made["Id"])["TxnTaxDetail"]

    assert detail["TotalTax"] == 0
    assert all(each["Amount"] == 0 for each in detail["TaxLine"])


def test_a_deleted_invoice_is_gone(company: Company) -> None:
    made = company.create("Invoice", invoice(DocNumber="A"))

    company.delete("Invoice", made["Id"])

    with refused("610"):
        company.read("Invoice", made["Id"])
    assert company.create("Invoice", invoice(DocNumber="A"))["Id"] != made["Id"]


def test_custom_fields_are_returned_even_when_empty(opened: Open) -> None:
    company = opened(custom_fields=(("1", "Crew #"), ("2", "PO")))

    made = company.create(
        "Invoice", invoice(CustomField=[{"DefinitionId": "2", "StringValue": "P-7"}])
    )

    assert made["CustomField"] == [
        {"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"},
        {"DefinitionId": "2", "Name": "PO", "Type": "StringType", "StringValue": "P-7"},
    ]


def test_classes_and_locations_need_their_preferences(opened: Open) -> None:
    company = opened(departments=False, class_per_transaction=False, class_per_line=False)
    company.create("Class", {"Name": "HVAC"})
    company.create("Department", {"Name": "East"})
    klass = next(company.objects("Class"))["Id"]

    made = company.create(
        "Invoice",
        invoice(
            line(ClassRef={"value": klass}), ClassRef={"value": klass}, DepartmentRef={"value": "1"}
        ),
    )

    assert "ClassRef" not in made
    assert "DepartmentRef" not in made
    assert "ClassRef" not in made["Line"][0]["SalesItemLineDetail"]


def test_an_inactive_reference_is_refused_in_the_words_of_the_service(opened: Open) -> None:
    for code in ("2500", "610"):
        company = opened(inactive_reference_code=code)
        company.update("Item", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})

        with refused(code, "made inactive"):
            company.create("Invoice", invoice())


def test_an_update_that_leaves_an_inactive_item_alone_goes_through(company: Company) -> None:
    made = company.create("Invoice", invoice())
    company.update("Item", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})

    changed = company.update(
        "Invoice", {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    )

    assert changed["PrivateNote"] == "x"


def test_a_category_can_not_be_sold(company: Company) -> None:
    made = company.create("Item", {"Name": "Parts", "Type": "Category"})

    with refused("2500", "category"):
        company.create("Invoice", invoice(line(item=made["Id"])))


def test_sending_needs_an_address_and_is_remembered(company: Company) -> None:
    made = company.create("Invoice", invoice())

    with refused("2020", "BillEmail"):
        company.send("Invoice", made["Id"], None)
    sent = company.send("Invoice", made["Id"], "pay@example.com").body

    assert sent["EmailStatus"] == "EmailSent"
    assert sent["BillEmail"] == {"Address": "pay@example.com"}
