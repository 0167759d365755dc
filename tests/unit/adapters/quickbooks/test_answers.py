"""Every status with every encoding: only our errors, and no doubt is ever taken for an answer."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

import pytest

from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.domain.ids import QuickBooksId, RequestId
from invoicesync.errors import (
    AuthenticationError,
    InvoiceSyncError,
    OutcomeUnknownError,
    RateLimitedError,
    RealmBlockedError,
    RefusedError,
    TooLargeError,
    TransientReadError,
)
from invoicesync.ports.books import BatchAnswer, FaultKind
from tests.unit.adapters.quickbooks.stand_ins import (
    Reply,
    Wire,
    client_on,
    fault_gateway,
    fault_json,
    fault_xml,
    json_reply,
)

type Encode = Callable[[str], bytes]

_R1 = RequestId("r1")
_ENCODINGS: dict[str, Encode] = {
    "json": lambda code: json.dumps(fault_json(code)).encode(),
    "gateway": lambda code: json.dumps(fault_gateway(code)).encode(),
    "xml": fault_xml,
}
_MEANINGLESS: dict[str, bytes] = {
    "html": b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>",
    "empty": b"",
    "blank": b" \r\n",
    "garbage": b"\x00\xff{]",
    "cut": b'{"Invoice":{"Id":"12","SyncTok',
    "cut-xml": b'<IntuitResponse><Fault type="ValidationFault"><Error code="6070"></Fault>',
    "list": b"[]",
    "object": b"{}",
    "null": b"null",
    "number": b"1.5",
    "nan": b'{"Invoice":{"Id":"1","TotalAmt":NaN}}',
    "deep": b"[" * 20_000,
    "no-errors": b'{"Fault":{"type":"ValidationFault"}}',
    "odd-fault": b'{"Fault":"2050"}',
    "utf-16": '{"Invoice":{"Id":"1"}}'.encode("utf-16"),
}
_BY_STATUS: dict[int, type[InvoiceSyncError]] = {
    401: AuthenticationError,
    403: RealmBlockedError,
    413: TooLargeError,
    429: RateLimitedError,
}
_CALLS: dict[str, Callable[[QuickBooksClient], Any]] = {
    "batch": lambda client: client.batch(b"{}", request_id=_R1),
    "void": lambda client: client.void(b"{}", request_id=_R1),
    "create": lambda client: client.create("Customer", b"{}", request_id=_R1),
    "read": lambda client: client.read_invoice(QuickBooksId("12")),
    "query": lambda client: client.query("Invoice"),
    "preferences": lambda client: client.preferences(),
    "changes": lambda client: client.changes("Invoice", since=0),
    "report": lambda client: client.transaction_list(date(2026, 10, 1), date(2026, 10, 31)),
}
_STATUSES = range(200, 600)
_WRITES = ("batch", "void", "create")


def _outcomes(call: str, replies: Iterable[Reply]) -> Iterator[object]:
    """Yield for each reply what the call gives, or the class of what it raises."""
    told = list(replies)
    client = client_on(Wire(*told))
    for _ in told:
        try:
            yield _CALLS[call](client)
        except InvoiceSyncError as error:
            yield type(error)


def _outcome(call: str, reply: Reply) -> object:
    return next(_outcomes(call, [reply]))


def _by_status(call: str, body: bytes) -> dict[int, object]:
    """Try every status, the headers always the same."""
    replies = [Reply(status, body, {"intuit_tid": "1-t"}) for status in _STATUSES]
    return dict(zip(_STATUSES, _outcomes(call, replies), strict=True))


@pytest.mark.parametrize("call", ["batch", "void", "read"])
@pytest.mark.parametrize("content", ["html", "empty", "garbage", "cut", "object"])
def test_a_body_that_says_nothing_is_doubt_unless_the_status_speaks(
    call: str, content: str
) -> None:
    doubt = OutcomeUnknownError if call in _WRITES else TransientReadError

    outcomes = _by_status(call, _MEANINGLESS[content])

    assert outcomes == {status: _BY_STATUS.get(status, doubt) for status in _STATUSES}


@pytest.mark.parametrize("call", _CALLS)
@pytest.mark.parametrize("content", _MEANINGLESS)
def test_no_body_that_says_nothing_is_taken_for_more(call: str, content: str) -> None:
    doubt = OutcomeUnknownError if call in _WRITES else TransientReadError

    for status in (200, 204, 302, 400, 404, 500, 503):
        assert _outcome(call, Reply(status, _MEANINGLESS[content])) is doubt, status


@pytest.mark.parametrize("call", ["batch", "void", "read"])
@pytest.mark.parametrize("encoding", _ENCODINGS)
def test_an_undocumented_code_is_never_a_refusal(call: str, encoding: str) -> None:
    doubt = OutcomeUnknownError if call in _WRITES else TransientReadError

    outcomes = _by_status(call, _ENCODINGS[encoding]("98765"))

    assert outcomes == {status: _BY_STATUS.get(status, doubt) for status in _STATUSES}


@pytest.mark.parametrize("encoding", _ENCODINGS)
def test_a_listed_fault_of_one_write_is_its_result(encoding: str) -> None:
    for status, outcome in _by_status("void", _ENCODINGS[encoding]("2050")).items():
        if status == 200 or (400 <= status < 500 and status not in _BY_STATUS):
            assert isinstance(outcome, tuple)
            assert outcome[0].fault.kind is FaultKind.REFUSED
            assert outcome[0].fault.code == "2050"
            assert outcome[1] == "1-t"
        else:
            assert outcome is _BY_STATUS.get(status, OutcomeUnknownError), status


@pytest.mark.parametrize("call", ["batch", "query"])
@pytest.mark.parametrize("encoding", _ENCODINGS)
def test_a_listed_fault_of_a_batch_or_a_read_refuses_it(call: str, encoding: str) -> None:
    doubt = OutcomeUnknownError if call in _WRITES else TransientReadError

    for status, outcome in _by_status(call, _ENCODINGS[encoding]("2050")).items():
        refused = status == 200 or 400 <= status < 500
        assert outcome is _BY_STATUS.get(status, RefusedError if refused else doubt), status


@pytest.mark.parametrize("call", _CALLS)
@pytest.mark.parametrize("encoding", _ENCODINGS)
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("3100", RealmBlockedError),
        ("003100", RealmBlockedError),
        ("6190", RealmBlockedError),
        ("10200", RealmBlockedError),
        ("1040", TooLargeError),
        ("3001", RateLimitedError),
        ("003001", RateLimitedError),
        ("3200", AuthenticationError),
        ("3201", AuthenticationError),
    ],
)
def test_a_code_that_concerns_the_whole_request_is_raised_whatever_was_asked(
    call: str, encoding: str, status: int, code: str, expected: type[InvoiceSyncError]
) -> None:
    assert _outcome(call, Reply(status, _ENCODINGS[encoding](code))) is expected


@pytest.mark.parametrize("call", _WRITES)
@pytest.mark.parametrize("encoding", _ENCODINGS)
@pytest.mark.parametrize("status", [200, 400, 500, 503, 504])
@pytest.mark.parametrize("code", ["500", "600", "2130", "6000", "6002", "10000", "", "0", "abc"])
def test_a_code_that_proves_nothing_leaves_a_write_in_doubt(
    call: str, encoding: str, status: int, code: str
) -> None:
    assert _outcome(call, Reply(status, _ENCODINGS[encoding](code))) is OutcomeUnknownError


def test_a_failing_server_that_quotes_the_code_of_a_wrong_company_is_still_failing() -> None:
    assert _outcome("batch", Reply(500, _ENCODINGS["gateway"]("3100"))) is OutcomeUnknownError


@pytest.mark.parametrize("call", _WRITES)
@pytest.mark.parametrize("status", [200, 400])
def test_a_fault_beside_a_result_proves_neither(call: str, status: int) -> None:
    content = {
        **fault_json("2050"),
        "Invoice": {"Id": "1"},
        "Customer": {"Id": "1"},
        "BatchItemResponse": [{"bId": "b1", "Invoice": {"Id": "1"}}],
    }

    assert _outcome(call, json_reply(content, status)) is OutcomeUnknownError


@pytest.mark.parametrize("stored", [None, [], "12", {}, {"Id": ""}, {"Id": 12}, {"id": "12"}])
def test_a_written_entity_without_an_id_is_doubt(stored: object) -> None:
    assert _outcome("void", json_reply({"Invoice": stored})) is OutcomeUnknownError


def test_another_entity_than_the_one_written_is_doubt() -> None:
    assert _outcome("create", json_reply({"Vendor": {"Id": "1"}})) is OutcomeUnknownError


def test_a_success_under_an_undocumented_status_is_doubt() -> None:
    for status in range(201, 300):
        reply = json_reply({"Invoice": {"Id": "1"}, "BatchItemResponse": []}, status)

        assert _outcome("void", reply) is OutcomeUnknownError
        assert _outcome("batch", reply) is OutcomeUnknownError


def test_a_batch_keeps_each_item_by_its_bid() -> None:
    reply = json_reply(
        {
            "BatchItemResponse": [
                {"bId": "b2", **fault_json("6140")},
                {"bId": "b1", "Invoice": {"Id": "12", "SyncToken": "0"}},
            ],
            "time": "2026-01-01T00:00:00Z",
        }
    )

    answer = _outcome("batch", reply)

    assert isinstance(answer, BatchAnswer)
    assert answer.tid == "1-tid"
    assert set(answer.items) == {"b1", "b2"}
    assert answer.items["b1"].entity == {"Id": "12", "SyncToken": "0"}
    fault = answer.items["b2"].fault
    assert fault is not None
    assert fault.kind is FaultKind.DUPLICATE_NUMBER


@pytest.mark.parametrize(
    "item",
    [
        {"Invoice": {"Id": "1"}},
        {"bId": None, "Invoice": {"Id": "1"}},
        {"bId": 1, "Invoice": {"Id": "1"}},
        {"bId": "b1"},
        {"bId": "b1", "Invoice": {}},
        {"bId": "b1", "Invoice": {"Id": "1"}, "Customer": {"Id": "2"}},
        {"bId": "b1", "Invoice": {"Id": "1"}, **fault_json("2050")},
        "b1",
        None,
    ],
)
def test_an_item_that_cannot_be_relied_on_is_as_good_as_missing(item: object) -> None:
    answer = _outcome("batch", json_reply({"BatchItemResponse": [item]}))

    assert isinstance(answer, BatchAnswer)
    assert answer.items == {}


def test_a_bid_that_is_answered_twice_is_as_good_as_missing() -> None:
    twice = [{"bId": "b1", "Invoice": {"Id": "1"}}, {"bId": "b1", "Invoice": {"Id": "2"}}]

    answer = _outcome("batch", json_reply({"BatchItemResponse": twice}))

    assert isinstance(answer, BatchAnswer)
    assert answer.items == {}


@pytest.mark.parametrize("code", ["3001", "3200", "6000", "10000", "500", "777"])
def test_an_item_with_a_code_that_proves_nothing_says_so(code: str) -> None:
    answer = _outcome(
        "batch", json_reply({"BatchItemResponse": [{"bId": "1", **fault_json(code)}]})
    )

    assert isinstance(answer, BatchAnswer)
    fault = answer.items["1"].fault
    assert fault is not None
    assert fault.kind is FaultKind.UNKNOWN


def test_an_invoice_that_is_not_there_is_none() -> None:
    assert _outcome("read", json_reply(fault_json("610"), 400)) is None


def test_an_unknown_route_is_no_proof_that_an_invoice_is_gone() -> None:
    assert _outcome("read", Reply(404, b"")) is TransientReadError


def test_610_beside_another_fault_is_no_proof_that_an_invoice_is_gone() -> None:
    content = fault_json("610")
    content["Fault"]["Error"].append({"code": "2030", "Message": "Invalid ID"})

    assert _outcome("read", json_reply(content, 400)) is RefusedError


def test_another_invoice_than_the_one_asked_for_is_read_again() -> None:
    assert _outcome("read", json_reply({"Invoice": {"Id": "13"}})) is TransientReadError


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"QueryResponse": None},
        {"QueryResponse": []},
        {"QueryResponse": {"Invoice": None}},
        {"QueryResponse": {"Invoice": {}}},
        {"QueryResponse": {"Invoice": [None]}},
        {"QueryResponse": {"maxResults": 2, "startPosition": 1}},
        {"QueryResponse": {"invoice": [{"Id": "1"}], "maxResults": 1}},
    ],
)
def test_a_query_that_may_be_cut_is_never_an_empty_list(content: object) -> None:
    assert _outcome("query", json_reply(content)) is TransientReadError


def test_a_query_without_rows_is_an_empty_list() -> None:
    assert _outcome("query", json_reply({"QueryResponse": {}, "time": "x"})) == []


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, 60),
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": "0"}, 1),
        ({"Retry-After": "99999999999999999999"}, 3600),
        ({"Retry-After": "-5"}, 60),
        ({"Retry-After": "soon"}, 60),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT"}, 60),
        (
            {
                "Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT",
                "Date": "Wed, 21 Oct 2026 07:28:00 GMT",
            },
            30,
        ),
    ],
)
def test_a_429_says_how_long_to_stay_away(headers: dict[str, str], pause: float) -> None:
    client = client_on(Wire(Reply(429, fault_xml("3001"), headers)))

    with pytest.raises(RateLimitedError) as caught:
        client.batch(b"{}", request_id=_R1)

    assert caught.value.delay_seconds == pause


def test_a_refusal_carries_its_code_the_tid_and_the_status() -> None:
    client = client_on(Wire(json_reply(fault_json("2050", "Ann Smith"), 400)))

    with pytest.raises(RefusedError) as caught:
        client.batch(b"{}", request_id=_R1)

    assert (caught.value.code, caught.value.tid, caught.value.status) == ("2050", "1-tid", 400)
    assert "1-tid" in str(caught.value)
    assert "Ann Smith" not in str(caught.value)


_TOLD = {"CDCResponse": [{"QueryResponse": [{}]}], "time": "2026-11-27T12:00:00.500-08:00"}
_GONE = {"Id": "3", "status": "Deleted", "domain": "QBO"}


def _changes(**said: Any) -> Any:
    return _outcome("changes", Reply(200, json.dumps(_TOLD | said).encode()))


def test_changes_come_with_the_clock_of_quickbooks() -> None:
    listed = {"QueryResponse": [{"Invoice": [_GONE], "maxResults": 1}]}

    found, nothing = _changes(CDCResponse=[listed]), _changes()

    assert (found.rows, found.is_cut) == ([_GONE], False)
    assert found.at == 1_795_809_600.5
    assert (nothing.rows, nothing.is_cut) == ([], False)


def test_an_answer_with_a_thousand_changes_may_be_cut() -> None:
    many = [{**_GONE, "Id": str(number)} for number in range(1000)]

    assert _changes(CDCResponse=[{"QueryResponse": [{"Invoice": many}]}]).is_cut


@pytest.mark.parametrize(
    "said",
    [
        {"CDCResponse": []},
        {"CDCResponse": [{"QueryResponse": []}]},
        {"CDCResponse": [{"QueryResponse": [{}, {}]}]},
        {"CDCResponse": [{"QueryResponse": [{"Invoice": [{}]}]}]},
        {"CDCResponse": [{"QueryResponse": [{"Invoice": "many"}]}]},
        {"time": None},
        {"time": "noon"},
    ],
)
def test_changes_that_cannot_be_told_are_read_again(said: dict[str, Any]) -> None:
    assert _changes(**said) is TransientReadError


def test_changes_are_asked_for_by_the_name_of_an_entity_and_a_second() -> None:
    wire = Wire(Reply(200, json.dumps(_TOLD).encode()))

    client_on(wire).changes("Invoice", since=1_795_809_600.5)

    url = str(wire.requests[0].url)
    assert "/cdc?entities=Invoice&changedSince=2026-11-27T20%3A00%3A00Z&minorversion=" in url
    with pytest.raises(ValueError, match="no entity name"):
        client_on(wire).changes("Invoice,Bill&x", since=0)


_STRANGE: dict[str, tuple[Reply, str]] = {
    "status": (json_reply({}, 418), "HTTP 418, a body that is json and no result"),
    "redirect": (Reply(302, b""), "HTTP 302"),
    "code": (json_reply(fault_json("98765"), 400), "HTTP 400, fault 98765"),
    "shape": (json_reply({"Batch": []}), "HTTP 200, no BatchItemResponse in it"),
    "page": (Reply(200, b"<html></html>"), "HTTP 200, a body that is html and no result"),
    "no fault": (Reply(400, b""), "HTTP 400, a body that is empty and no result"),
}


@pytest.mark.parametrize("name", _STRANGE)
def test_an_answer_to_a_write_that_nobody_documents_is_named_and_its_evidence_too(
    name: str,
) -> None:
    reply, named = _STRANGE[name]
    with pytest.raises(OutcomeUnknownError) as unknown:
        client_on(Wire(reply)).batch(b"{}", request_id=_R1)

    assert unknown.value.strange == named
    assert unknown.value.evidence.startswith("quickbooks-")


@pytest.mark.parametrize(
    "reply",
    [Reply(500, b""), Reply(504, b"<html></html>"), Reply(200, b'{"cut'), Reply(200, b"")],
)
def test_an_answer_that_is_documented_or_lost_on_its_way_is_no_such(reply: Reply) -> None:
    with pytest.raises(OutcomeUnknownError) as unknown:
        client_on(Wire(reply)).batch(b"{}", request_id=_R1)

    assert unknown.value.strange == ""


def test_an_item_that_nobody_documents_says_so_and_where_the_answer_lies() -> None:
    items = [{"bId": "b1", **fault_json("98765")}, {"bId": "b2", **fault_json("10000")}]

    answer = client_on(Wire(json_reply({"BatchItemResponse": items}))).batch(b"{}", request_id=_R1)

    documented = {bid: one.fault.is_documented for bid, one in answer.items.items() if one.fault}
    assert documented == {"b1": False, "b2": True}
    assert answer.evidence.startswith("quickbooks-")
