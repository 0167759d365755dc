"""The queue in memory and SQS, led through the same sends, deliveries, delays and deletions."""

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from invoicesync.adapters.aws.queue import SqsQueue
from invoicesync.ports import Outgoing, Received
from tests.contract.test_queue import SqsConsumer
from tests.fakes import FakeClock, FakeQueue

MOST = 8
"""Messages at most: all that are visible come with one receive, in whatever order."""

_numbers = itertools.count(1)
attributes = st.dictionaries(st.sampled_from(("reason", "cause")), st.sampled_from(("a", "b")))


class QueueMachine(RuleBasedStateMachine):
    """What one confirms, delivers, hides or forgets, the other does too."""

    def __init__(self, client: Any) -> None:
        super().__init__()
        url = client.create_queue(
            QueueName=f"states-{next(_numbers)}", Attributes={"VisibilityTimeout": "1100"}
        )["QueueUrl"]
        self.sqs, self.consumer = SqsQueue(client, url), SqsConsumer(client, url)
        self.memory = FakeQueue(FakeClock())
        self.sent = 0
        self.live: set[str] = set()
        self.receipts: dict[str, tuple[str, str]] = {}
        """By body: the newest receipt there, and here."""

    @precondition(lambda self: len(self.live) < MOST - 2)
    @rule(told=st.lists(attributes, min_size=1, max_size=3))
    def send(self, told: Sequence[dict[str, str]]) -> None:
        messages = [Outgoing(f"{self.sent + at}", each) for at, each in enumerate(told)]
        self.sent += len(messages)

        assert self.sqs.send(messages) == self.memory.send(messages) == (True,) * len(messages)

        self.live |= {message.body for message in messages}

    @rule()
    def receive(self) -> None:
        there, here = self.consumer.receive(), self.memory.receive()
        assert _seen(there) == _seen(here)
        receipts = {received.body: received.receipt for received in here}
        self.receipts |= {row.body: (row.receipt, receipts[row.body]) for row in there}

    @precondition(lambda self: self.receipts)
    @rule(which=st.integers(0, MOST), seconds=st.sampled_from((0, 0, 900, 99_999)))
    def delay(self, which: int, seconds: int) -> None:
        there, here = self.receipts[sorted(self.receipts)[which % len(self.receipts)]]
        self.sqs.delay(there, seconds)
        self.memory.delay(here, seconds)

    @precondition(lambda self: self.receipts)
    @rule(which=st.integers(0, MOST), again=st.booleans())
    def delete(self, which: int, again: bool) -> None:
        body = sorted(self.receipts)[which % len(self.receipts)]
        there, here = self.receipts.pop(body)
        for _ in range(2 if again else 1):
            self.consumer.delete(there)
            self.memory.delete(here)
        self.live.discard(body)

    @invariant()
    def nothing_else_is_held(self) -> None:
        assert {message.body for message in self.memory.messages} == self.live


def _seen(received: Sequence[Received]) -> list[tuple[str, int, tuple[tuple[str, str], ...]]]:
    return sorted(
        (row.body, row.receive_count, tuple(sorted(row.attributes.items()))) for row in received
    )


def test_memory_and_sqs_agree_after_anything(aws: Callable[[str], Any]) -> None:
    client = aws("sqs")

    class Led(QueueMachine):
        def __init__(self) -> None:
            super().__init__(client)

    run_state_machine_as_test(
        Led,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            derandomize=True,
            deadline=None,
            phases=[Phase.generate],
        ),
    )
