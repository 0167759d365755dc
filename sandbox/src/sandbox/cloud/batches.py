"""Batches of messages: how they reach a function, and what its answer means for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.cloud.functions import PAYLOAD_BYTES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sandbox.cloud.functions import Answer

_ENVELOPE_BYTES = 2_000
"""What an event adds to the body of each message, at the most that we send."""


@dataclass(frozen=True, slots=True)
class Settings:
    """An event source mapping as the template describes it."""

    uuid: str
    queue_url: str
    queue_arn: str
    region: str
    batch_size: int = 10
    window_seconds: float = 0.0
    reports_failures: bool = False
    concurrency: int = 5
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Delivery:
    """One batch, and what came of it."""

    messages: int
    returned: int
    """How many go back to the queue when their visibility ends."""
    answer: Answer


@dataclass(slots=True)
class Drained:
    """What came of a queue that was delivered until nothing of it was visible."""

    batches: int = 0
    messages: int = 0
    returned: int = 0
    errors: tuple[str, ...] = ()
    hidden: int = 0
    """Messages that are still out of sight: returned with a delay, or held by a dead consumer."""

    def count(self, delivery: Delivery) -> None:
        """Add one batch."""
        self.batches += 1
        self.messages += delivery.messages
        self.returned += delivery.returned
        if delivery.answer.failed:
            self.errors = (*self.errors, delivery.answer.error)


def record(message: Mapping[str, Any], settings: Settings) -> dict[str, Any]:
    """Write a received message as it stands in a function's event."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: {
                "stringValue": each.get("StringValue"),
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": each["DataType"],
            }
            for name, each in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": settings.queue_arn,
        "awsRegion": settings.region,
    }


def failed_messages(
    answer: Answer, records: Sequence[Mapping[str, Any]], *, reports: bool
) -> set[str]:
    """Return the ids that Lambda leaves in the queue after this answer.

    Nothing, an empty object or no list of failures means that all went well. An error of the
    function, or a failure that names no message of the batch, means that nothing did.
    """
    everything = {str(record["messageId"]) for record in records}
    if answer.failed:
        return everything
    if not reports or not answer.payload:
        return set()
    if not isinstance(answer.payload, dict):
        return everything
    failures = answer.payload.get("batchItemFailures")
    if not failures:
        return set()
    if not isinstance(failures, list):
        return everything
    named = [each.get("itemIdentifier") if isinstance(each, dict) else None for each in failures]
    known = [each for each in named if isinstance(each, str) and each in everything]
    return set(known) if len(known) == len(named) else everything


def within_payload(batch: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Split a batch so that each part fits into one invocation."""
    parts: list[list[Mapping[str, Any]]] = [[]]
    room = PAYLOAD_BYTES
    for message in batch:
        size = len(message["Body"].encode()) + _ENVELOPE_BYTES
        if size > room and parts[-1]:
            parts.append([])
            room = PAYLOAD_BYTES
        parts[-1].append(message)
        room -= size
    return parts
