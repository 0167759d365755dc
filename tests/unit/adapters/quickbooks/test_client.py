import gzip
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.quickbooks.exchange import LONGEST_BODY
from invoicesync.adapters.transport import Credential, HostBoundTransport
from invoicesync.domain.ids import QuickBooksId, RequestId
from invoicesync.errors import (
    AuthenticationError,
    MisconfiguredError,
    NotSentError,
    OutcomeUnknownError,
    RefusedError,
    RetryableError,
    TransientReadError,
)
from invoicesync.ports.books import Comparison
from tests.unit.adapters.quickbooks.stand_ins import (
    COMPANY,
    REALM,
    TOKEN,
    Drawer,
    Reply,
    Wire,
    client_on,
    fault_gateway,
    fault_json,
    json_reply,
)

_R1 = RequestId("r1")
_EMPTY_BATCH = json_reply({"BatchItemResponse": []})
_NO_ROWS = json_reply({"QueryResponse": {}})


def _asked(wire: Wire, index: int = -1) -> tuple[str, str, dict[str, list[str]]]:
    request = wire.requests[index]
    url = urlsplit(request.url or "")
    return request.method or "", f"https://{url.netloc}{url.path}", parse_qs(url.query)


def test_a_batch_is_posted_byte_for_byte_under_its_key() -> None:
    wire = Wire(_EMPTY_BATCH)
    body = '{"BatchItemRequest": [ {"x":"é 🍋"} ]}'.encode()

    client_on(wire).batch(body, request_id=_R1)

    assert _asked(wire) == (
        "POST",
        f"{COMPANY}/batch",
        {"requestid": ["r1"], "minorversion": ["75"]},
    )
    assert wire.requests[0].body == body
    headers = wire.requests[0].headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Accept"] == "application/json"
    assert headers["Content-Length"] == str(len(body))


def test_a_void_says_so_and_gives_the_invoice_and_the_tid() -> None:
    wire = Wire(json_reply({"Invoice": {"Id": "12", "TotalAmt": 0}}))

    written, tid = client_on(wire).void(b'{"Id":"12"}', request_id=_R1)

    method, address, parameters = _asked(wire)
    assert (method, address) == ("POST", f"{COMPANY}/invoice")
    assert parameters == {"operation": ["void"], "requestid": ["r1"], "minorversion": ["75"]}
    assert written.entity == {"Id": "12", "TotalAmt": 0}
    assert tid == "1-tid"


def test_a_new_entity_goes_to_its_own_path() -> None:
    wire = Wire(json_reply({"Customer": {"Id": "58"}}))

    written, _ = client_on(wire).create("Customer", b"{}", request_id=_R1)

    assert _asked(wire)[1] == f"{COMPANY}/customer"
    assert written.entity == {"Id": "58"}


def test_amounts_come_back_as_decimals() -> None:
    wire = Wire(Reply(200, b'{"Invoice":{"Id":"12","TotalAmt":128.10}}'))

    invoice = client_on(wire).read_invoice(QuickBooksId("12"))

    assert invoice is not None
    assert repr(invoice["TotalAmt"]) == "Decimal('128.10')"
    assert _asked(wire) == ("GET", f"{COMPANY}/invoice/12", {"minorversion": ["75"]})


def test_preferences_are_read() -> None:
    wire = Wire(json_reply({"Preferences": {"Id": "1", "TaxPrefs": {}}}))

    assert client_on(wire).preferences() == {"Id": "1", "TaxPrefs": {}}


@pytest.mark.parametrize("spelling", ["intuit_tid", "Intuit_Tid", "intuit-tid", "INTUIT-TID"])
def test_the_tid_is_found_in_either_spelling(spelling: str) -> None:
    wire = Wire(Reply(200, b'{"BatchItemResponse":[]}', {spelling: "1-5f73"}))

    assert client_on(wire).batch(b"{}", request_id=_R1).tid == "1-5f73"


