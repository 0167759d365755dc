"""QuickBooks' own list of invoices, added up."""

from decimal import Decimal
from typing import Any

import pytest

from invoicesync.domain.bridge import Sum
from invoicesync.domain.sales_report import read_sales


def row(amount: Any) -> dict[str, Any]:
    return {"ColData": [{"value": "2026-10-05"}, {"value": amount}], "type": "Data"}


def report(*rows: Any, titles: tuple[str, ...] = ("Date", "Amount")) -> dict[str, Any]:
    columns = [{"ColTitle": title, "ColType": "Money"} for title in titles]
    return {"Columns": {"Column": columns}, "Rows": {"Row": list(rows)}}


def test_amounts_are_added_and_what_comes_to_nothing_is_not_counted() -> None:
    assert read_sales(report(row("1,234.50"), row("-4.50"), row("0.00"))) == Sum(
        2, Decimal("1230.00")
    )


def test_rows_of_a_section_count_and_its_summary_does_not() -> None:
    section = {"Rows": {"Row": [row("5.00")]}, "Summary": {"ColData": [{}, {"value": "5.00"}]}}

    assert read_sales(report(section, {"group": "empty"})) == Sum(1, Decimal("5.00"))


def test_no_rows_are_no_sales() -> None:
    assert read_sales({**report(), "Rows": {}}) == Sum()


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"Columns": {"Column": "none"}},
        report(row("5.00"), titles=("Date", "Sum")),
        report(row("a lot")),
        report(row(None)),
        report({"ColData": [{"value": "2026-10-05"}]}),
        report({"ColData": "none"}),
        report({"ColData": ["2026-10-05", "5.00"]}),
    ],
)
def test_a_form_that_nobody_knows_says_nothing(strange: dict[str, Any]) -> None:
    assert read_sales(strange) is None
