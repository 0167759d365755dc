"""Deliver the messages of a queue to a function as Lambda's event source mapping does."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sandbox.cloud.batches import (
    Delivery,
    Drained,
    Settings,
    failed_messages,
    record,
    within_payload,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sandbox.cloud.execution import Function
    from sandbox.cloud.functions import Functions

_RECEIVED_AT_ONCE = 10
_IDLE_SECONDS = 1.0


class EventSourceMapping:
    """Pollers over one queue; each fills a batch of its own and waits for its function."""

    def __init__(
        self,
        settings: Settings,
        function: Function,
        functions: Functions,
        sqs: Any,  # noqa: ANN401  (boto3 makes its clients at run time)
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.settings = settings
        self.function = function
        self.enabled = settings.enabled
        self._functions = functions
        self._sqs = sqs
        self._clock = clock
        self._sleep = sleep

    def describe(self) -> dict[str, Any]:
        """Describe the mapping as Lambda's API does."""
        settings = self.settings
        return {
            "UUID": settings.uuid,
            "EventSourceArn": settings.queue_arn,
            "FunctionArn": self.function.arn,
            "BatchSize": settings.batch_size,
            "MaximumBatchingWindowInSeconds": int(settings.window_seconds),
            "FunctionResponseTypes": ["ReportBatchItemFailures"] * settings.reports_failures,
            "ScalingConfig": {"MaximumConcurrency": settings.concurrency},
            "State": "Enabled" if self.enabled else "Disabled",
            "StateTransitionReason": "USER_INITIATED",
        }

    def drain(
        self,
        *,
        patience_seconds: float = 0.0,
        watch: Callable[[Delivery], None] = lambda _: None,
    ) -> Drained:
        """Deliver until nothing is visible, and no longer wait for a batch to fill.

        Where Lambda would keep a window open for messages that may come, a drain closes it as soon
        as the queue shows none: nobody else sends while it runs. Messages that went back with a
        delay are waited for as long as ``patience_seconds`` after the last delivery.
        """
        drained = Drained()
        counting = threading.Lock()

        def seen(delivery: Delivery) -> None:
            with counting:
                drained.count(delivery)
                watch(delivery)

        quiet_since = self._clock()
        while self.enabled:
            before = drained.batches
            with ThreadPoolExecutor(self.settings.concurrency) as pool:
                pollers = [pool.submit(self._empty, seen) for _ in range(self.settings.concurrency)]
            for poller in pollers:
                poller.result()
            if drained.batches > before:
                quiet_since = self._clock()
            visible, drained.hidden = self.depth()
            if visible:
                continue
            if not drained.hidden or self._clock() - quiet_since >= patience_seconds:
                break
            self._sleep(_IDLE_SECONDS / 2)
        return drained

    def poll(self, stop: threading.Event) -> None:
        """Be one of the mapping's pollers until told to stop, with the window of the template."""
        while not stop.is_set():
            batch = self._fill(self.settings.window_seconds, stop) if self.enabled else []
            if batch and not stop.is_set():
                self._deliver(batch, lambda _: None)
            else:
                stop.wait(_IDLE_SECONDS)

    def depth(self) -> tuple[int, int]:
        """Count the messages that are visible, and those that are not."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        told = self._sqs.get_queue_attributes(
            QueueUrl=self.settings.queue_url, AttributeNames=list(names)
        )["Attributes"]
        return int(told[names[0]]), int(told[names[1]])

    def _empty(self, seen: Callable[[Delivery], None]) -> None:
        while self.enabled and (batch := self._fill(0.0)):
            self._deliver(batch, seen)

    def _fill(
        self, window_seconds: float, stop: threading.Event | None = None
    ) -> list[dict[str, Any]]:
        batch: list[dict[str, Any]] = []
        closes = None
        while (room := self.settings.batch_size - len(batch)) > 0:
            if stop is not None and stop.is_set():
                break
            received = self._sqs.receive_message(
                QueueUrl=self.settings.queue_url,
                MaxNumberOfMessages=min(_RECEIVED_AT_ONCE, room),
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
                WaitTimeSeconds=0,
            ).get("Messages", [])
            batch += received
            if received:
                # The window opens with the first message.
                closes = closes or self._clock() + window_seconds
                continue
            if closes is None or self._clock() >= closes:
                break
            self._sleep(min(_IDLE_SECONDS, closes - self._clock()))
        return batch

    def _deliver(
        self, batch: Sequence[Mapping[str, Any]], seen: Callable[[Delivery], None]
    ) -> None:
        for part in within_payload(batch):
            records = [record(message, self.settings) for message in part]
            answer = self._functions.invoke(self.function.name, {"Records": records})
            failed = failed_messages(answer, records, reports=self.settings.reports_failures)
            done = [each for each in part if each["MessageId"] not in failed]
            for at in range(0, len(done), _RECEIVED_AT_ONCE):
                self._delete(done[at : at + _RECEIVED_AT_ONCE])
            seen(Delivery(messages=len(part), returned=len(failed), answer=answer))

    def _delete(self, messages: Sequence[Mapping[str, Any]]) -> None:
        self._sqs.delete_message_batch(
            QueueUrl=self.settings.queue_url,
            Entries=[
                {"Id": str(at), "ReceiptHandle": message["ReceiptHandle"]}
                for at, message in enumerate(messages)
            ],
        )
