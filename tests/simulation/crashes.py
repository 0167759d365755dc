"""Die everywhere: `python -m tests.simulation.crashes` plays all points, and all pairs of a few.

Prints a table, writes it into docs/simulation.md, and ends with 1 where a promise was broken.
"""

import argparse
import gc
import json
import logging
import multiprocessing
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.simulation.courses import COURSES, PAIRED
from tests.simulation.crash_points import Tally, pairs_from, points_of, search, singles

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "simulation.md"
PROGRESS = ROOT / "build" / "simulation" / "crashes.jsonl"
BEGIN, END = "<!-- crashes: begin -->", "<!-- crashes: end -->"
SECTION = """## Dying at every call

Each of these small courses of events is played once for every point at which a process can die:
before a call, after it, and in the middle of a request, which then lands later or never. To die
after a call or before the next is the same where no time passes between them, and is one point.
What died comes back as it would in the cloud; auditors and judge are those of the seeds. Some
courses are played for every *pair* of points too, where the second may be one that only the first
brought about. `make crashes` writes the table; `make test` plays every ninth point and some pairs.
"""

type Case = tuple[str, int]
"""A course, and the point that begins its pairs; 0 for its single points."""


def main(arguments: Sequence[str]) -> int:
    """Search as asked; return 1 where anything broke."""
    asked = _parser().parse_args(arguments)
    names = asked.courses or list(COURSES)
    cases: list[Case] = [(name, 0) for name in names]
    if not asked.singles:
        some = [name for name in names if name in PAIRED]
        cases += [(name, first) for name in some for first in _points(name)]
    if not asked.resume:
        asked.progress.unlink(missing_ok=True)
    tallies = dict(_finished(asked.progress))
    tallies = {case: tally for case, tally in tallies.items() if case in cases}
    left = [case for case in cases if case not in tallies]
    # What is loaded stays: left out of every collection, it saves a tenth of a run.
    with multiprocessing.get_context("spawn").Pool(asked.workers, gc.freeze) as pool:
        for case, tally in pool.imap_unordered(_search, left):
            tallies[case] = tally
            _finish(asked.progress, case, tally)
            told = f", pairs of {case[1]}" if case[1] else ""
            sys.stderr.write(f"{len(tallies)}/{len(cases)} {case[0]}{told}: {tally.runs} runs\n")
            for at, what in tally.broken[:3]:
                sys.stderr.write(f"{case[0]}, killed at {at}: {what}\n")
    found = _summed(tallies)
    Console(width=110).print(_table(found.items()))
    broken = sum(len(tally.broken) for tally in found.values())
    runs, kills = (sum(getattr(t, each) for t in found.values()) for each in ("runs", "kills"))
    sys.stdout.write(
        f"{len(names)} courses, {runs} runs, {kills} kills, {broken} broken promises\n"
    )
    if not asked.courses:
        _write_page(found)
    return 1 if broken else 0


def _points(name: str) -> Iterator[int]:
    logging.disable(logging.ERROR)
    return iter(range(1, points_of(COURSES[name]) + 1))


def _search(case: Case) -> tuple[Case, Tally]:
    logging.disable(logging.ERROR)
    name, first = case
    course = COURSES[name]
    return case, search(course, pairs_from(course, first) if first else singles(course))


def _finish(progress: Path, case: Case, tally: Tally) -> None:
    """Write down what a case came to: all pairs take long, and a machine may be wanted back."""
    progress.parent.mkdir(parents=True, exist_ok=True)
    with progress.open("a", encoding="utf-8") as file:
        file.write(json.dumps([case, tally.runs, tally.kills, tally.broken]) + "\n")


def _finished(progress: Path) -> Iterator[tuple[Case, Tally]]:
    if not progress.exists():
        return
    for line in progress.read_text(encoding="utf-8").splitlines():
        (name, first), runs, kills, broken = json.loads(line)
        yield (name, first), Tally(name, runs, kills, [(tuple(at), told) for at, told in broken])


def _summed(tallies: Mapping[Case, Tally]) -> dict[tuple[str, bool], Tally]:
    """Add up the cases of each course, its pairs apart."""
    found: dict[tuple[str, bool], Tally] = {}
    for (name, first), tally in tallies.items():
        whole = found.setdefault((name, first > 0), Tally(name))
        whole.runs += tally.runs
        whole.kills += tally.kills
        whole.broken += tally.broken
    return found


def _table(rows: Iterable[tuple[tuple[str, bool], Tally]]) -> Table:
    table = Table("course", "killed at", "runs", "kills", "broken")
    for (name, is_pair), tally in sorted(rows):
        told = "every pair" if is_pair else "every point"
        table.add_row(name, told, f"{tally.runs:,}", f"{tally.kills:,}", str(len(tally.broken)))
    return table


def _write_page(found: dict[tuple[str, bool], Tally]) -> None:
    """Write the table between its two markers, and make the section where there is none."""
    lines = ["| Course | Killed at | Runs | Kills | Broken promises |", "|---|---|---|---|---|"]
    for (name, is_pair), tally in sorted(found.items()):
        told = "every pair" if is_pair else "every point"
        counts = f"{tally.runs:,} | {tally.kills:,} | {len(tally.broken)}"
        lines.append(f"| {name} | {told} | {counts} |")
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Simulation\n"
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n{SECTION}\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    table = "\n".join(lines)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.crashes")
    parser.add_argument("--courses", nargs="*", default=[], help="some of them, by name")
    parser.add_argument("--singles", action="store_true", help="no pairs")
    parser.add_argument("--resume", action="store_true", help="go on where it was cut short")
    parser.add_argument("--progress", type=Path, default=PROGRESS, help="what was played so far")
    parser.add_argument("--workers", type=int, default=2, help="processes at once")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
