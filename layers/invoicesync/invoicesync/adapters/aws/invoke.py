"""Asks one of our functions for something, and waits for its answer."""

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
    from collections.abc import Mapping, Sequence

    from types_boto3_lambda import LambdaClient

    from invoicesync.domain.ids import ServiceTradeId

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
        invoke(self._client, self._function, ON_DEMAND)


class LambdaExtractor:
    """An `Extractor` that invokes the function and waits for it."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def tick(self) -> Mapping[str, Any]:
        """Do what is due; return what the run says of itself."""
        return self._asked({"trigger": "operator"})

    def by_id(self, ids: Sequence[ServiceTradeId], *, actor: str) -> Mapping[str, Any]:
        """Extract some invoices again; what there was no time for is in ``left``."""
        return self._asked({"invoice_ids": list(ids), "actor": actor})

    def backfill(self, name: str, start: int, end: int, *, actor: str) -> Mapping[str, Any]:
        """Scan what was created from ``start`` to ``end``, in ServiceTrade's seconds."""
        past = {"name": name, "start": start, "end": end}
        return self._asked({"backfill": past, "actor": actor})

    def _asked(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        return _answer(invoke(self._client, self._function, event))


class LambdaReconciler:
    """Invokes the reconciler and waits for it."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        self._client = client
        self._function = function

    def reconcile(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Compare both books; return what came of it."""
        return _answer(invoke(self._client, self._function, event))


def _answer(payload: bytes) -> Mapping[str, Any]:
    answer = json.loads(payload)
    return answer if isinstance(answer, dict) else {}


def invoke(client: LambdaClient, function: str, event: Mapping[str, Any]) -> bytes:
    """Invoke a function once and return its answer; raise what it raised, by that error's name."""
    with translated(f"invoking {function}"):
        answer = client.invoke(
            FunctionName=function,
            InvocationType="RequestResponse",
            Payload=json.dumps(event).encode(),
        )
        payload = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise _raised(function, payload)
    return payload


def _raised(function: str, payload: bytes) -> InvoiceSyncError:
    name = _error_name(payload)
    kind = _RAISED.get(name, RetryableError)
    return kind(f"{function} failed ({name or 'no reason given'}); see its log")


def _error_name(payload: bytes) -> str:
    try:
        told: Any = json.loads(payload)
    except ValueError:
        return ""
    return str(told.get("errorType", "")) if isinstance(told, dict) else ""
