"""A stranger's server on this machine, which no lure of either system may make us talk to."""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.adapters.quickbooks.oauth import IntuitTokenEndpoint
from invoicesync.adapters.servicetrade.credentials import (
    ClientCredentials,
    Credentials,
    UserCredentials,
)
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.domain.ids import QuickBooksId, RequestId
from invoicesync.errors import InvoiceSyncError
from invoicesync.ports.source import InvoiceFilter
from sandbox.http import Server, WsgiApp
from sandbox.servicetrade import Account, create_app
from tests.fakes.runtime import FakeClock

STATUSES = [
    *("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"),
    *("308 Permanent Redirect", "200 OK", "401 Unauthorized"),
]


@dataclass
class Canary:
    """Notes whatever it is sent: a single request is one too many."""

    heard: list[str] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        self.heard.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"data": {"invoices": [], "page": 1, "totalPages": 1}}']


@dataclass
class Lurer:
    """Sends every request of ``methods`` elsewhere, by each header and body there is for it."""

    status: str
    to: str
    behind: WsgiApp | None = None
    lured: list[str] = field(default_factory=list)

    def __call__(
        self, environ: dict[str, Any], start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        if self.behind is not None and environ["REQUEST_METHOD"] == "POST":
            return self.behind(environ, start_response)
        self.lured.append(environ["PATH_INFO"])
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = [(name, self.to) for name in ("Location", "Content-Location", "Refresh")]
        headers += [("Link", f'<{self.to}?page=2>; rel="next"'), ("Content-Type", "text/json")]
        start_response(self.status, [*headers, ("Set-Cookie", "PHPSESSID=x; Domain=127.0.0.1")])
        body = {"next": self.to, "url": self.to, "data": {"invoices": [], "nextPage": self.to}}
        return [json.dumps(body).encode()]


@dataclass
class Site:
    """The two servers, and the address of the one that lures."""

    canary: Canary
    lurer: Lurer
    url: str


@pytest.fixture(scope="module")
def servers() -> Iterator[Site]:
    canary = Canary()
    with Server(canary) as stranger:
        lurer = Lurer("", f"{stranger.url}/api/invoice")
        with Server(lurer) as server:
            yield Site(canary, lurer, server.url)


@pytest.fixture
def site(servers: Site) -> Site:
    servers.canary.heard.clear()
    servers.lurer.lured.clear()
    servers.lurer.behind = None
    return servers


CREDENTIALS = [
    UserCredentials("sync@example.test", "let-me-in"),
    ClientCredentials("invoice-sync", "keep-it-quiet"),
]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("logged_in", [False, True])
@pytest.mark.parametrize("credentials", CREDENTIALS, ids=["user", "client"])
def test_servicetrade_lures_nothing_to_a_stranger(
    site: Site, status: str, credentials: Credentials, *, logged_in: bool
) -> None:
    site.lurer.status = status
    if logged_in:
        site.lurer.behind = create_app(Account(lambda: 1_790_000_000.0))
    source = ServiceTradeSource(
        f"{site.url}/api", credentials=lambda: credentials, clock=FakeClock()
    )

    for _ in range(2):
        with contextlib.suppress(InvoiceSyncError):
            source.invoices(InvoiceFilter(), page=1, limit=10)
    source.close()

    assert any(path.endswith("invoice") for path in site.lurer.lured) is logged_in
    assert site.lurer.lured
    assert site.canary.heard == []


class _Drawer:
    def keep(self, name: str, record: Any) -> str:
        json.dumps(record)
        return name


@pytest.mark.parametrize("status", STATUSES)
def test_quickbooks_lures_nothing_to_a_stranger(site: Site, status: str) -> None:
    site.lurer.status = status
    client = QuickBooksClient(
        base_url=site.url,
        realm_id="9130347957983146",
        access_token=lambda: "an-access-token",
        evidence=_Drawer(),
    )
    tokens = IntuitTokenEndpoint(client_id="a", client_secret="b", url=f"{site.url}/bearer")
    calls: list[Callable[[], object]] = [
        lambda: client.batch(b"{}", request_id=RequestId("r1")),
        lambda: client.void(b"{}", request_id=RequestId("r1")),
        lambda: client.read_invoice(QuickBooksId("12")),
        lambda: client.query("Invoice"),
        lambda: tokens.refresh("a-refresh-token"),
        lambda: tokens.exchange("a-code", redirect_uri="http://localhost/"),
    ]

    for call in calls:
        with contextlib.suppress(InvoiceSyncError):
            call()
    client.close()

    assert len(site.lurer.lured) == len(calls)
    assert site.canary.heard == []


def test_the_canary_hears_whoever_follows(site: Site) -> None:
    """A canary that is deaf proves nothing: a plain session does follow."""
    site.lurer.status = "302 Found"

    requests.get(site.url, timeout=5)

    assert site.canary.heard == ["GET /api/invoice"]
