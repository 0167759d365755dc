from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.domain.document import Address, Document
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.source import Source, parse_source
from invoicesync.domain.texts import MARK
from invoicesync.domain.transform import transform
from tests.unit.domain.invoices import (
    NOON,
    a_job,
    a_mapping,
    a_source,
    an_invoice,
    an_item,
    of_lines,
)


def document(source: Source | None = None, **mapping: Any) -> Document:
    transformed = transform(source or a_source(), a_mapping(**mapping))

    assert transformed.problems == ()
    assert transformed.document is not None
    return transformed.document


def problems(source: Source | None = None, **mapping: Any) -> list[tuple[str, str]]:
    transformed = transform(source or a_source(), a_mapping(**mapping))

    assert transformed.document is None
    return [(problem.code.value, problem.where) for problem in transformed.problems]


def detail(source: Source, **mapping: Any) -> str:
    (problem,) = transform(source, a_mapping(**mapping)).problems
    return problem.detail


def test_an_invoice_becomes_a_document() -> None:
    made = document()

    assert made.servicetrade_id == 2_100_000_000_000_101
    assert made.number == "10482"
    assert (made.txn_date, made.due_date) == (date(2026, 12, 2), date(2027, 1, 1))
    assert (made.subtotal, made.tax, made.total) == (
        Decimal("480.00"),
        Decimal("33.60"),
        Decimal("513.60"),
    )
    assert made.note == "Job 9001 · PO 77"
    assert made.memo == "Thank you."
    assert made.term == "Net 30 days"
    assert made.department == "West"
    assert made.ship_to == Address("1 Test Way", "Pittsburgh", "PA", "15201")
    assert made.ship_from == Address("9 Mill Street", "Pittsburgh", "PA", "15203")
    assert made.tax_override is None
    assert made.tax_tolerance == Decimal("0.02")
    assert made.closed_period == "hold"
    assert (made.online_payment, made.bill_to, made.bill_email) == (None, None, None)


def test_the_number_is_the_reference_where_there_is_no_invoice_number() -> None:
    assert document(a_source(invoiceNumber="")).number == "R-10482"


def test_the_number_bears_the_prefix() -> None:
    assert document(document_number={"prefix": "ST-"}).number == "ST-10482"


def test_a_missing_number_is_never_made_up() -> None:
    source = a_source(invoiceNumber=None, refNumber=" ")

    assert problems(source, document_number={"prefix": "ST-"}) == [("number_missing", "")]
    assert detail(source) == "neither invoiceNumber nor refNumber is set"


def test_a_number_may_have_21_characters_with_its_prefix() -> None:
    prefix = {"prefix": "A"}

    assert document(a_source(invoiceNumber="x" * 20), document_number=prefix).number[0] == "A"
    too_long = a_source(invoiceNumber="x" * 21)
    assert problems(too_long, document_number=prefix) == [("number_too_long", "")]
    assert detail(too_long, document_number=prefix) == (
        f"A{'x' * 21} has 22 characters; QuickBooks takes 21"
    )


def test_of_a_number_without_end_a_hundred_characters_are_told() -> None:
    told = detail(a_source(invoiceNumber="x" * 200))

    assert told == f"{'x' * (100 - len(MARK))}{MARK} has 200 characters; QuickBooks takes 21"


def test_a_missing_date_is_never_today() -> None:
    assert problems(a_source(transactionDate=None)) == [("date_missing", "")]
    assert detail(a_source(transactionDate=None)) == "the invoice has no date"


def test_a_due_date_is_the_day_where_the_office_is() -> None:
    ten_at_night = 1_798_858_800  # the next day in London

    made = document(a_source(dueDate=ten_at_night))

    assert made.due_date == date(2027, 1, 1)


def test_a_missing_due_date_is_left_to_the_terms() -> None:
    assert document(a_source(dueDate=None)).due_date is None


def test_terms_without_a_mapping_keep_their_name() -> None:
    assert document(a_source(paymentTerms={"name": "Net 45"})).term == "Net 45"
    assert document(a_source(paymentTerms=None)).term is None


