"""Send one request, read its whole answer, and translate whatever fails on the way."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError as LowError

from invoicesync.adapters.quickbooks.faults import Body, read_body
from invoicesync.adapters.quickbooks.outcomes import Attempt, doubt, from_wire
from invoicesync.adapters.transport import Credential, HostBoundTransport
from invoicesync.errors import NotSentError

type Seconds = float | Callable[[], float]
"""A time-out, or what says how much of the invocation may still be spent on one."""

LONGEST_BODY = 20_000_000
"""Bytes of one answer, decompressed; a full page of the largest invoices is a tenth of it."""

_CHUNK = 65_536
_LONGEST_PAUSE = 3_600.0
_TID = re.compile(r"[\w.:-]{1,100}")


@dataclass(frozen=True, slots=True)
class Call:
    """One request; ``what`` names it in errors and evidence."""

    what: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None
    writing: bool = False

    @property
    def attempt(self) -> Attempt:
        """What errors tell of a call that has no answer yet."""
        return Attempt(what=self.what, writing=self.writing)


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer, read as far as it can be read."""

    attempt: Attempt
    raw: bytes
    body: Body

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.attempt.status

    @property
    def is_clean(self) -> bool:
        """Whether this is a 200 with a JSON object and no fault of the whole request."""
        body = self.body
        return self.status == HTTPStatus.OK and body.content is not None and not body.faults


class Exchange:
    """Sends calls one at a time; safe to share between threads as its transport is."""

    def __init__(
        self,
        transport: HostBoundTransport,
        authorization: Callable[[], str],
        *,
        connect_timeout: Seconds,
        read_timeout: Seconds,
    ) -> None:
        """Take ``authorization``, the whole header value, which is read anew for each request."""
        self._transport = transport
        self._authorization = authorization
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout

    def send(self, call: Call) -> Answer:
        """Send once; never again by itself, for only the caller knows whether that is safe."""
        timeout = (_now(self._connect_timeout), _now(self._read_timeout))
        if min(timeout) <= 0:
            message = call.attempt.told("no time was left to send it; it was not sent")
            raise NotSentError(message) if call.writing else doubt(call.attempt, "no time was left")
        try:
            credential = Credential("Authorization", self._authorization())
            response = self._transport.send(_prepared(call), credential, timeout=timeout)
            try:
                raw = self._read(response, call)
            finally:
                response.close()
        except (OSError, LowError, requests.exceptions.RequestsWarning) as error:
            # The text of these errors repeats the address, and a query has names in it.
            raise from_wire(error, call.attempt) from None
        return Answer(_attempt(call, response), raw, read_body(raw))

    def close(self) -> None:
        """Drop pooled connections."""
        self._transport.close()

    def _read(self, response: requests.Response, call: Call) -> bytes:
        chunks: list[bytes] = []
        length = 0
        for chunk in response.iter_content(_CHUNK):
            length += len(chunk)
            if length > LONGEST_BODY:
                raise doubt(_attempt(call, response), f"a body of more than {LONGEST_BODY} bytes")
            if _now(self._read_timeout) <= 0:
                raise doubt(_attempt(call, response), "no time was left to read the answer")
            chunks.append(chunk)
        return b"".join(chunks)


def _prepared(call: Call) -> requests.PreparedRequest:
    """Write a request as it goes out: its address is built and quoted already, its body is bytes.

    `requests` would take both apart and put them together again, for every call.
    """
    prepared = requests.PreparedRequest()
    prepared.method, prepared.url, prepared.body = call.method, call.url, call.body
    prepared.headers = CaseInsensitiveDict(call.headers)
    if call.body is not None:
        prepared.headers["Content-Length"] = str(len(call.body))
    return prepared


def pause_of(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After, in seconds or as a date (counted from the answer's own Date)."""
    asked = headers.get("Retry-After", "").strip()
    if not asked:
        return None
    if asked.isascii() and asked.isdigit():
        seconds = float(asked[:9])
    else:
        try:
            then = parsedate_to_datetime(asked)
            seconds = (then - parsedate_to_datetime(headers.get("Date", ""))).total_seconds()
        except (TypeError, ValueError, OverflowError):
            return None
    return min(max(seconds, 1.0), _LONGEST_PAUSE)


def tid_of(headers: Mapping[str, Any]) -> str:
    """Read Intuit's number of this call; its spelling varies."""
    tid = str(headers.get("intuit_tid") or headers.get("intuit-tid") or "")
    return tid if _TID.fullmatch(tid) else ""


def _attempt(call: Call, response: requests.Response) -> Attempt:
    return Attempt(
        what=call.what,
        writing=call.writing,
        status=response.status_code,
        tid=tid_of(response.headers),
        pause_seconds=pause_of(response.headers),
    )


def _now(seconds: Seconds) -> float:
    return seconds() if callable(seconds) else seconds
