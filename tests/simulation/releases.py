"""Two releases at once: a deployment brings another schema of messages and another list of fields.

Functions are not replaced in one moment: for some minutes the extractor is of one release and the
loader of the other, and a deployment may be taken back while its messages wait in the queue. What
a release writes is a number in the message, one in each ledger item and one before each
fingerprint; each process has its own, for as long as it lives. A batch that is being loaded when
its function is replaced is loaded to its end by the older release, beside the newer one; what it
gives back, or leaves behind when it dies, comes to whichever release is there then.
"""

from functools import partial

from invoicesync.domain import fingerprint, message
from invoicesync.state import schemas
from tests.simulation.gates import Chances
from tests.simulation.scheduler import Scheduler

OLD, NEW = 1, 2
APART_SECONDS = 1800
"""How far apart the two functions may be replaced."""
WAIT_SECONDS = 900
"""How long a replacement may be put off until somebody is at work whom it meets."""
MIDDLE_SECONDS = 2.0
"""How far an invocation may have come by then."""
LOADER_LAST = 0.7
TAKEN_BACK = 0.3
OVER = "deployed_over_{}"
"""What counts the invocations that were at work when their function was replaced."""


class Releases:
    """Knows which release each function is of, and lets a process run as its own."""

    def __init__(self, scheduler: Scheduler, chances: Chances) -> None:
        self._scheduler = scheduler
        self._chance = chances.stream("deploy")
        self._counts = chances.counts
        self._of_loader = self._of_extractor = OLD
        self._awaited: dict[str, int] = {}
        scheduler.release_of = self._of
        scheduler.beginning = self._begun
        scheduler.entering = enter

    def plan(self, begin: float, end: float) -> float:
        """Deploy between two times, perhaps with a change of mind; return when all is done."""
        at = self._chance.uniform(begin, end)
        last = self._roll(NEW, at)
        if self._chance.random() < TAKEN_BACK:
            last = self._roll(OLD, last + self._chance.uniform(60, 1200))
            last = self._roll(NEW, last + self._chance.uniform(60, 1200))
        return last

    def _roll(self, release: int, at: float) -> float:
        """Replace both functions; the loader last where that is the harder way."""
        later: float = at + self._chance.uniform(0, APART_SECONDS)
        order = ["extractor", "loader"]
        if self._chance.random() >= LOADER_LAST:
            order.reverse()
        for time, function in zip((at, later), order, strict=True):
            self._scheduler.at(time, partial(self._await, function, release))
        return later + WAIT_SECONDS

    def _await(self, function: str, release: int) -> None:
        """Replace a function once it is at work, or else when it was waited for long enough."""
        self._awaited[function] = release
        self._scheduler.after(WAIT_SECONDS, partial(self._replace, function, release))
        self._meet(function)

    def _begun(self, function: str) -> None:
        if function in self._awaited:
            seconds = self._chance.uniform(0, MIDDLE_SECONDS)
            self._scheduler.after(seconds, partial(self._meet, function))

    def _meet(self, function: str) -> None:
        if function in self._awaited and self._scheduler.at_work(function):
            self._replace(function, self._awaited[function])

    def _replace(self, function: str, release: int) -> None:
        if self._awaited.get(function) != release:
            return
        del self._awaited[function]
        at_work = self._scheduler.at_work(function)
        self._scheduler.note(f"release {release} of the {function}, over {at_work} at work")
        over = OVER.format(function)
        self._counts[over] = self._counts.get(over, 0) + at_work
        if function == "loader":
            self._of_loader = release
        else:
            self._of_extractor = release

    def _of(self, name: str) -> int:
        return self._of_loader if name == "loader" else self._of_extractor


def enter(release: int = OLD) -> None:
    """Let what runs from here on be of a release."""
    message.SCHEMA = release
    schemas.LEDGER = release
    fingerprint.VERSION = release
