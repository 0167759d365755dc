from invoicesync.domain.revision import Disposition
from invoicesync.domain.verdict import judge
from tests.unit.domain.invoices import a_job, a_mapping, a_source


def test_a_sound_invoice_has_a_document() -> None:
    verdict = judge(a_source(), a_mapping(), is_loaded=False)

    assert verdict.disposition is Disposition.DISPATCH
    assert verdict.document is not None
    assert verdict.problems == ()


def test_an_invoice_that_waits_has_none() -> None:
    verdict = judge(a_source(job=a_job(status="new")), a_mapping(), is_loaded=False)

    assert (verdict.disposition, verdict.reason) == (Disposition.WAITING, "job_open")
    assert verdict.document is None


def test_once_loaded_the_job_no_longer_decides() -> None:
    verdict = judge(a_source(job=a_job(status="new")), a_mapping(), is_loaded=True)

    assert verdict.document is not None


def test_a_void_reverses_what_is_loaded() -> None:
    verdict = judge(a_source(status="void"), a_mapping(), is_loaded=True)

    assert verdict.disposition is Disposition.VOID
    assert verdict.document is None


def test_problems_of_the_job_and_of_the_invoice_come_together() -> None:
    source = a_source(job=a_job(status="canceled"), transactionDate=None)
    verdict = judge(source, a_mapping(), is_loaded=False)

    assert verdict.document is None
    assert [problem.code.value for problem in verdict.problems] == ["job_canceled", "date_missing"]


def test_a_problem_of_the_job_alone_keeps_the_document_back() -> None:
    verdict = judge(a_source(job=a_job(status="canceled")), a_mapping(), is_loaded=False)

    assert verdict.document is None


def test_what_cannot_be_read_is_told_whatever_else_is_wrong() -> None:
    verdict = judge(a_source(subtotal="?"), a_mapping(), is_loaded=False)

    assert verdict.document is None
    assert verdict.problems[0].code.value == "unreadable_source"
    assert "invoice.subtotal" in str(verdict.problems)
