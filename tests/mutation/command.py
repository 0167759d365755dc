"""What `make mutate` does: change, test, judge, and write the table down."""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.mutation.courses import COURSES, ROOT, Mutant, Outcome, outcomes, prepare, run
from tests.mutation.register import REGISTER, registered

PAGE = ROOT / "docs" / "mutation.md"
BEGIN, END = "<!-- mutation: begin -->", "<!-- mutation: end -->"
WORKPLACE = ROOT / "build" / "mutation"
_HEAD = (
    "| module | mutants | killed | timed out | survived | raw score | registered | floor |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
)


def main(arguments: Sequence[str]) -> int:
    """Run the courses asked for and answer with the exit code."""
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--courses", nargs="*", choices=[course.name for course in COURSES])
    asked = parser.parse_args(arguments)
    chosen = [course for course in COURSES if course.name in (asked.courses or [course.name])]
    reasons = registered(REGISTER.read_text(encoding="utf-8"))
    began = time.monotonic()
    measured: list[Outcome] = []
    for course in chosen:
        sys.stdout.write(f"{course.name} ...\n")
        sys.stdout.flush()
        prepare(course, WORKPLACE / course.name)
        run(WORKPLACE / course.name, asked.workers)
        measured += outcomes(WORKPLACE / course.name)
    minutes = (time.monotonic() - began) / 60
    rows = table(measured, reasons)
    faults = complaints(measured, reasons)
    sys.stdout.write("\n".join([rows, *faults, ""]))
    _write(rows, PAGE)
    sys.stdout.write(f"{minutes:.1f} minutes, {asked.workers} at once\n")
    return 1 if faults else 0


def table(measured: Sequence[Outcome], reasons: Mapping[Mutant, str]) -> str:
    """One row for each module, as measured."""
    return _HEAD + "\n".join(
        f"| {it.module} | {it.mutants} | {it.killed} | {it.timed_out} | {len(it.survivors)} "
        f"| {100 * (it.killed + it.timed_out) / it.mutants:.1f} % "
        f"| {_explained(it, reasons)} | {it.floor:.0f} % |"
        for it in measured
    )


def complaints(measured: Sequence[Outcome], reasons: Mapping[Mutant, str]) -> list[str]:
    """Modules below their floor with the survivors nobody explained, and stale entries."""
    found: list[str] = []
    survivors = {mutant for it in measured for mutant in it.survivors}
    for it in measured:
        passed = it.killed + it.timed_out + _explained(it, reasons)
        if 100 * passed / it.mutants < it.floor:
            found.append(f"{it.module}: {passed} of {it.mutants}, below {it.floor:.0f} %")
            found += [
                f"  {mutant.function}\n    {mutant.diff.replace('\n', '\n    ')}"
                for mutant in it.survivors
                if mutant not in reasons
            ]
    modules = {it.module for it in measured}
    found += [
        f"stale in {REGISTER.name}, for no such mutant survives: {mutant}"
        for mutant in reasons
        if mutant.module in modules and mutant not in survivors
    ]
    return found


def _explained(outcome: Outcome, reasons: Mapping[Mutant, str]) -> int:
    return sum(mutant in reasons for mutant in outcome.survivors)


def merged(before: str, measured: str) -> str:
    """Put measured rows in the place of older ones; modules not measured now keep theirs."""
    rows = {
        line.split("|")[1].strip(): line
        for line in (*before.splitlines(), *measured.splitlines())
        if line.startswith("|") and ".py" in line
    }
    return _HEAD + "\n".join(rows[module] for module in sorted(rows))


def _write(measured: str, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    old, after = rest.split(END, 1)
    page.write_text(f"{before}{BEGIN}\n{merged(old, measured)}\n{END}{after}", encoding="utf-8")
