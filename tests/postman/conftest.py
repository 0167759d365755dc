"""Both simulators as `sandbox serve` starts them, on a day on which the golden invoices are new."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sandbox.demo.company import build
from sandbox.demo.world import World
from sandbox.http import Server
from sandbox.quickbooks.app import create_app as quickbooks_app
from sandbox.servicetrade import create_app as servicetrade_app
from tests.postman import newman

TODAY = datetime(2026, 11, 20, 12, tzinfo=UTC).timestamp()


@pytest.fixture(scope="session")
def world() -> World:
    """Make the demo's two companies, with few invoices."""
    if reason := newman.missing():
        pytest.skip(reason)
    # Newman is faster than QuickBooks allows. People give `--delay-request`; here nobody waits.
    ahead = TODAY - time.time()
    return build(lambda: time.time() + ahead, size=60, switches={"limits": None})


@pytest.fixture(scope="session")
def values(world: World) -> Iterator[dict[str, str]]:
    """Serve both, and give the values that a user's environment holds."""
    company, account = world.books.company, world.account
    with Server(quickbooks_app(company)) as books, Server(servicetrade_app(account)) as source:
        tokens = company.oauth.connect()
        yield {
            "quickbooks_url": books.url,
            "quickbooks_oauth_url": books.url,
            "quickbooks_realm_id": company.realm_id,
            "quickbooks_client_id": company.oauth.client_id,
            "quickbooks_client_secret": company.oauth.client_secret,
            "quickbooks_access_token": tokens["access_token"],
            "quickbooks_refresh_token": tokens["refresh_token"],
            "servicetrade_url": f"{source.url}/api",
            "servicetrade_username": account.login.username,
            "servicetrade_password": account.login.password,
        }