@pytest.mark.parametrize(
    ("office", "what"),
    [(None, "an invoice without an office"), ({"id": 2, "name": "Erie"}, 'the office "Erie"')],
)
def test_a_required_department_must_be_mapped(office: Any, what: str) -> None:
    source = a_source(assignedOffice=office)
    by_mapping = {"ship_from": {"default": _postal()}}

    assert problems(source, **by_mapping) == [("unmapped_department", "")]
    assert detail(source, **by_mapping) == f"no QuickBooks Location is mapped for {what}"
    optional = {"required": False}
    assert document(source, departments=optional, **by_mapping).department is None


def _postal() -> dict[str, str]:
    return {"street": "2 Way", "city": "Erie", "state": "PA", "postal_code": "16501"}


@pytest.mark.parametrize(
    ("purchase_order", "job", "note"),
    [
        ("77", a_job(), "Job 9001 · PO 77"),
        ("PO-77", a_job(), "Job 9001 · PO-77"),
        ("po\n77", a_job(), "Job 9001 · po 77"),
        ("", a_job(), "Job 9001"),
        (None, a_job(number=None), "Job 9001"),
    ],
)
def test_the_note_is_for_people(purchase_order: Any, job: dict[str, Any], note: str) -> None:
    assert document(a_source(job, customerPo=purchase_order)).note == note


@pytest.mark.parametrize(
    ("stub", "job", "number"),
    [
        ({"id": 50}, a_job(number=9002), "9002"),
        ({"id": 50, "number": 9003}, a_job(number=None), "9003"),
        ({"id": 50, "number": 9003}, a_job(number=9002), "9002"),
        ({"id": 50}, a_job(number=None), ""),
    ],
)
def test_a_jobs_number_is_its_own_word_else_the_invoices(
    stub: dict[str, Any], job: dict[str, Any], number: str
) -> None:
    source = parse_source(an_invoice(job=stub, customerPo=""), job)
    made = document(source, custom_fields={"Job": "job.number"})

    assert made.note == (f"Job {number}" if number else "")
    assert dict(made.custom_fields).get("Job", "") == number


def test_without_a_job_the_note_has_the_order_alone() -> None:
    assert document(parse_source(an_invoice(job=None), None)).note == "PO 77"


def test_a_long_memo_is_cut_visibly() -> None:
    memo = document(a_source(notes="x" * 2000)).memo

    assert len(memo) == 1000
    assert memo.endswith(MARK)


def test_custom_fields_take_what_they_are_told_and_leave_out_what_is_empty() -> None:
    fields = {
        "P.O. Number": "customerPo",
        "Reference": "refNumber",
        "Job": "job.number",
        "Job reference": "job.refNumber",
        "Job PO": "job.customerPo",
        "Sales Rep": "job.sales",
        "Site": "location.name",
        "Site reference": "location.refNumber",
    }

    assert dict(document(custom_fields=fields).custom_fields) == {
        "P.O. Number": "77",
        "Reference": "R-10482",
        "Job": "9001",
        "Job reference": "J-9001",
        "Job PO": "J-77",
        "Sales Rep": "Jo Park",
        "Site": "Store 3",
        "Site reference": "L-3",
    }
    jobless = parse_source(an_invoice(job=None, customerPo=""), None)
    assert dict(document(jobless, custom_fields=fields).custom_fields) == {
        "Reference": "R-10482",
        "Site": "Store 3",
        "Site reference": "L-3",
    }


def test_a_customer_that_wants_an_order_gets_none_without() -> None:
    wanted: dict[str, Any] = {"po_required_for": ["keystone foods"]}

    assert document(**wanted).note.endswith("PO 77")
    assert problems(a_source(customerPo=" "), **wanted) == [("po_missing", "")]
    assert detail(a_source(customerPo=""), **wanted) == "Keystone Foods asks for a purchase order"
    other = {"id": 8, "name": "Acme"}
    assert document(a_source(customerPo="", customer=other), **wanted).note == "Job 9001"


def test_other_money_than_dollars_is_not_sent() -> None:
    assert problems(a_source(currency="CAD")) == [("currency_unsupported", "")]
    assert detail(a_source(currency="CAD")) == "the invoice is in CAD"
    assert document(a_source(currency="usd")).total == Decimal("513.60")


def test_servicetrades_tax_is_sent_and_must_come_back_equal() -> None:
    made = document(tax={"authority": "servicetrade"})

    assert made.tax_override == Decimal("33.60")
    assert made.tax_tolerance == 0


def test_settings_of_the_company_travel_with_the_document() -> None:
    made = document(closed_period="first_open_day", online_payment=False, tax={"tolerance": "1.5"})

    assert made.closed_period == "first_open_day"
    assert made.online_payment is False
    assert made.tax_tolerance == Decimal("1.50")


