"""Turn what went wrong below, or a status, into the error that says what to do next.

Everything here is a read, and reading again harms nothing: so what neither table knows is
transient, and only what every repetition would meet again asks for a person.
"""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from requests import exceptions as wire
from urllib3 import exceptions as low

from invoicesync.errors import (
    InvoiceSyncError,
    MisconfiguredError,
    RateLimitedError,
    RetryableError,
    TransientReadError,
)

PAUSE_SECONDS = 60.0
"""How long to stay away after a 429 that does not say: server time comes back with the minute."""

_LONGEST_PAUSE = 3_600.0

type Kind = type[TransientReadError | MisconfiguredError]

# What `requests` may raise; the most specific class decides.
BELOW: Mapping[type[BaseException], Kind] = {
    wire.RequestException: TransientReadError,
    wire.HTTPError: TransientReadError,
    wire.ConnectionError: TransientReadError,
    wire.ProxyError: TransientReadError,
    wire.SSLError: TransientReadError,
    wire.Timeout: TransientReadError,
    wire.ConnectTimeout: TransientReadError,
    wire.ReadTimeout: TransientReadError,
    wire.ChunkedEncodingError: TransientReadError,
    wire.ContentDecodingError: TransientReadError,
    wire.StreamConsumedError: TransientReadError,
    wire.RetryError: TransientReadError,
    wire.TooManyRedirects: TransientReadError,
    wire.UnrewindableBodyError: TransientReadError,
    wire.JSONDecodeError: TransientReadError,
    json.JSONDecodeError: TransientReadError,
    wire.InvalidHeader: TransientReadError,  # raised for an answer's headers too
    wire.RequestsWarning: TransientReadError,
    wire.FileModeWarning: TransientReadError,
    wire.RequestsDependencyWarning: TransientReadError,
    # The request cannot be made at all, today or tomorrow.
    wire.URLRequired: MisconfiguredError,
    wire.MissingSchema: MisconfiguredError,
    wire.InvalidSchema: MisconfiguredError,
    wire.InvalidURL: MisconfiguredError,
    wire.InvalidProxyURL: MisconfiguredError,
    wire.InvalidJSONError: MisconfiguredError,
    # What `requests` lets through.
    low.HTTPError: TransientReadError,
    OSError: TransientReadError,
}

_ADVICE: Mapping[int, str] = {
    HTTPStatus.BAD_REQUEST: "it does not accept the request; compare the page size in the settings",
    HTTPStatus.FORBIDDEN: "the user may not read this; give it the role of an account admin",
    HTTPStatus.NOT_FOUND: "nothing is there; compare the address of ServiceTrade in the settings",
    HTTPStatus.METHOD_NOT_ALLOWED: "it does not offer this; compare the address in the settings",
    HTTPStatus.REQUEST_URI_TOO_LONG: "the request is too long; lower the page size",
}


def from_below(error: BaseException, what: str) -> InvoiceSyncError:
    """Return our error for one of the wire; its text names classes only, never an address."""
    name = type(error).__name__
    for kind in type(error).__mro__:
        if BELOW.get(kind) is MisconfiguredError:
            return MisconfiguredError(
                f"{what} cannot be sent ({name}); correct the address of ServiceTrade"
            )
        if kind in BELOW:
            break
    return TransientReadError(f"{what} got no answer ({name}); read it again")


def from_status(status: int, headers: Mapping[str, str], what: str) -> InvoiceSyncError | None:
    """Return the error of a status, or None for 200."""
    if status == HTTPStatus.OK:
        return None
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return throttled(what, pause_of(headers))
    if status in _ADVICE:
        return MisconfiguredError(f"{what} was answered {status}: {_ADVICE[status]}")
    return TransientReadError(
        f"{what} was answered {status}, which proves nothing; read it again",
        delay_seconds=pause_of(headers),
    )


def throttled(what: str, pause_seconds: float | None) -> RetryableError:
    """Return the error of a limit that was met."""
    pause = PAUSE_SECONDS if pause_seconds is None else pause_seconds
    return RateLimitedError(
        f"{what}: too much server time was used; stay away for {pause:g} seconds",
        delay_seconds=pause,
    )


def pause_of(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date counted from the answer's own Date."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        seconds = float(asked[:9])
    else:
        try:
            then = parsedate_to_datetime(asked)
            seconds = (then - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(seconds, 1.0), _LONGEST_PAUSE)
