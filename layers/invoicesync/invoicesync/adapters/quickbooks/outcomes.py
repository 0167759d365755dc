"""Turn what went wrong below, or what came back, into the error that says what to do next.

Two tables: one from the errors of `requests` and urllib3, one from the status of an answer. What
is in neither proves nothing, so that a write has an unknown outcome and a read is read again.
"""

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus

import requests
from requests import exceptions as wire
from urllib3 import exceptions as low

from invoicesync.adapters.quickbooks.fault_codes import THROTTLED, TOO_LARGE, UNAUTHENTICATED
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

PAUSE_SECONDS = 60.0
"""How long to stay away after a 429 that does not say: Intuit's own advice."""


class Sent(Enum):
    """How far a request got before an error was raised."""

    NO = auto()
    PERHAPS = auto()
    NEVER_WILL_BE = auto()


# What `requests` may raise. The most specific class decides.
SENT: Mapping[type[BaseException], Sent] = {
    # before anything was sent, because there was nobody to send it to
    wire.ConnectTimeout: Sent.NO,
    # before anything was sent, because the request itself cannot be made
    wire.InvalidURL: Sent.NEVER_WILL_BE,
    wire.InvalidProxyURL: Sent.NEVER_WILL_BE,
    wire.InvalidSchema: Sent.NEVER_WILL_BE,
    wire.MissingSchema: Sent.NEVER_WILL_BE,
    wire.URLRequired: Sent.NEVER_WILL_BE,
    wire.InvalidJSONError: Sent.NEVER_WILL_BE,
    # after it was sent, or nobody can tell
    wire.RequestException: Sent.PERHAPS,
    wire.HTTPError: Sent.PERHAPS,
    wire.ConnectionError: Sent.PERHAPS,  # `_never_connected` looks inside
    wire.SSLError: Sent.PERHAPS,  # the same
    wire.ProxyError: Sent.PERHAPS,
    wire.Timeout: Sent.PERHAPS,
    wire.ReadTimeout: Sent.PERHAPS,
    wire.ChunkedEncodingError: Sent.PERHAPS,
    wire.ContentDecodingError: Sent.PERHAPS,
    wire.StreamConsumedError: Sent.PERHAPS,
    wire.RetryError: Sent.PERHAPS,
    wire.TooManyRedirects: Sent.PERHAPS,
    wire.UnrewindableBodyError: Sent.PERHAPS,
    wire.InvalidHeader: Sent.PERHAPS,  # raised for the answer's headers too
    wire.JSONDecodeError: Sent.PERHAPS,
    json.JSONDecodeError: Sent.PERHAPS,
    wire.RequestsWarning: Sent.PERHAPS,
    wire.FileModeWarning: Sent.PERHAPS,
    wire.RequestsDependencyWarning: Sent.PERHAPS,
    # what `requests` lets through
    low.HTTPError: Sent.PERHAPS,
    OSError: Sent.PERHAPS,
}

# Statuses that refuse the whole request by themselves.
_REFUSALS: Mapping[int, type[RefusedError]] = {
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: RealmBlockedError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLargeError,
}

# What Intuit's pages name; any other is an answer that nobody documents.
_DOCUMENTED = frozenset({200, 400, 401, 403, 404, 413, 429, 500, 502, 503, 504})

