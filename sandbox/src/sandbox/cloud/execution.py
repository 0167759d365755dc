"""One execution environment: a process that has loaded one function."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_INHERITED = ("HOME", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TMPDIR")
_INIT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Function:
    """A function as the template describes it."""

    logical_id: str
    name: str
    arn: str
    code: Path
    handler: str
    timeout_seconds: int
    memory_mb: int
    layers: Sequence[Path] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    retries: int = 2
    """How often an asynchronous invocation is tried again."""
    on_failure: str | None = None
    """ARN of the queue that hears of an asynchronous invocation that failed for good."""


class Environment:
    """A process of one function; it serves one invocation at a time."""

    def __init__(self, function: Function, log: IO[bytes]) -> None:
        kept = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        layers = os.pathsep.join(str(each) for each in function.layers)
        # The interpreter is ours, and folder and handler are the template's.
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "sandbox.cloud.worker", str(function.code), function.handler],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for us, and we stop what we started
            env={
                **kept,
                "PYTHONPATH": layers,
                "PYTHONUNBUFFERED": "1",
                "TZ": ":UTC",
                **function.environment,
            },
        )

    def ready(self) -> dict[str, Any]:
        """Wait until the handler is loaded; return the error if it cannot be."""
        return self._line(_INIT_SECONDS, "Init Duration")

    def ask(self, asked: Mapping[str, Any], timeout_seconds: float) -> dict[str, Any]:
        """Hand over one event and wait for its answer, or for the time to run out."""
        assert self._process.stdin is not None  # noqa: S101  (it was asked for)
        try:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return _exited(self._process.wait())
        return self._line(timeout_seconds, asked["context"]["aws_request_id"])

    def _line(self, timeout_seconds: float, what: str) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101  (it was asked for)
        ready, _, _ = select.select([self._process.stdout], [], [], timeout_seconds)
        if not ready:
            self.stop()
            message = f"{what} Task timed out after {timeout_seconds:.2f} seconds"
            return {"errorType": "Sandbox.Timedout", "errorMessage": message, "fatal": True}
        line = self._process.stdout.readline()
        if not line:
            return _exited(self._process.wait())
        said: dict[str, Any] = json.loads(line)
        return said

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def _exited(status: int) -> dict[str, Any]:
    message = f"the runtime exited with status {status} before it answered"
    return {"errorType": "Runtime.ExitError", "errorMessage": message, "fatal": True}
