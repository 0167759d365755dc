"""From what ServiceTrade said to what QuickBooks shall hold, or everything that is in the way.

Pure: the same source and mapping give the same document, byte for byte.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicesync.domain.dates import day_of, transaction_day, zone_of
from invoicesync.domain.document import Document
from invoicesync.domain.ids import DocNumber
from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_values import key
from invoicesync.domain.money import ZERO, dollars, fixed
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.rendering import without_marks
from invoicesync.domain.source import Source, SourceInvoice
from invoicesync.domain.texts import cut, length, one_line
from invoicesync.domain.transform_customer import postal, ship_from, ship_to, transform_customer
from invoicesync.domain.transform_lines import transform_lines
from invoicesync.domain.transform_tax import tax_problems

_LONGEST_NUMBER = 21
_LONGEST_MEMO = 1000
_LONGEST_NOTE = 500
_LONGEST_CREDIT = 1500


@dataclass(frozen=True, slots=True)
class Transformed:
    """A document, or all that is wrong.

    There is no document beside problems, except that one which only awaits release is ready.
    """

    document: Document | None
    problems: tuple[Problem, ...]


def transform(source: Source, mapping: Mapping) -> Transformed:
    """Make the document. What is wrong between invoice and job, `dispatch.decide` says."""
    invoice = source.invoice
    problems = [
        Problem(ProblemCode.UNREADABLE_SOURCE, "ServiceTrade sent what cannot be read", path)
        for path in source.unreadable
    ]
    number = _number(invoice, mapping, problems)
    day = _day(invoice, mapping, problems)
    customer, wrong = transform_customer(source, mapping)
    problems += [wrong] if wrong else []
    department = _department(invoice, mapping, problems)
    lines, wrong_lines = transform_lines(source, mapping, zone_of(invoice, mapping))
    problems += wrong_lines + tax_problems(invoice) + _refusals(invoice, mapping)
    to_address, wrong = ship_to(source)
    problems += [wrong] if wrong else []
    from_address, wrong = ship_from(source, mapping)
    problems += [wrong] if wrong else []
    if problems or day is None:
        return Transformed(None, tuple(problems))
    settings, tax = mapping.tax, invoice.tax_amount or ZERO
    bill_to = mapping.customers.bill_to_by_key.get(key(_customer_name(invoice)))
    return _await_release(
        Document(
            servicetrade_id=invoice.id,
            number=DocNumber(number),
            txn_date=day,
            due_date=_due_day(invoice, mapping),
            customer=customer,
            lines=lines,
            subtotal=invoice.subtotal or ZERO,
            tax=tax,
            total=invoice.total_price or ZERO,
            note=_note(source),
            memo=cut(invoice.notes, _LONGEST_MEMO),
            term=_term(invoice, mapping),
            department=department,
            custom_fields=_custom_fields(source, mapping),
            ship_to=to_address,
            ship_from=from_address,
            tax_override=tax if settings.authority == "servicetrade" else None,
            tax_tolerance=ZERO if settings.authority == "servicetrade" else settings.tolerance,
            closed_period=mapping.closed_period,
            online_payment=mapping.online_payment,
            bill_to=postal(bill_to.address) if bill_to and bill_to.address else None,
            bill_email=bill_to.email if bill_to else None,
        ),
        mapping,
    )


def _await_release(document: Document, mapping: Mapping) -> Transformed:
    limit: Decimal | None = mapping.review_over
    if mapping.mode == "review":
        detail = f"{dollars(document.total)} waits for release, as every invoice does"
    elif limit is not None and document.total > limit:
        detail = f"{dollars(document.total)} is over {dollars(limit)} and waits for release"
    else:
        return Transformed(document, ())
    return Transformed(document, (Problem(ProblemCode.AWAITING_RELEASE, detail),))


def _number(invoice: SourceInvoice, mapping: Mapping, problems: list[Problem]) -> str:
    own = one_line(invoice.number or invoice.ref_number)
    number = mapping.document_number.prefix + own
    if not own:
        problems.append(
            Problem(ProblemCode.NUMBER_MISSING, "neither invoiceNumber nor refNumber is set")
        )
    elif length(number) > _LONGEST_NUMBER:
        problems.append(
            Problem(
                ProblemCode.NUMBER_TOO_LONG,
                f"{cut(number, 100)} has {length(number)} characters; "
                f"QuickBooks takes {_LONGEST_NUMBER}",
            )
        )
    return number


def _day(invoice: SourceInvoice, mapping: Mapping, problems: list[Problem]) -> date | None:
    day = transaction_day(invoice, mapping)
    if day is None:
        problems.append(Problem(ProblemCode.DATE_MISSING, "the invoice has no date"))
    return day


def _due_day(invoice: SourceInvoice, mapping: Mapping) -> date | None:
    if invoice.due_date is None:
        return None
    return day_of(invoice.due_date, zone_of(invoice, mapping))


def _customer_name(invoice: SourceInvoice) -> str:
    return invoice.customer.name if invoice.customer else ""


def _department(invoice: SourceInvoice, mapping: Mapping, problems: list[Problem]) -> str | None:
    office = invoice.assigned_office.name if invoice.assigned_office else ""
    found = mapping.departments.by_key.get(key(office))
    if found is None and mapping.departments.required:
        what = f'the office "{office}"' if office else "an invoice without an office"
        problems.append(
            Problem(ProblemCode.UNMAPPED_DEPARTMENT, f"no QuickBooks Location is mapped for {what}")
        )
    return found


def _term(invoice: SourceInvoice, mapping: Mapping) -> str | None:
    name = invoice.payment_terms
    return mapping.terms_by_key.get(key(name), name) or None


def _refusals(invoice: SourceInvoice, mapping: Mapping) -> list[Problem]:
    """Say what stops the invoice as a whole."""
    problems = []
    if not invoice.customer_po and key(_customer_name(invoice)) in mapping.po_required:
        problems.append(
            Problem(ProblemCode.PO_MISSING, f"{_customer_name(invoice)} asks for a purchase order")
        )
    if invoice.currency and invoice.currency.upper() != "USD":
        problems.append(
            Problem(ProblemCode.CURRENCY_UNSUPPORTED, f"the invoice is in {invoice.currency}")
        )
    if invoice.total_price is not None and invoice.total_price < 0:
        problems.append(
            Problem(
                ProblemCode.CREDIT_MEMO_NEEDED,
                cut(
                    f"type a credit memo of {dollars(-invoice.total_price)} with "
                    f"{dollars(-(invoice.tax_amount or ZERO))} of tax: {_to_type(invoice)}",
                    _LONGEST_CREDIT,
                ),
            )
        )
    return problems


def _to_type(invoice: SourceInvoice) -> str:
    return "; ".join(
        f"{one_line(item.description) or 'no description'}, "
        f"{fixed(item.quantity or Decimal(0))} x {fixed(item.price or Decimal(0))} = "
        f"{dollars(-(item.subtotal or ZERO))}"
        for item in invoice.items
    )


def _note(source: Source) -> str:
    invoice, job = source.invoice, source.job
    number = (job.number if job else "") or (invoice.job.number if invoice.job else "")
    parts = [f"Job {number}"] if number else []
    if po := one_line(invoice.customer_po):
        parts.append(po if po.upper().startswith("PO") else f"PO {po}")
    return cut(without_marks(" · ".join(parts)), _LONGEST_NOTE)


def _custom_fields(source: Source, mapping: Mapping) -> tuple[tuple[str, str], ...]:
    invoice, job, location = source.invoice, source.job, source.invoice.location
    values = {
        "customerPo": invoice.customer_po,
        "refNumber": invoice.ref_number,
        "job.number": (job.number if job else "") or (invoice.job.number if invoice.job else ""),
        "job.refNumber": job.ref_number if job else "",
        "job.customerPo": job.customer_po if job else "",
        "job.sales": job.sales if job else "",
        "location.name": location.name if location else "",
        "location.refNumber": location.ref_number if location else "",
    }
    rows = ((name, one_line(values[path])) for name, path in mapping.custom_fields.items())
    return tuple((name, value) for name, value in rows if value)
