"""The command: seeds in, figures and violations out."""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.simulation.figures import TWICE_EVERY, Figures
from tests.simulation.playing import Played, keep, played, replay, shrunk
from tests.simulation.report import Report
from tests.simulation.world import World

ROOT = Path(__file__).parents[2]
REGRESSIONS = Path(__file__).parent / "regressions"
SUMMARY = ROOT / "build" / "simulation" / "summary.json"
PAGE = ROOT / "docs" / "simulation.md"
BEGIN, END = "<!-- simulate: begin -->", "<!-- simulate: end -->"
SECTION = """## Figures of a run

`python -m tests.simulation --write-page` writes what it measured here.
"""
MOST_SHOWN = 5
MOST_SHRUNK = 3
"""Of one kind of violation, so many seeds are shrunk and kept: each takes up to a hundred plays."""
INTERRUPTED = 130
type Source = Callable[[int, int, Sequence[str], int], Iterator[Played]]


class Run:
    """One run of the command: adds up what comes, and tells what is broken at once."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.figures = Figures()
        self.to_shrink: list[Report] = []
        self._seen: Counter[str] = Counter()
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Return how long it has taken so far."""
        return time.monotonic() - self._started

    def follow(self, reports: Iterator[Played], seeds: int) -> bool:
        """Add up reports behind a bar; return whether all of them came."""
        bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("seeds, {task.fields[rate]:.1f} a second, {task.fields[broken]} broken"),
            TimeRemainingColumn(),
            console=self.console,
        )
        with bar:
            task = bar.add_task("", total=seeds, rate=0.0, broken=0)
            try:
                for report, twice in reports:
                    self._add(report, twice=twice)
                    done, broken = self.figures.seeds, len(self.figures.broken)
                    bar.update(task, completed=done, rate=done / self.seconds, broken=broken)
            except KeyboardInterrupt:
                return False
        return True

    def _add(self, report: Report, *, twice: bool) -> None:
        self.figures.add(report, twice=twice)
        if not report.violations:
            return
        kind = report.violations[0].kind
        self._seen[kind] += 1
        if self._seen[kind] <= MOST_SHRUNK:
            self.to_shrink.append(report)
        kinds = Counter(violation.kind for violation in report.violations)
        self.say(f"seed {report.seed}: " + ", ".join(f"{name} x{n}" for name, n in kinds.items()))
        for violation in report.violations[:MOST_SHOWN]:
            self.say(f"  {violation.at:.3f} {violation.kind}: {violation.detail[:300]}")
        self.say(f"  again: {replay(report.seed, report.off, kind=kind)}")

    def shrink(self, folder: Path) -> None:
        """Make failing seeds as small as they go, and keep them for the tests."""
        for report in self.to_shrink:
            kind = report.violations[0].kind
            small = shrunk(report)
            path = keep(small, kind, folder)
            self.say(f"kept as {path.name} with {len(small.off)} classes of mishaps off")
            self.say(f"  again: {replay(small.seed, small.off, kind=kind)}")

    def say(self, text: str) -> None:
        """Print a line as it is, above the bar where there is one."""
        self.console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)


def main(arguments: Sequence[str], source: Source = played) -> int:
    """Run as asked; return 1 where an auditor found anything, 130 where it was cut short."""
    asked = _parser().parse_args(arguments)
    if asked.log:
        return _log(asked.seed, asked.off)
    run = Run(Console())
    is_whole = run.follow(source(asked.seed, asked.seeds, asked.off, asked.workers), asked.seeds)
    seconds = run.seconds
    if is_whole and asked.shrink:
        run.shrink(asked.regressions)
    for line in run.figures.lines(seconds):
        run.say(line)
    if not is_whole:
        run.say(f"interrupted: {run.figures.seeds:,} of {asked.seeds:,} seeds were played")
    _write(asked.summary, run.figures.summary(seconds) | {"first_seed": asked.seed})
    if asked.write_page and is_whole:
        write_page(asked.write_page, asked, run.figures, seconds)
    if run.figures.broken:
        return 1
    return 0 if is_whole else INTERRUPTED


def _log(seed: int, off: Sequence[str]) -> int:
    world = World(seed, frozenset(off), log=True)
    report = world.run()
    sys.stdout.write("\n".join(world.scheduler.log or ()) + "\n")
    return 1 if report.violations else 0


def _write(path: Path, summary: dict[str, object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def write_page(page: Path, asked: argparse.Namespace, figures: Figures, seconds: float) -> None:
    """Write the figures between their two markers, and make the section where there is none."""
    last = asked.seed + asked.seeds - 1
    lines = [f"Seeds {asked.seed:,} to {last:,}, workers: {asked.workers}.", ""]
    if asked.off:
        lines[0] += f" Switched off: {', '.join(asked.off)}."
    lines += ["| Per seed | Median | Most | Total |", "|---|---|---|---|"]
    for name, each in figures.bite.items():
        lines.append(f"| {name} | {each.median:,.1f} | {each.most:,} | {each.total:,} |")
    lines += ["", figures.totals(seconds) + ".", ""]
    lines.append(
        f"One seed in {TWICE_EVERY} was played twice: {figures.twice:,} of them, "
        f"{figures.kinds['trace_differs']:,} with another trace."
    )
    text = page.read_text(encoding="utf-8") if page.exists() else "# Simulation\n"
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n{SECTION}\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    told = "\n".join(lines)
    page.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", encoding="utf-8")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is too few: say 1 or more")
    return number


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=_positive, default=1, help="how many seeds")
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    parser.add_argument("--workers", type=_positive, default=1, help="processes at once")
    parser.add_argument("--off", nargs="*", default=[], help="classes of mishaps to switch off")
    parser.add_argument("--shrink", action="store_true", help="shrink and keep what fails")
    parser.add_argument("--log", action="store_true", help="print every step of one seed")
    parser.add_argument("--summary", type=Path, default=SUMMARY, help="the figures as JSON")
    parser.add_argument("--regressions", type=Path, default=REGRESSIONS, help="where to keep seeds")
    parser.add_argument(
        "--write-page", type=Path, nargs="?", const=PAGE, help="write the figures into the page"
    )
    return parser
