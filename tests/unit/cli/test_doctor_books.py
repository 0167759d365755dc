"""What the doctor reads in QuickBooks' preferences: each finding, and its absence."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import pytest

from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.ports import Json
from invoicesync.services.prove import Name, Proof
from invoicesync_cli.doctor import books
from invoicesync_cli.doctor.finding import Finding, Severity
from sandbox.quickbooks.options import Options
from sandbox.quickbooks.preferences import preferences as preferences_of
from tests.unit.domain.invoices import MAPPING

TODAY = date(2026, 12, 2)


def mapping(**changes: Any) -> Mapping:
    return parse_mapping(json.dumps(MAPPING | changes))


def preferences(**options: Any) -> Json:
    chosen: dict[str, Any] = {"automated_tax": True, **options}
    return preferences_of(Options(**chosen))


def only(findings: Iterable[Finding], severity: Severity) -> Finding:
    """Return the one finding, which has a fix unless nothing is to be mended."""
    (found,) = findings
    assert found.severity is severity, found
    assert bool(found.fix) == (severity in {Severity.BROKEN, Severity.ADVICE})
    return found


def test_numbers_that_people_give_and_doubles_that_are_warned_of_are_right() -> None:
    found = list(books.numbers(preferences()))

    assert [each.severity for each in found] == [Severity.OK, Severity.OK]


def test_numbers_that_quickbooks_counts_itself_are_advised_against() -> None:
    found, _ = books.numbers(preferences(custom_numbers=False))

    assert found.severity is Severity.ADVICE
    assert "Custom transaction numbers" in found.fix


def test_doubled_numbers_that_nobody_is_warned_of_are_advised_against() -> None:
    _, found = books.numbers(preferences(warn_duplicate_number=False))

    assert found.severity is Severity.ADVICE
    assert "duplicate invoice number" in found.fix


def test_a_warning_that_quickbooks_does_not_tell_of_is_not_called_good() -> None:
    _, found = books.numbers({**preferences(), "OtherPrefs": {}})

    assert found.severity is Severity.UNCHECKED
    assert found.what.startswith("not checked: ")


def test_no_tax_at_all_in_quickbooks_drops_what_the_mapping_taxes() -> None:
    found = only(books.tax(preferences(uses_sales_tax=False), mapping()), Severity.BROKEN)

    assert "sales tax is off" in found.what


def test_tax_that_nobody_computes_is_broken() -> None:
    found = only(books.tax(preferences(automated_tax=False), mapping()), Severity.BROKEN)

    assert "automated sales tax is off" in found.what
    assert "tax.authority: servicetrade" in found.fix


@pytest.mark.parametrize(
    ("authority", "automated", "who"),
    [
        ("quickbooks", True, "QuickBooks"),
        ("servicetrade", True, "ServiceTrade"),
        ("servicetrade", False, "ServiceTrade"),
    ],
)
def test_tax_that_somebody_computes_is_right(authority: str, automated: bool, who: str) -> None:
    chosen = mapping(tax=MAPPING["tax"] | {"authority": authority})

    found = only(books.tax(preferences(automated_tax=automated), chosen), Severity.OK)

    assert f"computed by {who}" in found.what


def test_a_mapping_that_taxes_nothing_asks_nothing_of_quickbooks() -> None:
    untaxed = mapping(tax={"rules": [{"taxable": False, "code": "NON"}]})

    only(books.tax(preferences(uses_sales_tax=False), untaxed), Severity.OK)


@pytest.mark.parametrize(
    ("closed", "policy", "severity", "words"),
    [
        (None, "hold", Severity.OK, "open"),
        ("2026-10-31", "hold", Severity.OK, "closed through 2026-10-31"),
        ("2026-11-01", "hold", Severity.ADVICE, "dated between are held"),
        ("2026-12-01", "first_open_day", Severity.ADVICE, "dated on the first open day"),
        ("2026-12-02", "hold", Severity.BROKEN, "held as closed_period"),
        ("2099-12-31", "first_open_day", Severity.BROKEN, "moved to the day after"),
    ],
)
def test_the_closing_date_is_compared_with_today_and_go_live(
    closed: str | None, policy: str, severity: Severity, words: str
) -> None:
    told = preferences(book_close_date=closed)

    found = only(books.closing_date(told, mapping(closed_period=policy), TODAY), severity)

    assert words in found.what


def test_locations_that_quickbooks_does_not_track_are_broken_where_they_are_used() -> None:
    untracked = preferences(departments=False)

    assert "Track locations" in only(books.locations(untracked, mapping()), Severity.BROKEN).fix
    only(books.locations(untracked, mapping(departments={})), Severity.OK)
    only(books.locations(preferences(), mapping()), Severity.OK)


def test_locations_that_are_required_and_never_named_hold_everything() -> None:
    found, _ = books.locations(preferences(), mapping(departments={"required": True}))

    assert found.severity is Severity.BROKEN
    assert "departments.by_office" in found.fix


@pytest.mark.parametrize("used", [{"by_service_line": {"HVAC": "M"}}, {"default": "M"}])
def test_classes_that_quickbooks_does_not_track_by_line_are_broken_where_they_are_used(
    used: dict[str, Any],
) -> None:
    untracked = preferences(class_per_line=False)

    found = only(books.classes(untracked, mapping(classes=used)), Severity.BROKEN)
    assert "one to each row" in found.fix
    only(books.classes(untracked, mapping(classes={})), Severity.OK)
    only(books.classes(preferences(), mapping(classes=used)), Severity.OK)


def test_custom_fields_are_found_whatever_their_case() -> None:
    fields = mapping(custom_fields={"P.O. Number": "customerPo", "Job": "job.number"})

    there = preferences(custom_fields=(("1", "p.o. number"), ("2", "Job")))
    only(books.custom_fields(there, fields), Severity.OK)
    found = only(
        books.custom_fields(preferences(custom_fields=(("1", "Job"),)), fields), Severity.BROKEN
    )
    assert "'P.O. Number'" in found.what
    assert "Custom fields" in found.fix
    only(books.custom_fields(preferences(), mapping()), Severity.OK)


def test_a_custom_field_that_has_a_name_and_is_not_used_is_none() -> None:
    told: Any = preferences(custom_fields=(("1", "Job"),))
    used, _ = told["SalesFormsPrefs"]["CustomField"]
    used["CustomField"][0]["BooleanValue"] = False

    only(books.custom_fields(told, mapping(custom_fields={"Job": "job.number"})), Severity.BROKEN)


def test_credits_that_apply_themselves_are_advised_against() -> None:
    found, currency = books.credits_and_currency(preferences(auto_apply_credit=True))

    assert found.severity is Severity.ADVICE
    assert "payment_applied" in found.what
    assert currency.severity is Severity.OK


def test_books_in_another_currency_are_none_of_ours() -> None:
    told = {**preferences(), "CurrencyPrefs": {"HomeCurrency": {"value": "CAD"}}}

    assert "CAD" in only(books.credits_and_currency(told), Severity.BROKEN).what
    only(books.credits_and_currency(preferences()), Severity.OK)


def test_names_that_do_not_resolve_are_broken_and_unusual_ones_advised_against() -> None:
    name = Name("items.by_code.LAB", "Item", "Labor")
    good, stock, gone = (
        Proof(name, "1"),
        Proof(name, "2", warning="an inventory item"),
        Proof(name, problem="QuickBooks has no product 'Labor'"),
    )

    assert "all 1 names" in only(books.names([good]), Severity.OK).what
    lacking, unusual = books.names([gone, stock])
    assert (lacking.severity, unusual.severity) == (Severity.BROKEN, Severity.ADVICE)
    assert "items.by_code.LAB: QuickBooks has no product" in lacking.what
    assert "invoicesync mapping push" in lacking.fix


def test_preferences_that_say_nothing_fail_no_check() -> None:
    empty: Json = {}

    found = [
        *books.numbers(empty),
        *books.tax(empty, mapping()),
        *books.closing_date(empty, mapping(), TODAY),
        *books.locations(empty, mapping()),
        *books.classes(empty, mapping()),
        *books.custom_fields(empty, mapping(custom_fields={"Job": "job.number"})),
        *books.credits_and_currency(empty),
    ]

    broken = {each.where for each in found if each.severity is Severity.BROKEN}
    assert broken == {books.TAX, books.LOCATIONS, books.CLASSES, books.FIELDS}
