"""What `make mutate` does: change, test, judge, and write the table down."""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from tests.mutation.modules import GUARDS, ROOT, Mutant, Outcome, modules, own_tests
from tests.mutation.register import REGISTER, registered
from tests.mutation.results import kept

PAGE = ROOT / "docs" / "mutation.md"
BEGIN, END = "<!-- mutation: begin -->", "<!-- mutation: end -->"
WORKPLACE = ROOT / "build" / "mutation"
_HEAD = (
    "| module | mutants | killed | timed out | survived | raw score | explained | floor |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
)


def main(arguments: Sequence[str]) -> int:
    """Measure the modules asked for and answer with the exit code."""
    parser = argparse.ArgumentParser(prog="make mutate", description=__doc__)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="measure what has a result too")
    parser.add_argument("modules", nargs="*", help="domain/money.py, state, ...; all without one")
    asked = parser.parse_args(arguments)
    known = modules()
    chosen = [it for it in known if not asked.modules or it.startswith(tuple(asked.modules))]
    if missing := [word for word in asked.modules if not any(it.startswith(word) for it in known)]:
        parser.error(f"no module begins with {', '.join(missing)}; there are {', '.join(known)}")
    WORKPLACE.mkdir(parents=True, exist_ok=True)
    reasons = registered(REGISTER.read_text(encoding="utf-8"))
    open_ones = [it for it in chosen if asked.again or kept(WORKPLACE, it) is None]
    for tests, group in groupby(sorted(open_ones, key=own_tests), key=own_tests):
        if code := _measure(list(group), asked.workers):
            sys.stdout.write(f"pytest ended with {code}; does it pass? pytest {' '.join(tests)}\n")
            return code
    measured = [outcome for it in chosen if (outcome := kept(WORKPLACE, it))]
    rows = table(measured, reasons)
    faults = complaints(measured, reasons)
    sys.stdout.write("\n".join([rows, *faults, ""]))
    _write(rows, PAGE)
    return 1 if faults else 0


def _measure(group: Sequence[str], workers: int) -> int:
    """Start a process of its own, for the modules in it are not the ones that we have here."""
    command = [sys.executable, "-m", "tests.mutation.trial", str(WORKPLACE), str(workers), *group]
    return subprocess.run(command, cwd=ROOT, env=os.environ, check=False).returncode  # noqa: S603


def table(measured: Sequence[Outcome], reasons: Mapping[Mutant, str]) -> str:
    """One row for each module, as measured."""
    return _HEAD + "\n".join(
        f"| {it.module} | {it.mutants} | {it.killed} | {it.timed_out} | {len(it.survivors)} "
        f"| {100 * (it.killed + it.timed_out) / it.mutants:.1f} % "
        f"| {_explained(it, reasons)} | {it.floor:.0f} % |"
        for it in measured
        if it.mutants
    )


def complaints(measured: Sequence[Outcome], reasons: Mapping[Mutant, str]) -> list[str]:
    """Modules below their floor, survivors that nobody explained, and entries of none."""
    found: list[str] = []
    survivors = {mutant for it in measured for mutant in it.survivors}
    for it in measured:
        noticed = it.killed + it.timed_out
        # Of a guard only what nobody could notice may survive, and the register says that it is so.
        passed = noticed + (_explained(it, reasons) if it.module in GUARDS else 0)
        if 100 * passed < it.floor * it.mutants:
            found.append(f"{it.module}: {passed} of {it.mutants}, below {it.floor:.0f} %")
        found += [
            f"{it.module}: survives and is not in {REGISTER.name}: {mutant.function}\n"
            f"    {mutant.diff.replace('\n', '\n    ')}"
            for mutant in it.survivors
            if mutant not in reasons
        ]
    measured_ones = {it.module for it in measured}
    found += [
        f"stale in {REGISTER.name}, for no such mutant survives: {mutant}"
        for mutant in reasons
        if mutant.module in measured_ones and mutant not in survivors
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
    return _HEAD + "\n".join(rows[module] for module in modules() if module in rows)


def _write(measured: str, page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN, 1)
    old, after = rest.split(END, 1)
    page.write_text(f"{before}{BEGIN}\n{merged(old, measured)}\n{END}{after}", encoding="utf-8")
