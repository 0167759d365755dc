"""Greenlets over one virtual clock: who runs next, who waits, who dies.

Every step that a process makes towards the outside is a point where others may go first. A process
that died gets `KilledError` at each further step, so that nothing it still does, in a `finally` or
elsewhere, has any effect.
"""

import hashlib
import heapq
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from greenlet import getcurrent, greenlet

from tests.fakes import FakeClock

NEVER = float("inf")


class KilledError(BaseException):
    """The process is gone: nothing that it still wanted to do will happen."""


@dataclass(eq=False)
class Process:
    """One invocation of a function, or one person at work."""

    name: str
    number: int
    ends_at: float = NEVER
    is_dead: bool = False
    is_done: bool = False
    error: Exception | None = None
    nonces: set[str] = field(default_factory=set[str])
    release: int = 1

    @property
    def is_over(self) -> bool:
        """Say whether nothing more will come of it."""
        return self.is_dead or self.is_done


@dataclass(eq=False, slots=True)
class _Task:
    process: Process
    thread: greenlet


class Scheduler:
    """Runs processes and single events in the order of their times; chance breaks ties."""

    def __init__(self, clock: FakeClock, chance: random.Random) -> None:
        self.clock = clock
        self.steps = 0
        self.kills = 0
        self.processes = 0
        self.log: list[str] | None = None
        self.release_of: Callable[[str], int] = lambda _: 1
        self.entering: Callable[[int], object] | None = None
        """Hears of the release of each process that is about to run."""
        self.beginning: Callable[[str], object] | None = None
        """Hears of each invocation that has just begun."""
        self._chance = chance
        self._heap: list[tuple[float, float, int, Callable[[], object] | _Task]] = []
        self._serial = 0
        self._hub = getcurrent()
        self._task: _Task | None = None
        self._parked: dict[_Task, None] = {}
        self._noted: list[str] = []
        self._alive: dict[Process, None] = {}

    @property
    def now(self) -> float:
        """The true time."""
        return self.clock.time

    @property
    def process(self) -> Process:
        """The process that runs now."""
        if self._task is None:
            raise LookupError("no process runs now; this is an event of the world")
        return self._task.process

    @property
    def is_inside(self) -> bool:
        """Say whether a process runs now."""
        return self._task is not None

    @property
    def trace(self) -> str:
        """A hash of everything that happened so far, in order."""
        return hashlib.blake2b("".join(self._noted).encode(), digest_size=8).hexdigest()

    def note(self, what: str) -> None:
        """Make something part of the trace."""
        name = self._task.process.name if self._task else "world"
        text = f"{self.clock.time:.6f} {name} {what}"
        self._noted.append(text)
        if self.log is not None:
            self.log.append(text)

    def at(self, time: float, act: Callable[[], object]) -> None:
        """Let something happen at a time; it takes none itself."""
        self._push(max(time, self.now), act)

    def after(self, seconds: float, act: Callable[[], object]) -> None:
        """Let something happen in a while."""
        self._push(self.now + seconds, act)

    def spawn(
        self,
        name: str,
        work: Callable[[], object],
        *,
        seconds: float = NEVER,
        ended: Callable[[Process], object] | None = None,
    ) -> Process:
        """Start a process that may live so long; ``ended`` hears of its end, whatever it was."""
        self.processes += 1
        process = Process(f"{name}#{self.processes}", self.processes, self.now + seconds)
        process.release = self.release_of(name)
        self._alive[process] = None

        def run() -> None:
            try:
                work()
            except KilledError:
                process.is_dead = True
            except Exception as error:  # noqa: BLE001 - as a function's runtime does
                process.error = error
                self.note(f"raised {type(error).__name__}")
            process.is_done = not process.is_dead
            del self._alive[process]
            if ended is not None:
                heard = ended
                self._push(self.now, lambda: heard(process))

        self._start(process, run)
        if self.beginning is not None:
            self.beginning(name)
        return process

    def at_work(self, name: str) -> int:
        """Count the processes of a name that have begun and not ended."""
        return sum(1 for process in self._alive if process.name.startswith(f"{name}#"))

    def fork(self, works: Sequence[Callable[[], object]]) -> None:
        """Run several things at once within the process that runs now; they die together."""
        process = self.process
        left = len(works)

        def one(work: Callable[[], object]) -> Callable[[], None]:
            def run() -> None:
                nonlocal left
                try:
                    work()
                except KilledError:
                    process.is_dead = True
                finally:
                    left -= 1

            return run

        for work in works:
            self._start(process, one(work))
        while left:
            self.sleep(0.05)

    def sleep(self, seconds: float) -> None:
        """Let time pass for the process that runs now; others run meanwhile."""
        task = self._task
        if task is None:
            raise LookupError("only a process can sleep")
        process = task.process
        if process.is_dead:
            raise KilledError
        wake = min(self.clock.time + max(0.0, seconds), process.ends_at)
        if self._heap and self._heap[0][0] <= wake:
            self._push(wake, task)
            self._parked[task] = None
            self._hub.switch()
        else:
            self.clock.time = wake
        if not process.is_dead and self.clock.time >= process.ends_at:
            self.note("timed out")
            process.is_dead = True
        if process.is_dead:
            raise KilledError

    def kill(self) -> None:
        """End the process that runs now, here."""
        self.kills += 1
        self.note("killed")
        self.process.is_dead = True
        raise KilledError

    def run(self, until: float, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Let the world go on until a time, or until ``stop`` says that it is enough."""
        while self._heap and self._heap[0][0] <= until and not stop():
            time, _, _, what = heapq.heappop(self._heap)
            self.clock.time = max(time, self.clock.time)
            if isinstance(what, _Task):
                self._resume(what)
            else:
                what()
        if not stop():
            self.clock.time = max(until, self.clock.time)

    def end(self) -> None:
        """Kill everything that still runs; nothing of it has an effect any more."""
        self._heap.clear()
        parked = list(self._parked)
        for task in parked:
            task.process.is_dead = True
        for task in parked:
            self._resume(task)
        self._heap.clear()

    def _start(self, process: Process, run: Callable[[], None]) -> None:
        task = _Task(process, greenlet(run, parent=self._hub))
        self._parked[task] = None
        self._push(self.now, task)

    def _resume(self, task: _Task) -> None:
        self._parked.pop(task, None)
        before, self._task = self._task, task
        if self.entering is not None:
            self.entering(task.process.release)
        try:
            if task.process.is_dead and not task.thread:
                return  # it never began
            task.thread.switch()
        finally:
            self._task = before

    def _push(self, time: float, what: Callable[[], object] | _Task) -> None:
        self._serial += 1
        heapq.heappush(self._heap, (time, self._chance.random(), self._serial, what))
