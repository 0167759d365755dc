from typing import Any

import pytest

from invoicesync.domain.dispatch import decide
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.revision import Disposition
from invoicesync.domain.source import Source, parse_source
from tests.unit.domain.invoices import a_job, a_mapping, a_source, an_invoice, an_item

DISPATCH, WAITING, IGNORED, VOID = (
    Disposition.DISPATCH,
    Disposition.WAITING,
    Disposition.IGNORED,
    Disposition.VOID,
)
BEFORE = 1_767_225_600  # 2026-01-01
ZERO = {"subtotal": 0, "taxAmount": 0, "totalPrice": 0}


def decided(source: Source, **mapping: Any) -> tuple[Disposition, str]:
    decision = decide(source, a_mapping(**mapping))
    return decision.disposition, decision.reason


def details(source: Source, **mapping: Any) -> list[str]:
    return [problem.detail for problem in decide(source, a_mapping(**mapping)).problems]


def codes(source: Source, **mapping: Any) -> list[str]:
    return [problem.code.value for problem in decide(source, a_mapping(**mapping)).problems]


def test_the_invoice_of_a_closed_job_is_dispatched() -> None:
    decision = decide(a_source(), a_mapping())

    assert (decision.disposition, decision.reason) == (DISPATCH, "job_closed")
    assert decision.problems == ()


@pytest.mark.parametrize("status", ["pending_accounting", "failed", "processed", "sent", "paid"])
def test_these_statuses_are_listed_by_default(status: str) -> None:
    assert decided(a_source(status=status)) == (DISPATCH, "job_closed")


@pytest.mark.parametrize("status", ["ok", "draft", "anything new"])
def test_other_statuses_wait(status: str) -> None:
    assert decided(a_source(status=status)) == (WAITING, "status_not_listed")


def test_ok_is_dispatched_where_it_is_listed() -> None:
    listed = {"statuses": ["ok"]}

    assert decided(a_source(status="ok"), dispatch=listed) == (DISPATCH, "job_closed")
    assert decided(a_source(), dispatch=listed) == (WAITING, "status_not_listed")


def test_internal_review_waits_by_its_name() -> None:
    assert decided(a_source(status="internal_review")) == (WAITING, "internal_review")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("vendorbill", "vendor_bill"),
        ("external", "external_invoice"),
        ("unknown", "not_an_invoice"),
        ("something", "not_an_invoice"),
    ],
)
def test_what_is_no_invoice_is_left_out_by_name(kind: str, reason: str) -> None:
    assert decided(a_source(type=kind)) == (IGNORED, reason)


def test_what_is_dated_before_go_live_is_left_out() -> None:
    assert decided(a_source(transactionDate=BEFORE)) == (IGNORED, "before_go_live")


def test_the_day_of_go_live_itself_is_in() -> None:
    midnight = 1_793_491_200  # 2026-11-01

    assert decided(a_source(transactionDate=midnight)) == (DISPATCH, "job_closed")
    assert decided(a_source(transactionDate=midnight - 1)) == (IGNORED, "before_go_live")


def test_an_invoice_without_a_date_is_not_taken_for_an_old_one() -> None:
    assert decided(a_source(transactionDate=None))[0] is DISPATCH


def test_an_excluding_tag_leaves_it_out_whatever_its_case() -> None:
    assert decided(a_source(tags=[{"name": "Do-Not-Sync"}])) == (IGNORED, "excluded_tag")


def test_one_of_the_including_tags_is_needed() -> None:
    include = {"include_tags": ["Sync", "Also"]}

    assert decided(a_source(), dispatch=include) == (IGNORED, "no_included_tag")
    assert decided(a_source(tags=["sync"]), dispatch=include) == (DISPATCH, "job_closed")


def test_an_excluding_tag_is_stronger_than_an_including_one() -> None:
    both = {"include_tags": ["sync"], "exclude_tags": ["stop"]}

    assert decided(a_source(tags=["sync", "stop"]), dispatch=both) == (IGNORED, "excluded_tag")


def test_a_zero_invoice_is_left_out_by_name() -> None:
    assert decided(a_source(**ZERO, items=[])) == (IGNORED, "zero_total")
    assert decided(a_source(**ZERO | {"taxAmount": None}, items=[])) == (IGNORED, "zero_total")
    without_money = an_item(quantity=None, price=None, subtotal=None)
    assert decided(a_source(**ZERO, items=[without_money])) == (IGNORED, "zero_total")


@pytest.mark.parametrize(
    "changes",
    [
        {"totalPrice": 0},
        ZERO,
        {"items": [an_item(subtotal=None)], "subtotal": 0, "taxAmount": 1, "totalPrice": 0},
    ],
)
def test_a_zero_that_its_parts_deny_is_shown_to_a_person(changes: dict[str, Any]) -> None:
    assert decided(a_source(**changes))[0] is DISPATCH


@pytest.mark.parametrize("status", ["new", "scheduled", "bidding", "unheard_of"])
def test_an_open_job_is_waited_for(status: str) -> None:
    assert decided(a_source(job=a_job(status=status))) == (WAITING, "job_open")


@pytest.mark.parametrize(
    "status", ["completed", "pending_invoice", "sending_invoice", "invoiced", "closed"]
)
def test_these_jobs_are_closed(status: str) -> None:
    assert decided(a_source(job=a_job(status=status))) == (DISPATCH, "job_closed")


