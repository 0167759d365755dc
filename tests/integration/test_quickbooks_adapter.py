"""The QuickBooks adapter against the simulator, in process and over a socket, and a bad line."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

import pytest
from requests.adapters import BaseAdapter

from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.quickbooks.oauth import IntuitTokenEndpoint
from invoicesync.domain.ids import QuickBooksId, RequestId
from invoicesync.errors import (
    AuthenticationError,
    InvoiceSyncError,
    MisconfiguredError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RealmBlockedError,
    RefusedError,
    TooLargeError,
    TransientReadError,
)
from invoicesync.ports.books import BatchAnswer, Comparison, FaultKind, Written
from sandbox.faults import FaultScript
from sandbox.http import InProcessAdapter, Server, WsgiApp
from sandbox.quickbooks import companies
from sandbox.quickbooks.app import KNOWN_FAULTS, create_app
from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.oauth import CLIENT_ID, CLIENT_SECRET
from sandbox.quickbooks.people import People

_NOON = 1_772_366_400.0
_SIMULATOR = "http://quickbooks.test"


class _Drawer:
    def __init__(self) -> None:
        self.records: dict[str, Any] = {}

    def keep(self, name: str, record: Any) -> str:
        json.dumps(record)
        self.records[name] = record
        return name


class _World:
    """A company behind the simulator's app, and a client of it."""

    def __init__(self) -> None:
        self.clock = VirtualClock(_NOON)
        self.company = companies.sample(self.clock)
        self.faults = FaultScript(KNOWN_FAULTS)
        self.app = create_app(self.company, faults=self.faults)
        self.tokens = self.company.oauth.connect()
        self.drawer = _Drawer()

    def client(self, base_url: str, adapter: BaseAdapter | None = None) -> QuickBooksClient:
        return QuickBooksClient(
            base_url=base_url,
            realm_id=self.company.realm_id,
            access_token=lambda: str(self.tokens["access_token"]),
            evidence=self.drawer,
            adapter=adapter,
            connect_timeout=5.0,
            read_timeout=10.0,
        )

    def invoices(self, number: str) -> list[Any]:
        return [each for each in self.company.objects("Invoice") if each["DocNumber"] == number]


@pytest.fixture
def world() -> _World:
    return _World()


@pytest.fixture(scope="module")
def serving() -> Iterator[tuple[str, list[WsgiApp]]]:
    """Serve whatever app stands last in the list: a server takes half a second to stop."""
    apps: list[WsgiApp] = []

    def last(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        return apps[-1](environ, start_response)

    with Server(last) as server:
        yield server.url, apps


@pytest.fixture(params=["in process", "over a socket"])
def address(
    request: pytest.FixtureRequest, world: _World, serving: tuple[str, list[WsgiApp]]
) -> tuple[str, BaseAdapter | None]:
    if request.param == "in process":
        return _SIMULATOR, InProcessAdapter(world.app)
    url, apps = serving
    apps.append(world.app)
    return url, None


@pytest.fixture
def client(world: _World, address: tuple[str, BaseAdapter | None]) -> Iterator[QuickBooksClient]:
    client = world.client(*address)
    yield client
    client.close()


@pytest.fixture
def books(world: _World) -> QuickBooksClient:
    return world.client(_SIMULATOR, InProcessAdapter(world.app))


def _invoice(number: str, *, customer: str = "1", item: str = "1", **more: Any) -> dict[str, Any]:
    line = {
        "Amount": 128.35,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item}},
    }
    return {
        "CustomerRef": {"value": customer},
        "DocNumber": number,
        "TxnDate": "2026-03-01",
        "Line": [line],
        **more,
    }


def _batch(*items: dict[str, Any]) -> bytes:
    listed = [
        {"bId": f"b{at}", "operation": "update" if "Id" in item else "create", "Invoice": item}
        for at, item in enumerate(items)
    ]
    return json.dumps({"BatchItemRequest": listed}).encode()


def _key(name: str) -> RequestId:
    return RequestId(name)


def _stored(written: Written) -> Any:
    assert written.fault is None
    assert written.entity is not None
    return written.entity


