import inspect
import socket
import ssl

import pytest
import requests
from urllib3 import exceptions as low
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from invoicesync.adapters.quickbooks.outcomes import (
    SENT,
    Attempt,
    Sent,
    from_fault,
    from_status,
    from_wire,
    how_far,
)
from invoicesync.domain.ids import RequestId
from invoicesync.errors import (
    AuthenticationError,
    InvoiceSyncError,
    MisconfiguredError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RealmBlockedError,
    RefusedError,
    TooLargeError,
    TransientReadError,
)
from invoicesync.ports.books import Fault, FaultKind
from tests.unit.adapters.quickbooks.stand_ins import Wire, client_on

_ALL = [
    kind
    for _, kind in inspect.getmembers(requests.exceptions, inspect.isclass)
    if issubclass(kind, BaseException)
]
_POOL = HTTPConnectionPool("quickbooks.api.intuit.com", 80)
_CONNECTION = HTTPConnection("quickbooks.api.intuit.com", 80)


def _within(kind: type[requests.RequestException], reason: Exception) -> Exception:
    return kind(low.MaxRetryError(_POOL, "/v3/company/1/query?query=Ann", reason))


_NOT_SENT = [
    requests.ConnectTimeout(),
    _within(requests.ConnectTimeout, low.ConnectTimeoutError("slow")),
    _within(requests.ConnectionError, low.NewConnectionError(_CONNECTION, "refused")),
    _within(
        requests.ConnectionError,
        low.NameResolutionError("quickbooks", _CONNECTION, socket.gaierror(-2, "unknown")),
    ),
    _within(
        requests.exceptions.SSLError, low.SSLError(ssl.SSLCertVerificationError(1, "self-signed"))
    ),
]

_PERHAPS_SENT = [
    requests.ReadTimeout(),
    requests.ConnectionError(low.ProtocolError("aborted", ConnectionResetError(104, "reset"))),
    requests.ConnectionError(low.ReadTimeoutError(_POOL, "/", "timed out")),
    requests.exceptions.ChunkedEncodingError(low.IncompleteRead(10, 20)),
    requests.exceptions.ContentDecodingError(low.DecodeError("gzip")),
    requests.exceptions.SSLError(low.SSLError(ssl.SSLError(1, "bad record mac"))),
    requests.ConnectionError(),
    low.ResponseError("too many 500"),
    ConnectionResetError(104, "reset"),
    BrokenPipeError(32, "broken"),
    TimeoutError(),
]


@pytest.mark.parametrize("kind", _ALL, ids=lambda kind: kind.__name__)
def test_every_error_of_requests_is_in_the_table(kind: type[BaseException]) -> None:
    assert kind in SENT


def test_the_table_is_walked_over_a_library_that_is_there() -> None:
    assert len(_ALL) >= 25


@pytest.mark.parametrize("error", _NOT_SENT, ids=repr)
def test_an_error_before_a_connection_means_not_sent(error: Exception) -> None:
    assert how_far(error) is Sent.NO
    client = client_on(Wire(error))

    with pytest.raises(NotSentError):
        client.batch(b"{}", request_id=RequestId("r1"))
    with pytest.raises(TransientReadError):
        client.preferences()


@pytest.mark.parametrize("error", _PERHAPS_SENT, ids=repr)
def test_an_error_after_a_connection_leaves_a_write_in_doubt(error: Exception) -> None:
    client = client_on(Wire(error))

    with pytest.raises(OutcomeUnknownError):
        client.void(b"{}", request_id=RequestId("r1"))
    with pytest.raises(TransientReadError):
        client.preferences()


def test_an_address_that_cannot_be_asked_is_a_matter_of_settings() -> None:
    error = from_wire(requests.exceptions.InvalidURL("x"), Attempt("POST /batch", writing=True))

    assert isinstance(error, MisconfiguredError)
    assert str(error) == (
        "POST /batch: it cannot be sent (InvalidURL); check the address in the settings"
    )


def write(status: int = 0, pause: float | None = None) -> Attempt:
    return Attempt("POST /batch", True, status, "1-tid" if status else "", pause, "raw/1.json")


def test_an_error_of_the_wire_is_told_by_its_classes_down_to_the_first() -> None:
    refused = from_wire(_NOT_SENT[2], write())
    cut = from_wire(requests.ReadTimeout(), Attempt("GET /query", writing=False, pause_seconds=3.0))

    assert str(refused) == (
        "POST /batch: no connection (ConnectionError < MaxRetryError < NewConnectionError); "
        "it was not sent"
    )
    assert isinstance(cut, TransientReadError)
    assert (str(cut), cut.delay_seconds) == ("GET /query: ReadTimeout; read it again", 3.0)


def test_an_error_that_hangs_on_itself_is_walked_once_and_to_its_end() -> None:
    inner = low.NewConnectionError(_CONNECTION, "refused")
    error = requests.ConnectionError(inner, inner)
    error.reason = error  # type: ignore[attr-defined]

    assert str(from_wire(error, write())) == (
        "POST /batch: no connection (ConnectionError < NewConnectionError); it was not sent"
    )


