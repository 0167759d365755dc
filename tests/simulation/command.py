"""The command: seeds in, figures and violations out."""

import argparse
import json
import logging
import multiprocessing
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.simulation.report import Report
from tests.simulation.world import World

REGRESSIONS = Path(__file__).parent / "regressions"
BITE = ("calls", "kills", "unknown", "invoices")
MOST_SHOWN = 5


def play(case: tuple[int, tuple[str, ...]]) -> Report:
    """Play one seed with some classes of mishaps switched off."""
    logging.disable(logging.ERROR)
    seed, off = case
    return World(seed, frozenset(off)).run()


def main(arguments: Sequence[str]) -> int:
    """Run as asked; return 1 where an auditor found anything."""
    asked = _parser().parse_args(arguments)
    if asked.log:
        return _log(asked.seed, asked.off)
    started = time.monotonic()
    reports: list[Report] = []
    failed: list[Report] = []
    for report in _reports(asked):
        reports.append(report)
        if report.violations:
            failed.append(report)
            _tell(report)
        if len(reports) % 50 == 0 or len(reports) == asked.seeds:
            _progress(len(reports), asked.seeds, len(failed), time.monotonic() - started)
    if asked.shrink:
        for report in failed:
            _save(shrunk(report))
    _summary(reports, len(failed), time.monotonic() - started)
    return 1 if failed else 0


def shrunk(report: Report) -> Report:
    """Switch classes off one at a time, for as long as the same promise stays broken."""
    kind = report.violations[0].kind
    classes = World(report.seed).plan.classes
    for name in classes:
        smaller = play((report.seed, (*report.off, name)))
        if any(violation.kind == kind for violation in smaller.violations):
            report = smaller
    return report


def _reports(asked: argparse.Namespace) -> Iterator[Report]:
    cases = [(seed, tuple(asked.off)) for seed in range(asked.seed, asked.seed + asked.seeds)]
    if asked.workers == 1:
        yield from map(play, cases)
        return
    with multiprocessing.get_context("spawn").Pool(asked.workers) as pool:
        yield from pool.imap(play, cases, chunksize=4)


def _save(report: Report) -> None:
    REGRESSIONS.mkdir(exist_ok=True)
    kind = report.violations[0].kind
    path = REGRESSIONS / f"{kind}-{report.seed}.json"
    kept = {"seed": report.seed, "off": sorted(report.off), "found": report.violations[0].detail}
    path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    _say(f"kept as {path.name} with {len(report.off)} classes off")


def _log(seed: int, off: Sequence[str]) -> int:
    world = World(seed, frozenset(off), log=True)
    report = world.run()
    _say("\n".join(world.scheduler.log or ()))
    return 1 if report.violations else 0


def _tell(report: Report) -> None:
    kinds = Counter(violation.kind for violation in report.violations)
    _say(f"seed {report.seed}: " + ", ".join(f"{kind} x{n}" for kind, n in kinds.items()))
    for violation in report.violations[:MOST_SHOWN]:
        _say(f"  {violation.at:.3f} {violation.kind}: {violation.detail[:300]}")
    off = f" --off {' '.join(report.off)}" if report.off else ""
    _say(f"  again: python -m tests.simulation --seed {report.seed} --log{off}")


def _progress(done: int, total: int, failed: int, seconds: float) -> None:
    rate = done / seconds if seconds else 0
    line = f"{done}/{total} seeds, {rate:.2f} a second, {failed} with violations"
    sys.stderr.write(f"{line}\n")


def _summary(reports: Sequence[Report], failed: int, seconds: float) -> None:
    if not reports:
        return
    for name in BITE:
        values = [getattr(report, name) for report in reports]
        _say(f"{name:>10}: median {statistics.median(values):.0f}, most {max(values)}")
    settled = [report.settled_seconds for report in reports]
    _say(f"   settled: median {statistics.median(settled):.0f} s, most {max(settled):.0f} s")
    late = Counter(text.split(":")[0] for report in reports for text in set(report.late))
    number = sum(1 for report in reports if report.late)
    _say(f"      late: {number} seeds past the stated bound: {dict(late.most_common())}")
    counts: Counter[str] = Counter()
    for report in reports:
        counts.update(report.counts)
    _say("mishaps: " + ", ".join(f"{name} {number}" for name, number in counts.most_common()))
    hours = sum(report.hours for report in reports)
    _say(
        f"{len(reports)} seeds, {failed} with violations, "
        f"{sum(report.calls for report in reports)} port calls, "
        f"{sum(report.kills for report in reports)} kills, "
        f"{sum(report.unknown for report in reports)} unknown outcomes, "
        f"{hours / 24:.0f} simulated days in {seconds:.0f} s"
    )


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds")
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    parser.add_argument("--workers", type=int, default=1, help="processes at once")
    parser.add_argument("--off", nargs="*", default=[], help="classes of mishaps to switch off")
    parser.add_argument("--shrink", action="store_true", help="shrink and keep what fails")
    parser.add_argument("--log", action="store_true", help="print every step of one seed")
    return parser
