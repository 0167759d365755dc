"""Asks the token refresher, a function of its own, for a new token."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from invoicesync.adapters.aws.failures import translated
from invoicesync.errors import (
    AuthenticationError,
    InvoiceSyncError,
    MisconfiguredError,
    RetryableError,
)

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

ON_DEMAND = {"reason": "refused"}
"""The event of a refresh that was asked for because QuickBooks refused the access token."""

# By the name of the error that the function raised: names are all that comes back.
_RAISED: dict[str, type[InvoiceSyncError]] = {
    "AuthenticationError": AuthenticationError,
    "MisconfiguredError": MisconfiguredError,
}


class LambdaTokenRefresher:
    """A `TokenRefresher` that invokes the function and waits for it.

    The client's read timeout must be above the function's, and it must not retry by itself.
    """

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def refresh(self) -> None:
        """Return once AWSCURRENT holds a token younger than the one that was refused."""
        with translated(f"invoking {self._function}"):
            answer = self._client.invoke(
                FunctionName=self._function,
                InvocationType="RequestResponse",
                Payload=json.dumps(ON_DEMAND).encode(),
            )
            payload = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise _raised(self._function, payload)


def _raised(function: str, payload: bytes) -> InvoiceSyncError:
    name = _error_name(payload)
    kind = _RAISED.get(name, RetryableError)
    return kind(
        f"{function} could not refresh the token ({name or 'no reason given'}); see its log"
    )


def _error_name(payload: bytes) -> str:
    try:
        told: Any = json.loads(payload)
    except ValueError:
        return ""
    return str(told.get("errorType", "")) if isinstance(told, dict) else ""
