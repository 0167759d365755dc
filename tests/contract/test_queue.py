"""The queue: one set of cases for the queue in memory and for SQS."""

import itertools
from typing import Any, Protocol

import pytest

from invoicesync.adapters.aws.dead_letters import SqsDeadLetterBox
from invoicesync.adapters.aws.queue import SqsQueue
from invoicesync.errors import (
    MisconfiguredError,
    RefusedError,
    RetryableError,
    TooLargeError,
)
from invoicesync.ports import Outgoing, Queue, Received
from tests.fakes import FakeClock, FakeQueue

_numbers = itertools.count(1)
MEBIBYTE = 1_048_576


class Consumer(Protocol):
    """The other end of the queue, which only tests and Lambda hold."""

    def receive(self, limit: int = 10) -> list[Received]: ...
    def delete(self, receipt: str) -> None: ...


class SqsConsumer:
    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def receive(self, limit: int = 10) -> list[Received]:
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=limit,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return [
            Received(
                message_id=row["MessageId"],
                receipt=row["ReceiptHandle"],
                body=row["Body"],
                receive_count=int(row["Attributes"]["ApproximateReceiveCount"]),
                attributes={
                    name: value["StringValue"]
                    for name, value in row.get("MessageAttributes", {}).items()
                },
            )
            for row in answer.get("Messages", [])
        ]

    def delete(self, receipt: str) -> None:
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)


type Ends = tuple[Queue, Consumer]


@pytest.fixture(params=["memory", "sqs"])
def ends(request: pytest.FixtureRequest) -> Ends:
    if request.param == "memory":
        queue = FakeQueue(FakeClock())
        return queue, queue
    client = request.getfixturevalue("aws")("sqs")
    url = client.create_queue(
        QueueName=f"invoices-{next(_numbers)}",
        Attributes={"VisibilityTimeout": "1100", "MaximumMessageSize": str(MEBIBYTE)},
    )["QueueUrl"]
    return SqsQueue(client, url), SqsConsumer(client, url)


def drained(consumer: Consumer) -> list[Received]:
    received: list[Received] = []
    while some := consumer.receive():
        received += some
    return received


def test_every_message_sent_arrives_with_its_attributes(ends: Ends) -> None:
    queue, consumer = ends
    messages = [Outgoing(f"body {n} - ü", {"kind": "invoice", "n": f"{n}"}) for n in range(23)]

    assert queue.send(messages) == (True,) * 23

    received = drained(consumer)
    assert {message.body: message.attributes for message in received} == {
        message.body: message.attributes for message in messages
    }
    assert {message.receive_count for message in received} == {1}


def test_sending_nothing_is_confirmed_as_nothing(ends: Ends) -> None:
    assert ends[0].send([]) == ()


def test_messages_of_a_group_arrive_like_any_other(ends: Ends) -> None:
    queue, consumer = ends
    assert queue.send([Outgoing("a", group="live"), Outgoing("b", group="backfill")])
    assert sorted(message.body for message in drained(consumer)) == ["a", "b"]


def test_a_received_message_is_hidden(ends: Ends) -> None:
    queue, consumer = ends
    queue.send([Outgoing("a")])
    assert len(consumer.receive()) == 1
    assert consumer.receive() == []


def test_a_message_delayed_by_nothing_is_delivered_again_and_counted(ends: Ends) -> None:
    queue, consumer = ends
    queue.send([Outgoing("a")])
    [first] = consumer.receive()
    queue.delay(first.receipt, 0)
    [second] = consumer.receive()
    assert (second.message_id, second.receive_count) == (first.message_id, 2)
    queue.delay(second.receipt, 600)
    assert consumer.receive() == []


def test_a_deleted_message_is_gone_and_cannot_be_delayed(ends: Ends) -> None:
    queue, consumer = ends
    queue.send([Outgoing("a")])
    [message] = consumer.receive()
    consumer.delete(message.receipt)
    queue.delay(message.receipt, 0)
    assert consumer.receive() == []


