"""Two releases at once: a deployment brings another schema of messages and another list of fields.

Functions are not replaced in one moment: for some minutes the extractor is of one release and the
loader of the other, and a deployment may be taken back while its messages wait in the queue. What
a release writes is a number in the message and one before each fingerprint; each process has its
own, for as long as it lives.
"""

from functools import partial

from invoicesync.domain import fingerprint, message
from tests.simulation.gates import Chances
from tests.simulation.scheduler import Scheduler

OLD, NEW = 1, 2
APART_SECONDS = 1800
"""How far apart the two functions may be replaced."""
LOADER_LAST = 0.7
TAKEN_BACK = 0.3


class Releases:
    """Knows which release each function is of, and lets a process run as its own."""

    def __init__(self, scheduler: Scheduler, chances: Chances) -> None:
        self._scheduler = scheduler
        self._chance = chances.stream("deploy")
        self._of_loader = self._of_extractor = OLD
        scheduler.release_of = self._of
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
            self._scheduler.at(time, partial(self._replace, function, release))
        return later

    def _replace(self, function: str, release: int) -> None:
        self._scheduler.note(f"release {release} of the {function}")
        if function == "loader":
            self._of_loader = release
        else:
            self._of_extractor = release

    def _of(self, name: str) -> int:
        return self._of_loader if name == "loader" else self._of_extractor


def enter(release: int = OLD) -> None:
    """Let what runs from here on be of a release."""
    message.SCHEMA = release
    fingerprint.VERSION = release
