"""The faults that a script can ask for, each as what happens instead of a plain answer.

`commit` in a rule's settings says whether the work is done all the same, where that is open.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sandbox.http import AnswerLostError, ConnectRefusedError
from sandbox.quickbooks import gateway, refusals, routes
from sandbox.quickbooks.batch import Meddling
from sandbox.quickbooks.company import Company, entity_at, reference_of
from sandbox.quickbooks.exchange import JSON, Answer, Request, as_json
from sandbox.quickbooks.people import People
from sandbox.quickbooks.store import Record
from sandbox.quickbooks.wire import ZERO, Body, decimal_of, mapping, money


@dataclass(frozen=True, slots=True)
class Meeting:
    """A request that meets a fault."""

    company: Company
    request: Request
    settings: Mapping[str, Any]
    act: Callable[[Meddling | None], Answer]

    def done(self) -> Answer:
        """Do what the request asks."""
        return self.act(None)

    def done_if(self, *, otherwise: bool) -> None:
        """Do it if the rule's ``commit`` says so, or by default."""
        if self.settings.get("commit", otherwise):
            self.act(None)

    def documents(self) -> list[tuple[str, Body]]:
        """Return the entities and bodies that the request writes."""
        body = self.request.json()
        if not self.request.is_batch:
            entity = entity_at(self.request.path.rsplit("/", 1)[-1])
            return [(entity, body)] if entity else []
        found = []
        for item in body.get("BatchItemRequest", []):
            for name, value in mapping(item).items():
                if isinstance(value, dict) and entity_at(name):
                    found.append((name, value))
        return found


def answer_lost(meeting: Meeting) -> Answer:
    """Do it, and drop the line before the answer."""
    meeting.done()
    raise AnswerLostError


def request_lost(meeting: Meeting) -> Answer:
    """Drop the line before anything is done; ``refused`` lets the client know that."""
    if meeting.settings.get("refused"):
        raise ConnectRefusedError
    raise AnswerLostError


def commit_late(meeting: Meeting) -> Answer:
    """Drop the line now, and do it ``seconds`` later."""
    at = meeting.company.clock() + float(meeting.settings.get("seconds", 60))

    def do_it() -> None:
        meeting.done()

    meeting.company.later(at, do_it)
    raise AnswerLostError


def timeout_504_xml(meeting: Meeting) -> Answer:
    """Do it, and answer 504."""
    meeting.done_if(otherwise=True)
    return gateway.timed_out(meeting.company)


def throttle_xml(meeting: Meeting) -> Answer:
    """Refuse with 429, in XML."""
    return gateway.throttled_xml(meeting.company, meeting.settings.get("retry_after"))


def throttle_json(meeting: Meeting) -> Answer:
    """Refuse with 429, in JSON."""
    return gateway.throttled_json(meeting.company, meeting.settings.get("retry_after"))


def unauthorized_401(meeting: Meeting) -> Answer:
    """Refuse with 401."""
    return gateway.unauthorized(meeting.company)


def forbidden_403_3100(meeting: Meeting) -> Answer:
    """Refuse with 403."""
    return gateway.forbidden(meeting.company)


def bad_gateway_502_html(meeting: Meeting) -> Answer:
    """Answer with a proxy's page."""
    meeting.done_if(otherwise=False)
    return gateway.bad_gateway()


def error_500(meeting: Meeting) -> Answer:
    """Answer that something broke."""
    meeting.done_if(otherwise=False)
    return gateway.server_error(meeting.company)


def empty_200(meeting: Meeting) -> Answer:
    """Do it, and answer with nothing."""
    meeting.done_if(otherwise=True)
    return Answer(200, b"")


def truncated_200(meeting: Meeting) -> Answer:
    """Do it, and answer with the first half."""
    body = meeting.done().body
    return Answer(200, body[: len(body) // 2], JSON)


def fault_in_200(meeting: Meeting) -> Answer:
    """Do nothing, and answer 200 with a fault inside."""
    refusal = refusals.from_code(str(meeting.settings.get("code", "10000")))
    return routes.refused(meeting.company, meeting.request, refusal, status=200)


def _positions(meeting: Meeting) -> list[int]:
    return [int(each) for each in meeting.settings.get("items", [0])]


def batch_item_missing(meeting: Meeting) -> Answer:
    """Leave items out of a batch's answer; ``commit`` (default: yes) says whether they are done."""
    done = bool(meeting.settings.get("commit", True))
    return meeting.act(Meddling(frozenset(_positions(meeting)), missing_are_done=done))


def batch_item_fault(meeting: Meeting) -> Answer:
    """Refuse items of a batch with ``code``."""
    refusal = refusals.from_code(str(meeting.settings.get("code", "6000")))
    return meeting.act(Meddling(refused=dict.fromkeys(_positions(meeting), refusal)))


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


def rotation_race(meeting: Meeting) -> Answer:
    """Let another worker refresh with the same token first."""
    meeting.company.oauth.rotate_behind(meeting.request.form().get("refresh_token", ""))
    return meeting.done()


def invalid_grant(_: Meeting) -> Answer:
    """Refuse a refresh, as happens in an outage too."""
    body = {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}
    return as_json(400, body)


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
            People(meeting.company).type_invoice(customer, str(body["DocNumber"]))
            break
    return meeting.done()


def expire_tokens(meeting: Meeting) -> Answer:
    """End every access token, this call's too."""
    meeting.company.oauth.expire()
    return gateway.unauthorized(meeting.company)


def slow(meeting: Meeting) -> Answer:
    """Answer late: the app has waited already; past the cut-off the answer is 504, the work done."""
    answer = meeting.done()
    if float(meeting.settings.get("seconds", 30)) >= meeting.company.options.cut_off_seconds:
        return gateway.timed_out(meeting.company)
    return answer


def _with_hook(meeting: Meeting, hook: Callable[[Record], None]) -> Answer:
    meeting.company.after_write = hook
    try:
        return meeting.done()
    finally:
        meeting.company.after_write = None


FAULTS: dict[str, Callable[[Meeting], Answer]] = {
    each.__name__: each
    for each in (
        answer_lost,
        request_lost,
        commit_late,
        timeout_504_xml,
        throttle_xml,
        throttle_json,
        unauthorized_401,
        forbidden_403_3100,
        bad_gateway_502_html,
        error_500,
        empty_200,
        truncated_200,
        fault_in_200,
        batch_item_missing,
        batch_item_fault,
        stale_by_human,
        inactive_reference,
        rotation_race,
        invalid_grant,
        late_visibility,
        closed_period,
        tax_recalculated,
        duplicate_number_by_other,
        expire_tokens,
        slow,
    )
}
