import base64
import json
from urllib.parse import parse_qs

import pytest
import requests

from invoicesync.adapters.quickbooks.oauth import TOKEN_URL, IntuitTokenEndpoint
from invoicesync.errors import (
    AuthenticationError,
    InvoiceSyncError,
    MisconfiguredError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
)
from tests.unit.adapters.quickbooks.stand_ins import Reply, Wire, json_reply

_OLD = "RT1-old-refresh-token"
_SECRET = "client-secret"
_ANSWER = {
    "token_type": "bearer",
    "access_token": "new-access-token",
    "expires_in": 3600,
    "refresh_token": "RT1-new-refresh-token",
    "x_refresh_token_expires_in": 8726400,
}


def _endpoint(wire: Wire) -> IntuitTokenEndpoint:
    return IntuitTokenEndpoint(client_id="client id", client_secret=_SECRET, adapter=wire)


def test_a_refresh_is_one_form_with_the_app_s_own_credentials() -> None:
    wire = Wire(json_reply(_ANSWER))

    tokens = _endpoint(wire).refresh("RT1 &=+")

    (request,) = wire.requests
    assert (request.method, request.url) == ("POST", TOKEN_URL)
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.headers["Accept"] == "application/json"
    assert isinstance(request.body, bytes)
    assert parse_qs(request.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["RT1 &=+"],
    }
    pair = base64.b64encode(b"client id:client-secret").decode()
    assert wire.authorizations == [f"Basic {pair}"]
    assert tokens.access_token == "new-access-token"
    assert tokens.refresh_token == "RT1-new-refresh-token"
    assert (tokens.expires_in_seconds, tokens.refresh_expires_in_seconds) == (3600, 8726400)


@pytest.mark.parametrize("status", [400, 401])
def test_an_invalid_grant_asks_for_a_new_connection(status: int) -> None:
    wire = Wire(json_reply({"error": "invalid_grant", "error_description": "x"}, status))

    with pytest.raises(AuthenticationError) as caught:
        _endpoint(wire).refresh(_OLD)

    assert (caught.value.code, caught.value.tid) == ("invalid_grant", "1-tid")


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("error", ["invalid_client", "unauthorized_client", "invalid_request"])
def test_an_invalid_client_is_a_matter_of_settings(status: int, error: str) -> None:
    with pytest.raises(MisconfiguredError, match=error):
        _endpoint(Wire(json_reply({"error": error}, status))).refresh(_OLD)


@pytest.mark.parametrize(
    "error",
    [
        requests.ReadTimeout(),
        requests.ConnectionError(),
        requests.exceptions.ChunkedEncodingError(),
    ],
)
def test_a_lost_answer_leaves_the_old_token_in_doubt(error: Exception) -> None:
    with pytest.raises(OutcomeUnknownError):
        _endpoint(Wire(error)).refresh(_OLD)


def test_a_refresh_that_never_left_spends_nothing() -> None:
    with pytest.raises(NotSentError):
        _endpoint(Wire(requests.ConnectTimeout())).refresh(_OLD)


def test_a_429_is_waited_for() -> None:
    with pytest.raises(RateLimitedError) as caught:
        _endpoint(Wire(Reply(429, b"", {"Retry-After": "7"}))).refresh(_OLD)

    assert caught.value.delay_seconds == 7


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html/>",
        b"{",
        b"[]",
        b"{}",
        b'{"error":"else"}',
        b'{"access_token":""}',
        b'{"access_token":1}',
        b'{"error":["invalid_grant"]}',
    ],
)
def test_whatever_else_comes_back_is_doubt(body: bytes) -> None:
    endpoint = _endpoint(Wire(*(Reply(status, body) for status in range(200, 600))))

    for status in range(200, 600):
        with pytest.raises(RateLimitedError if status == 429 else OutcomeUnknownError):
            endpoint.refresh(_OLD)


def test_an_error_under_a_success_is_no_answer() -> None:
    with pytest.raises(OutcomeUnknownError):
        _endpoint(Wire(json_reply({"error": "invalid_grant"}, 200))).refresh(_OLD)


@pytest.mark.parametrize(
    "lack",
    [
        {},
        {"expires_in": None, "x_refresh_token_expires_in": "soon"},
        {"expires_in": -1, "x_refresh_token_expires_in": True},
        {"expires_in": [], "x_refresh_token_expires_in": 1.5},
    ],
)
def test_new_tokens_are_never_thrown_away_for_an_odd_lifetime(lack: dict[str, object]) -> None:
    content = {"access_token": "new", "refresh_token": "RT1-new", **lack}

    tokens = _endpoint(Wire(json_reply(content))).refresh(_OLD)

    assert (tokens.access_token, tokens.refresh_token) == ("new", "RT1-new")
    assert (tokens.expires_in_seconds, tokens.refresh_expires_in_seconds) == (3600, 8640000)


def test_a_lifetime_that_came_as_text_is_read() -> None:
    wire = Wire(json_reply({**_ANSWER, "expires_in": "1800"}))

    assert _endpoint(wire).refresh(_OLD).expires_in_seconds == 1800


@pytest.mark.parametrize("renewed", [None, "", 1])
def test_without_a_new_refresh_token_the_old_one_goes_on(renewed: object) -> None:
    wire = Wire(json_reply({**_ANSWER, "refresh_token": renewed}))

    assert _endpoint(wire).refresh(_OLD).refresh_token == _OLD


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"error": "invalid_grant", "error_description": _OLD}, 400),
        json_reply({"error": "invalid_client", "error_description": _SECRET}, 401),
        json_reply({"error": _OLD}, 400),
        json_reply({"refresh_token": "RT1-new-refresh-token"}),
        json_reply({"access_token": "", "refresh_token": "RT1-new-refresh-token"}, 500),
    ],
)
def test_no_error_shows_a_token_or_the_secret(reply: Reply) -> None:
    endpoint = _endpoint(Wire(reply))

    with pytest.raises(InvoiceSyncError) as caught:
        endpoint.refresh(_OLD)

    shown = f"{caught.value!r} {json.dumps(caught.value.__dict__)} {endpoint!r}"
    assert _OLD not in shown
    assert _SECRET not in shown
    assert "RT1-new-refresh-token" not in shown


def test_tokens_do_not_show_themselves() -> None:
    tokens = _endpoint(Wire(json_reply(_ANSWER))).refresh(_OLD)

    assert "new-access-token" not in repr(tokens)
    assert "RT1-new-refresh-token" not in repr(tokens)