@pytest.mark.parametrize(
    ("status", "strange"),
    [(0, ""), (200, ""), (500, ""), (502, ""), (599, "HTTP 599"), (302, "HTTP 302")],
)
def test_a_write_in_doubt_tells_where_the_answer_lies_and_whether_anybody_knows_it(
    status: int, strange: str
) -> None:
    error = from_wire(requests.ReadTimeout(), write(status, 7.5))

    assert isinstance(error, OutcomeUnknownError)
    answered = f" answered {status} (intuit_tid 1-tid)" if status else ""
    assert str(error) == (
        f"POST /batch{answered}: ReadTimeout; it may have been done: look before writing again"
    )
    assert (error.strange, error.evidence, error.delay_seconds) == (strange, "raw/1.json", 7.5)


@pytest.mark.parametrize("status", [100, 302, 399, 500, 503])
def test_a_status_that_proves_nothing_leaves_a_write_in_doubt(status: int) -> None:
    error = from_status(write(status))

    assert isinstance(error, OutcomeUnknownError)
    assert str(error) == (
        f"POST /batch answered {status} (intuit_tid 1-tid): a status that proves nothing; "
        "it may have been done: look before writing again"
    )


@pytest.mark.parametrize("status", [200, 400, 404, 499])
def test_these_statuses_say_nothing_without_their_body(status: int) -> None:
    assert from_status(write(status)) is None


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (
            401,
            AuthenticationError,
            "the access token was refused; refresh it, then the same request again",
        ),
        (
            403,
            RealmBlockedError,
            (
                "nothing works for this company; look at its subscription, at the connection, and "
                "whether sandbox and production are mixed"
            ),
        ),
        (413, TooLargeError, "too large; split it"),
    ],
)
def test_a_status_that_refuses_says_what_to_do(
    status: int, kind: type[RefusedError], advice: str
) -> None:
    error = from_status(write(status))
    by_code = from_status(write(status), "3200")

    assert type(error) is kind
    assert (
        str(error) == f"POST /batch answered {status} (intuit_tid 1-tid): code {status}, {advice}"
    )
    assert isinstance(error, RefusedError)
    assert (error.code, error.tid, error.status) == (str(status), "1-tid", status)
    assert isinstance(by_code, RefusedError)
    assert by_code.code == "3200"


@pytest.mark.parametrize(("pause", "seconds"), [(None, 60.0), (7.5, 7.5), (0.0, 0.0)])
def test_over_the_limit_the_pause_is_the_answers_or_a_minute(
    pause: float | None, seconds: float
) -> None:
    for error in (
        from_status(write(429, pause)),
        from_fault(Fault(FaultKind.UNKNOWN, "3001", "M"), write(429, pause)),
    ):
        assert isinstance(error, RateLimitedError)
        assert error.delay_seconds == seconds
        assert str(error) == (
            "POST /batch answered 429 (intuit_tid 1-tid): over the limit; "
            f"stay away for {seconds:g} seconds"
        )


@pytest.mark.parametrize(
    ("code", "kind", "error"),
    [
        ("3200", FaultKind.UNKNOWN, AuthenticationError),
        ("1040", FaultKind.REFUSED, TooLargeError),
        ("6190", FaultKind.BLOCKED, RealmBlockedError),
        ("2010", FaultKind.REFUSED, RefusedError),
    ],
)
def test_a_fault_refuses_by_its_code(code: str, kind: FaultKind, error: type[RefusedError]) -> None:
    refused = from_fault(Fault(kind, code, "M"), write(400))

    assert type(refused) is error
    assert isinstance(refused, RefusedError)
    assert (refused.code, refused.tid, refused.status) == (code, "1-tid", 400)
    assert str(refused).startswith(f"POST /batch answered 400 (intuit_tid 1-tid): code {code}, ")


def test_a_plain_refusal_says_what_to_do() -> None:
    refused = from_fault(Fault(FaultKind.REFUSED, "2010", "M"), write(400))

    assert str(refused).endswith(
        ": code 2010, refused; correct the request, then send it under a new key"
    )


@pytest.mark.parametrize(
    ("code", "is_documented", "why", "strange"),
    [
        ("10000", True, "fault 10000", ""),
        ("4711", False, "fault 4711", "HTTP 200, fault 4711"),
        ("", False, "fault without a code", "HTTP 200, fault without a code"),
    ],
)
def test_a_fault_that_proves_nothing_is_told_and_named_where_nobody_documents_it(
    *, code: str, is_documented: bool, why: str, strange: str
) -> None:
    fault = Fault(FaultKind.UNKNOWN, code, "M", is_documented=is_documented)

    error = from_fault(fault, write(200))

    assert isinstance(error, OutcomeUnknownError)
    assert str(error) == (
        f"POST /batch answered 200 (intuit_tid 1-tid): {why}; "
        "it may have been done: look before writing again"
    )
    assert error.strange == strange


@pytest.mark.parametrize("error", [*_NOT_SENT, *_PERHAPS_SENT], ids=repr)
def test_no_error_repeats_the_address_which_may_name_a_customer(error: Exception) -> None:
    with pytest.raises(InvoiceSyncError) as caught:
        client_on(Wire(error)).preferences()

    assert "Ann" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