def test_a_tid_that_is_no_word_is_left_out() -> None:
    wire = Wire(Reply(200, b'{"BatchItemResponse":[]}', {"intuit_tid": "1 2/../x"}))

    assert client_on(wire).batch(b"{}", request_id=_R1).tid == ""


def test_a_query_is_sent_as_one_parameter() -> None:
    wire = Wire(_NO_ROWS)

    rows = client_on(wire).query("Customer", where=[Comparison("DisplayName", "=", "A&B+'C' 🍋#")])

    method, address, parameters = _asked(wire)
    assert rows == []
    assert (method, address) == ("GET", f"{COMPANY}/query")
    (statement,) = parameters["query"]
    assert statement == (
        "SELECT * FROM Customer WHERE DisplayName = 'A&B+\\'C\\' 🍋#' "
        "ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000"
    )


def test_a_query_too_long_for_an_address_is_posted() -> None:
    wire = Wire(_NO_ROWS)
    names = [f"Customer {number} é" for number in range(300)]

    client_on(wire).query("Customer", where=[Comparison("DisplayName", "IN", names)])

    method, address, parameters = _asked(wire)
    assert (method, address) == ("POST", f"{COMPANY}/query")
    assert parameters == {"minorversion": ["75"]}
    assert wire.requests[0].headers["Content-Type"] == "application/text"
    body = wire.requests[0].body
    assert isinstance(body, bytes)
    assert body.decode().startswith("SELECT * FROM Customer WHERE DisplayName IN ('Customer 0 é', ")


@pytest.mark.parametrize("count", [1, 2, 3, 10, 30, 60, 100])
def test_no_address_is_longer_than_servers_take(count: int) -> None:
    wire = Wire(_NO_ROWS)

    client_on(wire).query("Customer", where=[Comparison("DisplayName", "IN", ["é" * 40] * count)])

    assert len(wire.requests[0].url or "") <= 4000


def test_a_posted_query_that_fails_is_a_read_that_failed() -> None:
    wire = Wire(requests.ReadTimeout())

    with pytest.raises(TransientReadError):
        client_on(wire).query("Customer", where=[Comparison("Name", "IN", ["x" * 50] * 100)])


def _page(first: int, last: int) -> Reply:
    rows = [{"Id": str(number)} for number in range(first, last + 1)]
    return json_reply({"QueryResponse": {"Item": rows, "maxResults": len(rows)}})


def test_more_than_a_page_is_fetched_page_by_page_each_object_once() -> None:
    wire = Wire(_page(1, 1000), _page(1000, 1999), _page(2000, 2004))

    rows = client_on(wire).query("Item", limit=10_000)

    assert [row["Id"] for row in rows] == [str(number) for number in range(1, 2005)]
    assert len(wire.requests) == 3
    statements = [_asked(wire, at)[2]["query"][0] for at in range(3)]
    assert [statement.split("STARTPOSITION ")[1] for statement in statements] == [
        "1 MAXRESULTS 1000",
        "1001 MAXRESULTS 1000",
        "2001 MAXRESULTS 1000",
    ]


def test_a_page_is_not_asked_for_beyond_the_limit() -> None:
    wire = Wire(_page(1, 1000), _page(1001, 1500))

    rows = client_on(wire).query("Item", start=1, limit=1500)

    assert len(rows) == 1500
    assert len(wire.requests) == 2
    assert _asked(wire)[2]["query"][0].endswith("STARTPOSITION 1001 MAXRESULTS 500")


def test_a_page_that_fails_fails_the_whole_query() -> None:
    wire = Wire(_page(1, 1000), Reply(503))

    with pytest.raises(TransientReadError):
        client_on(wire).query("Item", limit=10_000)


