"""The functions of the template, each in processes of its own, as Lambda runs them.

A process serves one invocation at a time and is kept for the next one; two at once are two
processes. So each function sees its own environment and nothing is shared but what is stored.
"""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.cloud.execution import Environment, Function

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

PAYLOAD_BYTES = 6 * 1024 * 1024
"""Of a synchronous invocation, and of its answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an invocation."""

    request_id: str
    payload: Any
    """What the handler returned, or the description of its error."""
    failed: bool = False
    seconds: float = 0.0

    @property
    def error(self) -> str:
        """Say what went wrong, in one line; empty if nothing did."""
        if not self.failed:
            return ""
        return f"{self.payload.get('errorType')}: {self.payload.get('errorMessage')}"


class UnknownFunctionError(LookupError):
    """There is no function of that name."""


class Functions:
    """Every function of the stack, and the processes that run them."""

    def __init__(
        self,
        logs: Path,
        *,
        clock: Callable[[], float] = time.time,
        tell: Callable[[str, dict[str, Any]], None] | None = None,
    ) -> None:
        """Keep logs in a folder; ``tell`` sends a record to a queue by its ARN."""
        self._logs = logs
        self._clock = clock
        self._tell = tell
        self._functions: dict[str, Function] = {}
        self._idle: dict[str, list[Environment]] = {}
        self._busy: set[Environment] = set()
        self._stopped = False
        self._lock = threading.Lock()

    def add(self, function: Function) -> None:
        """Make a function known."""
        self._functions[function.name] = function

    def __iter__(self) -> Iterator[Function]:
        """Yield every function."""
        return iter(self._functions.values())

    def find(self, named: str) -> Function:
        """Return a function by its name, its ARN or its logical id."""
        for function in self:
            if named in {function.name, function.arn, function.logical_id}:
                return function
        raise UnknownFunctionError(f"no function {named}; there are {sorted(self._functions)}")

    def warm(self, counts: Mapping[str, int]) -> None:
        """Start processes ahead of need, all at once."""
        wanted = [self.find(name) for name, count in counts.items() for _ in range(count)]
        with ThreadPoolExecutor(max(1, len(wanted))) as pool:
            for function, process in zip(wanted, pool.map(self._born, wanted), strict=True):
                if isinstance(process, Environment):
                    self._release(function, process)

    def invoke(self, named: str, event: Any) -> Answer:  # noqa: ANN401  (any JSON value)
        """Invoke a function and wait for its answer."""
        function = self.find(named)
        request_id = str(uuid.uuid4())
        began = self._clock()
        process = self._acquired(function)
        if not isinstance(process, Environment):
            return Answer(request_id, process, failed=True, seconds=self._clock() - began)
        asked = {"event": event, "context": self._context(function, request_id)}
        said = process.ask(asked, function.timeout_seconds)
        if said.pop("fatal", False):
            with self._lock:
                self._busy.discard(process)
            process.stop()
        else:
            self._release(function, process)
        failed = "payload" not in said
        seconds = self._clock() - began
        return Answer(request_id, said if failed else said["payload"], failed, seconds)

    def invoke_later(self, named: str, event: Any) -> Answer:  # noqa: ANN401  (any JSON value)
        """Invoke as an asynchronous caller does: retries, then the failure destination.

        It is done before this returns: there is one queue less to wait for.
        """
        function = self.find(named)
        attempts = function.retries + 1
        answer = self.invoke(named, event)
        for _ in range(function.retries):
            if not answer.failed:
                break
            answer = self.invoke(named, event)
        if not answer.failed:
            return answer
        if function.on_failure and self._tell:
            self._tell(function.on_failure, _failure_record(function, event, answer, attempts))
        return answer

    def stop(self) -> None:
        """End every process."""
        with self._lock:
            self._stopped = True
            processes = [each for idle in self._idle.values() for each in idle]
            processes += self._busy
            self._idle.clear()
            self._busy.clear()
        for process in processes:
            process.stop()

    def _context(self, function: Function, request_id: str) -> dict[str, Any]:
        return {
            "function_name": function.name,
            "invoked_function_arn": function.arn,
            "aws_request_id": request_id,
            "memory_limit_in_mb": function.memory_mb,
            "deadline_ms": (self._clock() + function.timeout_seconds) * 1000,
            "log_group_name": f"/aws/lambda/{function.name}",
        }

    def _acquired(self, function: Function) -> Environment | dict[str, Any]:
        with self._lock:
            idle = self._idle.get(function.name)
            if idle:
                process = idle.pop()
                self._busy.add(process)
                return process
        return self._born(function)

    def _born(self, function: Function) -> Environment | dict[str, Any]:
        self._logs.mkdir(parents=True, exist_ok=True)
        with (self._logs / f"{function.logical_id}.log").open("ab") as log:
            process = Environment(function, log)
        said = process.ready()
        if "payload" not in said:
            process.stop()
            said.pop("fatal", None)
            return said
        with self._lock:
            if not self._stopped:
                self._busy.add(process)
                return process
        process.stop()
        return {"errorType": "Sandbox.Stopped", "errorMessage": "the local cloud was stopped"}

    def _release(self, function: Function, process: Environment) -> None:
        with self._lock:
            if process in self._busy:
                self._busy.discard(process)
                self._idle.setdefault(function.name, []).append(process)


def _failure_record(
    function: Function,
    event: Any,  # noqa: ANN401  (any JSON value)
    answer: Answer,
    attempts: int,
) -> dict[str, Any]:
    return {
        "version": "1.0",
        "requestContext": {
            "requestId": answer.request_id,
            "functionArn": f"{function.arn}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": answer.payload,
    }
