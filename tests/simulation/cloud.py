"""AWS around the functions: table, queues, secret, topics, and the poller that feeds loaders."""

from collections.abc import Callable
from typing import Any

from invoicesync.errors import AuthenticationError, RetryableError
from invoicesync.ports import Received
from invoicesync.services.load import LoadReport, Result
from tests.fakes import FakeBucket, FakeQueue, FakeSecret, FakeSwitch, FakeTopic
from tests.simulation.gates import Chances, Deadline, Gates, NastyQueue
from tests.simulation.scheduler import Process, Scheduler
from tests.simulation.watched import WatchedTable


class Cloud:
    """One stack. Names in ``raw_`` are the things themselves, the others the gates before them."""

    def __init__(self, scheduler: Scheduler, chances: Chances) -> None:
        self.scheduler = scheduler
        self.chances = chances
        self.knobs = chances.plan.knobs
        self.gates = Gates(scheduler, chances)
        clock = scheduler.clock
        self.raw_table = WatchedTable(
            clock,
            index_lag_seconds=self.knobs["index_lag_seconds"],
            repeats=lambda: scheduler.is_inside and chances.hits("table_repeats"),
        )
        self.raw_bucket = FakeBucket()
        self.raw_secret = FakeSecret()
        self.raw_dead = FakeQueue(clock, "dead", visibility_seconds=30)
        self.raw_queue = NastyQueue(
            clock,
            "invoices",
            dead_letters=self.raw_dead,
            loses=lambda: scheduler.is_inside and chances.hits("queue_unconfirmed"),
            doubles=lambda: chances.hits("delivered_twice"),
            chances=chances,
        )
        self.raw_outcomes = FakeQueue(clock, "outcomes")
        self.raw_finance, self.raw_ops = FakeTopic(), FakeTopic()
        self.raw_reports = FakeTopic()
        port = self.gates.port
        self.table = port(self.raw_table, "table")
        self.bucket = port(self.raw_bucket, "bucket")
        self.secret = port(self.raw_secret, "secret")
        self.queue = port(self.raw_queue, "queue")
        self.dead = port(self.raw_dead, "queue")
        self.outcomes = port(self.raw_outcomes, "queue")
        self.finance = port(self.raw_finance, "topic")
        self.ops = port(self.raw_ops, "topic")
        self.reports = port(self.raw_reports, "topic")
        self.switch = FakeSwitch()
        self.unexpected: list[str] = []

    def spawn(self, name: str, work: Callable[[], object], seconds: float) -> Process:
        """Invoke a function."""
        return self.scheduler.spawn(name, work, seconds=seconds, ended=self._ended)

    def _ended(self, process: Process) -> None:
        error = process.error
        if error is not None and not isinstance(error, EXPECTED):
            self.unexpected.append(f"{process.name}: {type(error).__name__}: {error}")
            self.scheduler.note(self.unexpected[-1])


EXPECTED: tuple[type[Exception], ...] = (RetryableError, AuthenticationError)
"""What a function may end with because of what the world did to it."""


class Poller:
    """Lambda's poller: batches to at most so many loaders at once, and what follows from answers.

    ``decided`` hears of every report at the moment when the loader returns it.
    """

    def __init__(
        self,
        cloud: Cloud,
        start: Callable[[], Any],
        *,
        seconds: float,
        decided: Callable[[Process, list[Received], LoadReport], None],
        deleting: Callable[[Received], None],
    ) -> None:
        self._cloud = cloud
        self._start = start
        self._seconds = seconds
        self._decided = decided
        self._deleting = deleting
        eager = cloud.chances.plan.rate("eager_poller")
        self._idle_seconds = 1 if eager else cloud.knobs["window_seconds"]
        self._warm: dict[int, list[Any]] = {}
        self._running = 0
        self._armed_at: float | None = None
        cloud.raw_queue.wake = self.arm
        self.invocations = 0

    def arm(self) -> None:
        """Look at the queue before long."""
        visible = self._cloud.raw_queue.next_visible_at()
        if visible is None:
            return
        now = self._cloud.scheduler.now
        at = max(visible, now) + self._cloud.chances.uniform(0, self._idle_seconds)
        if self._armed_at is not None and now <= self._armed_at <= at:
            return
        self._armed_at = at
        self._cloud.scheduler.at(at, lambda: self._poll(at))

    def _poll(self, armed_at: float) -> None:
        if self._armed_at != armed_at:
            return
        self._armed_at = None
        cloud = self._cloud
        if not cloud.switch.on:
            self._armed_at = cloud.scheduler.now + 60
            at = self._armed_at
            cloud.scheduler.at(at, lambda: self._poll(at))
            return
        if self._running < cloud.knobs["loaders"]:
            batch = cloud.raw_queue.receive(cloud.knobs["batch_size"])
            if batch:
                self._invoke(batch)
        self.arm()

    def _invoke(self, batch: list[Received]) -> None:
        cloud = self._cloud
        self._running += 1
        self.invocations += 1
        # A deployment starts new environments; the old ones only end what they are at.
        environments = self._warm.setdefault(cloud.scheduler.release_of("loader"), [])
        cold = not environments or cloud.chances.random.random() < 0.1
        warm = None if cold else environments.pop()
        reports: list[LoadReport] = []

        def work() -> None:
            environment = warm or self._start()
            process = cloud.scheduler.process
            deadline = Deadline(cloud.scheduler, process)
            environment.client.close()
            environment.patience.begin(deadline)
            report = environment.load(batch, deadline)
            self._decided(process, batch, report)
            for one in report.outcomes:
                if one.result is Result.RETRY:
                    try:
                        cloud.queue.delay(one.receipt, round(one.delay_seconds))
                    except RetryableError:
                        continue
            reports.append(report)
            environments.append(environment)

        def ended(process: Process) -> None:
            self._running -= 1
            cloud._ended(process)
            if process.error is None and not process.is_dead:
                self._answered(batch, reports[0])
            self.arm()

        cloud.scheduler.spawn("loader", work, seconds=self._seconds, ended=ended)

    def _answered(self, batch: list[Received], report: LoadReport) -> None:
        again = {one.message_id for one in report.outcomes if one.result is Result.RETRY}
        for received in batch:
            if received.message_id in again or self._cloud.chances.hits("delete_lost"):
                continue
            if self._cloud.raw_queue.is_known(received.receipt):
                self._deleting(received)
            self._cloud.raw_queue.delete(received.receipt)
