"""Credentials and logins, against the simulator."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from invoicesync.adapters.servicetrade.credentials import (
    ClientCredentials,
    Credentials,
    UserCredentials,
    parse_credentials,
    read_credentials,
)
from invoicesync.adapters.servicetrade.exchange import Exchange, Timeouts
from invoicesync.adapters.servicetrade.login import Login
from invoicesync.adapters.transport import HostBoundTransport
from invoicesync.errors import MisconfiguredError, RateLimitedError, TransientReadError
from sandbox.faults import FaultScript
from sandbox.http import InProcessAdapter
from sandbox.servicetrade import FAULTS, Account, Options, create_app
from tests.fakes.runtime import FakeClock
from tests.fakes.secret import FakeSecret

BASE = "http://servicetrade.test/api"
USER = UserCredentials("sync@example.test", "let-me-in")
CLIENT = ClientCredentials("invoice-sync", "keep-it-quiet")


class Desk:
    """A login over a simulated account."""

    def __init__(self, clock: FakeClock, credentials: Credentials, options: Options) -> None:
        self.credentials = credentials
        self.faults = FaultScript(FAULTS)
        account = Account(clock.now, options)
        wire = InProcessAdapter(create_app(account, faults=self.faults))
        self.login = over(wire, clock, lambda: self.credentials)


def over(wire: BaseAdapter, clock: FakeClock, credentials: Callable[[], Credentials]) -> Login:
    transport = HostBoundTransport(BASE, of="ServiceTrade", adapter=wire)
    exchange = Exchange(transport, clock=clock, timeouts=Timeouts())
    return Login(exchange, base_url=BASE, credentials=credentials, clock=clock)


@pytest.fixture
def desk(clock: FakeClock) -> Callable[..., Desk]:
    return lambda credentials=USER, **options: Desk(clock, credentials, Options(**options))


def test_a_user_gets_a_session_cookie_and_keeps_it(desk: Callable[..., Desk]) -> None:
    login = desk().login

    first = login.credential()

    assert first.header == "Cookie"
    assert first.value.startswith("PHPSESSID=")
    assert login.credential() is first


def test_a_client_gets_a_bearer_token_and_a_new_one_before_it_ends(
    desk: Callable[..., Desk], clock: FakeClock
) -> None:
    login = desk(CLIENT).login
    first = login.credential()
    assert first.header == "Authorization"
    assert first.value.startswith("Bearer ")

    clock.advance(86_400 - 301)
    assert login.credential() is first
    clock.advance(1)

    assert login.credential() != first


def test_a_short_life_is_used_for_half_of_it(desk: Callable[..., Desk], clock: FakeClock) -> None:
    login = desk(CLIENT, access_token_seconds=100).login
    first = login.credential()

    clock.advance(49)
    assert login.credential() is first
    clock.advance(1)

    assert login.credential() != first


def test_a_token_of_unstated_life_is_kept_until_it_is_refused(
    desk: Callable[..., Desk], clock: FakeClock
) -> None:
    login = desk(CLIENT, expires_in=False).login
    first = login.credential()
    clock.advance(1_000_000)
    assert login.credential() is first

    login.forget(first)

    assert login.credential() != first


def test_forgetting_what_was_renewed_meanwhile_changes_nothing(desk: Callable[..., Desk]) -> None:
    login = desk().login
    old = login.credential()
    login.forget(old)
    new = login.credential()

    login.forget(old)

    assert login.credential() is new


def test_a_changed_secret_counts_from_the_next_login(desk: Callable[..., Desk]) -> None:
    made = desk(UserCredentials("sync@example.test", "old"))
    with pytest.raises(MisconfiguredError):
        made.login.credential()

    made.credentials = USER

    assert made.login.credential().header == "Cookie"


@pytest.mark.parametrize(
    "credentials",
    [
        UserCredentials("sync@example.test", "wrong"),
        ClientCredentials("invoice-sync", "wrong"),
        ClientCredentials("nobody", "wrong"),
    ],
)
def test_refused_credentials_ask_for_a_person(
    desk: Callable[..., Desk], credentials: Credentials
) -> None:
    with pytest.raises(MisconfiguredError, match="run connect servicetrade") as refused:
        desk(credentials).login.credential()

    assert "wrong" not in str(refused.value)


@pytest.mark.parametrize("credentials", [USER, CLIENT])
@pytest.mark.parametrize(
    "fault",
    [
        *("error_500", "bad_gateway_502_html", "not_json", "redirect_302", "request_lost"),
        "answer_lost",
    ],
)
def test_a_login_that_fails_by_accident_is_tried_again_later(
    desk: Callable[..., Desk], credentials: Credentials, fault: str
) -> None:
    made = desk(credentials)
    made.faults.add([{"fault": fault}])

    with pytest.raises(TransientReadError):
        made.login.credential()

    assert made.login.credential()


def test_a_throttled_login_says_when_to_come_back(desk: Callable[..., Desk]) -> None:
    made = desk()
    made.faults.add([{"fault": "throttle_429", "with": {"seconds": 9}}])

    with pytest.raises(RateLimitedError) as limited:
        made.login.credential()

    assert limited.value.delay_seconds == 9


class Canned(BaseAdapter):
    """A wire that answers every request with one JSON value."""

    def __init__(self, body: object) -> None:
        super().__init__()
        self.app = InProcessAdapter(self._answer)
        self.body = body

    def _answer(self, _: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(self.body).encode()]

    def send(self, request: requests.PreparedRequest, *_: Any, **how: Any) -> requests.Response:
        return self.app.send(request, **how)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("credentials", "body"),
    [
        (USER, {}),
        (USER, {"data": None}),
        (USER, {"data": []}),
        (USER, {"data": {"authToken": None}}),
        (USER, {"data": {"authToken": ""}}),
        (USER, {"data": {"authToken": 7}}),
        (USER, {"data": {"authToken": "a; admin=1"}}),
        (USER, {"data": {"authToken": "a\r\nX-Injected: 1"}}),
        (USER, {"data": {"authToken": "ä"}}),
        (CLIENT, {}),
        (CLIENT, {"access_token": None}),
        (CLIENT, {"access_token": ""}),
        (CLIENT, {"error": "invalid_client"}),
    ],
)
def test_a_login_without_a_usable_token_is_no_login(
    clock: FakeClock, credentials: Credentials, body: object
) -> None:
    with pytest.raises(TransientReadError):
        over(Canned(body), clock, lambda: credentials).credential()


@pytest.mark.parametrize("life", ["86400", None, 0, -5, 1.5])
def test_a_life_that_is_no_number_of_seconds_is_no_life(clock: FakeClock, life: object) -> None:
    body = {"access_token": "a.b.c", "expires_in": life}
    login = over(Canned(body), clock, lambda: CLIENT)
    first = login.credential()

    clock.advance(1_000_000)

    assert login.credential() is first


@pytest.mark.parametrize(
    ("stored", "read"),
    [
        ({"username": "u", "password": "p"}, UserCredentials("u", "p")),
        ({"client_id": "c", "client_secret": "s"}, ClientCredentials("c", "s")),
        (
            {"client_id": "c", "client_secret": "s", "username": "u", "password": "p"},
            ClientCredentials("c", "s"),
        ),
        (
            {"client_id": "", "client_secret": "", "username": "u", "password": "p"},
            UserCredentials("u", "p"),
        ),
    ],
)
def test_a_secret_holds_a_user_or_a_client(stored: dict[str, str], read: Credentials) -> None:
    assert read_credentials(FakeSecret(json.dumps(stored))) == read


@pytest.mark.parametrize("text", ["{", "[]", "7", "{}", '{"username": "u"}', '{"username": 1}'])
def test_a_secret_that_holds_neither_asks_for_a_person(text: str) -> None:
    with pytest.raises(MisconfiguredError, match="run connect servicetrade"):
        parse_credentials(text)


def test_a_secret_that_was_never_stored_asks_for_a_person() -> None:
    with pytest.raises(MisconfiguredError, match="never stored"):
        read_credentials(FakeSecret())


def test_credentials_print_no_secret() -> None:
    assert "let-me-in" not in repr(USER)
    assert "keep-it-quiet" not in repr(CLIENT)