def test_an_invoice_lives_from_batch_to_void(client: QuickBooksClient, world: _World) -> None:
    created = client.batch(
        _batch(_invoice("2001", PrivateNote="[st:1.1] 🍋")), request_id=_key("a")
    )
    invoice = _stored(created.items["b0"])
    assert invoice["TotalAmt"] == Decimal("128.35")
    assert isinstance(invoice["TotalAmt"], Decimal)
    assert created.tid.startswith("1-")

    invoice_id = QuickBooksId(invoice["Id"])
    read = client.read_invoice(invoice_id)
    assert read is not None
    assert read["PrivateNote"] == "[st:1.1] 🍋"
    (found,) = client.query("Invoice", where=[Comparison("DocNumber", "=", "2001")])
    assert found["Id"] == invoice_id

    change = {"Id": invoice_id, "SyncToken": invoice["SyncToken"], "sparse": True}
    updated = client.batch(_batch({**change, "PrivateNote": "new"}), request_id=_key("b"))
    newer = _stored(updated.items["b0"])
    assert newer["PrivateNote"] == "new"
    assert newer["DocNumber"] == "2001"

    void = json.dumps({"Id": invoice_id, "SyncToken": newer["SyncToken"]}).encode()
    written, tid = client.void(void, request_id=_key("c"))
    assert _stored(written)["TotalAmt"] == 0
    assert tid.startswith("1-")
    assert world.drawer.records == {}


def test_a_batch_is_done_once_under_one_key(client: QuickBooksClient, world: _World) -> None:
    body = _batch(*(_invoice(f"30{at:02}") for at in range(30)))

    first = client.batch(body, request_id=_key("r" * 36))
    again = client.batch(body, request_id=_key("r" * 36))

    assert len(first.items) == 30
    assert [_stored(item)["Id"] for item in first.items.values()] == [
        _stored(item)["Id"] for item in again.items.values()
    ]
    assert len(world.invoices("3000")) == 1


def test_a_customer_is_created_under_any_name(client: QuickBooksClient) -> None:
    for name in ("O'Brien & Sons", "back\\slash\\", "Crème 🍋 Ltd", "a) OR Id IN ('1", "50% off"):
        body = json.dumps({"DisplayName": name}).encode()

        written, _ = client.create("Customer", body, request_id=_key("n"))

        found = client.query("Customer", where=[Comparison("DisplayName", "IN", [name, "nobody"])])
        assert [row["Id"] for row in found] == [_stored(written)["Id"]]


def test_a_name_that_is_taken_is_told_as_that(books: QuickBooksClient) -> None:
    body = json.dumps({"DisplayName": "Granite Supply House"}).encode()

    written, _ = books.create("Customer", body, request_id=_key("n"))

    assert written.fault is not None
    assert written.fault.kind is FaultKind.DUPLICATE_NAME


def test_a_long_list_of_names_is_asked_for_in_a_body(client: QuickBooksClient) -> None:
    names = [f"Nobody {number}" for number in range(500)] + ["Maya Okafor"]

    found = client.query("Customer", where=[Comparison("DisplayName", "IN", names)])

    assert [row["DisplayName"] for row in found] == ["Maya Okafor"]


def test_inactive_entries_are_found_where_they_are_asked_for(
    books: QuickBooksClient, world: _World
) -> None:
    People(world.company).deactivate("Customer", "5")
    both = Comparison("Active", "IN", ["true", "false"])
    this = Comparison("Id", "=", "5")

    assert books.query("Customer", where=[this]) == []
    assert [row["Id"] for row in books.query("Customer", where=[this, both])] == ["5"]


def test_more_than_a_thousand_rows_come_in_pages(books: QuickBooksClient, world: _World) -> None:
    for number in range(1200):
        world.company.create("Customer", {"DisplayName": f"Customer {number}"})

    rows = books.query("Customer", limit=5000)

    assert len({row["Id"] for row in rows}) == len(rows) >= 1200
    assert len(books.query("Customer")) == 1000


def test_preferences_are_read(client: QuickBooksClient) -> None:
    assert client.preferences()["SalesFormsPrefs"]["CustomTxnNumbers"] is True


def test_an_invoice_that_was_deleted_is_none(client: QuickBooksClient, world: _World) -> None:
    made = world.company.create("Invoice", _invoice("2001"))
    world.company.delete("Invoice", str(made["Id"]))

    assert client.read_invoice(QuickBooksId(str(made["Id"]))) is None


def test_each_item_of_a_batch_has_its_own_result(client: QuickBooksClient, world: _World) -> None:
    old = world.company.create("Invoice", _invoice("2001"))
    stale = {"Id": old["Id"], "SyncToken": "99", "sparse": True, "PrivateNote": "x"}
    gone = {"Id": "999999", "SyncToken": "0", "sparse": True, "PrivateNote": "x"}
    body = _batch(
        _invoice("2002"),
        _invoice("2001"),
        _invoice("2003", customer="999999"),
        stale,
        gone,
        _invoice("2" * 22),
    )

    answer = client.batch(body, request_id=_key("a"))

    kinds = {name: item.fault.kind for name, item in answer.items.items() if item.fault}
    assert kinds == {
        "b1": FaultKind.DUPLICATE_NUMBER,
        "b2": FaultKind.INVALID_REFERENCE,
        "b3": FaultKind.STALE,
        "b4": FaultKind.NOT_FOUND,
        "b5": FaultKind.REFUSED,
    }
    assert _stored(answer.items["b0"])["DocNumber"] == "2002"
    (record,) = world.drawer.records.values()
    assert "Somebody" not in json.dumps(record)


