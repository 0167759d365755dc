"""Serve moto on a free port of 127.0.0.1 until standard input closes.

So it never outlives the process that started it. Requests are served one at a time: moto checks a
condition and writes without a lock in between.
"""

from __future__ import annotations

import copy
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.sqs import models as sqs

from sandbox.http import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from moto.sqs.models import Message, SQSBackend

    from sandbox.http import WsgiApp

_transact_write_items = DynamoDBBackend.transact_write_items


def main() -> None:
    """Serve; the first line of standard output is the address."""
    keep_only_what_a_transaction_touches()
    look_at_a_long_queue_quickly()
    with Server(_one_at_a_time(DomainDispatcherApplication(create_backend_app))) as server:
        sys.stdout.write(f"{server.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


def keep_only_what_a_transaction_touches() -> None:
    """Give moto's TransactWriteItems a way back that does not copy the table.

    moto copies the whole table once for each write of a transaction, which takes seconds when it
    holds some thousand items. Instead, the items that a transaction names are kept aside, and put
    back if it is cancelled.
    """
    setattr(Table, "__deepcopy__", lambda table, _memo: table)  # noqa: B010  (moto has none)
    setattr(DynamoDBBackend, "transact_write_items", _transact)  # noqa: B010  (replaced, not assigned)


def look_at_a_long_queue_quickly() -> None:
    """Spare moto's queues the work that grows with the square of their length.

    For every message received moto counts the queue three times over, and asks for the time at each
    message by way of calendar dates.
    """
    setattr(sqs, "unix_time_millis", lambda: time.time() * 1000)  # noqa: B010  (see above)
    setattr(sqs.SQSBackend, "is_message_valid_based_on_retention_period", _is_retained)  # noqa: B010


def _is_retained(backend: SQSBackend, queue_name: str, message: Message) -> bool:
    seconds = float(getattr(backend.get_queue(queue_name), "message_retention_period"))  # noqa: B009
    return float(message.sent_timestamp or 0) / 1000 + seconds > time.time()


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    kept = [_kept(backend, *item.values()) for item in transact_items if len(item) == 1]
    try:
        _transact_write_items(backend, transact_items)
    except Exception:
        for put_back in reversed(kept):
            put_back()
        raise


def _kept(backend: DynamoDBBackend, write: dict[str, Any]) -> Callable[[], None]:
    table = backend.get_table(write["TableName"])
    key = write.get("Key") or write["Item"]
    partition = DynamoType(key[table.hash_key_attr])
    sort = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
    before = copy.deepcopy(table.get_item(partition, sort))

    # Items by partition, or by partition and sort key.
    shelf: Any = table.items if sort is None else table.items[partition]
    place = partition if sort is None else sort

    def put_back() -> None:
        if before is None:
            shelf.pop(place, None)
        else:
            shelf[place] = before

    return put_back


def _one_at_a_time(app: WsgiApp) -> WsgiApp:
    turn = threading.Lock()

    def guarded(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        with turn:
            return list(app(environ, start_response))

    return guarded


if __name__ == "__main__":
    main()
