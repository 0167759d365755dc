"""What every error of AWS means to us, in one table.

A code that is not listed goes by its HTTP status: 5xx may pass, anything else will not.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore import exceptions
from botocore.parsers import ResponseParserError

from invoicesync.errors import (
    InvoiceSyncError,
    MisconfiguredError,
    RateLimitedError,
    RefusedError,
    RetryableError,
    StateError,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

# What the network did. A write may have landed all the same; the layers above look before they
# write again, and the state table's conditions tell.
TRANSIENT: tuple[type[Exception], ...] = (
    exceptions.HTTPClientError,
    exceptions.ConnectionError,
    exceptions.ChecksumError,
    exceptions.FlexibleChecksumError,
    exceptions.IncompleteReadError,
    exceptions.MetadataRetrievalError,
    ResponseParserError,
)

CODES: Mapping[str, type[InvoiceSyncError]] = {
    # Asked too often, or two at once: wait.
    "CallerRateLimitExceeded": RateLimitedError,
    "KmsThrottled": RateLimitedError,
    "KMSThrottlingException": RateLimitedError,
    "LimitExceededException": RateLimitedError,
    "OverLimit": RateLimitedError,
    "ProvisionedThroughputExceededException": RateLimitedError,
    "RequestLimitExceeded": RateLimitedError,
    "RequestThrottled": RateLimitedError,
    "RequestThrottledException": RateLimitedError,
    "SlowDown": RateLimitedError,
    "Throttled": RateLimitedError,
    "ThrottledException": RateLimitedError,
    "Throttling": RateLimitedError,
    "ThrottlingException": RateLimitedError,
    "TooManyRequestsException": RateLimitedError,
    "ConditionalRequestConflict": RetryableError,
    "RequestTimeout": RetryableError,
    "RequestTimeoutException": RetryableError,
    "ResourceConflictException": RetryableError,
    "ResourceInUseException": RetryableError,
    "ResourceNotReadyException": RetryableError,
    "TransactionConflictException": RetryableError,
    "TransactionInProgressException": RetryableError,
    # One request is at fault, not the deployment.
    "IdempotentParameterMismatchException": StateError,
    "ItemCollectionSizeLimitExceededException": StateError,
    "ValidationException": StateError,
    "BatchRequestTooLong": RefusedError,
    "EntityTooLarge": RefusedError,
    "InvalidMessageContents": RefusedError,
    "RequestTooLargeException": RefusedError,
    "ResourceExistsException": RefusedError,
}

_SERVER_ERROR = 500


def code_of(error: exceptions.ClientError) -> str:
    """Return AWS's code; SQS puts its service's name before it."""
    return str(error.response.get("Error", {}).get("Code", "")).rpartition(".")[2]


def translate(error: Exception, what: str) -> InvoiceSyncError:
    """Say what an error of botocore means; ``what`` names the call and its target, no contents."""
    if not isinstance(error, exceptions.ClientError):
        name = type(error).__name__
        if isinstance(error, TRANSIENT):
            return RetryableError(f"{what}: no usable answer ({name})")
        return MisconfiguredError(
            f"{what}: the AWS client cannot make this call ({name}): "
            "check region, credentials and endpoint"
        )
    return _answered(code_of(error), error.response, what)


def _answered(code: str, response: Mapping[str, Any], what: str) -> InvoiceSyncError:
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    said = f"{what}: AWS answered {status} {code} (request {metadata.get('RequestId', 'unknown')})"
    kind = CODES.get(code)
    if kind is None:
        kind = RetryableError if status >= _SERVER_ERROR else MisconfiguredError
    if kind is RefusedError:
        return RefusedError(said, code=code, status=status)
    if kind is MisconfiguredError:
        return MisconfiguredError(f"{said}: check the role's policy and that the resource exists")
    return kind(said)


@contextmanager
def translated(what: str) -> Generator[None]:
    """Raise ours for what botocore raises inside."""
    try:
        yield
    except (exceptions.BotoCoreError, exceptions.ClientError, ResponseParserError) as error:
        raise translate(error, what) from error
