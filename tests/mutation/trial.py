"""Try every mutant of some modules: pytest collects once, and each mutant gets a process.

It takes the place of mutmut's runner, which starts pytest anew for each mutant.
"""

import gc
import importlib.abc
import importlib.machinery
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

from tests.mutation.modules import Outcome, own_tests
from tests.mutation.mutants import Mutated, mutated
from tests.mutation.results import keep

# A mutant that this much of the tests that reach it, the cheapest first, does not notice survived.
SECONDS_OF_TESTS = 3.0
# What runs for much longer than the tests did without it runs for ever.
_PATIENCE, _PATIENCE_TIMES, _PATIENCE_ON_THE_WALL = 5, 5, 120
_SURVIVED, _KILLED, _STOPPED = 0, 1, 2
_TIMED_OUT = {-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL}


class Swap(importlib.abc.MetaPathFinder):
    """Give whoever imports one of the modules the one with the mutants in it."""

    def __init__(self, subjects: Sequence[Mutated]) -> None:
        self._codes = {subject.name: subject.code for subject in subjects}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Find the module itself where it always is; only its code is another."""
        if fullname not in self._codes:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise RuntimeError(f"{fullname} is not installed: make setup")
        spec.loader = _Loader(fullname, spec.origin, self._codes[fullname])
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, code: str) -> None:
        super().__init__(fullname, path)
        self._code = code

    def get_code(self, fullname: str) -> CodeType:
        """Compile the mutants under the name of the file that they come from."""
        del fullname
        return compile(self._code, self.path, "exec", dont_inherit=True)


@dataclass(eq=False)
class Trial:
    """A pytest plugin: instead of running the tests once, it runs them against each mutant."""

    subjects: Sequence[Mutated]
    folder: Path
    workers: int
    _failed: bool = False
    # How many mutants each test was the first to notice, and the pipe through which that is told.
    _noticed: Counter[int] = field(default_factory=Counter)
    _pipe: tuple[int, int] = field(default_factory=os.pipe)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember that a test failed; which one is of no interest."""
        self._failed = self._failed or report.failed

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """See which test reaches which function, then try the mutants, module by module."""
        reached, seconds = self._clean_run(session.items)
        gc.freeze()
        for subject in self.subjects:
            began = time.monotonic()
            exits: dict[str, int] = {}
            running: dict[int, str] = {}
            for mutant in subject.mutants:
                if len(running) >= self.workers:
                    self._wait_for_one(running, exits)
                tests = _chosen(reached.get(mutant.partition("__mutmut_")[0], []), seconds)
                limit = _PATIENCE + _PATIENCE_TIMES * sum(seconds[number] for number in tests)
                tests.sort(key=lambda number: -self._noticed[number])
                running[self._start(mutant, session.items, tests, int(limit))] = mutant
            while running:
                self._wait_for_one(running, exits)
            write_down(self.folder, subject, exits, time.monotonic() - began)
        return True

    def _clean_run(self, items: list[pytest.Item]) -> tuple[dict[str, list[int]], list[float]]:
        source, sink = os.pipe()
        if not (pid := os.fork()):
            os.close(source)
            _silence()
            try:
                answer = json.dumps(list(self._measured(items)))
            except BaseException:  # noqa: BLE001 -- nothing may lead out of this process
                answer = json.dumps(traceback.format_exc())
            with os.fdopen(sink, "w") as told:
                told.write(answer)
            os._exit(0)
        os.close(sink)
        with os.fdopen(source) as heard:
            answer = json.loads(heard.read())
        os.waitpid(pid, 0)
        if isinstance(answer, str):
            raise RuntimeError(answer)  # noqa: TRY004 -- it is the other process' error
        reached: dict[str, list[int]] = {}
        seconds: list[float] = []
        for number, (took, functions, failed) in enumerate(answer):
            if failed:
                raise RuntimeError(f"{items[number].nodeid} fails without any change")
            seconds.append(took)
            for function in functions:
                reached.setdefault(function, []).append(number)
        return reached, seconds

    def _measured(self, items: list[pytest.Item]) -> Iterator[tuple[float, list[str], bool]]:
        set_mutant_under_test("stats")
        for item in items:
            state()._stats.clear()
            began = time.process_time()
            self._run(item)
            yield time.process_time() - began, sorted(state()._stats), self._failed

    def _start(self, mutant: str, items: list[pytest.Item], tests: list[int], limit: int) -> int:
        if pid := os.fork():
            return pid
        _silence()
        signal.alarm(_PATIENCE_ON_THE_WALL)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        set_mutant_under_test(mutant)
        try:
            by = next((number for number in tests if self._run(items[number])), None)
        except BaseException:  # noqa: BLE001 -- whatever stops the tests is a notice too
            return os._exit(_STOPPED)
        if by is None:
            return os._exit(_SURVIVED)
        os.write(self._pipe[1], by.to_bytes(4))
        return os._exit(_KILLED)

    def _run(self, item: pytest.Item) -> bool:
        # Without a next item everything that the test stands on is taken down after it.
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        return self._failed

    def _wait_for_one(self, running: dict[int, str], exits: dict[str, int]) -> None:
        pid, status = os.wait()
        exits[running.pop(pid)] = code = os.waitstatus_to_exitcode(status)
        if code == _KILLED:
            self._noticed[int.from_bytes(os.read(self._pipe[0], 4))] += 1


def _chosen(numbers: Sequence[int], seconds: Sequence[float]) -> list[int]:
    """Choose one test at least, and of the others what fits into the time."""
    chosen: list[int] = []
    spent = 0.0
    for number in sorted(numbers, key=lambda number: seconds[number]):
        spent += seconds[number]
        if chosen and spent > SECONDS_OF_TESTS:
            break
        chosen.append(number)
    return chosen


def _silence() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def write_down(folder: Path, subject: Mutated, exits: Mapping[str, int], seconds: float) -> None:
    """Keep what became of the mutants of one module, so that it need not be measured again."""
    survivors = [name for name, code in exits.items() if code == _SURVIVED]
    timed_out = sum(code in _TIMED_OUT for code in exits.values())
    killed = len(exits) - len(survivors) - timed_out
    keep(
        folder,
        Outcome(
            subject.module, killed, timed_out, tuple(subject.mutants[name] for name in survivors)
        ),
    )
    total = len(exits)
    sys.stdout.write(
        f"{subject.module}: {killed + timed_out} of {total} noticed, {seconds:.0f} s\n"
    )
    sys.stdout.flush()


def main(folder: Path, workers: int, modules: Sequence[str]) -> int:
    """Try the mutants of modules that have the same tests."""
    subjects = [mutated(module, folder) for module in modules]
    sys.meta_path.insert(0, Swap(subjects))
    options = ["-q", "-s", "--tb=no", "--assert=plain", "-n0", "-pno:cacheprovider", "--no-cov"]
    options += ["--hypothesis-profile=mutation", *own_tests(modules[0])]
    return int(pytest.main(options, plugins=[Trial(subjects, folder, workers)]))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