def test_the_token_is_asked_for_before_each_request() -> None:
    tokens = iter(["first", "second"])
    wire = Wire(_EMPTY_BATCH)
    client = client_on(wire, token=lambda: next(tokens))

    client.batch(b"{}", request_id=_R1)
    client.batch(b"{}", request_id=_R1)

    assert wire.authorizations == ["Bearer first", "Bearer second"]


def test_a_redirect_is_not_followed() -> None:
    wire = Wire(Reply(302, b"", {"Location": "https://elsewhere.example/"}), _EMPTY_BATCH)

    with pytest.raises(OutcomeUnknownError):
        client_on(wire).batch(b"{}", request_id=_R1)

    assert len(wire.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/v3",
        "http://quickbooks.api.intuit.com/v3",
        "https://quickbooks.api.intuit.com:8443/v3",
        "https://quickbooks.api.intuit.com.elsewhere.example/v3",
        "https://user@quickbooks.api.intuit.com/v3",
    ],
)
def test_no_credential_goes_to_another_origin(url: str) -> None:
    wire = Wire(Reply(200))
    transport = HostBoundTransport(
        "https://quickbooks.api.intuit.com", of="QuickBooks", adapter=wire
    )
    request = requests.Request("GET", url).prepare()

    with pytest.raises(MisconfiguredError):
        transport.send(request, Credential("Authorization", "Bearer x"), timeout=(1, 1))

    assert wire.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://quickbooks.api.intuit.com",
        "http://8.8.8.8",
        "ftp://quickbooks.api.intuit.com",
        "quickbooks.api.intuit.com",
        "https://",
        "https://user:pass@quickbooks.api.intuit.com",
        "https://quickbooks.api.intuit.com:99999",
        "https://[::1",
    ],
)
def test_an_address_that_would_give_credentials_away_is_refused(url: str) -> None:
    with pytest.raises(MisconfiguredError):
        client_on(Wire(_EMPTY_BATCH), base_url=url)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://[::1]:80", "http://localhost:1", "http://books.test"]
)
def test_plain_http_is_for_this_machine_and_simulators(url: str) -> None:
    client_on(Wire(_EMPTY_BATCH), base_url=url).batch(b"{}", request_id=_R1)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "é", "x\r\nHost: elsewhere"])
def test_a_token_that_no_header_can_carry_is_never_shown(token: str) -> None:
    with pytest.raises(MisconfiguredError) as caught:
        client_on(Wire(_EMPTY_BATCH), token=lambda: token).preferences()

    assert not token or token not in str(caught.value)


def test_tls_is_verified_and_no_proxy_or_client_certificate_is_used() -> None:
    wire = Wire(_EMPTY_BATCH)

    client_on(wire).batch(b"{}", request_id=_R1)

    settings = wire.settings[0]
    assert settings["verify"] is True
    assert settings["stream"] is True
    assert settings["cert"] is None
    assert settings["proxies"] == {}


def test_no_error_and_no_representation_shows_the_token() -> None:
    reply = json_reply(fault_gateway("3200", f"Token expired: {TOKEN}"), 401)
    client = client_on(Wire(reply))

    with pytest.raises(AuthenticationError) as caught:
        client.batch(b"{}", request_id=_R1)

    assert TOKEN not in f"{caught.value!r} {caught.value.__dict__} {client!r} {vars(client)}"


def test_an_error_of_the_wire_does_not_carry_the_token_with_it() -> None:
    wire = Wire(requests.ReadTimeout())

    with pytest.raises(OutcomeUnknownError):
        client_on(wire).batch(b"{}", request_id=_R1)

    assert wire.authorizations == [f"Bearer {TOKEN}"]
    assert "Authorization" not in wire.originals[0].headers


def test_nothing_is_sent_when_no_time_is_left() -> None:
    wire = Wire(_EMPTY_BATCH)
    client = client_on(wire, read_timeout=lambda: -0.5)

    with pytest.raises(NotSentError):
        client.batch(b"{}", request_id=_R1)
    with pytest.raises(TransientReadError):
        client.preferences()

    assert wire.requests == []


