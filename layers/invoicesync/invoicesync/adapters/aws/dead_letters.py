"""The dead-letter queue as a box to look through, on SQS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from invoicesync.adapters.aws.failures import translated
from invoicesync.adapters.aws.queue import SqsQueue
from invoicesync.ports import Outgoing, Received

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

OUT_OF_SIGHT_SECONDS = 600
"""Longer than a look through the box takes, so that no letter is met twice in one."""


class SqsDeadLetterBox:
    """A `DeadLetterBox` on SQS."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url
        self._queue = SqsQueue(client, url)

    def receive(self, limit: int) -> list[Received]:
        """Take up to ``limit`` (at most 10) messages out of sight for ten minutes."""
        with translated("reading the dead-letter queue"):
            answer = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=limit,
                VisibilityTimeout=OUT_OF_SIGHT_SECONDS,
                MessageAttributeNames=["All"],
            )
        # Typed as all optional, though SQS always sends these.
        messages: list[Any] = list(answer.get("Messages", []))
        return [
            Received(
                message_id=message["MessageId"],
                receipt=message["ReceiptHandle"],
                body=message["Body"],
                attributes={
                    name: value.get("StringValue", "")
                    for name, value in message.get("MessageAttributes", {}).items()
                },
            )
            for message in messages
        ]

    def send(self, message: Outgoing) -> bool:
        """Put a message in."""
        return all(self._queue.send([message]))

    def put_back(self, receipt: str) -> None:
        """Let a message be seen again at once."""
        self._queue.delay(receipt, 0)

    def delete(self, receipt: str) -> None:
        """Delete a message that was received."""
        with translated("deleting a dead letter"):
            self._client.delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
