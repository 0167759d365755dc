import pytest

from invoicesync.adapters.quickbooks.fault_codes import KINDS, kind_of
from invoicesync.ports.books import FaultKind

_DOCUMENTED = [
    *("500", "600", "610", "620", "1040", "2010", "2020", "2030", "2050", "2130", "2170", "2500"),
    *("3001", "3100", "3200", "3201", "4000", "4001", "4002", "5010", "5020", "5030", "6000"),
    *("6070", "6090", "6100", "6140", "6160", "6170", "6190", "6200", "6210", "6230", "6240"),
    *("6250", "6270", "6430", "6440", "6450", "6470", "6480", "6540", "10000", "10200"),
]

_PROVES_NOTHING = {"500", "600", "2130", "3001", "3200", "3201", "3202", "6000", "6002", "10000"}


@pytest.mark.parametrize("code", _DOCUMENTED)
def test_every_code_that_the_loader_may_meet_is_listed(code: str) -> None:
    assert code in KINDS


def test_exactly_these_codes_prove_nothing() -> None:
    assert {code for code, kind in KINDS.items() if kind is FaultKind.UNKNOWN} == _PROVES_NOTHING


@pytest.mark.parametrize("code", ["", "0", "1", "630", "1010", "1020", "9999", "abc", "06140"])
def test_an_unlisted_code_proves_nothing(code: str) -> None:
    assert kind_of(code, "Business Validation Error: GST/HST rate before you save") == "unknown"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("610", FaultKind.NOT_FOUND),
        ("2500", FaultKind.INVALID_REFERENCE),
        ("5010", FaultKind.STALE),
        ("6140", FaultKind.DUPLICATE_NUMBER),
        ("6190", FaultKind.BLOCKED),
        ("6210", FaultKind.CLOSED_PERIOD),
        ("6240", FaultKind.DUPLICATE_NAME),
        ("6250", FaultKind.INACTIVE_CUSTOMER),
        ("6450", FaultKind.SETTLED),
        ("2050", FaultKind.REFUSED),
    ],
)
def test_a_code_means_what_it_is_documented_to_mean(code: str, kind: FaultKind) -> None:
    assert kind_of(code, "try again in a few minutes") is kind


@pytest.mark.parametrize(
    "text",
    [
        "Make sure all your transactions have a GST/HST rate before you save.",
        "Make sure all your transactions have a VAT rate before you save.",
        "Select a reason why this customer is exempt from sales tax.",
        "TaxExemptionReasonId is required",
        "More than 50 characters in request_id",
        "You need to activate this item before updating the quantity",
    ],
)
def test_a_listed_text_of_6000_is_a_refusal(text: str) -> None:
    assert kind_of("6000", f"Business Validation Error: {text}") is FaultKind.REFUSED


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Business Validation Error: something never seen before",
        "Business Validation Error: Unexpected Internal Error. (-30003)",
        "An unexpected error occurred while accessing or saving your data. Wait some minutes",
        "You and Ann were working on this at the same time. Ann finished before you did",
        "You can only add or edit one name at a time. Please try again.",
        "QuickBooks encountered an error while calculating tax",
        "Make sure all have a GST/HST rate before you save. Wait a few minutes and try again",
    ],
)
def test_any_other_text_of_6000_proves_nothing(text: str) -> None:
    assert kind_of("6000", text) is FaultKind.UNKNOWN
