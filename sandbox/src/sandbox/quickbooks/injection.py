"""The faults that a script can ask for, each as what happens instead of a plain answer.

`commit` in a rule's settings says whether the work is done all the same, where that is open.
"""

from collections.abc import Callable

from sandbox.http import AnswerLostError, ConnectRefusedError
from sandbox.quickbooks import gateway, meddling, refusals, routes
from sandbox.quickbooks.batch import Meddling
from sandbox.quickbooks.exchange import JSON, Answer, as_json
from sandbox.quickbooks.meeting import Meeting


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
    """Drop the line now, or answer 503 if ``unavailable``, and do it ``seconds`` later."""
    at = meeting.company.clock() + float(meeting.settings.get("seconds", 60))

    def do_it() -> None:
        meeting.done()

    meeting.company.later(at, do_it)
    if meeting.settings.get("unavailable"):
        return gateway.unavailable()
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


def rotation_race(meeting: Meeting) -> Answer:
    """Let another worker refresh with the same token first."""
    meeting.company.oauth.rotate_behind(meeting.request.form().get("refresh_token", ""))
    return meeting.done()


def invalid_grant(_: Meeting) -> Answer:
    """Refuse a refresh, as happens in an outage too."""
    body = {"error": "invalid_grant", "error_description": "Incorrect or invalid refresh token"}
    return as_json(400, body)


def expire_tokens(meeting: Meeting) -> Answer:
    """End every access token, this call's too."""
    meeting.company.oauth.expire()
    return gateway.unauthorized(meeting.company)


def slow(meeting: Meeting) -> Answer:
    """Answer late, as the app has waited already; past the cut-off do it and answer 504."""
    answer = meeting.done()
    if float(meeting.settings.get("seconds", 30)) >= meeting.company.options.cut_off_seconds:
        return gateway.timed_out(meeting.company)
    return answer


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
        meddling.stale_by_human,
        meddling.inactive_reference,
        rotation_race,
        invalid_grant,
        meddling.late_visibility,
        meddling.closed_period,
        meddling.tax_recalculated,
        meddling.duplicate_number_by_other,
        expire_tokens,
        slow,
    )
}
