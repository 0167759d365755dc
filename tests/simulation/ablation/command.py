"""The command: defences out, seeds in, a table of which seed showed each one missing."""

import argparse
import gc
import json
import multiprocessing
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.simulation.ablation.search import Search, search
from tests.simulation.ablation.table import DEFENCES

CAUGHT = Path(__file__).parent / "caught.json"
PAGE = Path(__file__).parents[3] / "docs" / "simulation.md"
BEGIN, END = "<!-- ablation: begin -->", "<!-- ablation: end -->"
MOST_SEEDS = 3000
SECTION = """## Defences taken out

A defence that can be taken out unnoticed is not tested. Each of these is replaced in the running
product, some together with the one that stands behind them, and seeds are played from 1 on until an
auditor finds a broken promise that the whole product keeps in the same seed. A seed without any of
the mishaps that a defence is there for is counted and not played. `make ablation` writes the table;
`make test` plays every seed again that showed something, and, for a defence that alone decides in
one course of events only, that course (`tests/simulation/ablation/test_courses.py`).
"""


def main(arguments: Sequence[str]) -> int:
    """Search as asked, keep what was found; return 1 where a defence was not missed."""
    asked = _parser().parse_args(arguments)
    names = [_named(row) for row in asked.rows] or list(DEFENCES)
    cases = [(name, asked.seed, asked.seeds) for name in names]
    kept = recorded()
    found: list[Search] = []
    # The longest first, by what they took last time: at the end no worker waits for the other.
    cases.sort(key=lambda case: -int(kept.get(case[0], {}).get("played", asked.seeds)))
    with multiprocessing.get_context("spawn").Pool(asked.workers, gc.freeze) as pool:
        for one in pool.imap_unordered(search, cases):
            found.append(one)
            sys.stderr.write(f"{one.name}: {_result(one)}\n")
            kept[one.name] = asdict(one)
            _keep(kept)
    Console(width=120).print(_table(found))
    _write_page(kept)
    return 0 if all(one.seed is not None for one in found) else 1


def recorded() -> dict[str, dict[str, Any]]:
    """Read what earlier searches found, by defence."""
    if not CAUGHT.exists():
        return {}
    rows: dict[str, dict[str, Any]] = json.loads(CAUGHT.read_text(encoding="utf-8"))
    return {name: row for name, row in rows.items() if name in DEFENCES}


def _named(row: str) -> str:
    matching = [name for name in DEFENCES if name.replace(" ", "-") == row.replace(" ", "-")]
    if not matching:
        known = ", ".join(name.replace(" ", "-") for name in DEFENCES)
        raise SystemExit(f"no defence is called {row!r}; there are: {known}")
    return matching[0]


def _keep(kept: dict[str, dict[str, Any]]) -> None:
    ordered = {name: kept[name] for name in DEFENCES if name in kept}
    CAUGHT.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


def _result(one: Search) -> str:
    if one.seed is None:
        return f"not caught in {one.passed} seeds ({one.played} played)"
    return f"seed {one.seed} ({one.played} played): {one.kind}"


def _table(found: Iterable[Search]) -> Table:
    table = Table("defence", "removed with", "seeds to first violation", "what broke")
    for one in sorted(found, key=lambda each: list(DEFENCES).index(each.name)):
        seeds = str(one.passed) if one.seed is not None else f"none in {one.passed}"
        twins = ", ".join(DEFENCES[one.name].twins)
        table.add_row(one.name, twins, seeds, one.kind or "not caught")
    return table


def _write_page(kept: dict[str, dict[str, Any]]) -> None:
    """Write the table between its two markers, and make the section where there is none."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Simulation\n"
    if BEGIN not in text:
        text = f"{text.rstrip()}\n\n{SECTION}\n{BEGIN}\n{END}\n"
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    PAGE.write_text(f"{before}{BEGIN}\n{_markdown(kept)}{END}{after}", encoding="utf-8")


def _markdown(kept: dict[str, dict[str, Any]]) -> str:
    lines = [
        "| Defence | What it does | Removed with | Seeds to first violation | What broke |",
        "|---|---|---|---|---|",
    ]
    for name, defence in DEFENCES.items():
        row = kept.get(name)
        twins = ", ".join(defence.twins) or "alone"
        if row is None:
            seeds, kind = "not searched", ""
        elif row["seed"] is None:
            seeds, kind = f"none in {row['passed']}", "not caught"
        else:
            seeds, kind = str(row["passed"]), f"`{row['kind']}`"
        lines.append(f"| {name} | {defence.what} | {twins} | {seeds} | {kind} |")
    return "\n".join(lines) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.ablation")
    parser.add_argument("--rows", nargs="*", default=[], help="defences, blanks written as -")
    parser.add_argument("--seeds", type=int, default=MOST_SEEDS, help="seeds a row at most")
    parser.add_argument("--seed", type=int, default=1, help="the first of them")
    parser.add_argument("--workers", type=int, default=2, help="processes at once")
    return parser
