"""Dead letters: each gets a reason, at most once an hour, and none is lost on the way."""

from collections.abc import Callable

import pytest

from invoicesync.errors import RefusedError, RetryableError
from invoicesync.ports import Outgoing, Received
from invoicesync.services.sweep import EVERY_SECONDS, REASON, Sweep, SweepResult
from tests.fakes import FakeClock, FakeQueue, FakeTable

OUT_OF_SIGHT_SECONDS = 600


class Killed(BaseException):
    """The process is gone."""


class Box:
    """The dead-letter queue; ``on`` is called before a step and may end it."""

    def __init__(self, clock: FakeClock) -> None:
        self.queue = FakeQueue(clock, "dead", visibility_seconds=OUT_OF_SIGHT_SECONDS)
        self.on: dict[str, Callable[[], None]] = {}

    def receive(self, limit: int) -> list[Received]:
        self._step("receive")
        return self.queue.receive(limit)

    def send(self, message: Outgoing) -> bool:
        self._step("send")
        return all(self.queue.send([message]))

    def delete(self, receipt: str) -> None:
        self._step("delete")
        self.queue.delete(receipt)

    def _step(self, name: str) -> None:
        self.on.get(name, lambda: None)()

    @property
    def reasons(self) -> list[str | None]:
        return [message.attributes.get("reason") for message in self.queue.messages]


def raising(error: BaseException) -> Callable[[], None]:
    def step() -> None:
        raise error

    return step


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def box(clock: FakeClock) -> Box:
    return Box(clock)


@pytest.fixture
def sweep(box: Box, clock: FakeClock) -> Sweep:
    return Sweep(box, FakeTable(clock), clock)


def test_a_letter_without_a_reason_gets_one_and_keeps_all_else(sweep: Sweep, box: Box) -> None:
    box.queue.send([Outgoing("the body", {"trace": "7"})])

    result = sweep()

    assert result is not None
    assert result.unexplained == 1
    assert box.queue.messages == [Outgoing("the body", {"trace": "7", "reason": REASON})]


def test_a_letter_with_a_reason_is_left_as_it_is(sweep: Sweep, box: Box) -> None:
    letter = Outgoing("held", {"reason": "customer_not_found"})
    box.queue.send([letter])

    assert sweep() == SweepResult(seen=1, unexplained=0)
    assert box.queue.messages == [letter]


def test_an_empty_queue_is_looked_through_too(sweep: Sweep) -> None:
    assert sweep() == SweepResult(seen=0, unexplained=0)


def test_more_letters_than_one_call_returns_are_all_explained(sweep: Sweep, box: Box) -> None:
    box.queue.send([Outgoing(f"letter {number}") for number in range(35)])

    result = sweep()

    assert result is not None
    assert result.unexplained == 35
    assert sorted(box.queue.bodies) == sorted(f"letter {number}" for number in range(35))
    assert box.reasons == [REASON] * 35


def test_a_look_through_ends_however_many_letters_there_are(clock: FakeClock, box: Box) -> None:
    box.queue.visibility_seconds = 0  # every letter comes again at once, as if there were no end
    box.queue.send([Outgoing("held", {"reason": "over_limit"})] * 20)

    result = Sweep(box, FakeTable(clock), clock)()

    assert result is not None
    assert result.seen == 500


def test_it_happens_once_an_hour_whoever_asks(clock: FakeClock, box: Box) -> None:
    table = FakeTable(clock)
    box.queue.send([Outgoing("first")])

    assert Sweep(box, table, clock)() is not None
    clock.advance(EVERY_SECONDS)
    box.queue.send([Outgoing("second")])
    assert Sweep(box, table, clock)() is None
    clock.advance(1)
    again = Sweep(box, table, clock)()

    assert again is not None
    assert again.unexplained == 1
    assert box.reasons == [REASON, REASON]


def test_a_crash_between_copy_and_deletion_doubles_a_letter(
    sweep: Sweep, box: Box, clock: FakeClock
) -> None:
    box.queue.send([Outgoing("only one")])
    box.on["delete"] = raising(Killed())

    with pytest.raises(Killed):
        sweep()

    assert box.queue.bodies == ["only one", "only one"]
    box.on.clear()
    clock.advance(EVERY_SECONDS + 1)
    sweep()
    assert set(box.queue.bodies) == {"only one"}
    assert set(box.reasons) == {REASON}


def test_a_crash_before_the_copy_loses_nothing(sweep: Sweep, box: Box) -> None:
    box.queue.send([Outgoing("only one")])
    box.on["send"] = raising(Killed())

    with pytest.raises(Killed):
        sweep()

    assert box.queue.bodies == ["only one"]


def test_a_copy_that_was_not_confirmed_leaves_the_letter(sweep: Sweep, box: Box) -> None:
    box.queue.send([Outgoing("only one")])
    box.queue.loses = lambda: True

    assert sweep() == SweepResult(seen=1, unexplained=1)
    assert box.queue.messages == [Outgoing("only one")]


def test_a_letter_that_cannot_be_copied_stays_and_does_not_stop_the_others(
    sweep: Sweep, box: Box
) -> None:
    box.queue.send([Outgoing("too large"), Outgoing("plain")])
    refusals = [RefusedError("a message of 1048577 bytes")]

    def refuse_once() -> None:
        if refusals:
            raise refusals.pop()

    box.on["send"] = refuse_once

    result = sweep()

    assert result is not None
    assert result.unexplained == 2
    assert sorted(box.queue.bodies) == ["plain", "too large"]
    assert sorted(reason or "" for reason in box.reasons) == ["", REASON]


def test_an_attribute_that_is_no_text_does_not_keep_a_letter_from_its_reason(
    sweep: Sweep, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = Received("m-1", "r-1", "foreign", 1, {"picture": "", "who": "somebody"})
    answers = iter([[foreign]])
    monkeypatch.setattr(box, "receive", lambda _: next(answers, []))

    sweep()

    assert box.queue.messages == [Outgoing("foreign", {"who": "somebody", "reason": REASON})]


def test_a_queue_that_does_not_answer_ends_the_look_but_not_the_tick(
    sweep: Sweep, box: Box
) -> None:
    box.queue.send([Outgoing(f"letter {number}") for number in range(3)])
    box.on["delete"] = raising(RetryableError("no usable answer"))

    assert sweep() == SweepResult(seen=3, unexplained=3)
    assert {"letter 0", "letter 1", "letter 2"} <= set(box.queue.bodies)
