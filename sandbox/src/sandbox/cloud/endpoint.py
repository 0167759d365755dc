"""The part of Lambda's API that the product calls."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from sandbox.cloud.calls import Call, Calls, caller
from sandbox.cloud.functions import PAYLOAD_BYTES, UnknownFunctionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sandbox.cloud.functions import Functions
    from sandbox.cloud.mapping import EventSourceMapping
    from sandbox.http import WsgiApp

_INVOKE = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")
_MAPPINGS = re.compile(r"/2015-03-31/event-source-mappings/?([^/]*)")
_REASONS = {200: "OK", 202: "Accepted", 400: "Bad Request", 404: "Not Found"}

type Reply = tuple[int, Any, dict[str, str]]


def create_app(
    functions: Functions, mappings: Mapping[str, EventSourceMapping], calls: Calls
) -> WsgiApp:
    """Return the endpoint; hand its address to functions as AWS_ENDPOINT_URL_LAMBDA."""

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        asked = environ["wsgi.input"].read(length) if length else b""
        _note(environ, calls)
        status, body, headers = _route(environ, asked, functions, mappings)
        content = b"" if body is None else json.dumps(body).encode()
        start_response(
            f"{status} {_REASONS[status]}",
            [
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(content))),
                *headers.items(),
            ],
        )
        return [content]

    return app


def _note(environ: Mapping[str, Any], calls: Calls) -> None:
    who, _ = caller(environ)
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if found := _INVOKE.fullmatch(path):
        calls.add([Call(who, "lambda:InvokeFunction", unquote(found[1]))])
    elif found := _MAPPINGS.fullmatch(path):
        verb = "List" if not found[1] else "Get" if method == "GET" else "Update"
        ending = "Mapping" if found[1] else "Mappings"
        calls.add([Call(who, f"lambda:{verb}EventSource{ending}", found[1])])


def _route(
    environ: Mapping[str, Any],
    asked: bytes,
    functions: Functions,
    mappings: Mapping[str, EventSourceMapping],
) -> Reply:
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    if (found := _INVOKE.fullmatch(path)) and method == "POST":
        how = environ.get("HTTP_X_AMZ_INVOCATION_TYPE", "RequestResponse")
        return _invoke(functions, unquote(found[1]), how, asked)
    if (found := _MAPPINGS.fullmatch(path)) and method in {"GET", "PUT"}:
        if not found[1]:
            return _list(mappings, parse_qs(environ.get("QUERY_STRING", "")))
        return _mapping(mappings, found[1], method, asked)
    return _refused(404, "UnknownOperationException", f"{method} {path} is not simulated")


def _invoke(functions: Functions, named: str, how: str, asked: bytes) -> Reply:
    if len(asked) > PAYLOAD_BYTES:
        return _refused(400, "RequestTooLargeException", f"over {PAYLOAD_BYTES} bytes")
    try:
        event = json.loads(asked) if asked else {}
    except ValueError as error:
        return _refused(400, "InvalidRequestContentException", f"no JSON: {error}")
    try:
        function = functions.find(named)
    except UnknownFunctionError as error:
        return _refused(404, "ResourceNotFoundException", str(error))
    if how == "DryRun":
        return 200, None, {}
    if how == "Event":
        functions.invoke_later(function.name, event)
        return 202, None, {}
    answer = functions.invoke(function.name, event)
    headers = {"X-Amzn-RequestId": answer.request_id, "X-Amz-Executed-Version": "$LATEST"}
    if answer.failed:
        headers["X-Amz-Function-Error"] = "Unhandled"
    return 200, answer.payload, headers


def _list(mappings: Mapping[str, EventSourceMapping], query: Mapping[str, list[str]]) -> Reply:
    wanted = query.get("FunctionName", [""])[0]
    found = [
        each.describe()
        for each in mappings.values()
        if not wanted or wanted in {each.function.name, each.function.arn}
    ]
    return 200, {"EventSourceMappings": found}, {}


def _mapping(
    mappings: Mapping[str, EventSourceMapping], uuid: str, method: str, asked: bytes
) -> Reply:
    mapping = mappings.get(uuid)
    if mapping is None:
        return _refused(404, "ResourceNotFoundException", f"there is no mapping {uuid}")
    if method == "GET":
        return 200, mapping.describe(), {}
    changes = json.loads(asked or b"{}")
    if strangers := sorted(set(changes) - {"Enabled", "FunctionName"}):
        return _refused(400, "InvalidParameterValueException", f"cannot change {strangers} here")
    mapping.enabled = bool(changes.get("Enabled", mapping.enabled))
    return 202, mapping.describe(), {}


def _refused(status: int, kind: str, message: str) -> Reply:
    return status, {"Type": "User", "Message": message}, {"X-Amzn-ErrorType": kind}
