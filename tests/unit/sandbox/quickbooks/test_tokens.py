"""The authorization server: codes, rotation, grace, revocation, and its errors."""

from typing import Any

import pytest
import requests

from sandbox.quickbooks.clock import VirtualClock
from tests.unit.sandbox.quickbooks.world import Client, Open


def tokens(
    client: Client, form: dict[str, str], auth: tuple[str, str] | None = None
) -> requests.Response:
    ours = (client.company.oauth.client_id, client.company.oauth.client_secret)
    del client.session.headers["Authorization"]
    return client.root("POST", "/oauth2/v1/tokens/bearer", data=form, auth=auth or ours)


def refresh(client: Client, token: str) -> dict[str, Any]:
    client.session.headers["Authorization"] = ""
    answer = tokens(client, {"grant_type": "refresh_token", "refresh_token": token})
    body: dict[str, Any] = answer.json()
    return body


def test_a_refresh_gives_a_new_pair_and_the_old_value_ends(client: Client) -> None:
    old = client.tokens["refresh_token"]

    new = refresh(client, old)

    assert new["refresh_token"].startswith("RT1-")
    assert new["refresh_token"] != old
    assert (new["token_type"], new["expires_in"]) == ("bearer", 3600)
    assert "x_refresh_token_hard_expires_in" not in new
    assert refresh(client, old)["error"] == "invalid_grant"
    assert "access_token" in refresh(client, new["refresh_token"])


def test_a_refresh_may_return_the_same_value(opened: Open) -> None:
    client = Client(opened(refresh_rotation="same"))

    assert (
        refresh(client, client.tokens["refresh_token"])["refresh_token"]
        == (client.tokens["refresh_token"])
    )


def test_the_old_value_may_work_for_a_day(opened: Open) -> None:
    client = Client(opened(old_refresh_grace_seconds=86400))
    assert isinstance(client.company.clock, VirtualClock)
    old = client.tokens["refresh_token"]
    refresh(client, old)

    assert "access_token" in refresh(client, old)
    client.company.clock.advance(86400)
    assert refresh(client, old)["error"] == "invalid_grant"


def test_an_unused_refresh_token_dies_after_its_life(opened: Open) -> None:
    client = Client(opened(refresh_seconds=100))
    assert isinstance(client.company.clock, VirtualClock)
    client.company.clock.advance(100)

    assert refresh(client, client.tokens["refresh_token"])["error"] == "invalid_grant"


def test_the_new_access_token_opens_the_books(client: Client) -> None:
    new = refresh(client, client.tokens["refresh_token"])
    client.session.headers["Authorization"] = f"Bearer {new['access_token']}"

    assert client.get("customer/1").status_code == 200


def test_the_hard_end_is_told_when_asked_for(client: Client) -> None:
    client.session.headers["x-include-refresh-token-hard-expires-in"] = "true"

    new = refresh(client, client.tokens["refresh_token"])

    assert new["x_refresh_token_hard_expires_in"] == 157_680_000


def test_a_code_is_good_once_and_for_its_redirect(client: Client) -> None:
    where = "http://localhost:8000/callback"
    answer = client.root(
        "GET", f"/connect/oauth2?redirect_uri={where}&state=s&client_id=x", allow_redirects=False
    )
    assert answer.status_code == 302
    query = dict(part.split("=") for part in answer.headers["Location"].split("?")[1].split("&"))
    assert (query["state"], query["realmId"]) == ("s", client.company.realm_id)

    form = {"grant_type": "authorization_code", "code": query["code"], "redirect_uri": where}
    first = tokens(client, form)
    client.session.headers["Authorization"] = ""
    second = tokens(client, form)

    assert first.status_code == 200
    assert second.json()["error"] == "invalid_grant"


def test_a_strange_client_is_invalid(client: Client) -> None:
    answer = tokens(client, {"grant_type": "refresh_token"}, ("nobody", "x"))

    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_client"}


def test_a_strange_grant_type_is_not_supported(client: Client) -> None:
    assert tokens(client, {"grant_type": "password"}).json()["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("kind", ["refresh_token", "access_token"])
def test_a_revoked_token_opens_nothing(client: Client, kind: str) -> None:
    ours = (client.company.oauth.client_id, client.company.oauth.client_secret)

    answer = requests.Session.request(
        client.session,
        "POST",
        "http://quickbooks.test/v2/oauth2/tokens/revoke",
        json={"token": client.tokens[kind]},
        auth=ours,
        headers={"Authorization": ""},
    )

    assert answer.status_code == 200
    assert client.get("customer/1").status_code == 401


def test_discovery_points_to_this_server(client: Client) -> None:
    for name in ("openid_configuration", "openid_sandbox_configuration"):
        found = client.root("GET", f"/.well-known/{name}").json()

        assert found["token_endpoint"] == "http://quickbooks.test:80/oauth2/v1/tokens/bearer"


def test_a_disconnected_app_is_out(client: Client) -> None:
    client.company.oauth.disconnect()

    assert client.get("customer/1").status_code == 401
    assert refresh(client, client.tokens["refresh_token"])["error"] == "invalid_grant"


def test_an_open_simulator_refreshes_anything(opened: Open) -> None:
    client = Client(opened(open_to_all=True))

    assert "access_token" in refresh(client, "whatever")
