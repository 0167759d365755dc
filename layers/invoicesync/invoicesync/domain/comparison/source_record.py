"""Read a record of ServiceTrade's side: what is to be in QuickBooks, if it is to be there."""

from invoicesync.domain.comparison.records import Absence, Party, SourceRecord, party
from invoicesync.domain.dates import transaction_day
from invoicesync.domain.dispatch import decide
from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_values import key
from invoicesync.domain.money import to_cents
from invoicesync.domain.revision import Disposition
from invoicesync.domain.source import Source
from invoicesync.domain.transform_customer import transform_customer
from invoicesync.domain.verdict import judge

_ABSENCES = {
    "before_go_live": Absence.BEFORE_GO_LIVE,
    "excluded_tag": Absence.EXCLUDED,
    "no_included_tag": Absence.EXCLUDED,
    "zero_total": Absence.ZERO,
}
_BY_DISPOSITION = {
    Disposition.VOID: Absence.VOID,
    Disposition.WAITING: Absence.WAITING,
    Disposition.IGNORED: Absence.NOT_AN_INVOICE,
}


def source_record(
    source: Source, mapping: Mapping, *, names_obstacles: bool = True
) -> SourceRecord:
    """Make the record of an invoice under a mapping.

    ``names_obstacles`` is for a mapping that was really written for this company: what would hold
    the invoice is named then.
    """
    invoice = source.invoice
    decision = decide(source, mapping)
    absence = _ABSENCES.get(decision.reason) or _BY_DISPOSITION.get(decision.disposition)
    why = decision.reason if absence else ""
    if absence is None and names_obstacles:
        problems = judge(source, mapping, is_loaded=False).problems
        why = problems[0].code.value if problems else ""
    office = invoice.assigned_office.name if invoice.assigned_office else ""
    return SourceRecord(
        id=invoice.id,
        number=invoice.number or invoice.ref_number,
        customer=_party(source, mapping),
        dated=transaction_day(invoice, mapping),
        total=to_cents(invoice.total_price),
        tax=to_cents(invoice.tax_amount),
        department=mapping.departments.by_key.get(key(office), ""),
        absence=absence,
        why=why,
        updated=invoice.updated or 0,
    )


def _party(source: Source, mapping: Mapping) -> Party:
    customer, _ = transform_customer(source, mapping)
    references = [one for one in (customer.parent, customer.reference) if one is not None]
    names = tuple(one.name for one in references if one.name)
    return party(names, tuple(one.id for one in references if one.id), expected=True)
