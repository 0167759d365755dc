"""Serve a WSGI app on loopback for people, or hand it to `requests` in process for simulation.

Both ways go through the same app, so a fault that drops a connection does so in both.
"""

import io
import socket
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from email.utils import formatdate
from functools import cached_property, lru_cache
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

LOOPBACK = "127.0.0.1"

type WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AnswerLostError(Exception):
    """Raised by an app to drop the connection without an answer; what was done stays done."""


class ConnectRefusedError(Exception):
    """Raised by an app to act as if nothing had listened: the request was never received."""


class _QuietHandler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (the base's name)
        """Print nothing: a demo's screen is for its summary."""

    def send_response(self, code: int, message: str | None = None) -> None:
        """Begin an answer without a Date: it is the app's to say, who may live at another time."""
        self.send_response_only(code, message)
        self.send_header("Server", self.version_string())


class Server:
    """A threaded HTTP server for one app, on a free port of 127.0.0.1 unless told otherwise."""

    def __init__(self, app: WsgiApp, *, host: str = LOOPBACK, port: int = 0) -> None:
        """Bind the port; nothing is served before `start` or `with`.

        A ``host`` of 0.0.0.0 lets containers in; on this machine `url` holds all the same.
        """
        self._server: BaseWSGIServer = make_server(
            host, port, _dropping(_dated(app)), threaded=True, request_handler=_QuietHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.port: int = self._server.server_port
        self.url: str = f"http://{LOOPBACK}:{self.port}"

    def start(self) -> Self:
        """Serve in a background thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and free the port."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


def _dated(app: WsgiApp) -> WsgiApp:
    """Give an answer this machine's Date where the app gave it none."""

    def dated(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:  # noqa: ANN401
            if all(name.lower() != "date" for name, _ in headers):
                headers = [*headers, ("Date", formatdate(usegmt=True))]
            return start_response(status, headers, *rest)

        return app(environ, start)

    return dated


def _dropping(app: WsgiApp) -> WsgiApp:
    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except (AnswerLostError, ConnectRefusedError) as dropped:
            peer: socket.socket = environ["werkzeug.socket"]
            peer.shutdown(socket.SHUT_RDWR)
            # To werkzeug a connection error is a client that left: it says and writes nothing.
            raise ConnectionAbortedError from dropped

    return guarded


class InProcessAdapter(BaseAdapter):
    """A `requests` transport that calls a WSGI app directly: no socket, no thread."""

    def __init__(self, app: WsgiApp) -> None:
        """Mount with ``session.mount("http://quickbooks.test", InProcessAdapter(app))``."""
        super().__init__()
        self._app = app

    def send(  # type: ignore[override]  # the base's signature is positional and untyped
        self, request: requests.PreparedRequest, **_: Any
    ) -> requests.Response:
        """Answer ``request`` from the app, or raise what `requests` would on a dropped line."""
        captured: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            captured["status"], captured["headers"] = status, headers

        try:
            body = b"".join(self._app(_environ(request), start_response))
        except AnswerLostError as lost:
            raise requests.exceptions.ReadTimeout(request=request) from lost
        except ConnectRefusedError as refused:
            raise requests.exceptions.ConnectTimeout(request=request) from refused
        response = _Response()
        code, _, reason = captured["status"].partition(" ")
        response.status_code, response.reason = int(code), reason
        response.headers = CaseInsensitiveDict(captured["headers"])
        response.raw = _raw(body, response.headers)
        response.encoding = _encoding(response.headers.get("Content-Type", ""))
        response.request, response.url = request, request.url or ""
        return response

    def close(self) -> None:
        """Nothing is held open."""


class _Response(requests.Response):
    """A response whose jar of cookies is made when somebody asks for it; hardly anybody does."""

    def __init__(self) -> None:
        vars(self).update(_BLANK, history=[])

    @cached_property
    def cookies(self) -> RequestsCookieJar:  # type: ignore[override]  # an attribute of the base
        """Return an empty jar, as the base does: nothing in process sets a cookie."""
        return RequestsCookieJar()


_BLANK = {name: value for name, value in vars(requests.Response()).items() if name != "cookies"}


class _Plain(io.BytesIO):
    """A body that nothing encoded, read as urllib3 would; its own way takes as long as an app."""

    def read1(self, size: int | None = -1, /, *, decode_content: bool | None = None) -> bytes:
        """Read what is there; there is nothing to decode."""
        del decode_content
        return super().read1(size)


def _raw(body: bytes, headers: CaseInsensitiveDict[str]) -> HTTPResponse | _Plain:
    if "Content-Encoding" not in headers:
        return _Plain(body)
    return HTTPResponse(io.BytesIO(body), headers=headers, preload_content=False)


@lru_cache(maxsize=64)
def _encoding(content_type: str) -> str | None:
    headers = CaseInsensitiveDict({"Content-Type": content_type} if content_type else {})
    return requests.utils.get_encoding_from_headers(headers)


def _environ(request: requests.PreparedRequest) -> dict[str, Any]:
    url = urlsplit(request.url or "")
    body = request.body or b""
    raw = body.encode() if isinstance(body, str) else bytes(body)
    environ: dict[str, Any] = {
        **_server(url.scheme, url.netloc),
        "REQUEST_METHOD": request.method,
        "PATH_INFO": unquote(url.path),
        "QUERY_STRING": url.query,
        "CONTENT_LENGTH": str(len(raw)),
        "wsgi.input": io.BytesIO(raw),
        "wsgi.errors": sys.stderr,
    }
    for name, value in request.headers.lower_items() if request.headers else ():
        environ[_name_of(name)] = value.decode() if isinstance(value, bytes) else value
    return environ


@lru_cache(maxsize=64)
def _server(scheme: str, place: str) -> Mapping[str, Any]:
    """Return what every request to one place says alike."""
    url = urlsplit(f"{scheme}://{place}")
    return {
        "SCRIPT_NAME": "",
        "SERVER_NAME": url.hostname or "",
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": LOOPBACK,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scheme,
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


@lru_cache(maxsize=256)
def _name_of(header: str) -> str:
    key = header.upper().replace("-", "_")
    return key if key == "CONTENT_TYPE" else f"HTTP_{key}"
