"""Faults of the world: what people and the service change under a request that is on its way."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal

from sandbox.quickbooks.exchange import Answer
from sandbox.quickbooks.meeting import Meeting
from sandbox.quickbooks.people import People
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.store import Record
from sandbox.quickbooks.wire import ZERO, Body, decimal_of, mapping, money, reference_of


def stale_by_human(meeting: Meeting) -> Answer:
    """Let a person save the object first."""
    for entity, body in meeting.documents():
        if body.get("Id") and meeting.company.books.store.get(entity, str(body["Id"])):
            note = meeting.company.read(entity, str(body["Id"])).get("PrivateNote", "")
            change = meeting.settings.get("change") or {"PrivateNote": f"{note} seen".strip()}
            People(meeting.company).edit(entity, str(body["Id"]), change)
            break
    return meeting.done()


def inactive_reference(meeting: Meeting) -> Answer:
    """Let a person make an item or customer inactive that the request refers to."""
    entity = str(meeting.settings.get("entity", "Item"))
    for _, body in meeting.documents():
        identity = reference_of(body, f"{entity}Ref") or _in_lines(body, f"{entity}Ref")
        record = meeting.company.books.store.get(entity, str(identity))
        if record and record.body.get("Active"):
            People(meeting.company).deactivate(entity, record.identity)
            break
    return meeting.done()


def _in_lines(body: Body, name: str) -> str | None:
    for line in body.get("Line", []):
        found = reference_of(mapping(mapping(line).get("SalesItemLineDetail")), name)
        if found:
            return found
    return None


def late_visibility(meeting: Meeting) -> Answer:
    """Keep what is written out of queries for ``seconds``."""
    seconds = float(meeting.settings.get("seconds", 30))
    return _with_hook(meeting, lambda record: meeting.company.books.store.delay(record, seconds))


def closed_period(meeting: Meeting) -> Answer:
    """Close the books up to today around this call; ``stays`` leaves them closed."""
    people, books = People(meeting.company), meeting.company.books
    before = books.preference("AccountingInfoPrefs", "BookCloseDate")
    people.close_books(str(meeting.settings.get("date", "2999-12-31")))
    answer = meeting.done()
    if not meeting.settings.get("stays"):
        people.close_books(before or "0001-01-01")
    return answer


def tax_recalculated(meeting: Meeting) -> Answer:
    """Let the service arrive at ``amount`` more tax than it would."""
    amount = money(decimal_of(meeting.settings.get("amount", "1.23")))

    def retax(record: Record) -> None:
        if "TxnTaxDetail" in record.body:
            meeting.company.books.commit(record, _taxed(record.body, amount), moves_token=False)

    return _with_hook(meeting, retax)


def _taxed(body: Body, amount: Decimal) -> Body:
    detail = {**body["TxnTaxDetail"], "TotalTax": body["TxnTaxDetail"]["TotalTax"] + amount}
    changed: Body = {**body, "TxnTaxDetail": detail, "TotalAmt": body["TotalAmt"] + amount}
    if "Balance" in body:
        changed["Balance"] = body.get("Balance", ZERO) + amount
    return changed


def duplicate_number_by_other(meeting: Meeting) -> Answer:
    """Let a person type an invoice under the number that the request is about to use."""
    for entity, body in meeting.documents():
        customer = reference_of(body, "CustomerRef")
        if entity == "Invoice" and body.get("DocNumber") and customer:
            with suppress(Refusal):  # the books may not let them, and then they leave it
                People(meeting.company).type_invoice(customer, str(body["DocNumber"]))
            break
    return meeting.done()


def _with_hook(meeting: Meeting, hook: Callable[[Record], None]) -> Answer:
    meeting.company.after_write = hook
    try:
        return meeting.done()
    finally:
        meeting.company.after_write = None
