"""Serve moto on a free port until standard input closes, on 127.0.0.1 or the address given.

So it never outlives the process that started it. Requests are served one at a time: moto checks a
condition and writes without a lock in between.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.cloud.calls import Calls, noting
from sandbox.cloud.moto_quick import make_quick
from sandbox.http import LOOPBACK, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.http import WsgiApp


def main() -> None:
    """Serve; the first line of standard output is the address."""
    make_quick()
    listen = sys.argv[1] if len(sys.argv) > 1 else LOOPBACK
    app = noting(_one_at_a_time(DomainDispatcherApplication(create_backend_app)), Calls())
    with Server(app, host=listen) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


def _one_at_a_time(app: WsgiApp) -> WsgiApp:
    turn = threading.Lock()

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with turn:
            return list(app(environ, start_response))

    return guarded


if __name__ == "__main__":
    main()
