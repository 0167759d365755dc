"""What every error of botocore means to us."""

import inspect
from collections.abc import Mapping
from typing import Any

import pytest
from botocore import exceptions
from botocore.parsers import ResponseParserError

from invoicesync.adapters.aws.failures import CODES, TRANSIENT, translate, translated
from invoicesync.errors import (
    InvoiceSyncError,
    MisconfiguredError,
    RateLimitedError,
    RefusedError,
    RetryableError,
    StateError,
)

# What may be otherwise a moment later; all else is ours to mend: settings, rights, code.
MAY_PASS = {
    "ChecksumError",
    "ConnectTimeoutError",
    "ConnectionClosedError",
    "ConnectionError",
    "EndpointConnectionError",
    "FlexibleChecksumError",
    "HTTPClientError",
    "IncompleteReadError",
    "MetadataRetrievalError",
    "ProxyConnectionError",
    "ReadTimeoutError",
    "ResponseParserError",
    "ResponseStreamingError",
    "SSLError",
}
KINDS: Mapping[str, type[Exception]] = {
    name: kind
    for module in (exceptions,)
    for name, kind in inspect.getmembers(module, inspect.isclass)
    if issubclass(kind, exceptions.BotoCoreError)
} | {"ResponseParserError": ResponseParserError}


@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_error_of_botocore_has_a_meaning(name: str) -> None:
    kind = KINDS[name]
    error = kind.__new__(kind)  # what their constructors ask for differs; the table goes by type

    meant = translate(error, "reading a thing")

    assert type(meant) is (RetryableError if name in MAY_PASS else MisconfiguredError)
    assert "reading a thing" in str(meant)
    assert name in str(meant)


def test_the_list_of_what_may_pass_is_current() -> None:
    assert KINDS.keys() >= MAY_PASS
    assert len(KINDS) > 80
    assert all(any(issubclass(KINDS[name], kind) for kind in TRANSIENT) for name in MAY_PASS)


def answer(code: str, status: int) -> exceptions.ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "secret words"},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "r-1"},
    }
    return exceptions.ClientError(response, "Operation")


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("ThrottlingException", 400, RateLimitedError),
        ("ProvisionedThroughputExceededException", 400, RateLimitedError),
        ("SlowDown", 503, RateLimitedError),
        ("AWS.SimpleQueueService.RequestThrottled", 403, RateLimitedError),
        ("TransactionConflictException", 400, RetryableError),
        ("InternalServerError", 500, RetryableError),
        ("SomethingNew", 503, RetryableError),
        ("ValidationException", 400, StateError),
        ("ResourceExistsException", 400, RefusedError),
        ("ResourceNotFoundException", 400, MisconfiguredError),
        ("AccessDeniedException", 400, MisconfiguredError),
        ("AWS.SimpleQueueService.NonExistentQueue", 400, MisconfiguredError),
        ("KMSAccessDenied", 400, MisconfiguredError),
        ("SomethingNew", 400, MisconfiguredError),
    ],
)
def test_an_answer_goes_by_its_code_and_else_by_its_status(
    code: str, status: int, meaning: type[InvoiceSyncError]
) -> None:
    meant = translate(answer(code, status), "writing a thing")
    assert type(meant) is meaning
    assert "r-1" in str(meant)
    assert "secret words" not in str(meant)


def test_every_code_in_the_table_makes_its_error() -> None:
    for code, kind in CODES.items():
        assert type(translate(answer(code, 400), "x")) is kind


def test_the_cause_is_kept_and_other_errors_pass_through() -> None:
    cause = answer("AccessDenied", 403)
    with pytest.raises(MisconfiguredError) as raised, translated("reading"):
        raise cause
    assert raised.value.__cause__ is cause
    with pytest.raises(KeyError), translated("reading"):
        raise KeyError
