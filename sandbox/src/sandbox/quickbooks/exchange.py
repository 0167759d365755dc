"""A request and an answer, apart from how they travel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from sandbox.quickbooks import wire

JSON = "application/json;charset=utf-8"
PLAIN_JSON = "application/json"
XML = "application/xml;charset=utf-8"
HTML = "text/html"
_REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Request Entity Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


@lru_cache(maxsize=256)
def _header(name: str) -> str:
    """Return the header that an environment calls ``name``."""
    return name.removeprefix("HTTP_").replace("_", "-").lower()


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    peer: str
    base: str

    @classmethod
    def read(cls, environ: Mapping[str, Any]) -> "Request":
        """Read a request from a WSGI environment."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {
            _header(name): str(value) for name, value in environ.items() if name.startswith("HTTP_")
        }
        headers["content-type"] = str(environ.get("CONTENT_TYPE", ""))
        host = headers.get("host") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        return cls(
            method=str(environ["REQUEST_METHOD"]),
            path=str(environ["PATH_INFO"]),
            query=dict(parse_qsl(str(environ.get("QUERY_STRING", "")), keep_blank_values=True)),
            headers=headers,
            body=environ["wsgi.input"].read(length) if length else b"",
            peer=str(environ.get("REMOTE_ADDR", "")),
            base=f"{environ.get('wsgi.url_scheme', 'http')}://{host}",
        )

    @property
    def operation(self) -> str:
        """Return what the query says is to be done, if anything."""
        if self.query.get("include") == "void" and self.query.get("operation") == "update":
            return "void"
        return self.query.get("operation", "")

    @property
    def route(self) -> str:
        """Return the path as fault scripts see it, with the operation if there is one."""
        return f"{self.path}?operation={self.operation}" if self.operation else self.path

    @property
    def is_batch(self) -> bool:
        """Say whether this is a batch."""
        return self.path.endswith("/batch")

    def form(self) -> dict[str, str]:
        """Return the fields of a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace")))

    def json(self) -> wire.Body:
        """Return the body as an object; an empty one where it is none."""
        try:
            return wire.mapping(wire.parse(self.body))
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: bytes
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """Return the status line's text."""
        return f"{self.status} {_REASONS.get(self.status, 'Unknown')}"


def as_json(status: int, value: object, content_type: str = JSON) -> Answer:
    """Answer with JSON."""
    return Answer(status, wire.render(value).encode(), content_type)