# Inside a ConnectionError: what says that no connection came to be.
_NO_CONNECTION = (low.NewConnectionError, low.ConnectTimeoutError, ssl.SSLCertVerificationError)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request as its errors tell of it: words for a person, and what support will ask for."""

    what: str
    writing: bool
    status: int = 0
    tid: str = ""
    pause_seconds: float | None = None
    evidence: str = ""

    def told(self, why: str) -> str:
        """Say what was tried, what came back, and why that is no success."""
        status = f" answered {self.status}" if self.status else ""
        tid = f" (intuit_tid {self.tid})" if self.tid else ""
        return f"{self.what}{status}{tid}: {why}"


def how_far(error: BaseException) -> Sent:
    """Say how far the request got that ended in ``error``."""
    if isinstance(error, requests.exceptions.ConnectionError) and _never_connected(error):
        return Sent.NO
    for kind in type(error).__mro__:
        if kind in SENT:
            return SENT[kind]
    return Sent.PERHAPS


def from_wire(error: BaseException, attempt: Attempt) -> InvoiceSyncError:
    """Return our error for one of the wire; its text names classes only, never an address."""
    cause = " < ".join(type(part).__name__ for part in _chain(error))
    match how_far(error):
        case Sent.NO if attempt.writing:
            return NotSentError(attempt.told(f"no connection ({cause}); it was not sent"))
        case Sent.NEVER_WILL_BE:
            return MisconfiguredError(
                attempt.told(f"it cannot be sent ({cause}); check the address in the settings")
            )
        case _:
            return doubt(attempt, cause)


def from_status(attempt: Attempt, code: str = "") -> InvoiceSyncError | None:
    """Return the error of a status that speaks for itself, whatever the body says.

    None for 200 and for a 4xx that only its fault explains.
    """
    status = attempt.status
    if kind := _REFUSALS.get(status):
        return _refused(kind, attempt, code or str(status))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return _throttled(attempt)
    if status == HTTPStatus.OK or 400 <= status < 500:  # noqa: PLR2004  (4xx, as everyone writes it)
        return None
    return doubt(attempt, "a status that proves nothing")


def from_fault(fault: Fault, attempt: Attempt) -> InvoiceSyncError:
    """Return the error of a fault of the whole request; by its code alone."""
    if fault.code in THROTTLED:
        return _throttled(attempt)
    if fault.code in UNAUTHENTICATED:
        return _refused(AuthenticationError, attempt, fault.code)
    if fault.code in TOO_LARGE:
        return _refused(TooLargeError, attempt, fault.code)
    if fault.kind is FaultKind.BLOCKED:
        return _refused(RealmBlockedError, attempt, fault.code)
    if fault.kind is FaultKind.UNKNOWN:
        why = f"fault {fault.code or 'without a code'}"
        return doubt(attempt, why, strange="" if fault.is_documented else why)
    return _refused(RefusedError, attempt, fault.code)


def doubt(
    attempt: Attempt, why: str, *, strange: str = ""
) -> OutcomeUnknownError | TransientReadError:
    """Return the error of an answer that proves nothing.

    ``strange`` says what of it is documented nowhere; a status can be that by itself.
    """
    if attempt.writing:
        is_known = attempt.status in _DOCUMENTED or not attempt.status
        return OutcomeUnknownError(
            attempt.told(f"{why}; it may have been done: look before writing again"),
            delay_seconds=attempt.pause_seconds,
            strange=named(attempt.status, strange) if strange or not is_known else "",
            evidence=attempt.evidence,
        )
    return TransientReadError(
        attempt.told(f"{why}; read it again"), delay_seconds=attempt.pause_seconds
    )


def named(status: int, fault: str) -> str:
    """Name an answer that nobody documents, the same for each of its kind."""
    return f"HTTP {status}, {fault}" if fault else f"HTTP {status}"


_ADVICE: Mapping[type[RefusedError], str] = {
    AuthenticationError: "the access token was refused; refresh it, then the same request again",
    RealmBlockedError: (
        "nothing works for this company; look at its subscription, at the connection, and whether "
        "sandbox and production are mixed"
    ),
    TooLargeError: "too large; split it",
    RefusedError: "refused; correct the request, then send it under a new key",
}


def _refused(kind: type[RefusedError], attempt: Attempt, code: str) -> RefusedError:
    message = attempt.told(f"code {code}, {_ADVICE[kind]}")
    return kind(message, code=code, tid=attempt.tid, status=attempt.status)


def _throttled(attempt: Attempt) -> RateLimitedError:
    pause = PAUSE_SECONDS if attempt.pause_seconds is None else attempt.pause_seconds
    message = attempt.told(f"over the limit; stay away for {pause:g} seconds")
    return RateLimitedError(message, delay_seconds=pause)


def _never_connected(error: BaseException) -> bool:
    return any(isinstance(part, _NO_CONNECTION) for part in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Walk from what `requests` raised to what it was made of; each error once."""
    waiting, seen = [error], set[int]()
    while waiting:
        part = waiting.pop(0)
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        inner = [getattr(part, "reason", None), *part.args]
        waiting.extend(each for each in inner if isinstance(each, BaseException))
