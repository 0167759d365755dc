"""Spare botocore its walk over DynamoDB's shapes: what goes in and out is that very JSON already.

botocore looks at every attribute of every item three times a request, which was a quarter of what
a loader used. The hooks are its own events; signing, retries and errors stay with it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

_KEPT = "invoicesync_parameters"
_FIRST_ERROR = 300
_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def carry_plain_json(client: DynamoDBClient) -> None:
    """Let a client send its parameters, and give back its answers, as the JSON that they are."""
    events: Any = client.meta.events  # typed as if no handler answered
    events.register("provide-client-params.dynamodb", _keep)
    events.register("before-call.dynamodb", _put_in)
    events.register("before-parse.dynamodb", _read)


def _keep(params: dict[str, Any], context: dict[str, Any], **_: object) -> dict[str, Any]:
    """Set the parameters aside, and give botocore none to look at.

    It wants to know the tables of a batch, for an address of its own that we do not use.
    """
    context[_KEPT] = params
    return {"RequestItems": {}} if "RequestItems" in params else {}


def _put_in(params: dict[str, Any], context: dict[str, Any], **_: object) -> None:
    """Put the parameters into the request, beside what botocore added of its own (a token)."""
    added: dict[str, Any] = json.loads(params["body"])
    params["body"] = _ENCODE(added | context[_KEPT]).encode()


def _read(
    response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object
) -> None:
    """Read a good answer; what is an error botocore reads."""
    if response_dict["status_code"] < _FIRST_ERROR:
        customized_response_dict.update(json.loads(response_dict["body"]))
        response_dict["body"] = b"{}"
