"""What one look comes to under one mapping."""

from typing import Any

import pytest

from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.revision import Disposition
from invoicesync.domain.verdict import judge
from tests.unit.domain.invoices import a_job, a_mapping, a_source


def test_what_goes_has_a_document() -> None:
    verdict = judge(a_source(), a_mapping(), is_loaded=False)

    assert (verdict.disposition, verdict.reason) == (Disposition.DISPATCH, "job_closed")
    assert verdict.document is not None
    assert verdict.problems == ()


@pytest.mark.parametrize("is_loaded", [False, True])
def test_a_void_is_a_void(is_loaded: bool) -> None:
    verdict = judge(a_source(status="void"), a_mapping(), is_loaded=is_loaded)

    assert (verdict.disposition, verdict.document) == (Disposition.VOID, None)


@pytest.mark.parametrize(
    ("changes", "disposition"),
    [
        ({"type": "vendorbill"}, Disposition.IGNORED),
        ({"job": a_job(status="scheduled")}, Disposition.WAITING),
        ({"status": "internal_review"}, Disposition.WAITING),
    ],
)
def test_dispatch_decides_until_the_invoice_is_loaded(
    changes: dict[str, Any], disposition: Disposition
) -> None:
    source = a_source(**changes)

    before = judge(source, a_mapping(), is_loaded=False)
    after = judge(source, a_mapping(), is_loaded=True)

    assert (before.disposition, before.document) == (disposition, None)
    assert after.disposition is disposition
    assert after.document is not None


def test_what_cannot_be_read_is_a_problem_and_no_document() -> None:
    verdict = judge(a_source(totalPrice="n/a"), a_mapping(), is_loaded=False)

    assert verdict.document is None
    assert [one.code for one in verdict.problems] == [ProblemCode.UNREADABLE_SOURCE]
    assert "invoice.totalPrice" in verdict.problems[0].detail


def test_what_is_wrong_with_the_job_stands_beside_what_is_wrong_with_the_lines() -> None:
    verdict = judge(
        a_source(a_job(status="canceled"), invoiceNumber="x" * 22), a_mapping(), is_loaded=False
    )

    assert verdict.document is None
    assert [one.code for one in verdict.problems] == [
        ProblemCode.JOB_CANCELED,
        ProblemCode.NUMBER_TOO_LONG,
    ]
    fine = judge(a_source(a_job(status="canceled")), a_mapping(), is_loaded=False)
    assert (fine.document, len(fine.problems)) == (None, 1)
