"""The load protocol on real adapters: DynamoDB, S3, SQS by moto, QuickBooks over a socket."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import boto3
import pytest
from moto import mock_aws

from invoicesync.adapters.aws.bucket import S3Bucket
from invoicesync.adapters.aws.queue import SqsQueue
from invoicesync.adapters.aws.table import DynamoTable
from invoicesync.state.entry import State
from invoicesync.state.mappings import Mappings
from sandbox.http import Server
from tests.fakes import FakeDeadline
from tests.fakes.world import BATCH, KilledError, Lifeline, World, labor, results
from tests.unit.domain.invoices import NOON


def _table(world: World) -> DynamoTable:
    client: Any = boto3.client("dynamodb")
    named = [("pk", "S"), ("sk", "S"), ("open_state", "S"), ("open_since", "N")]
    client.create_table(
        TableName="state",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind in named
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByState",
                "KeySchema": [
                    {"AttributeName": "open_state", "KeyType": "HASH"},
                    {"AttributeName": "open_since", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    return DynamoTable(client, "state", world.clock)


def _queue(name: str) -> tuple[SqsQueue, str]:
    client: Any = boto3.client("sqs")
    url = client.create_queue(QueueName=name)["QueueUrl"]
    return SqsQueue(client, url), url


def _received(url: str) -> list[dict[str, Any]]:
    client: Any = boto3.client("sqs")
    answer = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    return list(answer.get("Messages", []))


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        world = World()
        world.table = _table(world)
        storage: Any = boto3.client("s3")
        storage.create_bucket(Bucket="invoicesync")
        world.bucket = S3Bucket(storage, "invoicesync")
        world.dead, _ = _queue("dead")
        world.outcomes, _ = _queue("outcomes")
        world.mappings = Mappings(world.table, world.bucket, world.clock)
        world.publish()
        with Server(world.app) as server:
            world.address, world.adapter = server.url, None
            world.load = world.loader()
            yield world


def loaded_once(world: World, *numbers: int) -> None:
    for at in numbers:
        entry = world.entry(at)
        assert len(world.invoices(at)) == 1
        assert (entry.state, entry.intent, entry.lease_until) == (State.LOADED, None, 0)
        assert entry.qbo_id == world.invoice(at)["Id"]


def test_an_invoice_lives_from_its_first_message_to_its_void(world: World) -> None:
    first = world.message()
    edit = world.message(updated=NOON + 60, customerPo="78", **labor(2))
    void = world.message(updated=NOON + 90, status="void")

    assert [results(world.run(one)) for one in (first, first, edit, edit, first, void, void)] == [
        ["created"],
        ["unchanged"],
        ["updated"],
        ["unchanged"],
        ["superseded"],
        ["voided"],
        ["unchanged"],
    ]

    assert world.entry().state is State.VOIDED
    assert world.events() == ["created", "updated", "voided"]
    assert world.writes == 3
    assert len(_received("outcomes")) == 6


def test_a_held_invoice_lies_in_the_index_and_in_the_dead_letters(world: World) -> None:
    message = world.message(invoiceNumber="x" * 22)

    assert results(world.run(message)) == ["held"]

    (letter,) = _received("dead")
    assert letter["Body"] == message.encode()
    assert letter["MessageAttributes"]["reason"]["StringValue"] == "number_too_long"
    rows = world.table.by_state("HELD", until=int(world.clock.now()))
    assert [row["pk"] for row in rows] == [f"INVOICE#{world.id_of()}"]
    assert results(world.run(world.message(updated=NOON + 60))) == ["created"]
    assert world.table.by_state("HELD", until=int(world.clock.now())) == []


def test_an_answer_that_was_lost_is_settled_with_its_siblings(world: World) -> None:
    world.fail("answer_lost", BATCH)
    world.put(*[world.message(at) for at in range(4)])
    world.deliver()
    assert {world.entry(at).state for at in range(4)} == {State.IN_FLIGHT}

    world.drain()

    loaded_once(world, *range(4))
    assert world.writes == 4


def test_a_loader_that_died_after_it_sent_is_followed_by_one_that_looks(world: World) -> None:
    world.put(*[world.message(at) for at in range(3)])
    world.line.die_in, world.line.die_before = "books.batch", False
    with pytest.raises(KilledError):
        world.deliver()
    world.line.live()
    world.load = world.loader()

    world.drain()

    loaded_once(world, *range(3))
    assert world.writes == 3


class OneAtATime:
    """A table that takes one call at a time, as DynamoDB orders them and moto's copy does not.

    moto rolls a transaction back from a copy of its tables, and a write of another thread while it
    copies is an error in moto.
    """

    def __init__(self, table: Any) -> None:
        self._table = table
        self._lock = Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._table, name)

        def alone(*args: Any, **kwargs: Any) -> Any:
            with self._lock:
                return call(*args, **kwargs)

        return alone


def test_two_loaders_in_two_threads_load_each_invoice_once(world: World) -> None:
    table: Any = OneAtATime(world.table)
    world.table = table
    messages = [world.message(at) for at in range(8)]
    world.put(*messages)
    world.queue.send(list(world.queue.messages))
    batches = [world.queue.receive(8), world.queue.receive(8)]
    loads = [world.loader(Lifeline()) for _ in batches]

    with ThreadPoolExecutor(2) as pool:
        reports = list(
            pool.map(
                lambda pair: pair[0](pair[1], FakeDeadline(world.clock, 180)),
                zip(loads, batches, strict=True),
            )
        )

    assert sum(report.results["created"] for report in reports) <= 8
    world.pass_seconds(2000)
    world.drain()
    loaded_once(world, *range(8))
    assert world.writes == 8
