"""The ServiceTrade adapter over real sockets, beside a canary that must never see a credential."""

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from invoicesync.adapters.servicetrade.credentials import (
    ClientCredentials,
    Credentials,
    UserCredentials,
)
from invoicesync.adapters.servicetrade.exchange import Timeouts
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import MisconfiguredError, TransientReadError
from invoicesync.ports.source import InvoiceFilter
from sandbox.faults import FaultScript
from sandbox.http import Server, WsgiApp
from sandbox.servicetrade import FAULTS, Account, Options, create_app
from tests.fakes.runtime import FakeClock

USER = UserCredentials("sync@example.test", "let-me-in")
CLIENT = ClientCredentials("invoice-sync", "keep-it-quiet")
ALL = InvoiceFilter()
ROWS = 25


@dataclass
class Canary:
    """A server that belongs to somebody else, and what it was sent."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        kept = {key: value for key, value in environ.items() if key.startswith("HTTP_")}
        self.requests.append({**kept, "body": body, "path": environ["PATH_INFO"]})
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"data": {"invoices": [], "page": 1, "totalPages": 1}}']


@dataclass
class Site:
    """A simulated account on a port, and a stranger on another."""

    url: str
    account: Account
    faults: FaultScript
    canary: Canary

    def source(self, credentials: Credentials = USER, base_url: str = "") -> ServiceTradeSource:
        return source_of(base_url or f"{self.url}/api", credentials)


def source_of(
    base_url: str, credentials: Credentials = USER, timeouts: Timeouts | None = None
) -> ServiceTradeSource:
    made = ServiceTradeSource(
        base_url, credentials=lambda: credentials, clock=FakeClock(), timeouts=timeouts
    )
    _MADE.append(made)
    return made


_MADE: list[ServiceTradeSource] = []


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _MADE:
        _MADE.pop().close()


@pytest.fixture
def site() -> Iterator[Site]:
    account = Account(lambda: 1_790_000_000.0, Options(total_pages=False, link_header="honest"))
    for number in range(ROWS):
        line = {"quantity": 1, "price": "19.99"}
        account.add("invoice", {"name": f"Invoice {number:02}", "items": [line]})
    faults, canary = FaultScript(FAULTS), Canary()
    with Server(create_app(account, faults=faults)) as server, Server(canary) as stranger:
        canary.url = stranger.url
        yield Site(server.url, account, faults, canary)


def everything(source: ServiceTradeSource, limit: int = 10) -> list[int]:
    found: list[int] = []
    page, total = 1, 1
    while page <= total:
        read = source.invoices(ALL, page=page, limit=limit)
        found += [row["id"] for row in read.rows]
        total = read.total_pages or (page + 1 if read.rows else page)
        page += 1
    return found


@pytest.mark.parametrize("credentials", [USER, CLIENT])
def test_all_pages_come_over_a_socket(site: Site, credentials: Credentials) -> None:
    source = site.source(credentials)

    assert everything(source) == [row["id"] for row in site.account.all("invoice")]
    assert source.count(ALL) == ROWS


def lures(url: str) -> list[str]:
    """Write links that lead to ``url`` or look as if they did not."""
    host = url.removeprefix("http://")
    return [
        f'<{url}/api/invoice?page=2&limit=10>; rel="next"',
        f'<//{host}/api/invoice?page=2&limit=10>; rel="next"',
        f'<http://127.0.0.1:1@{host}/api/invoice?page=2>; rel="next"',
        f'<http://{host}\\@127.0.0.1/api/invoice?page=2>; rel="next"',
        f'<http://{host}#@127.0.0.1/api/invoice?page=2>; rel="next"',
        f'<{url}/api/invoice?page=2>; rel="last"',
    ]


@pytest.mark.parametrize("lure", range(6))
@pytest.mark.parametrize("credentials", [USER, CLIENT])
def test_a_hostile_link_never_reaches_the_canary(
    site: Site, lure: int, credentials: Credentials
) -> None:
    link = lures(site.canary.url)[lure]
    rule = {"fault": "hostile_link", "route": "GET *", "times": None, "with": {"link": link}}
    site.faults.add([rule])

    found = everything(site.source(credentials))

    assert sorted(set(found)) == [row["id"] for row in site.account.all("invoice")]
    assert site.canary.requests == []


@pytest.mark.parametrize("route", ["POST *", "GET *"])
@pytest.mark.parametrize("credentials", [USER, CLIENT])
def test_a_redirect_never_reaches_the_canary(
    site: Site, route: str, credentials: Credentials
) -> None:
    to = {"to": f"{site.canary.url}/api/invoice"}
    site.faults.add([{"fault": "redirect_302", "route": route, "times": None, "with": to}])

    with pytest.raises(TransientReadError, match="302"):
        site.source(credentials).invoices(ALL, page=1, limit=10)

    assert site.canary.requests == []


def test_the_environment_cannot_put_a_proxy_between(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, site.canary.url)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)

    assert site.source().count(ALL) == ROWS
    assert site.canary.requests == []


def test_the_canary_sees_what_is_really_sent_to_it(site: Site) -> None:
    """A canary that hears nothing proves nothing, so here it is the host that was set."""
    with pytest.raises(TransientReadError):
        site.source(base_url=f"{site.canary.url}/api").count(ALL)

    assert [request["path"] for request in site.canary.requests] == ["/api/auth"]
    assert json.loads(site.canary.requests[0]["body"])["password"] == "let-me-in"


def test_a_lost_answer_and_nobody_there_are_failed_reads(site: Site) -> None:
    source = site.source()
    source.count(ALL)
    for fault in ("answer_lost", "request_lost"):
        site.faults.add([{"fault": fault, "route": "GET *"}])
        with pytest.raises(TransientReadError, match="no answer"):
            source.count(ALL)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    with pytest.raises(TransientReadError, match="ConnectionError"):
        source_of(f"http://127.0.0.1:{port}/api").count(ALL)


def test_a_failed_read_was_sent_once_and_is_not_repeated_below(site: Site) -> None:
    source = site.source()
    source.count(ALL)
    site.faults.add([{"fault": "answer_lost", "route": "GET *"}])

    with pytest.raises(TransientReadError):
        source.count(ALL)

    calls = requests.get(f"{site.url}/_calls", timeout=5).json()["calls"]
    assert [call["method"] for call in calls] == ["POST", "GET", "GET"]


def test_a_server_that_is_silent_is_not_waited_for_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        timeouts = Timeouts(connect_seconds=0.2, read_seconds=0.2)

        with pytest.raises(TransientReadError, match="ReadTimeout"):
            source_of(f"http://127.0.0.1:{port}/api", timeouts=timeouts).count(ALL)


def _packed(app: WsgiApp) -> WsgiApp:
    def packing(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        assert "gzip" in environ["HTTP_ACCEPT_ENCODING"]
        started: list[Any] = []
        body = gzip.compress(b"".join(app(environ, lambda *given: started.extend(given))))
        status, headers = started
        kept = [pair for pair in headers if pair[0] != "Content-Length"]
        start_response(status, [*kept, ("Content-Encoding", "gzip")])
        # Without a length the server sends pieces.
        return [body[:100], body[100:]]

    return packing


def test_packed_answers_in_pieces_are_read(site: Site) -> None:
    with Server(_packed(create_app(site.account))) as server:
        source = source_of(f"{server.url}/api")

        assert everything(source) == [row["id"] for row in site.account.all("invoice")]


def test_an_answer_that_is_cut_short_is_a_failed_read() -> None:
    def app(_: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", "99")])
        return [b'{"data": {"authToken": "t"}}']

    with Server(app) as server, pytest.raises(TransientReadError):
        source_of(
            f"{server.url}/api", timeouts=Timeouts(connect_seconds=1, read_seconds=0.5)
        ).invoice(ServiceTradeId(7))


def test_a_public_host_without_tls_is_never_called() -> None:
    with pytest.raises(MisconfiguredError, match="https only"):
        source_of("http://api.servicetrade.com/api")
