"""A standard queue on SQS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from invoicesync.adapters.aws.failures import code_of, translated
from invoicesync.errors import RefusedError, RetryableError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from types_boto3_sqs import SQSClient

    from invoicesync.ports import Outgoing

ENTRIES_A_CALL = 10
BYTES_A_CALL = 1_048_576
"""Of one call, and therefore of one message."""

LONGEST_DELAY_SECONDS = 43_200 - 900
"""SQS refuses to hide a message for more than 12 hours since it was received, which was at most an
invocation ago."""

# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
# SQS lists what it takes. The same set by what is missing compiles eight times as fast.
_NOT_ADMITTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# The message went back to the queue by itself: there is nothing left to delay.
_NO_LONGER_OURS = frozenset({"MessageNotInflight", "ReceiptHandleIsInvalid"})


class SqsQueue:
    """A `Queue` on SQS."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Sequence[Outgoing]) -> tuple[bool, ...]:
        """Send; True for each message that the queue confirmed, in order.

        Nothing is sent where one message can never be: `TooLargeError`, or `RefusedError` for a
        character or an attribute that SQS does not take. An error that may pass is raised if
        nothing was confirmed before it; else those after it are simply not confirmed.
        """
        confirmed: list[bool] = []
        for call in list(_calls(messages)):
            try:
                confirmed += self._send(call)
            except RetryableError:
                if not any(confirmed):
                    raise
                break
        return tuple(confirmed) + (False,) * (len(messages) - len(confirmed))

    def _send(self, messages: Sequence[Outgoing]) -> list[bool]:
        entries: list[Any] = [_entry(str(at), message) for at, message in enumerate(messages)]
        with translated(f"sending {len(entries)} messages to {self._url}"):
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        sent = {entry["Id"] for entry in answer.get("Successful", [])}
        return [entry["Id"] in sent for entry in entries]

    def delay(self, receipt: str, seconds: int) -> None:
        """Hide a received message for ``seconds`` from now; nothing if it is no longer ours."""
        with translated(f"delaying a message of {self._url}"):
            try:
                self._client.change_message_visibility(
                    QueueUrl=self._url,
                    ReceiptHandle=receipt,
                    VisibilityTimeout=max(0, min(seconds, LONGEST_DELAY_SECONDS)),
                )
            except ClientError as error:
                if code_of(error) not in _NO_LONGER_OURS:
                    raise


def size_of(message: Outgoing) -> int:
    """Count the bytes that SQS counts: the body, and each attribute's name, type and value."""
    attributes = (f"{name}String{value}" for name, value in message.attributes.items())
    return sum(len(part.encode()) for part in (message.body, *attributes))


def _calls(messages: Sequence[Outgoing]) -> Iterator[list[Outgoing]]:
    call: list[Outgoing] = []
    room = BYTES_A_CALL
    for message in messages:
        size = _checked_size(message)
        if len(call) == ENTRIES_A_CALL or size > room:
            yield call
            call, room = [], BYTES_A_CALL
        call.append(message)
        room -= size
    if call:
        yield call


def _checked_size(message: Outgoing) -> int:
    for text in (message.body, *message.attributes.values()):
        # What is printable is admitted, and that is quick to ask of a whole body.
        stray = None if text.isprintable() else _NOT_ADMITTED.search(text)
        if stray or not text:
            what = f"U+{ord(stray[0]):04X}" if stray else "empty text"
            raise RefusedError(f"SQS does not carry {what}", code="InvalidMessageContents")
    size = size_of(message)
    if size > BYTES_A_CALL:
        raise TooLargeError(
            f"a message of {size} bytes; SQS carries {BYTES_A_CALL}: send a claim check",
            code="MessageTooLong",
        )
    return size


def _entry(entry_id: str, message: Outgoing) -> dict[str, Any]:
    entry: dict[str, Any] = {"Id": entry_id, "MessageBody": message.body}
    if message.attributes:
        entry["MessageAttributes"] = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in message.attributes.items()
        }
    if message.group is not None:
        entry["MessageGroupId"] = message.group
    return entry
