"""What a person mends at once is one cause."""

import pytest

from invoicesync.domain.causes import cause_of
from invoicesync.domain.problems import Problem, ProblemCode


def name(code: ProblemCode, detail: str) -> str:
    return cause_of(Problem(code, detail)).name


def test_each_product_that_lacks_is_a_cause_of_its_own() -> None:
    code = ProblemCode.UNMAPPED_ITEM

    assert name(code, "no product 'A'") != name(code, "no product 'B'")


@pytest.mark.parametrize(
    "code",
    [ProblemCode.AWAITING_RELEASE, ProblemCode.NUMBER_TAKEN, ProblemCode.DELETED_IN_QUICKBOOKS],
)
def test_what_is_told_of_one_invoice_makes_no_cause_of_its_own(code: ProblemCode) -> None:
    assert name(code, "$1.00 waits") == name(code, "$2.00 waits")


def test_refusals_of_one_code_are_one_cause_whatever_call_or_invoice_they_name() -> None:
    code = ProblemCode.REJECTED_BY_QUICKBOOKS
    refused = "QuickBooks refused the request: 2010 POST /batch requestid {} answered 400"

    assert name(code, refused.format("a1")) == name(code, refused.format("b2"))
    assert name(code, refused.format("a1")) != name(code, "QuickBooks refused it: 2020 Missing")
    assert name(code, "no custom field 'X'") == "rejected_by_quickbooks|no custom field 'X'"
