"""A request as the API reads it, and an answer before it is bytes."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

from sandbox.servicetrade.options import Options
from sandbox.servicetrade.wire import text_of

PREFIX = "/api/"
_ONE_SESSION = re.compile("PHPSESSID=([A-Za-z0-9_-]+)")


class UnreadableBodyError(ValueError):
    """The body is neither JSON nor a form."""


@dataclass(frozen=True)
class Request:
    """One request."""

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    environ: Mapping[str, Any]

    @classmethod
    def read(cls, environ: Mapping[str, Any]) -> "Request":
        """Read a WSGI environment."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return cls(
            method=environ["REQUEST_METHOD"],
            path=environ["PATH_INFO"],
            query=dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)),
            body=environ["wsgi.input"].read(length) if length else b"",
            environ=environ,
        )

    @cached_property
    def segments(self) -> list[str]:
        """Return what follows the prefix, cut at the slashes."""
        return self.path.removeprefix(PREFIX).split("/")

    @property
    def base_url(self) -> str:
        """Return scheme and host as the caller used them."""
        host = self.environ.get("HTTP_HOST") or "{SERVER_NAME}:{SERVER_PORT}".format(**self.environ)
        return f"{self.environ['wsgi.url_scheme']}://{host}"

    @property
    def bearer(self) -> str | None:
        """Return the bearer token, if one was sent."""
        scheme, _, token = self.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" else None

    @property
    def session_token(self) -> str | None:
        """Return the session cookie, if one was sent."""
        sent = self.environ.get("HTTP_COOKIE", "")
        if alone := _ONE_SESSION.fullmatch(sent):
            return alone[1]
        try:
            cookies = SimpleCookie(sent)
        except CookieError:
            return None
        return cookies["PHPSESSID"].value if "PHPSESSID" in cookies else None

    def fields(self) -> dict[str, Any]:
        """Return the body's keys and values, JSON or form, or raise `UnreadableBodyError`."""
        if not self.body:
            return {}
        content_type = self.environ.get("CONTENT_TYPE", "")
        try:
            if content_type.startswith("application/x-www-form-urlencoded"):
                return dict(parse_qsl(self.body.decode(), keep_blank_values=True))
            read = json.loads(self.body)
        except ValueError as error:
            raise UnreadableBodyError("the body is not valid JSON") from error
        if not isinstance(read, dict):
            raise UnreadableBodyError("the body is not a JSON object")
        return read


@dataclass
class Answer:
    """One answer: ``data`` is JSON text, so that kept rows need not be written again."""

    status: int = 200
    data: str | None = None
    messages: Any = None
    plain: bytes | None = None
    """A body outside the envelope."""
    headers: dict[str, str] = field(default_factory=dict)
    rows: int = 0

    def body(self, stats: Mapping[str, int] | None) -> bytes:
        """Return the bytes to send."""
        if self.plain is not None or self.status == HTTPStatus.NO_CONTENT:
            return self.plain or b""
        parts = []
        if self.messages is not None:
            parts.append(f'"messages":{text_of(self.messages)}')
        if self.data is not None:
            parts.append(f'"data":{self.data}')
        if stats is not None:
            parts.append(f'"meta":{text_of({"stats": dict(stats)})}')
        return ("{" + ",".join(parts) + "}").encode()


def refusal(
    status: int, *reasons: str, validation: Mapping[str, str] | None = None, options: Options
) -> Answer:
    """Return an error in the shape that this account gives it."""
    shape = options.validation_shape
    if shape == "bare" and validation:
        return Answer(status=status, messages=[*reasons, *validation.values()])
    messages: dict[str, Any] = {}
    if reasons:
        messages["error"] = list(reasons)
    if validation:
        messages["validation"] = (
            dict(validation) if shape == "map" else [f"{k}: {v}" for k, v in validation.items()]
        )
    return Answer(status=status, messages=messages)


def plain_json(status: int, value: object) -> Answer:
    """Return JSON outside the envelope, as the OAuth endpoints and the control routes write it."""
    return Answer(
        status=status,
        plain=text_of(value).encode(),
        headers={"Content-Type": "application/json"},
    )
