"""Compare what the loader imports with the bare packages that it stands on.

Each measurement is a new interpreter that imports and ends. Compiled files are kept in a folder of
the benchmark's own, so both sides have them, and the first round, which writes them, is left out.

    python -m benchmarks.cold_start [--rounds 9]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

BUDGET_RATIO = 1.25
ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "benchmarks" / "cold_start.json"
BARE = "boto3, requests, pydantic, aws_lambda_powertools"
CODE = (
    "import time; began = time.process_time(); import {imports}; "
    "print(1000 * (time.process_time() - began))"
)


def import_ms(imports: str, folder: Path, cache: Path) -> float:
    """Return the CPU, in milliseconds, of importing in a new interpreter."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT / 'layers' / 'invoicesync'}",
        "PYTHONPYCACHEPREFIX": str(cache),
    }
    told = subprocess.run(  # noqa: S603  (our interpreter, our code)
        [sys.executable, "-c", CODE.format(imports=imports)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(told.stdout)


def measure(rounds: int) -> tuple[float, float]:
    """Return the medians of the bare packages and of the loader; rounds alternate between them."""
    loader = ROOT / "functions" / "loader"
    bare: list[float] = []
    ours: list[float] = []
    with TemporaryDirectory() as folder:
        cache = Path(folder)
        for _ in range(rounds + 1):
            bare.append(import_ms(BARE, loader, cache))
            ours.append(import_ms("app", loader, cache))
    return median(bare[1:]), median(ours[1:])


def main(arguments: list[str]) -> None:
    """Measure, print and store the result."""
    parser = argparse.ArgumentParser(description="What the loader's imports cost.")
    parser.add_argument("--rounds", type=int, default=9)
    rounds = parser.parse_args(arguments).rounds
    bare, ours = measure(rounds)
    ratio = ours / bare
    table = Table(title="CPU of imports in a new interpreter, milliseconds (medians)")
    for heading in ("bare packages", "the loader", "ratio", "budget"):
        table.add_column(heading, justify="right")
    over = "" if ratio <= BUDGET_RATIO else " !"
    table.add_row(f"{bare:.0f}", f"{ours:.0f}", f"{ratio:.2f}{over}", f"{BUDGET_RATIO:.2f}")
    Console().print(table)
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "bare_ms": bare,
        "loader_ms": ours,
        "ratio": ratio,
        "budget_ratio": BUDGET_RATIO,
        "rounds": rounds,
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
