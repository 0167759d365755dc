"""Who gets in, who does not, and which code says so."""

import base64
import json
from collections.abc import Callable

import pytest

from tests.unit.sandbox.servicetrade.world import World

CLIENT = {"client_id": "invoice-sync", "client_secret": "keep-it-quiet"}
GRANT = {"grant_type": "client_credentials", **CLIENT}
USER = {"username": "sync@example.test", "password": "let-me-in"}


@pytest.mark.parametrize("way", ["json", "data", "params"])
def test_a_session_opens_by_json_form_or_query(world: World, way: str) -> None:
    answer = world.call("POST", "/auth", **{way: USER})

    session = answer.json()["data"]
    assert (answer.status_code, session["authenticated"]) == (200, True)
    assert f"PHPSESSID={session['authToken']}" in answer.headers["Set-Cookie"]
    assert session["user"]["username"] == "sync@example.test"
    assert "password" not in session["user"]


def test_a_missing_password_is_400_and_a_wrong_one_403(world: World) -> None:
    missing = world.call("POST", "/auth", json={"username": "sync@example.test"})
    wrong = world.call("POST", "/auth", json={**USER, "password": "guess"})

    assert (missing.status_code, wrong.status_code) == (400, 403)
    assert "credentials" in wrong.json()["messages"]["error"][0]


def test_a_dead_session_is_404_to_auth_and_401_to_everything_else(world: World) -> None:
    assert world.get("/auth").json()["data"]["authenticated"] is True

    assert world.call("DELETE", "/auth").status_code == 204

    dead = world.get("/auth")
    assert (dead.status_code, world.get("/invoice").status_code) == (404, 401)
    assert dead.json()["data"] == {"authenticated": False, "authToken": None}
    assert "no active session" in dead.json()["messages"]["error"][0]
    assert world.call("DELETE", "/auth").status_code == 404


def test_an_idle_session_dies_and_use_keeps_it_alive(world_with: Callable[..., World]) -> None:
    world = world_with(session_idle_seconds=100)

    for _ in range(3):
        world.clock.seconds += 90
        assert world.get("/invoice").status_code == 200
    world.clock.seconds += 101

    assert world.get("/invoice").status_code == 401


def test_past_two_hundred_sessions_the_oldest_are_pruned_to_one_hundred(world: World) -> None:
    first = world.session.headers["Cookie"]
    tokens = [world.log_in() for _ in range(199)]
    world.session.headers["Cookie"] = first
    assert world.get("/auth").status_code == 200

    world.log_in()

    world.session.headers["Cookie"] = first
    assert world.get("/auth").status_code == 404
    world.session.headers["Cookie"] = f"PHPSESSID={tokens[-1]}"
    assert world.get("/auth").status_code == 200


@pytest.mark.parametrize("way", ["json", "data"])
def test_client_credentials_give_a_token_that_says_when_it_ends(world: World, way: str) -> None:
    answer = world.call("POST", "/oauth2/token", **{way: GRANT})

    tokens = answer.json()
    claims = tokens["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert (answer.status_code, tokens["token_type"], tokens["expires_in"]) == (
        200,
        "Bearer",
        86_400,
    )
    assert claims["exp"] == 1_790_086_400


def test_a_token_works_until_it_ends(world: World) -> None:
    token = world.call("POST", "/oauth2/token", json=GRANT).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    del world.session.headers["Cookie"]
    assert world.call("GET", "/invoice", headers=bearer).status_code == 200

    who = world.call("GET", "/oauth2/userinfo", headers=bearer).json()["data"]
    world.clock.seconds += 86_400

    assert who["account"]["id"] == world.account.id
    assert world.call("GET", "/invoice", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, 400, "invalid_request"),
        ({**GRANT, "client_secret": "guess"}, 401, "invalid_client"),
        ({**GRANT, "client_id": "nobody"}, 401, "invalid_client"),
        ({"grant_type": "refresh_token", "refresh_token": "old"}, 400, "invalid_grant"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
    ],
)
def test_the_token_endpoint_refuses_in_plain_oauth(
    world: World, form: dict[str, str], status: int, error: str
) -> None:
    answer = world.call("POST", "/oauth2/token", data=form)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert "data" not in answer.json()


def test_a_refresh_token_is_good_once_and_gives_the_next(world: World) -> None:
    first = world.call("POST", "/oauth2/token", json=GRANT).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": first}

    second = world.call("POST", "/oauth2/token", data=form)

    assert second.status_code == 200
    assert second.json()["refresh_token"] != first
    assert world.call("POST", "/oauth2/token", data=form).status_code == 400


def test_rotation_can_be_off(world_with: Callable[..., World]) -> None:
    world = world_with(refresh_rotation=False)
    first = world.call("POST", "/oauth2/token", json=GRANT).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": first}

    answers = [world.call("POST", "/oauth2/token", data=form) for _ in range(2)]

    assert [answer.json()["refresh_token"] for answer in answers] == [first, first]


def test_a_revoked_refresh_token_is_worthless(world: World) -> None:
    refresh = world.call("POST", "/oauth2/token", json=GRANT).json()["refresh_token"]

    world.call("POST", "/oauth2/revoke", json={"refresh_token": refresh, **CLIENT})

    form = {"grant_type": "refresh_token", "refresh_token": refresh}
    assert world.call("POST", "/oauth2/token", data=form).status_code == 400


def test_the_old_token_path_does_not_exist(world: World) -> None:
    assert world.call("POST", "/oauth/token", json=GRANT).status_code == 404


def test_webhooks_need_an_administrator(world: World) -> None:
    world.account.add("user", {"username": "tech", "password": "tech", "firstName": "Te"})
    opened = world.call("POST", "/auth", json={"username": "tech", "password": "tech"})
    cookie = {"Cookie": f"PHPSESSID={opened.json()['data']['authToken']}"}

    assert world.get("/webhook").status_code == 200
    assert world.call("GET", "/webhook", headers=cookie).status_code == 403
    assert world.call("GET", "/invoice", headers=cookie).status_code == 200
