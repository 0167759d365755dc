"""What stands between a command and AWS, and leaves one call without an answer."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

import requests

SECONDS = 60
HOP_BY_HOP = {"connection", "content-encoding", "content-length", "transfer-encoding"}


class Relay:
    """Stands between a command and AWS; its ``stop_at``-th call gets no answer.

    It is passed on before that, or not at all.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.stop_at = 0
        self.passes_on = False
        self.is_owed = threading.Event()
        self._gone = threading.Event()
        self._lock = threading.Lock()

    def app(self, upstream: str) -> Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]:
        """Relay to one endpoint."""

        def relay(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
            with self._lock:
                self.calls += 1
                stops = self.calls == self.stop_at
            if stops and not self.passes_on:
                self._owe()
            answer = self._pass_on(upstream, environ)
            if stops and self.passes_on:
                self._owe()
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
            kept["Content-Length"] = str(len(answer.content))
            start(f"{answer.status_code} {answer.reason}", list(kept.items()))
            return [answer.content]

        return relay

    def begin(self, stop_at: int = 0, *, passes_on: bool = False) -> None:
        """Count anew."""
        self.calls, self.stop_at, self.passes_on = 0, stop_at, passes_on
        self.is_owed.clear()
        self._gone.clear()

    def let_go(self) -> None:
        """End the call that was not answered: nobody waits for it any more."""
        self._gone.set()

    def _owe(self) -> None:
        self.is_owed.set()
        self._gone.wait(SECONDS)

    @staticmethod
    def _pass_on(upstream: str, environ: dict[str, Any]) -> requests.Response:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_") and name != "HTTP_HOST"
        }
        if environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        query = environ.get("QUERY_STRING", "")
        return requests.request(
            environ["REQUEST_METHOD"],
            f"{upstream}{environ['PATH_INFO']}{'?' if query else ''}{query}",
            data=environ["wsgi.input"].read(length),
            headers=headers,
            timeout=SECONDS,
        )
