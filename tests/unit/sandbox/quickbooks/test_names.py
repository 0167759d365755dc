"""Customers, vendors, employees and the lists: names, levels, and what inactive means."""

import pytest

from sandbox.quickbooks.company import Company
from tests.unit.sandbox.quickbooks.world import refused


def test_a_customer_is_completed_with_the_defaults(company: Company) -> None:
    made = company.create("Customer", {"DisplayName": "Doe, Jane"})

    assert made["PrintOnCheckName"] == made["FullyQualifiedName"] == "Doe, Jane"
    assert (made["Taxable"], made["Job"], made["BillWithParent"]) == (True, False, False)
    assert made["PreferredDeliveryMethod"] == "Print"
    assert made["Balance"] == made["BalanceWithJobs"] == 0
    assert made["Active"] is True


def test_customers_vendors_and_employees_share_one_space_of_names(company: Company) -> None:
    company.create("Vendor", {"DisplayName": "Acme"})

    for entity in ("Customer", "Vendor", "Employee"):
        with refused("6240", ": null"):
            company.create(entity, {"DisplayName": "ACME"})


def test_they_share_their_ids_too(company: Company) -> None:
    first = company.create("Customer", {"DisplayName": "A"})
    second = company.create("Vendor", {"DisplayName": "B"})

    assert int(second["Id"]) == int(first["Id"]) + 1


def test_a_name_is_made_of_its_parts_or_demanded(company: Company) -> None:
    made = company.create("Employee", {"GivenName": "Ann", "FamilyName": "Lee"})

    assert made["DisplayName"] == "Ann Lee"
    with refused("6080"):
        company.create("Customer", {"CompanyName": "Acme"})


@pytest.mark.parametrize("name", ["a:b", "a\tb", "a\nb"])
def test_a_name_has_no_colon_tab_or_newline(company: Company, name: str) -> None:
    with refused("2040"):
        company.create("Customer", {"DisplayName": name})


def test_names_have_a_longest_length(company: Company) -> None:
    with refused("2050", "Max:500"):
        company.create("Customer", {"DisplayName": "x" * 501})
    with refused("2210"):
        company.create("Customer", {"DisplayName": "x", "PrimaryEmailAddr": {"Address": "x"}})


def test_a_sub_customer_carries_its_place(company: Company) -> None:
    parent = {"ParentRef": {"value": "1"}}

    made = company.create("Customer", {"DisplayName": "North Wing", "Job": True, **parent})

    assert made["FullyQualifiedName"] == "Keystone Mills:North Wing"
    assert made["Level"] == 1
    with refused("6150"):
        company.create("Customer", {"DisplayName": "Nowhere", "Job": True})


def test_customers_nest_four_levels_deep(company: Company) -> None:
    parent = "1"
    for level in range(1, 5):
        body = {"DisplayName": f"L{level}", "Job": True, "ParentRef": {"value": parent}}
        parent = company.create("Customer", body)["Id"]

    with refused("6180"):
        company.create(
            "Customer", {"DisplayName": "L5", "Job": True, "ParentRef": {"value": parent}}
        )


def test_renaming_a_parent_renames_the_full_names_below(company: Company) -> None:
    child = company.create(
        "Customer", {"DisplayName": "Wing", "Job": True, "ParentRef": {"value": "1"}}
    )

    company.update(
        "Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "DisplayName": "New Mills"}
    )

    assert company.read("Customer", child["Id"])["FullyQualifiedName"] == "New Mills:Wing"


def test_an_inactive_name_is_marked_and_free_again(company: Company) -> None:
    off = company.update("Customer", {"Id": "1", "SyncToken": "0", "sparse": True, "Active": False})
    made = company.create("Customer", {"DisplayName": "Keystone Mills"})

    assert off["DisplayName"] == "Keystone Mills (deleted)"
    assert made["Id"] != "1"
    with refused("6240"):
        company.update(
            "Customer",
            {
                "Id": "1",
                "SyncToken": "1",
                "sparse": True,
                "Active": True,
                "DisplayName": "Keystone Mills",
            },
        )


def test_making_the_inactive_inactive_changes_nothing(company: Company) -> None:
    off = {"Id": "1", "sparse": True, "Active": False}
    company.update("Customer", {**off, "SyncToken": "0"})

    assert company.update("Customer", {**off, "SyncToken": "1"})["SyncToken"] == "1"


def test_lists_are_not_deleted(company: Company) -> None:
    for entity in ("Customer", "Item", "Account"):
        with refused("500", "not supported"):
            company.delete(entity, "1")


def test_an_item_needs_an_account_and_a_free_name(company: Company) -> None:
    with refused("2020", "IncomeAccountRef"):
        company.create("Item", {"Name": "Valve"})
    with refused("2500", "Accounts element id 77"):
        company.create("Item", {"Name": "Valve", "IncomeAccountRef": {"value": "77"}})
    with refused("6240"):
        company.create("Item", {"Name": "labor", "IncomeAccountRef": {"value": "1"}})
    with refused("2170"):
        company.create(
            "Item", {"Name": "Valve", "Type": "Gadget", "IncomeAccountRef": {"value": "1"}}
        )


def test_a_sub_item_is_found_under_its_full_name(company: Company) -> None:
    parent = company.create("Item", {"Name": "Parts", "Type": "Category"})
    made = company.create(
        "Item",
        {
            "Name": "Valve",
            "SubItem": True,
            "ParentRef": {"value": parent["Id"]},
            "IncomeAccountRef": {"value": "1"},
        },
    )

    assert made["FullyQualifiedName"] == "Parts:Valve"


def test_a_term_is_by_days_or_by_day_of_month(company: Company) -> None:
    assert company.create("Term", {"Name": "A", "DueDays": 5})["Type"] == "STANDARD"
    assert company.create("Term", {"Name": "B", "DayOfMonthDue": 5})["Type"] == "DATE_DRIVEN"
    with refused("2020"):
        company.create("Term", {"Name": "C"})
    with refused("2050", "Max:31"):
        company.create("Term", {"Name": "x" * 32, "DueDays": 1})


def test_tax_lists_are_read_only(company: Company) -> None:
    with refused("500"):
        company.create("TaxCode", {"Name": "Mine"})


def test_other_entities_have_their_own_required_fields(company: Company) -> None:
    with refused("2020", "VendorRef"):
        company.create("Bill", {"Line": []})
    with refused("2020", "HourlyRate"):
        company.create("Employee", {"GivenName": "Ann"})
        company.create(
            "TimeActivity",
            {
                "NameOf": "Employee",
                "EmployeeRef": {"value": "3"},
                "Hours": 1,
                "BillableStatus": "Billable",
                "CustomerRef": {"value": "1"},
            },
        )


def test_a_journal_entry_balances(company: Company) -> None:
    def entry(*sides: tuple[str, str]) -> dict[str, object]:
        return {
            "Line": [
                {
                    "Amount": amount,
                    "DetailType": "JournalEntryLineDetail",
                    "JournalEntryLineDetail": {"PostingType": side, "AccountRef": {"value": "1"}},
                }
                for side, amount in sides
            ]
        }

    company.create("JournalEntry", entry(("Debit", "5"), ("Credit", "5")))
    with refused("2300"):
        company.create("JournalEntry", entry(("Debit", "5"), ("Credit", "4")))
