"""The second guard: credentials go to one origin, whatever it is asked for."""

from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter, HTTPAdapter

from invoicesync.adapters.transport import Credential, HostBoundTransport
from invoicesync.errors import MisconfiguredError
from tests.unit.adapters.servicetrade.test_links import HOSTILE

BASE = "https://api.servicetrade.com/api"
SESSION = Credential("Cookie", "PHPSESSID=0123456789abcdef")


class Recorder(BaseAdapter):
    """A wire that remembers what was put on it."""

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__()
        self.sent: list[tuple[str | None, dict[str, str]]] = []
        self.how: list[dict[str, Any]] = []
        self.error = error
        self.closed = False

    def send(self, request: requests.PreparedRequest, *_: Any, **how: Any) -> requests.Response:
        self.sent.append((request.url, dict(request.headers)))
        self.how.append(how)
        if self.error is not None:
            raise self.error
        return requests.Response()

    def close(self) -> None:
        self.closed = True


def prepared(url: str, **headers: str) -> requests.PreparedRequest:
    request = requests.Request("GET", BASE, headers=headers).prepare()
    request.url = url
    return request


@pytest.fixture
def wire() -> Recorder:
    return Recorder()


@pytest.fixture
def transport(wire: Recorder) -> HostBoundTransport:
    return HostBoundTransport(BASE, of="ServiceTrade", adapter=wire)


def test_a_credential_reaches_its_host_and_leaves_the_request_again(
    transport: HostBoundTransport, wire: Recorder
) -> None:
    request = prepared(f"{BASE}/invoice?page=2")

    transport.send(request, SESSION, timeout=(1, 2))

    assert wire.sent == [(f"{BASE}/invoice?page=2", {"Cookie": SESSION.value})]
    assert "Cookie" not in request.headers


def test_a_request_goes_out_verified_unproxied_and_unread(
    transport: HostBoundTransport, wire: Recorder
) -> None:
    transport.send(prepared(BASE), None, timeout=(1, 2))

    assert wire.how == [
        {"stream": True, "timeout": (1, 2), "verify": True, "cert": None, "proxies": {}}
    ]
    assert wire.sent == [(BASE, {})]


# Another path, or a number that is none, is still the same host: those are the first guard's.
_ELSEWHERE = [
    url
    for url in HOSTILE
    if not url.startswith(("https://api.servicetrade.com/", "https://api.servicetrade.com?page"))
]


@pytest.mark.parametrize("url", [*_ELSEWHERE, "", "https://"], ids=ascii)
def test_a_hostile_address_is_not_sent_at_all(
    transport: HostBoundTransport, wire: Recorder, url: str
) -> None:
    with pytest.raises(MisconfiguredError) as refused:
        transport.send(prepared(url), SESSION, timeout=(1, 1))

    assert str(refused.value) == (
        "a request for another host than api.servicetrade.com was not sent; compare the address "
        "of ServiceTrade in the settings"
    )
    assert wire.sent == []


def test_a_request_without_any_address_is_not_sent(
    transport: HostBoundTransport, wire: Recorder
) -> None:
    request = prepared(BASE)
    request.url = None

    with pytest.raises(MisconfiguredError, match="another host"):
        transport.send(request, SESSION, timeout=(1, 1))

    assert wire.sent == []


@pytest.mark.parametrize("header", ["Authorization", "cookie", "Proxy-Authorization"])
def test_a_request_that_brings_its_own_credential_is_refused_and_not_stripped(
    transport: HostBoundTransport, wire: Recorder, header: str
) -> None:
    request = prepared(BASE, **{header: "stray"})

    with pytest.raises(MisconfiguredError, match=header):
        transport.send(request, SESSION, timeout=(1, 1))

    assert wire.sent == []


def test_all_that_a_request_brought_is_named(transport: HostBoundTransport) -> None:
    request = prepared(BASE, Cookie="stray", Authorization="stray", Accept="*/*")

    with pytest.raises(MisconfiguredError) as refused:
        transport.send(request, SESSION, timeout=(1, 1))

    assert str(refused.value) == (
        "a request brought its own Authorization, Cookie and was not sent; "
        "only the transport puts credentials on"
    )


@pytest.mark.parametrize("value", ["", "a\r\nX-Injected: 1", "a\x00", "ä", " a", "a  b"])
def test_a_credential_that_no_header_can_carry_is_refused(
    transport: HostBoundTransport, wire: Recorder, value: str
) -> None:
    with pytest.raises(MisconfiguredError) as refused:
        transport.send(prepared(BASE), Credential("Cookie", value), timeout=(1, 1))

    assert str(refused.value) == (
        "the credential of ServiceTrade holds characters that no header can carry; connect again"
    )
    assert wire.sent == []


def test_an_error_does_not_carry_the_credential_away() -> None:
    wire = Recorder(requests.exceptions.ConnectionError("reset"))
    request = prepared(BASE)

    with pytest.raises(requests.exceptions.ConnectionError):
        HostBoundTransport(BASE, of="ServiceTrade", adapter=wire).send(
            request, SESSION, timeout=(1, 1)
        )

    assert "Cookie" not in request.headers


@pytest.mark.parametrize(
    "host", ["api.servicetrade.com", "93.184.216.34", "api.servicetrade.com.test.example"]
)
def test_a_credential_does_not_travel_in_the_open(host: str) -> None:
    with pytest.raises(MisconfiguredError) as refused:
        HostBoundTransport(f"http://{host}/api", of="ServiceTrade")

    assert str(refused.value) == (
        f"credentials travel over https only; correct the address of {host}"
    )


def test_what_is_not_sent_is_not_sent_again_by_the_transport_itself() -> None:
    adapter = HostBoundTransport(BASE, of="ServiceTrade")._adapter

    assert isinstance(adapter, HTTPAdapter)
    assert (adapter.max_retries.total, adapter.max_retries.read) == (0, False)


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://api.servicetrade.com/api",
        "api.servicetrade.com/api",
        "https://user:pass@api.servicetrade.com/api",
        "",
    ],
)
def test_an_unsafe_base_is_refused_at_once(base_url: str) -> None:
    with pytest.raises(MisconfiguredError) as refused:
        HostBoundTransport(base_url, of="ServiceTrade")

    assert str(refused.value) == (
        "the address of ServiceTrade is not of the form https://host/path; correct it"
    )


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:8082/api",
        "http://localhost:8082/api",
        "http://servicetrade.test/api",
        "http://[::1]:8082/api",
        "http://10.1.2.3/api",
        "http://simulator:8082/api",
        "http://servicetrade.localhost/api",
        "http://servicetrade.internal/api",
    ],
)
def test_plain_http_is_for_simulators(base_url: str) -> None:
    wire = Recorder()

    HostBoundTransport(base_url, of="ServiceTrade", adapter=wire).send(
        prepared(f"{base_url}/invoice"), None, timeout=(1, 1)
    )

    assert len(wire.sent) == 1


def test_a_credential_never_prints_its_value() -> None:
    assert f"{SESSION} {SESSION!r}" == "Credential(Cookie: ***) Credential(Cookie: ***)"


def test_closing_drops_the_connections(transport: HostBoundTransport, wire: Recorder) -> None:
    transport.close()

    assert wire.closed
