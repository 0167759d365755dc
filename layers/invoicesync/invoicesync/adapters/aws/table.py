"""The state table on DynamoDB."""

from __future__ import annotations

from itertools import batched
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from invoicesync.adapters.aws.expressions import Placeholders, key_to_wire, write_arguments
from invoicesync.adapters.aws.failures import code_of, translated
from invoicesync.adapters.aws.wire import item_from_wire, to_wire
from invoicesync.conditions import Item, Key, Put, Update, Write
from invoicesync.errors import (
    ConditionFailedError,
    RateLimitedError,
    RetryableError,
    StateError,
    TransactionCanceledError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from types_boto3_dynamodb import DynamoDBClient

    from invoicesync.ports import Clock

BY_STATE = "ByState"
KEYS_A_READ = 100
WRITES_A_TRANSACTION = 100
_FRUITLESS_READS = 6
_FIRST_PAUSE_SECONDS = 0.05


class DynamoTable:
    """A `Table` on DynamoDB: ``pk`` and ``sk``, and the index over open work."""

    def __init__(self, client: DynamoDBClient, name: str, clock: Clock) -> None:
        self._client = client
        self._name = name
        self._clock = clock

    def get(self, key: Key) -> Item | None:
        """Read one item, consistently."""
        with translated(f"reading {key.pk} {key.sk}"):
            answer = self._client.get_item(
                TableName=self._name, Key=key_to_wire(key), ConsistentRead=True
            )
        item = answer.get("Item")
        return None if item is None else item_from_wire(item)

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Read many items, consistently; those that do not exist are left out."""
        found: dict[Key, Item] = {}
        for some in batched(dict.fromkeys(keys), KEYS_A_READ, strict=False):
            found |= self._get_batch([key_to_wire(key) for key in some])
        return {key: found[key] for key in keys if key in found}

    def _get_batch(self, wanted: list[Any]) -> dict[Key, Item]:
        found: dict[Key, Item] = {}
        fruitless = 0
        while wanted:
            with translated(f"reading {len(wanted)} items of {self._name}"):
                answer = self._client.batch_get_item(
                    RequestItems={self._name: {"Keys": wanted, "ConsistentRead": True}}
                )
            rows = answer["Responses"].get(self._name, [])
            for row in rows:
                item = item_from_wire(row)
                found[Key(str(item["pk"]), str(item["sk"]))] = item
            left = answer["UnprocessedKeys"].get(self._name)
            wanted = list(left["Keys"]) if left else []
            # A full answer leaves keys over and is progress; an empty one is throttling.
            fruitless = 0 if rows else fruitless + 1
            if wanted and fruitless == _FRUITLESS_READS:
                raise RateLimitedError(
                    f"{len(wanted)} keys of {self._name} stayed unread in {fruitless} attempts"
                )
            if wanted and fruitless:
                self._clock.sleep(_FIRST_PAUSE_SECONDS * 2**fruitless)
        return found

    def write(self, write: Write) -> Item:
        """Make one write; return the item as it is now (empty after a delete)."""
        arguments = {"TableName": self._name, **write_arguments(write)}
        arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        with translated(f"writing {write.key.pk} {write.key.sk}"):
            try:
                return self._write(write, arguments)
            except ClientError as error:
                if code_of(error) != "ConditionalCheckFailedException":
                    raise
                raise ConditionFailedError(_item_of(error.response)) from error

    def _write(self, write: Write, arguments: dict[str, Any]) -> Item:
        match write:
            case Put():
                self._client.put_item(**arguments)
                return dict(write.item)
            case Update():
                answer = self._client.update_item(**arguments, ReturnValues="ALL_NEW")
                return item_from_wire(answer["Attributes"])
            case _:
                self._client.delete_item(**arguments)
                return {}

    def write_all(self, writes: Sequence[Write]) -> None:
        """Make all writes (at most 100, no key twice) or none."""
        if len(writes) > WRITES_A_TRANSACTION:
            raise ValueError(f"{len(writes)} writes in one transaction; DynamoDB takes 100")
        if not writes:
            return
        requests: list[Any] = [
            {type(write).__name__: {"TableName": self._name, **write_arguments(write)}}
            for write in writes
        ]
        with translated(f"writing {len(writes)} items of {self._name} at once"):
            try:
                self._client.transact_write_items(TransactItems=requests)
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                raise _cancelled(error.response) from error

    def query(self, pk: str, *, prefix: str = "", limit: int = 100) -> list[Item]:
        """Read the items under ``pk`` whose sk begins with ``prefix``, in order, consistently."""
        expression = Placeholders()
        condition = f"{expression.name('pk')} = {expression.value(pk)}"
        if prefix:
            condition += f" AND begins_with({expression.name('sk')}, {expression.value(prefix)})"
        arguments = {"KeyConditionExpression": condition, **expression.arguments()}
        return self._pages(f"querying {pk}", limit, {**arguments, "ConsistentRead": True})

    def by_state(self, state: str, *, until: int, limit: int = 100) -> list[Item]:
        """Find items of an open state that entered it no later than ``until``, oldest first.

        Eventually consistent, and the index holds keys alone: confirm each by `get`.
        """
        return self._pages(
            f"looking for {state}",
            limit,
            {
                "IndexName": BY_STATE,
                "KeyConditionExpression": "open_state = :state AND open_since <= :until",
                "ExpressionAttributeValues": {":state": to_wire(state), ":until": to_wire(until)},
            },
        )

    def scan(self, sk: str) -> list[Item]:
        """Read every item under this sk, consistently: the whole table is read for it.

        A page of the table at a time; what it costs is told by what lies in the table.
        """
        arguments: dict[str, Any] = {
            "FilterExpression": "sk = :sk",
            "ExpressionAttributeValues": {":sk": to_wire(sk)},
        }
        items: list[Item] = []
        while True:
            with translated(f"reading all of {self._name}"):
                answer = self._client.scan(TableName=self._name, ConsistentRead=True, **arguments)
            items += [item_from_wire(row) for row in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return items
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _pages(self, what: str, limit: int, arguments: dict[str, Any]) -> list[Item]:
        items: list[Item] = []
        while len(items) < limit:
            with translated(what):
                answer = self._client.query(
                    TableName=self._name, Limit=limit - len(items), **arguments
                )
            items += [item_from_wire(row) for row in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                break
            arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        return items


def _item_of(response: Mapping[str, Any]) -> Item | None:
    row = response.get("Item")
    return item_from_wire(row) if row else None


def _cancelled(response: Mapping[str, Any]) -> Exception:
    """Tell a condition that did not hold from a clash or a throttle, which may pass."""
    reasons = [str(reason.get("Code")) for reason in response.get("CancellationReasons", [])]
    failed = [at for at, reason in enumerate(reasons) if reason == "ConditionalCheckFailed"]
    if failed:
        return TransactionCanceledError(failed)
    codes = sorted(set(reasons) - {"None"})
    if "ValidationError" in codes or "ItemCollectionSizeLimitExceeded" in codes:
        return StateError(f"a transaction was refused as invalid: {codes}")
    return RetryableError(f"a transaction was cancelled for now: {codes}")
