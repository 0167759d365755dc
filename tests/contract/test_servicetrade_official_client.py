"""ServiceTrade's own Python client drives the simulator: what it expects is what is there."""

import socket
from collections.abc import Iterator

import pytest
import requests
from servicetrade import (
    Paginator,
    ServicetradeAPIError,
    ServicetradeAuthError,
    ServicetradeClient,
)

from sandbox.faults import FaultScript
from sandbox.http import Server
from sandbox.servicetrade import FAULTS, Account, create_app

# The client compares a token's end with the time of day, so this account lives far ahead of it.
NOW = 4_000_000_000.0


class Site:
    """An account behind a socket, and ServiceTrade's client of it."""

    def __init__(self, url: str, account: Account, faults: FaultScript) -> None:
        self.url = url
        self.account = account
        self.faults = faults
        self.opened: list[ServicetradeClient] = []

    def client(
        self, *, secret: str | None = None, refresh_token: str | None = None
    ) -> ServicetradeClient:
        login = self.account.login
        client = ServicetradeClient(
            base_url=self.url,
            client_id=login.client_id,
            client_secret=secret or login.client_secret,
            refresh_token=refresh_token,
        )
        self.opened.append(client)
        return client

    def close(self) -> None:
        for client in self.opened:
            client._session.close()
            client._auth_session.close()


@pytest.fixture
def site() -> Iterator[Site]:
    account = Account(lambda: NOW)
    company = account.add("company", {"name": "Keystone Foods"})
    location = account.add("location", {"name": "Plant 1", "companyId": company["id"]})
    for number in range(25):
        job = account.add("job", {"locationId": location["id"], "status": "completed"})
        line = {"description": "Labor", "quantity": 2, "price": "85.50", "taxRate": "6"}
        account.add(
            "invoice",
            {"jobId": job["id"], "items": [line], "name": f"Invoice {number:02}"},
        )
    faults = FaultScript(FAULTS)
    with Server(create_app(account, faults=faults)) as server:
        made = Site(server.url, account, faults)
        yield made
        made.close()


def test_it_logs_in_by_itself_and_reads_one_invoice(site: Site) -> None:
    invoice = next(iter(site.account.all("invoice")))

    assert site.client().get(f"/invoice/{invoice['id']}") == invoice


def test_it_pages_through_all_invoices(site: Site) -> None:
    pages = Paginator(site.client(), "/invoice", "invoices", {"limit": 10})

    assert list(pages) == list(site.account.all("invoice"))


def test_it_finds_no_jobs_until_it_asks_for_closed_ones(site: Site) -> None:
    client = site.client()

    assert list(Paginator(client, "/job", "jobs")) == []
    assert len(list(Paginator(client, "/job", "jobs", {"status": "completed"}))) == 25


def test_it_marks_an_invoice_processed(site: Site) -> None:
    invoice = next(iter(site.account.all("invoice")))

    changed = site.client().put(f"/invoice/{invoice['id']}", {"status": "processed"})

    assert isinstance(changed, dict)
    assert changed["status"] == "processed"
    assert site.account.row("invoice", invoice["id"])["status"] == "processed"


def test_it_comments_on_a_job(site: Site) -> None:
    job = next(iter(site.account.all("job")))
    comment = {"entityType": 3, "entityId": job["id"], "content": "No tax code for CA"}

    site.client().post("/comment", comment)

    (kept,) = site.account.all("comment")
    assert kept["content"] == "No tax code for CA"


def test_it_reads_the_reasons_of_a_refusal(site: Site) -> None:
    invoice = next(iter(site.account.all("invoice")))

    with pytest.raises(ServicetradeAPIError) as refused:
        site.client().put(f"/invoice/{invoice['id']}", {"status": "Completed"})

    assert refused.value.status_code == 400
    assert refused.value.validation == ["status: status 'Completed' is not valid"]


def test_it_is_not_let_in_with_a_wrong_secret(site: Site) -> None:
    with pytest.raises(ServicetradeAuthError) as refused:
        site.client(secret="guess").get("/invoice")

    assert refused.value.status_code == 401


def test_it_logs_in_again_when_its_token_died(site: Site) -> None:
    client = site.client()
    client.get("/invoice", {"limit": 1})
    first = client.get_auth_token()
    site.faults.add([{"fault": "dead_session", "route": "GET /api/invoice"}])

    client.get("/invoice", {"limit": 1})

    assert client.get_auth_token() != first


def test_it_goes_on_with_a_refresh_token_and_logs_out(site: Site) -> None:
    login = site.account.login
    form = {"grant_type": "client_credentials", "client_id": login.client_id}
    form["client_secret"] = login.client_secret
    answer = requests.post(f"{site.url}/api/oauth2/token", data=form, timeout=5)
    client = site.client(refresh_token=answer.json()["refresh_token"])

    client.get("/invoice", {"limit": 1})
    client.logout()

    with pytest.raises(ServicetradeAuthError):
        client.get("/invoice", {"limit": 1})


def test_it_deletes_what_can_be_deleted(site: Site) -> None:
    tag = site.account.add("tag", {"name": "rush"})

    site.client().delete(f"/tag/{tag['id']}")

    assert list(site.account.all("tag")) == []


def test_it_tries_again_after_a_server_error(site: Site) -> None:
    site.faults.add([{"fault": "bad_gateway_502_html", "route": "GET /api/invoice"}])

    page = site.client().get("/invoice", {"limit": 1})

    assert isinstance(page, dict)
    assert len(page["invoices"]) == 1


def test_a_lost_answer_is_a_closed_line(site: Site) -> None:
    host, port = site.url.removeprefix("http://").split(":")
    site.faults.add([{"fault": "answer_lost", "route": "GET /api/auth"}])

    with socket.create_connection((host, int(port)), timeout=5) as line:
        line.sendall(b"GET /api/auth HTTP/1.1\r\nHost: x\r\n\r\n")

        assert line.recv(1) == b""
