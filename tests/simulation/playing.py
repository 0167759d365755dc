"""Playing seeds: one, one twice, many in some processes, and one made as small as it goes."""

import gc
import json
import logging
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tests.simulation.figures import TWICE_EVERY
from tests.simulation.report import Report
from tests.simulation.violations import Violation
from tests.simulation.world import World

CHUNK = 4
CHUNKS_A_PROCESS = 250
"""After so many a worker is replaced: it grew by about 0.1 MB a seed over the first 90."""
TRACE_DIFFERS = "trace_differs"

type Case = tuple[int, tuple[str, ...]]
"""A seed, and the classes of mishaps that are switched off."""
type Played = tuple[Report, bool]
"""What a seed came to, and whether it was played twice."""


def play(case: Case) -> Report:
    """Play one seed with some classes of mishaps switched off."""
    logging.disable(logging.ERROR)
    seed, off = case
    return World(seed, frozenset(off)).run()


def play_twice(case: Case) -> Report:
    """Play one seed two times; that they differ is a violation."""
    return compared(play(case), play(case))


def compared(report: Report, again: Report) -> Report:
    """Add a violation where a seed took another course when it was played again."""
    if report.trace == again.trace:
        return report
    detail = f"trace {report.trace} became {again.trace} when played again"
    violation = Violation(TRACE_DIFFERS, detail, 0.0)
    return replace(report, violations=(*report.violations, violation))


def played(first: int, seeds: int, off: Sequence[str], workers: int) -> Iterator[Played]:
    """Play seeds as workers come free; yield each as it ends, and hold none back."""
    cases = ((first + place, tuple(off), not place % TWICE_EVERY) for place in range(seeds))
    if workers == 1:
        yield from map(_played, cases)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, _begin, (), CHUNKS_A_PROCESS) as pool:
        yield from pool.imap_unordered(_played, cases, chunksize=CHUNK)


def _played(case: tuple[int, tuple[str, ...], bool]) -> Played:
    seed, off, twice = case
    try:
        return (play_twice if twice else play)((seed, off)), twice
    except Exception as error:
        raise RuntimeError(f"seed {seed} ended with {error!r}: {replay(seed, off)}") from error


def _begin() -> None:
    """Leave Ctrl-C to the process that adds up, and what is loaded out of every collection."""
    gc.freeze()
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def replay(seed: int, off: Sequence[str] = (), *, kind: str = "") -> str:
    """Return the command that plays a seed again, with its log where that shows anything."""
    log = "" if kind == TRACE_DIFFERS else " --log"
    switched = f" --off {' '.join(off)}" if off else ""
    return f".venv/bin/python -m tests.simulation --seed {seed}{log}{switched}"


def shrunk(report: Report) -> Report:
    """Switch classes off, many at once where that does, while the same promise stays broken."""
    kind = report.violations[0].kind
    again = play_twice if kind == TRACE_DIFFERS else play

    def without(names: Sequence[str], report: Report) -> Report:
        smaller = again((report.seed, (*report.off, *names)))
        if any(violation.kind == kind for violation in smaller.violations):
            return smaller
        if (half := len(names) // 2) == 0:
            return report
        return without(names[half:], without(names[:half], report))

    return without(
        [each for each in World(report.seed).plan.classes if each not in report.off], report
    )


def keep(report: Report, kind: str, folder: Path) -> Path:
    """Save a failing seed where the tests play it at every run."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{kind}-{report.seed}.json"
    found = next(each.detail for each in report.violations if each.kind == kind)
    kept = {"seed": report.seed, "off": sorted(report.off), "found": found}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    return path