def test_an_invoice_is_addressed_only_where_that_is_mapped() -> None:
    both = {"bill_to": {"KEYSTONE FOODS": {"email": "ap@k.example", "address": _postal()}}}
    email = {"bill_to": {"Keystone Foods": {"email": "ap@k.example"}}}

    assert document(customers=both).bill_to == Address("2 Way", "Erie", "PA", "16501")
    assert document(customers=email).bill_to is None
    assert document(customers=email).bill_email == "ap@k.example"


def test_in_review_every_document_awaits_release() -> None:
    transformed = transform(a_source(), a_mapping(mode="review"))

    assert transformed.document is not None
    assert [problem.code for problem in transformed.problems] == [ProblemCode.AWAITING_RELEASE]
    assert transformed.problems[0].detail == "$513.60 waits for release, as every invoice does"


def test_over_the_limit_the_limit_is_told() -> None:
    told = transform(a_source(), a_mapping(review_over="500")).problems[0].detail

    assert told == "$513.60 is over $500.00 and waits for release"


@pytest.mark.parametrize(("limit", "waits"), [("513.59", True), ("513.60", False)])
def test_a_large_document_awaits_release_in_auto_too(*, limit: str, waits: bool) -> None:
    transformed = transform(a_source(), a_mapping(review_over=limit))

    assert transformed.document is not None
    assert bool(transformed.problems) is waits


def test_what_has_problems_does_not_await_release_besides() -> None:
    assert problems(a_source(transactionDate=None), mode="review") == [("date_missing", "")]


def test_a_negative_total_is_a_credit_memo_with_the_lines_to_type() -> None:
    credit = an_item(description="Credit\nfor labor", quantity=-4, subtotal=-480, taxAmount=0)
    bare = an_item(description="", quantity=None, price=None, subtotal=-1, taxAmount=0)
    source = a_source(**of_lines(credit, bare))

    assert problems(source) == [("credit_memo_needed", "")]
    assert detail(source) == (
        "type a credit memo of $481.00 with $0.00 of tax: "
        "Credit for labor, -4 x 120 = $480.00; no description, 0 x 0 = $1.00"
    )
    silent = an_item(quantity=-4, subtotal=None, taxAmount=0)
    assert "Labor, -4 x 120 = $0.00" in detail(a_source(**of_lines(credit) | {"items": [silent]}))


def test_a_credit_memo_tells_its_tax_as_it_is_typed() -> None:
    credit = an_item(quantity=-4, subtotal=-480, taxAmount=Decimal("-33.6"))
    taxed = a_source(**of_lines(credit, tax="-33.6"))

    assert detail(taxed).startswith("type a credit memo of $513.60 with $33.60 of tax: ")
    silent = an_item(quantity=-4, subtotal=-480, taxAmount=None, taxRate=None)
    untaxed = a_source(**of_lines(silent) | {"taxAmount": None})
    assert detail(untaxed).startswith("type a credit memo of $480.00 with $0.00 of tax: ")


def test_a_credit_memo_of_a_hundred_lines_is_told_in_so_many_words_as_the_ledger_keeps() -> None:
    credit = an_item(quantity=-4, subtotal=-480, taxAmount=0)

    assert len(detail(a_source(**of_lines(*[credit] * 100)))) == 1500


def test_everything_unreadable_is_told_by_its_path() -> None:
    found = problems(a_source(customer="x", items=[an_item(), "y"], dueDate="soon"))

    assert found[:3] == [
        ("unreadable_source", "invoice.dueDate"),
        ("unreadable_source", "invoice.customer"),
        ("unreadable_source", "invoice.items[1]"),
    ]
    assert detail(a_source(notes=5.5)) == "ServiceTrade sent what cannot be read"


def test_an_invoice_corrected_to_zero_still_makes_a_document() -> None:
    nothing = an_item(quantity=0, subtotal=0, taxAmount=0)

    assert document(a_source(**of_lines(nothing))).total == 0


def test_the_same_source_makes_the_same_bytes() -> None:
    made = document(a_source(transactionDate=NOON + 1))

    assert made.canonical() == document(a_source(transactionDate=NOON + 2)).canonical()
    assert made.hash() == document(a_source(transactionDate=NOON + 2)).hash()