def test_a_closed_period_is_told_as_that(books: QuickBooksClient, world: _World) -> None:
    People(world.company).close_books("2026-12-31")

    answer = books.batch(_batch(_invoice("2001")), request_id=_key("a"))

    fault = answer.items["b0"].fault
    assert fault is not None
    assert fault.kind is FaultKind.CLOSED_PERIOD


def test_a_suspended_company_blocks_every_write(books: QuickBooksClient, world: _World) -> None:
    People(world.company).suspend()
    made = next(world.company.objects("Invoice"))
    void = json.dumps({"Id": made["Id"], "SyncToken": made["SyncToken"]}).encode()

    with pytest.raises(RealmBlockedError):
        books.void(void, request_id=_key("a"))

    fault = books.batch(_batch(_invoice("2001")), request_id=_key("b")).items["b0"].fault
    assert fault is not None
    assert fault.kind is FaultKind.BLOCKED


def test_too_many_items_are_refused_as_too_large(books: QuickBooksClient, world: _World) -> None:
    body = _batch(*(_invoice(f"30{at:02}") for at in range(31)))

    with pytest.raises(TooLargeError):
        books.batch(body, request_id=_key("a"))

    assert world.invoices("3000") == []


def test_too_many_bytes_are_refused_as_too_large(books: QuickBooksClient) -> None:
    with pytest.raises(TooLargeError):
        books.batch(_batch(_invoice("2001", PrivateNote="x" * 1_000_001)), request_id=_key("a"))


def test_a_batch_of_nonsense_is_refused(books: QuickBooksClient) -> None:
    with pytest.raises(RefusedError) as caught:
        books.batch(b'{"BatchItemRequest":', request_id=_key("a"))

    assert caught.value.code == "2010"


_SURELY_NOT_DONE: list[tuple[str, dict[str, Any], type[InvoiceSyncError]]] = [
    ("unauthorized_401", {}, AuthenticationError),
    ("expire_tokens", {}, AuthenticationError),
    ("forbidden_403_3100", {}, RealmBlockedError),
    ("throttle_xml", {}, RateLimitedError),
    ("throttle_json", {}, RateLimitedError),
    ("fault_in_200", {"code": "6190"}, RealmBlockedError),
    ("fault_in_200", {"code": "2050"}, RefusedError),
]
_IN_DOUBT: list[tuple[str, dict[str, Any]]] = [
    ("answer_lost", {}),
    ("request_lost", {}),
    ("commit_late", {}),
    ("timeout_504_xml", {}),
    ("bad_gateway_502_html", {}),
    ("bad_gateway_502_html", {"commit": True}),
    ("error_500", {}),
    ("error_500", {"commit": True}),
    ("empty_200", {}),
    ("truncated_200", {}),
    ("fault_in_200", {"code": "10000"}),
]


@pytest.mark.parametrize(("fault", "settings", "error"), _SURELY_NOT_DONE)
def test_a_refused_batch_did_nothing(
    client: QuickBooksClient,
    world: _World,
    fault: str,
    settings: dict[str, Any],
    error: type[InvoiceSyncError],
) -> None:
    world.faults.add([{"fault": fault, "route": "POST */batch", "with": settings}])

    with pytest.raises(error):
        client.batch(_batch(_invoice("2001")), request_id=_key("a"))

    assert world.invoices("2001") == []
    assert len(world.drawer.records) == 1
    assert str(world.tokens["access_token"]) not in json.dumps(world.drawer.records)


@pytest.mark.parametrize(("fault", "settings"), _IN_DOUBT)
def test_a_batch_in_doubt_says_so_and_a_resend_settles_it(
    client: QuickBooksClient, world: _World, fault: str, settings: dict[str, Any]
) -> None:
    world.faults.add([{"fault": fault, "route": "POST */batch", "with": settings}])
    body = _batch(_invoice("2001"))

    with pytest.raises(OutcomeUnknownError):
        client.batch(body, request_id=_key("a"))
    world.clock.advance(120)
    answer = client.batch(body, request_id=_key("a"))

    (stored,) = world.invoices("2001")
    assert _stored(answer.items["b0"])["Id"] == stored["Id"]


