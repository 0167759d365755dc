import inspect
import socket
import ssl

import pytest
import requests
from urllib3 import exceptions as low
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from invoicesync.adapters.quickbooks.outcomes import SENT, Attempt, Sent, from_wire, how_far
from invoicesync.domain.ids import RequestId
from invoicesync.errors import (
    InvoiceSyncError,
    MisconfiguredError,
    NotSentError,
    OutcomeUnknownError,
    TransientReadError,
)
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


@pytest.mark.parametrize("error", [*_NOT_SENT, *_PERHAPS_SENT], ids=repr)
def test_no_error_repeats_the_address_which_may_name_a_customer(error: Exception) -> None:
    with pytest.raises(InvoiceSyncError) as caught:
        client_on(Wire(error)).preferences()

    assert "Ann" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