def test_the_time_left_is_asked_before_each_request() -> None:
    left = iter([90.0, 80.0])
    wire = Wire(Reply(500))
    client = client_on(wire, read_timeout=lambda: next(left))

    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            client.batch(b"{}", request_id=_R1)

    assert [settings["timeout"] for settings in wire.settings] == [(10.0, 90.0), (10.0, 80.0)]


def test_an_answer_that_outlasts_the_time_left_is_given_up() -> None:
    left = iter([5.0, 3.0, 0.0])
    wire = Wire(Reply(200, b" " * 200_000 + b'{"BatchItemResponse":[]}'))

    with pytest.raises(OutcomeUnknownError):
        client_on(wire, read_timeout=lambda: next(left)).batch(b"{}", request_id=_R1)


def test_a_body_beyond_the_limit_is_not_read() -> None:
    body = b'{"BatchItemResponse":[]}'
    whole, longer = body.ljust(LONGEST_BODY), body.ljust(LONGEST_BODY + 1)
    client = client_on(Wire(Reply(200, whole), Reply(200, longer)))

    assert client.batch(b"{}", request_id=_R1).items == {}
    with pytest.raises(OutcomeUnknownError):
        client.batch(b"{}", request_id=_R1)


def test_a_packed_body_counts_unpacked() -> None:
    bomb = gzip.compress(b'{"BatchItemResponse":[]}'.ljust(LONGEST_BODY + 1))
    assert len(bomb) < LONGEST_BODY / 500
    client = client_on(Wire(Reply(200, bomb, {"Content-Encoding": "gzip"})))

    with pytest.raises(OutcomeUnknownError):
        client.batch(b"{}", request_id=_R1)


def test_dropped_connections_are_dropped_below() -> None:
    wire = Wire(_EMPTY_BATCH)

    client_on(wire).close()

    assert wire.closed == 1


@pytest.mark.parametrize("request_id", ["", "x" * 51, "a b", "a&operation=delete", "é"])
def test_a_key_that_is_none_is_not_sent(request_id: str) -> None:
    wire = Wire(_EMPTY_BATCH)

    with pytest.raises(ValueError, match="requestid"):
        client_on(wire).void(b"{}", request_id=RequestId(request_id))

    assert wire.requests == []


def test_a_batch_s_key_leaves_room_for_its_bids() -> None:
    wire = Wire(_EMPTY_BATCH)
    client = client_on(wire)

    client.batch(b"{}", request_id=RequestId("x" * 36))
    with pytest.raises(ValueError, match="36"):
        client.batch(b"{}", request_id=RequestId("x" * 37))


@pytest.mark.parametrize("invoice_id", ["", "1/../2", "-1", "1 ", "x", "1" * 21, "٣"])
def test_an_id_that_is_none_is_not_asked_for(invoice_id: str) -> None:
    with pytest.raises(ValueError, match="Id"):
        client_on(Wire(_NO_ROWS)).read_invoice(QuickBooksId(invoice_id))


@pytest.mark.parametrize("entity", ["", "customer", "Customer/1", "Customer?x"])
def test_an_entity_that_is_none_is_not_created(entity: str) -> None:
    with pytest.raises(ValueError, match="entity"):
        client_on(Wire(_NO_ROWS)).create(entity, b"{}", request_id=_R1)


@pytest.mark.parametrize("realm_id", ["", "x", "1/2", "1" * 21])
def test_a_realm_that_is_none_is_refused(realm_id: str) -> None:
    with pytest.raises(MisconfiguredError):
        QuickBooksClient(
            base_url="https://quickbooks.api.intuit.com",
            realm_id=realm_id,
            access_token=lambda: TOKEN,
            evidence=Drawer(),
        )


def test_a_plain_success_leaves_no_evidence() -> None:
    drawer = Drawer()
    answer = json_reply({"BatchItemResponse": [{"bId": "b1", "Invoice": {"Id": "12"}}]})

    client_on(Wire(answer), drawer=drawer).batch(b"{}", request_id=_R1)

    assert drawer.records == {}


