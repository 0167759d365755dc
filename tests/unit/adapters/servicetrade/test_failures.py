"""Every error of the wire and every status has one meaning for whoever catches it."""

import builtins
import socket
import ssl

import pytest
import requests
import urllib3

from invoicesync.adapters.servicetrade.failures import BELOW, from_below, from_status, pause_of
from invoicesync.errors import (
    InvoiceSyncError,
    MisconfiguredError,
    RateLimitedError,
    TransientReadError,
)

DATE = "Mon, 21 Sep 2026 14:13:20 GMT"


def _classes_of(module: object) -> list[type[BaseException]]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseException)
    ]


def test_every_class_of_requests_is_in_the_table_by_itself() -> None:
    own = [
        kind
        for kind in _classes_of(requests.exceptions)
        if kind.__module__.startswith("requests") or kind.__name__ == "JSONDecodeError"
    ]

    assert len(own) > 20
    assert [kind.__name__ for kind in own if kind not in BELOW] == []


@pytest.mark.parametrize("kind", _classes_of(urllib3.exceptions), ids=lambda kind: kind.__name__)
def test_an_error_below_requests_is_transient(kind: type[BaseException]) -> None:
    error = kind.__new__(kind)

    assert isinstance(from_below(error, "list invoices"), TransientReadError)


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (requests.exceptions.ConnectTimeout(), TransientReadError),
        (requests.exceptions.ReadTimeout(), TransientReadError),
        (requests.exceptions.ConnectionError(), TransientReadError),
        (requests.exceptions.SSLError(), TransientReadError),
        (requests.exceptions.ChunkedEncodingError(), TransientReadError),
        (requests.exceptions.ContentDecodingError(), TransientReadError),
        (requests.exceptions.JSONDecodeError("", "", 0), TransientReadError),
        (requests.exceptions.InvalidURL(), MisconfiguredError),
        (requests.exceptions.MissingSchema(), MisconfiguredError),
        (requests.exceptions.InvalidProxyURL(), MisconfiguredError),
        (socket.gaierror(), TransientReadError),
        (ssl.SSLError(), TransientReadError),
        (builtins.ConnectionResetError(), TransientReadError),
        (builtins.TimeoutError(), TransientReadError),
        (RuntimeError(), TransientReadError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_an_error_of_the_wire_means_one_thing(
    error: Exception, meaning: type[InvoiceSyncError]
) -> None:
    assert type(from_below(error, "list invoices")) is meaning


def test_an_error_of_the_wire_keeps_what_it_says_to_itself() -> None:
    error = requests.exceptions.ConnectionError("https://host/api?secret=1")

    told = str(from_below(error, "list invoices"))

    assert told == "list invoices got no answer (ConnectionError); read it again"


@pytest.mark.parametrize("status", [400, 403, 404, 405, 414])
def test_what_every_repetition_would_meet_again_asks_for_a_person(status: int) -> None:
    error = from_status(status, {}, "list invoices")

    assert isinstance(error, MisconfiguredError)
    assert f"list invoices was answered {status}: " in str(error)


@pytest.mark.parametrize(
    "status", [201, 204, 301, 302, 307, 401, 408, 409, 418, 425, 500, 502, 503, 504, 599, 999]
)
def test_any_other_status_proves_nothing(status: int) -> None:
    assert isinstance(from_status(status, {}, "list invoices"), TransientReadError)


def test_a_200_is_no_error() -> None:
    assert from_status(200, {}, "list invoices") is None


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        ("15", 15.0),
        (" 15 ", 15.0),
        ("0", 1.0),
        ("99999999999999", 3600.0),
        ("Mon, 21 Sep 2026 14:13:50 GMT", 30.0),
        ("Mon, 21 Sep 2026 14:00:00 GMT", 1.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("\u0661\u0665", None),
    ],
)
def test_retry_after_is_read_in_both_forms(asked: str, seconds: float | None) -> None:
    assert pause_of({"Retry-After": asked, "Date": DATE}) == seconds


def test_a_date_to_come_back_at_needs_the_answers_own_date() -> None:
    assert pause_of({"Retry-After": DATE}) is None


@pytest.mark.parametrize(("headers", "seconds"), [({"Retry-After": "7"}, 7.0), ({}, 60.0)])
def test_a_429_says_how_long_to_stay_away(headers: dict[str, str], seconds: float) -> None:
    error = from_status(429, headers, "list invoices")

    assert isinstance(error, RateLimitedError)
    assert error.delay_seconds == seconds


def test_a_server_error_may_say_when_to_come_back() -> None:
    error = from_status(503, {"Retry-After": "30"}, "list invoices")

    assert isinstance(error, TransientReadError)
    assert error.delay_seconds == 30.0
