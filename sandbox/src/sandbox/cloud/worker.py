"""Run one function as Lambda's runtime does: load it once, then answer one event after another.

Events arrive on standard input and answers leave on the standard output that the process was born
with, one JSON document a line. What the function prints goes to standard error: that is its log.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EXPECTED_ARGUMENTS = 3


@dataclass
class Context:
    """What Lambda tells a handler about this invocation."""

    function_name: str
    invoked_function_arn: str
    aws_request_id: str
    memory_limit_in_mb: int
    deadline_ms: float
    log_group_name: str
    log_stream_name: str = "local"
    function_version: str = "$LATEST"
    identity: None = None
    client_context: None = None
    tenant_id: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until the invocation is ended."""
        return max(0, int(self.deadline_ms - time.time() * 1000))


def load(code: str, handler: str) -> Callable[[Any, Context], Any]:
    """Import the module that ``handler`` names from the folder ``code``; return its function."""
    module, _, name = handler.rpartition(".")
    sys.path.insert(0, code)
    found = importlib.import_module(module.replace("/", "."))
    function: Callable[[Any, Context], Any] = getattr(found, name)
    return function


def answer(handler: Callable[[Any, Context], Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Call the handler; an error becomes an answer, as it does in Lambda."""
    try:
        payload = handler(asked["event"], Context(**asked["context"]))
    except Exception as error:  # noqa: BLE001  (whatever a handler raises is the caller's to see)
        return failure(error)
    try:
        return {"payload": json.loads(json.dumps(payload))}
    except (TypeError, ValueError) as error:
        return {"errorType": "Runtime.MarshalError", "errorMessage": str(error), "stackTrace": []}


def failure(error: BaseException) -> dict[str, Any]:
    """Describe an error as Lambda does, and leave it in the log."""
    lines = traceback.format_exception(error)
    sys.stderr.write("".join(lines))
    sys.stderr.flush()
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def main(arguments: list[str]) -> None:
    """Answer until standard input closes."""
    if len(arguments) != _EXPECTED_ARGUMENTS:
        raise SystemExit("usage: python -m sandbox.cloud.worker FOLDER MODULE.FUNCTION")
    # A handler that prints must not be able to write into the answers.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        handler = load(*arguments[1:])
    except Exception as error:  # noqa: BLE001  (an import may fail in any way)
        _say(answers, failure(error))
        return
    _say(answers, {"payload": "ready"})
    for line in sys.stdin:
        _say(answers, answer(handler, json.loads(line)))


def _say(answers: Any, said: Mapping[str, Any]) -> None:  # noqa: ANN401  (a text stream)
    answers.write(json.dumps(said) + "\n")
    answers.flush()


if __name__ == "__main__":
    main(sys.argv)
