"""By what people know an invoice, whether or not it can be transformed."""

from typing import Any

import pytest

from invoicesync.domain.shown import shown
from invoicesync.domain.source import parse_source
from invoicesync.domain.transform import transform
from tests.unit.domain.invoices import NOON, a_job, a_mapping, an_invoice

LATE_IN_SACRAMENTO = 1_796_140_800 + 4 * 3600  # on the day before, there and in Pittsburgh
BEYOND_ALL_CALENDARS = 10**18


def test_a_document_says_the_day_that_it_will_bear() -> None:
    source = parse_source(an_invoice(transactionDate=LATE_IN_SACRAMENTO), a_job())
    document = transform(source, a_mapping()).document
    assert document is not None

    told = shown(source, document)

    assert told["dated"] == "2026-12-01"
    assert told["customer"] == "Keystone Foods"
    assert (told["number"], told["total"]) == (document.number, "513.60")


@pytest.mark.parametrize(
    ("changes", "dated"),
    [
        ({"transactionDate": NOON}, "2026-12-02"),
        ({"transactionDate": None}, ""),
        ({"transactionDate": BEYOND_ALL_CALENDARS}, ""),
    ],
)
def test_without_a_document_the_day_is_as_near_as_can_be(
    changes: dict[str, Any], dated: str
) -> None:
    told = shown(parse_source(an_invoice(**changes), None), None)

    assert told["dated"] == dated


def test_what_the_source_does_not_say_is_shown_as_nothing() -> None:
    told = shown(parse_source({"id": 7}, None), None)

    assert told == {"number": "", "customer": "", "dated": "", "total": ""}
