"""What the transform makes of the golden invoices is what a person wrote down."""

from typing import Any

import pytest

from invoicesync.domain.document import Document, Line
from tests.golden.documents import DATA, Golden, data_file, document_of, goldens

GOLDENS = list(goldens())


def of_line(line: Line, expected: dict[str, Any]) -> dict[str, Any]:
    """Say of a line what the expectation speaks of."""
    if line.item is None:
        told: dict[str, Any] = {"item": None, "amount": None, "tax_code": None}
    else:
        told = {"item": line.item.name, "amount": str(line.amount), "tax_code": line.tax_code}
    if line.quantity is not None and line.unit_price is not None:
        told |= {"quantity": f"{line.quantity:f}", "unit_price": f"{line.unit_price:f}"}
    if "service_date" in expected:
        told["service_date"] = str(line.service_date)
    if "description" in expected:
        told["description"] = line.description
    return told


def told(document: Document, expected: dict[str, Any]) -> dict[str, Any]:
    pairs = zip(document.lines, expected["lines"], strict=True)
    return {
        "DocNumber": document.number,
        "TxnDate": str(document.txn_date),
        "DueDate": str(document.due_date),
        "CustomerRef": document.customer.reference.name,
        "SalesTermRef": document.term,
        "DepartmentRef": document.department,
        "lines": [of_line(line, wanted) for line, wanted in pairs],
        "subtotal": str(document.subtotal),
        "tax": str(document.tax),
        "total": str(document.total),
    }


@pytest.mark.parametrize("golden", GOLDENS, ids=lambda golden: golden.name)
def test_a_golden_invoice_becomes_what_was_written_down(golden: Golden) -> None:
    document = document_of(golden)

    assert told(document, golden.expected) == golden.expected


def test_there_are_enough_of_them_and_each_says_why() -> None:
    assert len(GOLDENS) >= 12
    assert all(golden.why.endswith(".") for golden in GOLDENS)


def test_the_data_file_is_what_the_transform_makes_today() -> None:
    kept = DATA.read_text(encoding="utf-8")

    assert kept == data_file(), "run `make golden` and look at what changed in the documents"
