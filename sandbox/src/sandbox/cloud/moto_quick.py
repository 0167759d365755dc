"""Spare moto the work that grows with what it holds; what it answers stays the same.

moto is made for tests with a handful of rows. The demo has a thousand, and a minute.
"""

from __future__ import annotations

import copy
import functools
import time
from typing import TYPE_CHECKING, Any

from moto import backends
from moto.core import responses
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import expressions
from moto.sqs import models as sqs

from sandbox.cloud.moto_dynamodb import make_dynamodb_quick

if TYPE_CHECKING:
    from collections.abc import Callable

    from moto.sqs.models import Message, SQSBackend

_expressions: Any = expressions  # moto leaves this module untyped
_transact_write_items = DynamoDBBackend.transact_write_items


def make_quick() -> None:
    """Replace the slow parts of moto, in this process."""
    _keep_only_what_a_transaction_touches()
    _look_at_a_long_queue_quickly()
    _parse_each_update_expression_once()
    _list_the_services_once()
    _list_the_actions_once()
    make_dynamodb_quick()


def _keep_only_what_a_transaction_touches() -> None:
    """Give moto's TransactWriteItems a way back that does not copy the table.

    moto copies the whole table once for each write of a transaction, which takes seconds when it
    holds some thousand items. Instead, the items that a transaction names are kept aside, and put
    back if it is cancelled.
    """
    setattr(Table, "__deepcopy__", lambda table, _memo: table)  # noqa: B010  (moto has none)
    setattr(DynamoDBBackend, "transact_write_items", _transact)  # noqa: B010  (replaced, not assigned)


def _look_at_a_long_queue_quickly() -> None:
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


def _parse_each_update_expression_once() -> None:
    """Remember the trees of update expressions: each is parsed twice, and validated as a copy."""
    parser = _expressions.UpdateExpressionParser
    parser.make = staticmethod(functools.lru_cache(maxsize=500)(parser.make))


def _list_the_services_once() -> None:
    """Remember which services moto has: it looks through its folders at each request."""
    services = frozenset(backends.list_of_moto_modules())
    setattr(backends, "list_of_moto_modules", lambda: services)  # noqa: B010


def _list_the_actions_once() -> None:
    """Remember which actions a service has: moto looks through its class at each request."""
    listed = functools.cache(method_names_from_class)
    setattr(responses, "method_names_from_class", listed)  # noqa: B010
