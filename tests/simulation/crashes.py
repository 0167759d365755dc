"""Die everywhere: `python -m tests.simulation.crashes` plays all points, and all pairs of a few.

Prints a table, writes it into docs/simulation.md, and ends with 1 where a promise was broken.
"""

import argparse
import logging
import multiprocessing
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.simulation.courses import COURSES, PAIRED
from tests.simulation.crash_points import Tally, pairs, search, singles

PAGE = Path(__file__).parents[2] / "docs" / "simulation.md"
BEGIN, END = "<!-- crashes: begin -->", "<!-- crashes: end -->"
SECTION = """## Dying at every call

Each of these small courses of events is played once for every point at which a process can die:
before a call, after it, and in the middle of a request, which then lands later or never. What died
comes back as it would in the cloud; auditors and judge are those of the seeds. Some courses are
played for every *pair* of points too, where the second may be one that only the first brought
about. `make crashes` writes the table; `make test` plays every third point.
"""

type Case = tuple[str, bool, int, int]
"""A course, whether its pairs are meant, and which share of how many."""


def main(arguments: Sequence[str]) -> int:
    """Search as asked; return 1 where anything broke."""
    asked = _parser().parse_args(arguments)
    names = asked.courses or list(COURSES)
    cases: list[Case] = [(name, False, 0, 1) for name in names]
    if not asked.singles:
        some = [name for name in names if name in PAIRED]
        cases += [
            (name, True, share, asked.shares) for name in some for share in range(asked.shares)
        ]
    found: dict[tuple[str, bool], Tally] = {}
    with multiprocessing.get_context("spawn").Pool(asked.workers) as pool:
        for (name, is_pair), tally in pool.imap_unordered(_search, cases):
            whole = found.setdefault((name, is_pair), Tally(name))
            whole.runs += tally.runs
            whole.kills += tally.kills
            whole.broken += tally.broken
            for at, told in tally.broken[:3]:
                sys.stderr.write(f"{name}, killed at {at}: {told}\n")
            sys.stderr.write(f"{name}{', pairs' if is_pair else ''}: {whole.runs} runs\n")
    Console(width=110).print(_table(found.items()))
    broken = sum(len(tally.broken) for tally in found.values())
    runs, kills = (sum(getattr(t, each) for t in found.values()) for each in ("runs", "kills"))
    sys.stdout.write(
        f"{len(names)} courses, {runs} runs, {kills} kills, {broken} broken promises\n"
    )
    if not asked.courses:
        _write_page(found)
    return 1 if broken else 0


def _search(case: Case) -> tuple[tuple[str, bool], Tally]:
    logging.disable(logging.ERROR)
    name, is_pair, share, shares = case
    course = COURSES[name]
    points = pairs(course) if is_pair else singles(course)
    return (name, is_pair), search(course, islice(points, share, None, shares))


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
    parser.add_argument("--shares", type=int, default=8, help="parts of a search over pairs")
    parser.add_argument("--workers", type=int, default=2, help="processes at once")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
