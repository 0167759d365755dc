"""Pollers: how they fill a batch, how long they wait, when they stop."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from sandbox.cloud.batches import Delivery, Settings
from sandbox.cloud.execution import Function
from sandbox.cloud.functions import Answer, Functions
from sandbox.cloud.mapping import EventSourceMapping

FUNCTION = Function("Load", "load", "arn:load", Path(), "app.lambda_handler", 3, 128)


class Queue:
    """What a poller calls of SQS: it hands out ten at a time, in order."""

    def __init__(self, messages: int = 0) -> None:
        self.waiting = list(range(messages))
        self.hidden: list[int] = []
        self.deleted: list[str] = []
        self.asked: list[int] = []

    def receive_message(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked["MaxNumberOfMessages"])
        assert asked["WaitTimeSeconds"] == 0
        given = self.waiting[: asked["MaxNumberOfMessages"]]
        self.waiting = self.waiting[len(given) :]
        self.hidden += given
        if not given:
            return {}
        return {
            "Messages": [
                {
                    "MessageId": f"m{number}",
                    "ReceiptHandle": f"r{number}",
                    "Body": "{}",
                    "MD5OfBody": "0",
                    "Attributes": {"ApproximateReceiveCount": "1"},
                    "MessageAttributes": {"kind": {"StringValue": "x", "DataType": "String"}},
                }
                for number in given
            ]
        }

    def delete_message_batch(self, **asked: Any) -> None:
        assert len(asked["Entries"]) <= 10
        receipts = [entry["ReceiptHandle"] for entry in asked["Entries"]]
        self.deleted += receipts
        self.hidden = [number for number in self.hidden if f"r{number}" not in receipts]

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        return {
            "Attributes": {
                "ApproximateNumberOfMessages": str(len(self.waiting)),
                "ApproximateNumberOfMessagesNotVisible": str(len(self.hidden)),
            }
        }


class Lambda:
    """Answers every invocation as told, and remembers the events."""

    def __init__(self, answer: Callable[[list[dict[str, Any]]], Answer] | None = None) -> None:
        self.events: list[list[dict[str, Any]]] = []
        self._answer = answer or (lambda _: Answer("request", None))

    def invoke(self, _: str, event: dict[str, Any]) -> Answer:
        self.events.append(event["Records"])
        return self._answer(event["Records"])


class Clock:
    """Moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.while_asleep: Callable[[], None] = lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.while_asleep()


def mapping(
    queue: Queue, functions: Lambda, clock: Clock | None = None, **settings: Any
) -> EventSourceMapping:
    clock = clock or Clock()
    said: dict[str, Any] = {
        "batch_size": 25,
        "concurrency": 2,
        "reports_failures": True,
        **settings,
    }
    return EventSourceMapping(
        Settings("id", "url", "arn:queue", "us-east-1", **said),
        FUNCTION,
        cast("Functions", functions),
        queue,
        clock=clock,
        sleep=clock.sleep,
    )


def test_a_batch_is_filled_ten_at_a_time_and_never_above_its_size() -> None:
    queue, functions = Queue(60), Lambda()

    drained = mapping(queue, functions, concurrency=1).drain()

    assert [len(records) for records in functions.events] == [25, 25, 10]
    assert queue.asked[:3] == [10, 10, 5]
    assert (drained.batches, drained.messages, len(queue.deleted)) == (3, 60, 60)


def test_the_window_is_kept_open_for_messages_that_come_later() -> None:
    queue, functions, clock = Queue(3), Lambda(), Clock()
    poller = mapping(queue, functions, clock, window_seconds=20.0, concurrency=1)
    stop = threading.Event()

    def more() -> None:
        if clock.now == 5:
            queue.waiting += [3, 4]
        if functions.events:
            stop.set()

    clock.while_asleep = more
    batch = poller._fill(20.0)

    assert [message["MessageId"] for message in batch] == ["m0", "m1", "m2", "m3", "m4"]
    assert clock.now == 20.0


def test_an_empty_queue_opens_no_window() -> None:
    clock = Clock()

    assert mapping(Queue(), Lambda(), clock)._fill(20.0) == []
    assert clock.now == 0.0


def test_a_poller_that_is_told_to_stop_leaves_its_window() -> None:
    clock, stop = Clock(), threading.Event()
    clock.while_asleep = stop.set

    batch = mapping(Queue(3), Lambda(), clock)._fill(20.0, stop)

    assert len(batch) == 3
    assert clock.now == 1.0


def test_what_failed_stays_in_the_queue_and_the_rest_is_deleted() -> None:
    def third_fails(records: list[dict[str, Any]]) -> Answer:
        failed = [{"itemIdentifier": each["messageId"]} for each in records[2:3]]
        return Answer("request", {"batchItemFailures": failed})

    queue = Queue(5)
    seen: list[Delivery] = []

    drained = mapping(queue, Lambda(third_fails), concurrency=1).drain(watch=seen.append)

    assert queue.deleted == ["r0", "r1", "r3", "r4"]
    assert (drained.returned, drained.hidden) == (1, 1)
    assert [delivery.returned for delivery in seen] == [1]


def test_a_drain_waits_for_what_is_hidden_as_long_as_it_has_patience() -> None:
    queue, clock = Queue(), Clock()
    queue.hidden = [7]

    def comes_back() -> None:
        if clock.now >= 3:
            queue.hidden, queue.waiting = [], queue.waiting + queue.hidden

    clock.while_asleep = comes_back

    impatient = mapping(queue, Lambda(), clock).drain()
    patient = mapping(queue, Lambda(), clock).drain(patience_seconds=10)

    assert (impatient.messages, impatient.hidden) == (0, 1)
    assert (patient.messages, patient.hidden) == (1, 0)


def test_patience_ends() -> None:
    queue, clock = Queue(), Clock()
    queue.hidden = [7]

    drained = mapping(queue, Lambda(), clock).drain(patience_seconds=10)

    assert drained.hidden == 1
    assert clock.now == 10.0


def test_a_mapping_that_is_off_receives_nothing() -> None:
    queue = Queue(3)
    poller = mapping(queue, Lambda())
    poller.enabled = False

    assert poller.drain().messages == 0
    assert queue.asked == []
    assert poller.describe()["State"] == "Disabled"


def test_a_record_looks_as_lambda_writes_it() -> None:
    functions = Lambda()

    mapping(Queue(1), functions).drain()

    ((record,),) = functions.events
    assert record == {
        "messageId": "m0",
        "receiptHandle": "r0",
        "body": "{}",
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {
            "kind": {
                "stringValue": "x",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
        },
        "md5OfBody": "0",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:queue",
        "awsRegion": "us-east-1",
    }
