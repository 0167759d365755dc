"""Whether an invoice goes to QuickBooks, waits, is left out by name, or is void.

The order is void, type, date, status, tags, money, job: what is decided first needs none of what
follows to be readable.
"""

from dataclasses import dataclass

from invoicesync.domain.dates import transaction_day
from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_values import key
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.revision import Disposition
from invoicesync.domain.source import Source, SourceInvoice, SourceJob

_OTHER_TYPES = {"vendorbill": "vendor_bill", "external": "external_invoice"}


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of an invoice; ``reason`` is a stable name.

    An invoice with problems is dispatched all the same, so that it is held before a person.
    """

    disposition: Disposition
    reason: str
    problems: tuple[Problem, ...] = ()


def decide(source: Source, mapping: Mapping) -> Decision:
    """Decide what becomes of an invoice that is not in QuickBooks yet."""
    invoice = source.invoice
    if invoice.status == "void":
        return Decision(Disposition.VOID, "void")
    if left_out := _left_out_unread(invoice, mapping):
        return Decision(Disposition.IGNORED, left_out)
    if waits := _waits_for_status(invoice, mapping):
        return Decision(Disposition.WAITING, waits)
    # What follows asks tags, money and the job; none of them is to be missed for being unreadable.
    if source.unreadable:
        return Decision(Disposition.DISPATCH, "unreadable_source", job_problems(source, mapping))
    if left_out := _left_out(invoice, mapping):
        return Decision(Disposition.IGNORED, left_out)
    return _decide_by_job(source, mapping)


def _left_out_unread(invoice: SourceInvoice, mapping: Mapping) -> str:
    if invoice.type not in {"invoice", ""}:
        return _OTHER_TYPES.get(invoice.type, "not_an_invoice")
    day = transaction_day(invoice, mapping)
    return "before_go_live" if day is not None and day < mapping.go_live else ""


def _waits_for_status(invoice: SourceInvoice, mapping: Mapping) -> str:
    if invoice.status in {*mapping.dispatch.statuses, ""}:
        return ""
    return "internal_review" if invoice.status == "internal_review" else "status_not_listed"


def _left_out(invoice: SourceInvoice, mapping: Mapping) -> str:
    tags = frozenset(map(key, invoice.tags))
    if tags & mapping.dispatch.excluded:
        return "excluded_tag"
    if mapping.dispatch.included and not tags & mapping.dispatch.included:
        return "no_included_tag"
    # Lines that do not add up to the zero are a fault to be shown, not a zero to be left out.
    amounts = (invoice.total_price, invoice.subtotal, invoice.tax_amount)
    lines = sum(item.subtotal or 0 for item in invoice.items)
    if not any(amounts) and not lines:
        return "zero_total"
    return ""


def _decide_by_job(source: Source, mapping: Mapping) -> Decision:
    problems = job_problems(source, mapping)
    if problems:
        return Decision(Disposition.DISPATCH, problems[0].code.value, problems)
    if source.job is None:
        return Decision(Disposition.DISPATCH, "jobless")
    if source.job.status in mapping.dispatch.job_statuses:
        return Decision(Disposition.DISPATCH, "job_closed")
    if source.invoice.partial and mapping.dispatch.allow_partials:
        return Decision(Disposition.DISPATCH, "partial_invoice")
    return Decision(Disposition.WAITING, "job_open")


def job_problems(source: Source, mapping: Mapping) -> tuple[Problem, ...]:
    """Say what is wrong between an invoice and its job."""
    stub, job = source.invoice.job, source.job
    if stub is None or stub.id is None:
        if mapping.dispatch.allow_jobless:
            return ()
        return (Problem(ProblemCode.MISSING_JOB, "the invoice names no job"),)
    if job is None or job.id != stub.id:
        return (
            Problem(ProblemCode.JOB_NOT_FOUND, f"ServiceTrade has no job with the id {stub.id}"),
        )
    where = f"job {job.number or job.id}"
    problems = []
    if job.status in {"canceled", "cancelled"}:
        problems.append(Problem(ProblemCode.JOB_CANCELED, "the job is canceled", where))
    problems.extend(
        Problem(ProblemCode.JOB_MISMATCH, detail, where)
        for detail in _mismatches(source.invoice, job)
    )
    return tuple(problems)


def _mismatches(invoice: SourceInvoice, job: SourceJob) -> list[str]:
    pairs = (
        ("customer", invoice.customer, job.customer),
        ("service location", invoice.location, job.location),
    )
    return [
        f"the job's {what} is {theirs.name or theirs.id}, the invoice's is {ours.name or ours.id}"
        for what, ours, theirs in pairs
        if ours is not None
        and theirs is not None
        and None not in {ours.id, theirs.id}
        and ours.id != theirs.id
    ]