def test_a_refusal_leaves_evidence_of_what_was_asked_and_answered() -> None:
    drawer = Drawer()
    asked = {"BatchItemRequest": [{"bId": "b1", "Invoice": {"PrivateNote": "Ann", "Id": "12"}}]}
    wire = Wire(json_reply(fault_json("2050", "Min:0 Max:21", element="DocNumber"), 400))

    with pytest.raises(RefusedError):
        client_on(wire, drawer=drawer).batch(json.dumps(asked).encode(), request_id=_R1)

    record = drawer.records["quickbooks-400-1-tid"]
    assert record["intuit_tid"] == "1-tid"
    assert record["request"]["requestid"] == "r1"
    assert record["request"]["url"] == f"{COMPANY}/batch"
    assert record["request"]["body"]["json"] == {
        "BatchItemRequest": [{"bId": "b1", "Invoice": {"PrivateNote": "***", "Id": "12"}}]
    }
    assert record["answer"]["status"] == 400
    assert record["answer"]["body"]["json"]["Fault"]["Error"][0]["Detail"] == "Min:0 Max:21"


@pytest.mark.parametrize("status", [*range(400, 500), 200, 500, 502, 504])
def test_every_refusal_and_every_doubt_leaves_evidence(status: int) -> None:
    drawer = Drawer()
    client = client_on(Wire(Reply(status, b"<html>busy</html>")), drawer=drawer)

    with pytest.raises((RefusedError, RetryableError)):
        client.batch(b"{}", request_id=_R1)

    assert list(drawer.records) == [f"quickbooks-{status}-r1"]


def test_an_item_s_fault_leaves_evidence() -> None:
    drawer = Drawer()
    answer = json_reply({"BatchItemResponse": [{"bId": "b1", **fault_json("6140")}]})

    client_on(Wire(answer), drawer=drawer).batch(b"{}", request_id=_R1)

    assert list(drawer.records) == ["quickbooks-200-1-tid"]


def test_a_refused_query_leaves_its_statement_without_names() -> None:
    drawer = Drawer()
    client = client_on(Wire(json_reply(fault_json("4000", "near Ann"), 400)), drawer=drawer)

    with pytest.raises(RefusedError):
        client.query("Customer", where=[Comparison("DisplayName", "=", "Ann")])

    (record,) = drawer.records.values()
    assert "DisplayName = '***'" in record["request"]["statement"]
    assert "Ann" not in json.dumps(record)


def test_no_evidence_has_the_token_in_it() -> None:
    drawer = Drawer()
    reply = json_reply(fault_gateway("3200", f"Token expired: {TOKEN}"), 401)

    with pytest.raises(AuthenticationError):
        client_on(Wire(reply), drawer=drawer).batch(b"{}", request_id=_R1)

    assert drawer.records
    assert TOKEN not in json.dumps(drawer.records)
    assert "Authorization" not in json.dumps(drawer.records)


class _JammedDrawer(Drawer):
    def keep(self, name: str, record: Mapping[str, Any]) -> str:
        raise RetryableError(f"{name} with {len(record)} parts cannot be kept")


def test_evidence_that_cannot_be_kept_does_not_hide_what_came_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = client_on(Wire(json_reply(fault_json("2050"), 400)), drawer=_JammedDrawer())

    with pytest.raises(RefusedError):
        client.batch(b"{}", request_id=_R1)

    assert "quickbooks-400-1-tid was not kept" in caplog.text


def test_the_realm_is_part_of_every_address() -> None:
    wire = Wire(_NO_ROWS)

    client_on(wire, base_url="https://quickbooks.api.intuit.com/").query("Invoice")

    assert _asked(wire)[1] == f"https://quickbooks.api.intuit.com/v3/company/{REALM}/query"
