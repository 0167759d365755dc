"""The loader's switch on moto; the refresher's invocation on a server that speaks Lambda's API."""

import io
import itertools
import json
import threading
import zipfile
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config

from invoicesync.adapters.aws.invoke import LambdaTokenRefresher
from invoicesync.adapters.aws.switch import EventSourceMappingSwitch
from invoicesync.errors import (
    AuthenticationError,
    InvoiceSyncError,
    MisconfiguredError,
    RateLimitedError,
    RetryableError,
)
from invoicesync.ports import LoaderSwitch
from tests.fakes import FakeSwitch

_numbers = itertools.count(1)


@pytest.fixture(params=["memory", "lambda"])
def switch(request: pytest.FixtureRequest) -> LoaderSwitch:
    if request.param == "memory":
        return FakeSwitch()
    aws = request.getfixturevalue("aws")
    name = f"loader-{next(_numbers)}"
    role = aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    client = aws("lambda")
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role,
        Handler="app.lambda_handler",
        Code={"ZipFile": code.getvalue()},
    )
    aws("sqs").create_queue(QueueName=name)
    mapping = client.create_event_source_mapping(
        EventSourceArn=f"arn:aws:sqs:us-east-1:123456789012:{name}", FunctionName=name
    )
    return EventSourceMappingSwitch(client, mapping["UUID"])


def test_delivery_is_stopped_and_started(switch: LoaderSwitch) -> None:
    assert switch.is_on()
    switch.turn(on=True)
    assert switch.is_on()
    switch.turn(on=False)
    assert not switch.is_on()
    switch.turn(on=False)
    assert not switch.is_on()
    switch.turn(on=True)
    assert switch.is_on()


def test_a_mapping_that_does_not_exist_is_a_misconfiguration(aws: Any) -> None:
    nowhere = EventSourceMappingSwitch(aws("lambda"), "00000000-0000-0000-0000-000000000000")
    with pytest.raises(MisconfiguredError, match="ResourceNotFoundException"):
        nowhere.turn(on=False)


class Mappings:
    """A client whose mapping is in a state that moto does not know."""

    def __init__(self, state: str) -> None:
        self._state = state
        self.updates: list[bool] = []

    def get_event_source_mapping(self, **_: Any) -> Any:
        return {"State": self._state}

    def update_event_source_mapping(self, **arguments: Any) -> None:
        self.updates.append(arguments["Enabled"])


@pytest.mark.parametrize(
    ("state", "on"),
    [("Enabling", True), ("Updating", True), ("Disabling", False), ("Disabled", False)],
)
def test_a_mapping_on_its_way_counts_as_arrived(state: str, on: bool) -> None:
    client: Any = Mappings(state)
    switch = EventSourceMappingSwitch(client, "uuid")
    assert switch.is_on() is on
    switch.turn(on=on)
    assert client.updates == []
    switch.turn(on=not on)
    assert client.updates == [not on]


@dataclass
class Lambda:
    """What the next invocation answers, and what the last one was asked."""

    status: int = 200
    payload: bytes = b"null"
    headers: dict[str, str] = field(default_factory=dict[str, str])
    asked: list[tuple[str, Any]] = field(default_factory=list[tuple[str, Any]])


@pytest.fixture
def function() -> Generator[tuple[Lambda, LambdaTokenRefresher]]:
    state = Lambda()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.asked.append((self.path, json.loads(body)))
            self.send_response(state.status)
            for name, value in state.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(state.payload)))
            self.end_headers()
            self.wfile.write(state.payload)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    client = boto3.client(
        "lambda",
        endpoint_url=f"http://127.0.0.1:{server.server_port}",
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield state, LambdaTokenRefresher(client, "refresher")
    server.shutdown()
    thread.join()
    server.server_close()


type Function = tuple[Lambda, LambdaTokenRefresher]


def test_the_refresher_is_invoked_and_waited_for(function: Function) -> None:
    state, refresher = function
    refresher.refresh()
    [(path, asked)] = state.asked
    assert path.endswith("/functions/refresher/invocations")
    assert asked == {"reason": "refused"}


@pytest.mark.parametrize(
    ("payload", "meaning"),
    [
        (b'{"errorType": "AuthenticationError", "errorMessage": "x"}', AuthenticationError),
        (b'{"errorType": "MisconfiguredError", "errorMessage": "x"}', MisconfiguredError),
        (b'{"errorType": "BusyError"}', RetryableError),
        (b'{"errorType": "Sandbox.Timedout"}', RetryableError),
        (b'"Task timed out"', RetryableError),
        (b"not json", RetryableError),
    ],
)
def test_an_error_of_the_refresher_is_raised_by_its_name(
    function: Function, payload: bytes, meaning: type[InvoiceSyncError]
) -> None:
    state, refresher = function
    state.payload = payload
    state.headers = {"X-Amz-Function-Error": "Unhandled"}
    with pytest.raises(InvoiceSyncError) as raised:
        refresher.refresh()
    assert type(raised.value) is meaning


def test_an_invocation_that_is_throttled_may_come_through_later(function: Function) -> None:
    state, refresher = function
    state.status = 429
    state.payload = b"{}"
    state.headers = {"x-amzn-ErrorType": "TooManyRequestsException"}
    with pytest.raises(RateLimitedError):
        refresher.refresh()
