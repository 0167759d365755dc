"""Send one call, read its whole answer within bounds, and parse it exactly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError as LowError

from invoicesync.adapters.servicetrade.failures import from_below, from_status
from invoicesync.adapters.transport import Credential, HostBoundTransport
from invoicesync.errors import InvoiceSyncError, TransientReadError
from invoicesync.ports.runtime import Clock

LONGEST_BODY = 20_000_000
"""Bytes of one answer, decompressed; two hundred of the largest invoices are a tenth of it."""

LONGEST_ANSWER_SECONDS = 180.0
"""How long one answer may trickle in; the read timeout alone bounds only each piece."""

_CHUNK = 65_536
_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    "User-Agent": "InvoiceSync",
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait for a connection, and for each piece of an answer.

    Some of ServiceTrade's lists take 17 seconds to begin, so the second is never under a minute.
    """

    connect_seconds: float = 10.0
    read_seconds: float = 75.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request; ``what`` names it in errors."""

    what: str
    url: str
    method: str = "GET"
    form: Mapping[str, str] | None = None
    json: Mapping[str, str | int] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer. ``body`` is None where it is not a JSON object."""

    what: str
    status: int
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None
    size: int

    def error(self) -> InvoiceSyncError | None:
        """Return what its status means, or None for 200."""
        return from_status(self.status, self.headers, self.what)

    def unusable(self, why: str) -> TransientReadError:
        """Return the error of an answer that cannot be what was asked for."""
        return TransientReadError(f"{self.what} was answered {self.status} {why}; read it again")

    @property
    def is_not_found(self) -> bool:
        """Whether ServiceTrade itself says 404; a gateway's page of HTML does not count."""
        return self.status == HTTPStatus.NOT_FOUND and "messages" in (self.body or {})

    def source_time(self) -> int:
        """Return ServiceTrade's clock, or raise: no other clock may stand in for it."""
        try:
            return int(parsedate_to_datetime(self.headers.get("Date", "")).timestamp())
        except (TypeError, ValueError, OverflowError) as error:
            raise self.unusable("without a Date that can be read") from error


class Exchange:
    """Sends calls, one at a time and once each."""

    def __init__(self, transport: HostBoundTransport, *, clock: Clock, timeouts: Timeouts) -> None:
        self._transport = transport
        self._clock = clock
        self._timeouts = timeouts

    def send(self, call: Call, credential: Credential | None = None) -> Answer:
        """Send once and read the answer; raise `RetryableError` or `MisconfiguredError`."""
        timeout = (self._timeouts.connect_seconds, self._timeouts.read_seconds)
        try:
            response = self._transport.send(_prepared(call), credential, timeout=timeout)
            try:
                raw = self._read(response, call)
            finally:
                response.close()
        except (OSError, LowError, requests.exceptions.RequestsWarning) as error:
            # The text of these errors repeats the address and may repeat what was sent.
            raise from_below(error, call.what) from None
        return Answer(
            what=call.what,
            status=response.status_code,
            headers=response.headers,
            body=parsed(raw),
            size=len(raw),
        )

    def _read(self, response: requests.Response, call: Call) -> bytes:
        until = self._clock.now() + LONGEST_ANSWER_SECONDS
        chunks: list[bytes] = []
        size = 0
        # `read1` returns what has come; `iter_content` would wait for a whole piece, and a server
        # that sends a byte a minute could hold it for days without ever meeting the read timeout.
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            size += len(chunk)
            if size > LONGEST_BODY:
                raise TransientReadError(
                    f"{call.what} was answered with more than {LONGEST_BODY} bytes; "
                    "lower the page size"
                )
            if self._clock.now() > until:
                raise TransientReadError(
                    f"{call.what} was still being answered after {LONGEST_ANSWER_SECONDS:g} "
                    "seconds; read it again"
                )
            chunks.append(chunk)
        return b"".join(chunks)

    def close(self) -> None:
        """Drop pooled connections."""
        self._transport.close()


def _prepared(call: Call) -> requests.PreparedRequest:
    """Write a request as it goes out: its address is built and quoted already.

    `requests` would take it apart and put it together again, for every call.
    """
    prepared = requests.PreparedRequest()
    prepared.method, prepared.url = call.method, call.url
    prepared.headers = CaseInsensitiveDict(_HEADERS)
    if call.form is not None:
        prepared.body = urlencode(call.form).encode()
        prepared.headers["Content-Type"] = "application/x-www-form-urlencoded"
    elif call.json is not None:
        prepared.body = json.dumps(call.json).encode()
        prepared.headers["Content-Type"] = "application/json"
    if prepared.body is not None:
        prepared.headers["Content-Length"] = str(len(prepared.body))
    return prepared


def parsed(raw: bytes) -> Mapping[str, Any] | None:
    """Read a JSON object whose numbers are int or Decimal; None for anything else.

    NaN and infinities, which JSON does not have and PHP can write, become Decimals of that kind:
    one such number spoils a field, not the page.
    """
    try:
        value = _DECODE(raw.decode(json.detect_encoding(raw), "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        # Beyond any exponent that a Decimal can hold.
        return Decimal("NaN")


_DECODE = json.JSONDecoder(parse_float=_decimal, parse_constant=Decimal).decode