@pytest.mark.parametrize(
    "fault",
    ["answer_lost", "timeout_504_xml", "bad_gateway_502_html", "empty_200", "truncated_200"],
)
def test_a_read_that_gives_nothing_usable_is_read_again(
    client: QuickBooksClient, world: _World, fault: str
) -> None:
    world.faults.add([{"fault": fault, "times": 3}])

    with pytest.raises(TransientReadError):
        client.query("Invoice")
    with pytest.raises(TransientReadError):
        client.read_invoice(QuickBooksId("1"))
    with pytest.raises(TransientReadError):
        client.preferences()


def test_a_refused_connection_means_not_sent(books: QuickBooksClient, world: _World) -> None:
    world.faults.add([{"fault": "request_lost", "with": {"refused": True}}])

    with pytest.raises(NotSentError):
        books.batch(_batch(_invoice("2001")), request_id=_key("a"))


def test_a_throttle_says_how_long(client: QuickBooksClient, world: _World) -> None:
    world.faults.add([{"fault": "throttle_xml", "with": {"retry_after": 17}}])

    with pytest.raises(RateLimitedError) as caught:
        client.preferences()

    assert caught.value.delay_seconds == 17


@pytest.mark.parametrize("done", [True, False])
def test_an_item_without_an_answer_is_not_in_the_answer(
    client: QuickBooksClient, world: _World, *, done: bool
) -> None:
    world.faults.add([{"fault": "batch_item_missing", "with": {"items": [1], "commit": done}}])

    answer = client.batch(_batch(_invoice("2001"), _invoice("2002")), request_id=_key("a"))

    assert set(answer.items) == {"b0"}
    assert len(world.invoices("2002")) == done


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("6000", FaultKind.UNKNOWN),
        ("10000", FaultKind.UNKNOWN),
        ("600", FaultKind.UNKNOWN),
        ("2130", FaultKind.UNKNOWN),
        ("98765", FaultKind.UNKNOWN),
        ("6140", FaultKind.DUPLICATE_NUMBER),
        ("6190", FaultKind.BLOCKED),
        ("6210", FaultKind.CLOSED_PERIOD),
    ],
)
def test_an_item_s_fault_is_told_by_its_code(
    books: QuickBooksClient, world: _World, code: str, kind: FaultKind
) -> None:
    world.faults.add([{"fault": "batch_item_fault", "with": {"items": [0], "code": code}}])

    fault = books.batch(_batch(_invoice("2001")), request_id=_key("a")).items["b0"].fault

    assert fault is not None
    assert (fault.code, fault.kind) == (code, kind)


def test_a_wrong_realm_is_blocked(world: _World) -> None:
    client = QuickBooksClient(
        base_url=_SIMULATOR,
        realm_id="1",
        access_token=lambda: str(world.tokens["access_token"]),
        evidence=world.drawer,
        adapter=InProcessAdapter(world.app),
    )

    with pytest.raises(RealmBlockedError):
        client.preferences()


@pytest.fixture
def endpoint(address: tuple[str, BaseAdapter | None]) -> IntuitTokenEndpoint:
    return _endpoint(*address)


def _endpoint(
    base_url: str, adapter: BaseAdapter | None = None, secret: str = CLIENT_SECRET
) -> IntuitTokenEndpoint:
    return IntuitTokenEndpoint(
        client_id=CLIENT_ID,
        client_secret=secret,
        url=f"{base_url}/oauth2/v1/tokens/bearer",
        adapter=adapter,
    )


def test_a_refreshed_token_opens_the_books(
    endpoint: IntuitTokenEndpoint, books: QuickBooksClient, world: _World
) -> None:
    world.company.oauth.expire()
    with pytest.raises(AuthenticationError):
        books.preferences()

    tokens = endpoint.refresh(str(world.tokens["refresh_token"]))
    world.tokens = {"access_token": tokens.access_token}

    assert books.preferences()
    assert (tokens.expires_in_seconds, tokens.refresh_expires_in_seconds) == (3600, 8_726_400)


def test_a_spent_refresh_token_asks_for_a_new_connection(
    endpoint: IntuitTokenEndpoint, world: _World
) -> None:
    spent = str(world.tokens["refresh_token"])
    endpoint.refresh(spent)

    with pytest.raises(AuthenticationError):
        endpoint.refresh(spent)


