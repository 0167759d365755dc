"""Ports with mishaps: before each call a process may wait or die, and the call may fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from invoicesync.errors import RetryableError
from invoicesync.ports import Outgoing
from tests.fakes import FakeQueue
from tests.simulation.plan import Plan, own_stream
from tests.simulation.scheduler import Process, Scheduler

PAUSE_SECONDS = 50.0


class Chances:
    """The one source of chance; `is_calm` ends all mishaps, but not the passing of time."""

    def __init__(self, plan: Plan, random: Any) -> None:
        self.plan = plan
        self.random = random
        self.is_calm = False
        self.counts: dict[str, int] = {}
        self._streams = {name: own_stream(plan.seed, name) for name in plan.rates}
        # Looked up once: this is asked thousands of times in every seed.
        self._odds = {name: (rate, self._streams[name].random) for name, rate in plan.rates.items()}

    def hits(self, name: str) -> bool:
        """Draw whether a mishap happens now."""
        rate, draw = self._odds[name]
        if not rate or self.is_calm or draw() >= rate:
            return False
        self.counts[name] = self.counts.get(name, 0) + 1
        return True

    def stream(self, name: str) -> Any:
        """Return where a class of mishaps draws from."""
        return self._streams[name]

    def uniform(self, low: float, high: float) -> float:
        """Draw a number."""
        return float(self.random.uniform(low, high))


class Port:
    """A port of AWS as a process reaches it."""

    def __init__(self, inner: Any, name: str, world: "Gates") -> None:
        self._inner = inner
        self._name = name
        self._world = world

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._inner, name)
        told = f"{self._name}.{name}"
        begin, end, hits = self._world.begin, self._world.end, self._world.chances.hits
        refused, lost = _BEFORE[self._name], _AFTER[self._name]

        def through(*args: Any, **named: Any) -> Any:
            begin(told)
            if hits(refused):
                raise RetryableError(f"{told} was not done")
            found = call(*args, **named)
            end()
            if hits(lost):
                raise RetryableError(f"the answer of {told} was lost")
            return found

        # Found once, called often.
        self.__dict__[name] = through
        return through


_BEFORE = {
    "table": "table_throttled",
    "queue": "queue_refuses",
    "bucket": "bucket_fails",
    "secret": "secret_fails",
    "topic": "topic_fails",
}
_AFTER = {
    "table": "table_answer_lost",
    "queue": "queue_answer_lost",
    "bucket": "bucket_fails",
    "secret": "secret_fails",
    "topic": "topic_fails",
}


class Gates:
    """What stands before every port."""

    def __init__(self, scheduler: Scheduler, chances: Chances) -> None:
        self.scheduler = scheduler
        self.chances = chances
        self.calls = 0
        self._seconds = float(chances.plan.knobs["aws_seconds"])

    def port(self, inner: Any, name: str) -> Any:
        """Put the gate before a port; ``name`` is table, queue, bucket, secret or topic."""
        return Port(inner, name, self)

    def begin(self, told: str) -> None:
        """Come to a port: perhaps only after a while, perhaps never."""
        scheduler, chances = self.scheduler, self.chances
        if scheduler.process.is_dead:
            scheduler.sleep(0)
        self.calls += 1
        scheduler.note(told)
        if chances.hits("kill"):
            scheduler.kill()
        seconds = self._seconds * chances.random.random()
        if chances.hits("pause"):
            seconds += chances.uniform(1, PAUSE_SECONDS)
        scheduler.sleep(seconds)

    def end(self) -> None:
        """Come back from a port, or die with the work done."""
        if self.chances.hits("kill"):
            self.scheduler.kill()


@dataclass(frozen=True, slots=True)
class Clock:
    """A machine's clock, a little wrong."""

    scheduler: Scheduler
    skew: float = 0.0

    def now(self) -> float:
        """Return what this machine takes for the time."""
        return self.scheduler.clock.time + self.skew

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self.scheduler.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Deadline:
    """The end of an invocation."""

    scheduler: Scheduler
    process: Process

    def remaining_seconds(self) -> float:
        """Return the seconds left."""
        return self.process.ends_at - self.scheduler.now


class Parallel:
    """Several things at once, in an order that chance gives."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def map[A, B](self, work: Callable[[A], B], items: Sequence[A]) -> list[B]:
        """Apply ``work`` to each; results in order; the first error is raised after all ended."""
        results: dict[int, B] = {}
        errors: dict[int, Exception] = {}

        def one(position: int, item: A) -> Callable[[], None]:
            def run() -> None:
                try:
                    results[position] = work(item)
                except Exception as error:  # noqa: BLE001 - whatever it is, the others still run
                    errors[position] = error

            return run

        self._scheduler.fork([one(at, item) for at, item in enumerate(items)])
        if errors:
            raise errors[min(errors)]
        return [results[position] for position in range(len(items))]


@dataclass(slots=True)
class NastyQueue(FakeQueue):
    """A queue that also delivers late and out of order, and remembers every body it ever took."""

    chances: Chances | None = None
    wake: Callable[[], None] = lambda: None
    history: list[str] = field(default_factory=list[str])
    was_purged: bool = False

    def _send(self, message: Outgoing) -> bool:
        # Named, for a slotted dataclass is another class than the one its methods were made in.
        taken = FakeQueue._send(self, message)
        if taken:
            self.history.append(message.body)
            if self.chances is not None and self.chances.hits("delivered_late"):
                newest = next(reversed(self._held.values()))
                newest.visible_at += self.chances.uniform(1, 1200)
            self.wake()
        return taken

    def receive(self, limit: int = 10) -> list[Any]:
        """Deliver visible messages in any order."""
        if self.chances is not None:
            held = list(self._held.items())
            self.chances.random.shuffle(held)
            self._held = dict(held)
        return FakeQueue.receive(self, limit)

    def purge(self, message_id: str | None = None) -> None:
        """Drop a message or all, and remember that."""
        FakeQueue.purge(self, message_id)
        self.was_purged = True

    @property
    def ids(self) -> list[str]:
        """The ids of all messages."""
        return list(self._held)

    def is_known(self, receipt: str) -> bool:
        """Say whether a receipt is still the newest of its message."""
        return self._find(receipt) is not None