def test_a_partial_invoice_needs_no_closed_job_where_partials_are_allowed() -> None:
    source = a_source(job=a_job(status="scheduled"), partial=True)
    allowed = {"allow_partials": True}

    assert decided(source, dispatch=allowed) == (DISPATCH, "partial_invoice")
    assert decided(source) == (WAITING, "job_open")
    final = a_source(job=a_job(status="scheduled"))
    assert decided(final, dispatch=allowed) == (WAITING, "job_open")


@pytest.mark.parametrize("stub", [None, [], {}, {"number": 5}])
def test_an_invoice_without_a_job_is_held(stub: Any) -> None:
    source = parse_source(an_invoice(job=stub), None)

    assert decided(source) == (DISPATCH, "missing_job")
    assert codes(source) == ["missing_job"]
    assert details(source) == ["the invoice names no job"]


def test_what_cannot_be_read_hides_nothing_that_is_wrong_with_the_job() -> None:
    source = parse_source(an_invoice(job=None, notes=5.5), None)

    assert decided(source) == (DISPATCH, "unreadable_source")
    assert codes(source) == ["missing_job"]


def test_an_invoice_without_a_job_goes_where_that_is_allowed() -> None:
    source = parse_source(an_invoice(job=None), None)

    assert decided(source, dispatch={"allow_jobless": True}) == (DISPATCH, "jobless")


def test_a_job_that_does_not_come_back_is_not_taken_for_an_open_one() -> None:
    source = parse_source(an_invoice(), None)

    assert decided(source) == (DISPATCH, "job_not_found")
    assert codes(source, dispatch={"allow_jobless": True}) == ["job_not_found"]
    assert details(source) == ["ServiceTrade has no job with the id 50"]


def test_another_job_than_was_asked_for_is_not_the_job() -> None:
    assert codes(a_source(job=a_job(id=51))) == ["job_not_found"]


@pytest.mark.parametrize("status", ["canceled", "cancelled"])
def test_the_invoice_of_a_canceled_job_is_held(status: str) -> None:
    source = a_source(job=a_job(status=status))

    assert decided(source) == (DISPATCH, "job_canceled")
    assert codes(source) == ["job_canceled"]
    assert details(source) == ["the job is canceled"]


@pytest.mark.parametrize(
    ("whose", "ours"), [("customer", "Keystone Foods"), ("location", "Store 3")]
)
def test_the_job_of_another_customer_or_location_is_a_mismatch(whose: str, ours: str) -> None:
    what = {"customer": "customer", "location": "service location"}[whose]
    source = a_source(job=a_job(**{whose: {"id": 99, "name": "Somebody else"}}))
    decision = decide(source, a_mapping())

    assert decision.disposition is DISPATCH
    assert [problem.code for problem in decision.problems] == [ProblemCode.JOB_MISMATCH]
    assert (
        decision.problems[0].detail == f"the job's {what} is Somebody else, the invoice's is {ours}"
    )
    assert decision.problems[0].where == "job 9001"


def test_a_mismatch_of_bare_ids_is_told_by_the_ids() -> None:
    source = a_source(job=a_job(customer=99), customer={"id": 7})
    (problem,) = decide(source, a_mapping()).problems

    assert problem.detail == "the job's customer is 99, the invoice's is 7"


@pytest.mark.parametrize("theirs", [None, {}, {"name": "Nobody knows the id"}])
def test_what_the_job_does_not_show_is_no_mismatch(theirs: Any) -> None:
    assert codes(a_source(job=a_job(customer=theirs, location=theirs))) == []


def test_what_the_invoice_does_not_show_is_no_mismatch() -> None:
    assert codes(a_source(customer=None, location=None)) == []


def test_every_problem_with_the_job_is_told() -> None:
    job = a_job(status="canceled", customer={"id": 98}, location={"id": 99}, number=None)
    decision = decide(a_source(job=job), a_mapping())

    assert [problem.code.value for problem in decision.problems] == [
        "job_canceled",
        "job_mismatch",
        "job_mismatch",
    ]
    assert decision.problems[0].where == "job 50"


def test_void_comes_before_everything() -> None:
    source = parse_source(
        an_invoice(status="void", type="vendorbill", tags="?", transactionDate=BEFORE), None
    )

    assert decided(source) == (VOID, "void")


def test_the_type_comes_before_date_status_tags_and_job() -> None:
    changes = {"transactionDate": BEFORE, "status": "ok", "tags": ["do-not-sync"], "job": None}

    assert decided(a_source(type="vendorbill", **changes)) == (IGNORED, "vendor_bill")
    assert decided(a_source(**changes)) == (IGNORED, "before_go_live")
    del changes["transactionDate"]
    assert decided(a_source(**changes)) == (WAITING, "status_not_listed")
    del changes["status"]
    assert decided(a_source(**changes)) == (IGNORED, "excluded_tag")
    del changes["tags"]
    assert decided(parse_source(an_invoice(**changes), None)) == (DISPATCH, "missing_job")


@pytest.mark.parametrize(
    "changes",
    [
        {"tags": "do-not-sync"},
        {"status": None},
        {"type": None},
        {"totalPrice": "?", "subtotal": 0, "taxAmount": 0},
        {"job": "?"},
    ],
)
def test_what_cannot_be_read_is_held_and_never_left_out(changes: dict[str, Any]) -> None:
    source = parse_source(an_invoice(**changes), a_job())

    assert decided(source, dispatch={"include_tags": ["x"]}) == (DISPATCH, "unreadable_source")


def test_an_unreadable_invoice_in_review_still_waits() -> None:
    assert decided(a_source(status="internal_review", subtotal="?")) == (
        WAITING,
        "internal_review",
    )