def test_a_wrong_secret_is_a_matter_of_settings(world: _World) -> None:
    endpoint = _endpoint(_SIMULATOR, InProcessAdapter(world.app), secret="wrong")

    with pytest.raises(MisconfiguredError):
        endpoint.refresh(str(world.tokens["refresh_token"]))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("invalid_grant", AuthenticationError),
        ("rotation_race", AuthenticationError),
        ("answer_lost", OutcomeUnknownError),
        ("empty_200", OutcomeUnknownError),
        ("truncated_200", OutcomeUnknownError),
        ("error_500", OutcomeUnknownError),
        ("bad_gateway_502_html", OutcomeUnknownError),
        ("throttle_xml", RateLimitedError),
    ],
)
def test_a_refresh_that_goes_wrong_says_whether_the_token_may_be_spent(
    endpoint: IntuitTokenEndpoint, world: _World, fault: str, error: type[InvoiceSyncError]
) -> None:
    world.faults.add([{"fault": fault}])

    with pytest.raises(error):
        endpoint.refresh(str(world.tokens["refresh_token"]))


type _Behaviour = Callable[[socket.socket], None]

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_BODY = b'{"BatchItemResponse":[],"QueryResponse":{}}'


def _reset(line: socket.socket) -> None:
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _stall(line: socket.socket) -> None:
    line.recv(1)


_BAD_LINES: dict[str, _Behaviour] = {
    "closed without a word": lambda _: None,
    "reset": _reset,
    "stalled": _stall,
    "no status line": lambda line: line.sendall(b"nonsense\r\n\r\n"),
    "cut head": lambda line: line.sendall(_HEAD),
    "cut body": lambda line: line.sendall(_HEAD + b"Content-Length: 999\r\n\r\n" + _BODY),
    "cut chunk": lambda line: line.sendall(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n2b\r\n" + _BODY
    ),
    "false chunk": lambda line: line.sendall(
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + _BODY
    ),
    "two lengths": lambda line: line.sendall(
        _HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n" + _BODY
    ),
    "false gzip": lambda line: line.sendall(
        _HEAD + b"Content-Encoding: gzip\r\nContent-Length: 43\r\n\r\n" + _BODY
    ),
    "odd redirect": lambda line: line.sendall(
        b"HTTP/1.1 302 Found\r\nLocation: \xff\xfe://\r\nContent-Length: 0\r\n\r\n"
    ),
}


class _BadLine:
    """A server that reads a request and then behaves as told, once for each connection."""

    def __init__(self, behaviour: _Behaviour) -> None:
        self._behaviour = behaviour
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # Closing alone would leave the thread in accept for ever.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line:
                line.recv(65_536)
                self._behaviour(line)


def _impatient(base_url: str) -> QuickBooksClient:
    return QuickBooksClient(
        base_url=base_url,
        realm_id="1",
        access_token=lambda: "token",
        evidence=_Drawer(),
        connect_timeout=2.0,
        read_timeout=0.5,
    )


@pytest.mark.parametrize("behaviour", _BAD_LINES)
def test_a_line_that_breaks_after_the_request_leaves_a_write_in_doubt(behaviour: str) -> None:
    with _BadLine(_BAD_LINES[behaviour]) as line:
        client = _impatient(line.url)
        try:
            with pytest.raises(OutcomeUnknownError):
                client.batch(b"{}", request_id=_key("a"))
            with pytest.raises(TransientReadError):
                client.query("Invoice")
        finally:
            client.close()


def test_the_bad_lines_are_bad_because_of_what_they_do() -> None:
    whole = _HEAD + b"Connection: close\r\nContent-Length: 43\r\n\r\n" + _BODY
    with _BadLine(lambda line: line.sendall(whole)) as line:
        client = _impatient(line.url)

        assert client.batch(b"{}", request_id=_key("a")) == BatchAnswer(items={})
        assert client.query("Invoice") == []
        client.close()


def test_a_port_that_nobody_listens_on_means_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    client = _impatient(f"http://127.0.0.1:{port}")

    with pytest.raises(NotSentError):
        client.batch(b"{}", request_id=_key("a"))
    with pytest.raises(TransientReadError):
        client.preferences()


def test_a_host_without_tls_gets_no_credential() -> None:
    heard: list[bytes] = []

    def listen(line: socket.socket) -> None:
        heard.append(b"heard")
        line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with _BadLine(listen) as line:
        client = _impatient(line.url.replace("http", "https"))
        with pytest.raises(OutcomeUnknownError):
            client.batch(b"{}", request_id=_key("a"))
        client.close()

    assert heard


def test_a_netrc_file_has_no_say(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    world: _World,
    serving: tuple[str, list[WsgiApp]],
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    url, apps = serving
    apps.append(world.app)

    client = world.client(url)

    assert client.preferences()
    client.close()
