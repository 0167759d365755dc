"""Real time, real chance and real threads, and the clients they wait with."""

import threading
import time
from typing import Any

import pytest

from invoicesync.adapters.aws import clients
from invoicesync.adapters.aws.runtime import (
    LambdaDeadline,
    SystemClock,
    SystemRandom,
    ThreadParallel,
)
from invoicesync.adapters.aws.wire import from_wire, item_from_wire
from invoicesync.ports import Parallel
from tests.fakes import FakeClock, FakeDeadline, SeededRandom, SerialParallel


def test_the_clock_tells_the_time_and_sleeps_no_negative_time() -> None:
    clock = SystemClock()
    assert abs(clock.now() - time.time()) < 5
    clock.sleep(-1)
    clock.sleep(0.001)


def test_a_token_is_32_hexadecimal_digits_and_never_the_same() -> None:
    for source in (SystemRandom(), SeededRandom(1)):
        tokens = {source.token() for _ in range(50)}
        assert len(tokens) == 50
        assert all(len(token) == 32 and int(token, 16) >= 0 for token in tokens)
        assert 2 <= source.uniform(2, 3) <= 3


def test_one_seed_draws_the_same_again() -> None:
    first, second = SeededRandom(7), SeededRandom(7)
    assert [first.token(), first.uniform(0, 1)] == [second.token(), second.uniform(0, 1)]


@pytest.mark.parametrize("parallel", [ThreadParallel(3), SerialParallel()])
def test_work_is_returned_in_order(parallel: Parallel) -> None:
    assert parallel.map(lambda n: n * n, range(10)) == [n * n for n in range(10)]
    assert parallel.map(lambda n: n, []) == []


@pytest.mark.parametrize("parallel", [ThreadParallel(3), SerialParallel()])
def test_the_first_error_is_raised_after_all_ended(parallel: Parallel) -> None:
    ended: list[int] = []

    def work(number: int) -> None:
        if number in (1, 3):
            raise ValueError(f"{number}")
        ended.append(number)

    with pytest.raises(ValueError, match=r"^1$"):
        parallel.map(work, range(6))
    assert sorted(ended) == [0, 2, 4, 5]


def test_threads_really_run_side_by_side() -> None:
    together = threading.Barrier(3, timeout=5)
    assert sorted(ThreadParallel(3).map(lambda _: together.wait(), range(3))) == [0, 1, 2]


def test_a_deadline_counts_down() -> None:
    class Context:
        def get_remaining_time_in_millis(self) -> int:
            return 12_345

    assert LambdaDeadline(Context()).remaining_seconds() == 12.345
    clock = FakeClock()
    deadline = FakeDeadline(clock, 60)
    clock.sleep(10)
    assert deadline.remaining_seconds() == 50


def test_a_refresh_is_waited_for_longer_than_it_may_take_and_asked_for_once() -> None:
    config: Any = clients.lambda_invoke().meta.config
    assert config.read_timeout >= 100
    assert config.retries["total_max_attempts"] == 1
    assert clients.dynamodb() is clients.dynamodb()


def test_a_kind_that_we_never_write_is_not_read() -> None:
    with pytest.raises(TypeError, match="SS"):
        from_wire({"SS": ["a"]})
    with pytest.raises(ValueError, match=r"1\.5"):
        item_from_wire({"total": {"N": "1.5"}})