def test_a_message_of_exactly_the_limit_is_sent(ends: Ends) -> None:
    queue, consumer = ends
    attributes = {"kind": "invoice"}
    counted = len("kind" + "String" + "invoice")
    body = "ü" * ((MEBIBYTE - counted) // 2) + "x" * ((MEBIBYTE - counted) % 2)
    assert queue.send([Outgoing(body, attributes)]) == (True,)
    assert drained(consumer)[0].body == body


def test_a_message_above_the_limit_is_refused_before_anything_is_sent(ends: Ends) -> None:
    queue, consumer = ends
    with pytest.raises(TooLargeError, match=r"1048577|too long"):
        queue.send([Outgoing("first"), Outgoing("x" * (MEBIBYTE + 1))])
    assert drained(consumer) == []


def test_big_messages_are_sent_in_calls_that_sqs_takes(ends: Ends) -> None:
    queue, consumer = ends
    messages = [Outgoing(f"{n}" + "x" * 400_000) for n in range(6)]
    assert queue.send(messages) == (True,) * 6
    assert len(drained(consumer)) == 6


@pytest.mark.parametrize("text", ["", "nul \0", "bell \a", "no character \uffff"])
def test_text_that_sqs_does_not_carry_is_refused(ends: Ends, text: str) -> None:
    queue, consumer = ends
    with pytest.raises(RefusedError) as raised:
        queue.send([Outgoing("fine"), Outgoing(text)])
    assert raised.value.code == "InvalidMessageContents"
    with pytest.raises(RefusedError):
        queue.send([Outgoing("fine", {"reason": text})])
    assert drained(consumer) == []


def test_a_queue_that_does_not_exist_is_a_misconfiguration(aws: Any, cloud_url: str) -> None:
    nowhere = SqsQueue(aws("sqs"), f"{cloud_url}/123456789012/nowhere")
    with pytest.raises(MisconfiguredError, match=r"QueueDoesNotExist|NonExistentQueue"):
        nowhere.send([Outgoing("a")])


def test_a_dead_letter_is_looked_at_once_explained_and_deleted(aws: Any) -> None:
    client = aws("sqs")
    url = client.create_queue(QueueName=f"letters-{next(_numbers)}")["QueueUrl"]
    box = SqsDeadLetterBox(client, url)
    assert box.send(Outgoing("a", {"reason": "held"}))

    [letter] = box.receive(10)

    assert (letter.body, letter.attributes) == ("a", {"reason": "held"})
    assert box.receive(10) == []
    SqsQueue(client, url).delay(letter.receipt, 0)
    [again] = box.receive(10)
    box.delete(again.receipt)
    SqsQueue(client, url).delay(again.receipt, 0)
    assert box.receive(10) == []


class Client:
    """Answers that moto never gives: what is said of each call, by how many were confirmed."""

    def __init__(self, *answers: Any) -> None:
        self._answers = list(answers)
        self.calls: list[list[dict[str, Any]]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> Any:  # noqa: N803 - boto3's names
        assert QueueUrl
        self.calls.append(Entries)
        refused = self._answers.pop(0)
        if isinstance(refused, Exception):
            raise refused
        return {
            "Successful": [{"Id": e["Id"]} for e in Entries if e["MessageBody"] not in refused],
            "Failed": [{"Id": e["Id"]} for e in Entries if e["MessageBody"] in refused],
        }


def timeout() -> Exception:
    from botocore.exceptions import ReadTimeoutError  # noqa: PLC0415 - used here alone

    return ReadTimeoutError(endpoint_url="https://sqs")


def test_a_message_that_failed_within_a_batch_is_not_confirmed() -> None:
    client: Any = Client({"1"}, {"12"})
    messages = [Outgoing(f"{n}", group="live") for n in range(13)]
    expected = tuple(n not in (1, 12) for n in range(13))
    assert SqsQueue(client, "url").send(messages) == expected
    assert [len(call) for call in client.calls] == [10, 3]
    assert client.calls[0][0] == {"Id": "0", "MessageBody": "0", "MessageGroupId": "live"}


def test_what_was_confirmed_before_a_lost_answer_stays_confirmed() -> None:
    client: Any = Client(set(), timeout())
    messages = [Outgoing(f"{n}") for n in range(25)]
    assert SqsQueue(client, "url").send(messages) == (True,) * 10 + (False,) * 15
    assert len(client.calls) == 2


def test_a_lost_answer_to_the_first_call_is_raised() -> None:
    client: Any = Client(timeout())
    with pytest.raises(RetryableError, match="ReadTimeoutError"):
        SqsQueue(client, "url").send([Outgoing("a")])


def test_a_message_received_too_often_goes_to_the_dead_letter_queue_in_memory() -> None:
    clock = FakeClock()
    dead = FakeQueue(clock, name="dead")
    queue = FakeQueue(clock, visibility_seconds=10, dead_letters=dead, max_receive_count=2)
    queue.send([Outgoing("a", {"kind": "invoice"})])
    for count in (1, 2):
        assert [message.receive_count for message in queue.receive()] == [count]
        assert queue.next_visible_at() == clock.now() + 10
        clock.advance(10)
    assert queue.receive() == []
    assert queue.bodies == []
    assert dead.messages == [Outgoing("a", {"kind": "invoice"})]


def test_a_stale_receipt_deletes_nothing_in_memory() -> None:
    # moto deletes by any receipt that was ever handed out; SQS promises no such thing.
    queue = FakeQueue(FakeClock())
    queue.send([Outgoing("a")])
    [first] = queue.receive()
    queue.delay(first.receipt, 0)
    [second] = queue.receive()
    queue.delete(first.receipt)
    assert queue.bodies == ["a"]
    queue.delete(second.receipt)
    assert queue.bodies == []


def test_the_queue_in_memory_can_deliver_twice_and_lose_a_send() -> None:
    answers = iter([True, False, False])
    queue = FakeQueue(FakeClock(), doubles=lambda: next(answers))
    queue.send([Outgoing("a")])
    assert [len(queue.receive()) for _ in range(3)] == [1, 1, 0]
    losing = FakeQueue(FakeClock(), loses=iter([False, True, False]).__next__)
    assert losing.send([Outgoing("a"), Outgoing("b"), Outgoing("c")]) == (True, False, True)
    assert losing.bodies == ["a", "c"]
