"""Note which function asked AWS for what: the actions that its role needs, and on which resources.

A function of the local cloud signs with its own name as access key. What is noted are actions as
IAM names them: a transaction needs the permissions of its parts, a batch those of its entries.
"""

from __future__ import annotations

import json
import re
import threading
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sandbox.cloud.template import Made
    from sandbox.http import WsgiApp

PATH = "/_calls"
_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/[^/]+/([a-z0-9-]+)/")
_TRANSACTIONS = frozenset({"TransactWriteItems", "TransactGetItems"})
_PARTS = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
_S3 = {"DELETE": "DeleteObject", "GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject"}
_BUCKET_ONLY = 1
_NAMED_BY = ("QueueUrl", "SecretId", "TopicArn", "KeyId", "EventBusName")


class Call(NamedTuple):
    """One thing that was asked for, however often."""

    caller: str
    action: str
    resource: str
    """As the request names it: a table's name, a queue's address, an ARN, `bucket/prefix/`."""
    keys: str = ""
    """What the partition key begins with, where the request names one: `REALM` of `REALM#1`."""


class Calls:
    """Everything that was asked for since the beginning."""

    def __init__(self) -> None:
        self._seen: set[Call] = set()
        self._lock = threading.Lock()

    def add(self, calls: Iterable[Call]) -> None:
        """Note calls."""
        with self._lock:
            self._seen.update(calls)

    def all(self) -> list[Call]:
        """List what was asked for, once each."""
        with self._lock:
            return sorted(self._seen)


def noting(app: WsgiApp, calls: Calls) -> WsgiApp:
    """Note what passes by on its way to AWS's services, and tell it at `/_calls`."""

    def noted(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH:
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(calls.all()).encode()]
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        environ["wsgi.input"] = BytesIO(body)
        calls.add(read(environ, body))
        return app(environ, start_response)

    return noted


def caller(environ: Mapping[str, Any]) -> tuple[str, str]:
    """Return whose access key signed a request, and for which service; "" for neither."""
    found = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
    return (found[1], found[2]) if found else ("", "")


def read(environ: Mapping[str, Any], body: bytes) -> Iterator[Call]:
    """Read the calls that one request stands for."""
    who, service = caller(environ)
    if not who:
        return
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if service == "s3":
        yield _of_bucket(who, environ)
    elif target:
        operation = target.rpartition(".")[2]
        given = json.loads(body or b"{}")
        if service == "dynamodb":
            yield from _of_table(who, operation, given)
        else:
            # A permission to send is one to send in batches too.
            yield Call(who, f"{service}:{operation.removesuffix('Batch')}", _named(given))
    else:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        yield Call(who, f"{service}:{form.get('Action', '?')}", _named(form))


def logical(resource: str, made: Mapping[str, Made]) -> str:
    """Return a resource's name in the template, with what lies below it: an index, a prefix.

    Return "" for what the template does not make: things that a test has added.
    """
    for name, one in made.items():
        if resource in {one.ref, one.attributes.get("Arn")}:
            return name
    above, slash, below = resource.partition("/")
    owner = next((name for name, one in made.items() if above and one.ref == above), "")
    return f"{owner}{slash}{below}" if owner else ""


def _named(given: Mapping[str, Any]) -> str:
    # PutEvents names its bus in every entry.
    first: Mapping[str, Any] = next(iter(given.get("Entries", [])), {})
    asked = {**first, **given}
    return next((str(asked[name]) for name in _NAMED_BY if name in asked), "")


def _of_bucket(who: str, environ: Mapping[str, Any]) -> Call:
    bucket, *key = unquote(environ["PATH_INFO"]).strip("/").split("/")
    if not key:
        return Call(who, "s3:ListBucket", bucket)
    prefix = f"{key[0]}/" if len(key) > _BUCKET_ONLY else ""
    return Call(who, f"s3:{_S3.get(environ['REQUEST_METHOD'], '?')}", f"{bucket}/{prefix}")


def _of_table(who: str, operation: str, given: Mapping[str, Any]) -> Iterator[Call]:
    if operation in _TRANSACTIONS:
        for item in given["TransactItems"]:
            for part, asked in item.items():
                yield from _of_table(who, _PARTS[part], asked)
    elif "RequestItems" in given:
        for table, asked in given["RequestItems"].items():
            for key in asked["Keys"]:
                yield Call(who, f"dynamodb:{operation}", table, _kind_of(key))
    else:
        table = str(given.get("TableName", ""))
        index = f"{table}/index/{given['IndexName']}" if "IndexName" in given else table
        key = given.get("Key") or given.get("Item") or {}
        yield Call(who, f"dynamodb:{operation}", index, _kind_of(key))


def _kind_of(key: Mapping[str, Any]) -> str:
    return str(key.get("pk", {}).get("S", "")).partition("#")[0]
