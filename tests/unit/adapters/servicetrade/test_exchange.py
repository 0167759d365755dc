"""What an answer may be: bounded, exact, and nothing at all where it is no JSON object."""

import gzip
import io
import math
from decimal import Decimal
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from invoicesync.adapters.servicetrade import exchange
from invoicesync.adapters.servicetrade.exchange import (
    LONGEST_BODY,
    Answer,
    Call,
    Exchange,
    Timeouts,
    parsed,
)
from invoicesync.adapters.transport import HostBoundTransport
from invoicesync.errors import TransientReadError
from tests.fakes.runtime import FakeClock

URL = "http://servicetrade.test/api"


class Bytes(BaseAdapter):
    """A wire that answers with the same bytes."""

    def __init__(self, body: io.BufferedIOBase, headers: dict[str, str]) -> None:
        super().__init__()
        self.body = body
        self.headers = headers

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        response = requests.Response()
        response.status_code = 200
        response.headers.update(self.headers)
        response.raw = HTTPResponse(self.body, headers=self.headers, preload_content=False)
        response.request, response.url = request, URL
        return response

    def close(self) -> None:
        pass


class Trickle(io.RawIOBase):
    """A body of which every piece takes its time."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.clock.advance(50)
        buffer[:1] = b" "
        return 1


def asked(body: io.BufferedIOBase, clock: FakeClock, **headers: str) -> Answer:
    transport = HostBoundTransport(URL, of="ServiceTrade", adapter=Bytes(body, headers))
    return Exchange(transport, clock=clock, timeouts=Timeouts()).send(Call("list invoices", URL))


def test_an_answer_up_to_the_limit_is_read(clock: FakeClock) -> None:
    body = b'{"a":1' + b" " * (LONGEST_BODY - 7) + b"}"

    answer = asked(io.BytesIO(body), clock)

    assert (answer.body, answer.size) == ({"a": 1}, LONGEST_BODY)


def test_an_answer_over_the_limit_is_given_up(clock: FakeClock) -> None:
    body = b'{"a":1' + b" " * (LONGEST_BODY - 6) + b"}"

    with pytest.raises(TransientReadError, match="more than 20000000 bytes"):
        asked(io.BytesIO(body), clock)


def test_a_packed_answer_counts_unpacked(clock: FakeClock) -> None:
    bomb = io.BytesIO(gzip.compress(b" " * (LONGEST_BODY + 1)))

    with pytest.raises(TransientReadError, match="more than 20000000 bytes"):
        asked(bomb, clock, **{"Content-Encoding": "gzip"})


def test_an_answer_that_trickles_is_given_up(clock: FakeClock) -> None:
    started = clock.now()

    with pytest.raises(TransientReadError, match="still being answered"):
        asked(io.BufferedReader(Trickle(clock)), clock)

    assert clock.now() - started < exchange.LONGEST_ANSWER_SECONDS + 100


def test_packing_that_breaks_is_a_failed_read(clock: FakeClock) -> None:
    with pytest.raises(TransientReadError, match="DecodeError"):
        asked(io.BytesIO(b"not gzip"), clock, **{"Content-Encoding": "gzip"})


def test_numbers_are_exact() -> None:
    body = parsed(b'{"a": 0.1, "b": 2100000000000101, "c": 1e3, "d": 34.80}')

    assert body is not None
    assert body == {
        "a": Decimal("0.1"),
        "b": 2_100_000_000_000_101,
        "c": Decimal("1E+3"),
        "d": Decimal("34.80"),
    }
    assert not any(isinstance(value, float) for value in body.values())


def test_numbers_that_are_none_spoil_a_value_and_not_the_page() -> None:
    body = parsed(b'{"a": NaN, "b": -Infinity, "c": Infinity, "d": 1, "e": 1e99999999999999999999}')

    assert body is not None
    assert [type(body[key]) for key in "abce"] == [Decimal] * 4
    assert (math.isnan(body["a"]), body["b"], body["d"]) == (True, Decimal("-Infinity"), 1)
    assert math.isnan(body["e"])


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"<html></html>",
        b'{"a": ',
        b'{"a": 1} {"b": 2}',
        b"\xff\xfe\xfd",
        b'{"a": "\xff"}',
        b"[" * 200_000,
        b'{"a": ' * 100_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": -nan}',
    ],
    ids=lambda raw: ascii(raw[:20]),
)
def test_what_is_no_object_is_nothing(raw: bytes) -> None:
    assert parsed(raw) is None


@given(st.binary(max_size=200))
def test_no_bytes_make_the_parser_fail(raw: bytes) -> None:
    parsed(raw)
    parsed(b'{"a":' + raw + b"}")


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Sep 2026 14:13:20 GMT"])
def test_without_a_date_there_is_no_clock(date: str) -> None:
    answer = Answer("list invoices", 200, {"Date": date}, {}, 2)

    with pytest.raises(TransientReadError, match="without a Date"):
        answer.source_time()


def test_the_date_is_the_sources_clock() -> None:
    answer = Answer("list invoices", 200, {"Date": "Mon, 21 Sep 2026 14:13:20 GMT"}, {}, 2)

    assert answer.source_time() == 1_790_000_000


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (404, {"messages": {"error": ["No invoice"]}}, True),
        (404, None, False),
        (404, {"detail": "gateway"}, False),
        (200, {"messages": {}}, False),
    ],
)
def test_only_servicetrade_itself_can_say_that_there_is_none(
    status: int, body: dict[str, Any] | None, *, said: bool
) -> None:
    assert Answer("read invoice 7", status, {}, body, 2).is_not_found is said


@pytest.mark.parametrize("error", [requests.exceptions.ReadTimeout, ConnectionResetError])
def test_what_breaks_while_the_body_comes_is_a_failed_read(
    clock: FakeClock, error: type[Exception]
) -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, _: object) -> int:
            raise error

    with pytest.raises(TransientReadError, match="no answer"):
        asked(io.BufferedReader(Broken()), clock)
