"""Measure our own CPU for one invoice: extracting, transforming and loading it.

The real functions run in processes of their own, as Lambda runs them; moto and the simulators run
elsewhere, and what they use is not counted. Nothing is subtracted but the start of the processes
and a warm-up: serialising, signing and parsing for AWS are ours to pay.

    python -m benchmarks.cpu_per_invoice [--sizes 200 600 1000]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.workload import Workload, workload

BUDGET_MS = 5.0
SIZES = (200, 600, 1000)
RESULTS = Path(__file__).resolve().parents[1] / "build" / "benchmarks" / "cpu_per_invoice.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """What one size of workload took; milliseconds of CPU per new invoice."""

    invoices: int
    extract_ms: float
    load_ms: float
    total_ms: float
    loaded: int
    quickbooks_calls: int


def measure(invoices: int) -> Measured:
    """Load so many invoices on a stage of their own, and measure the two functions."""
    with workload() as running:
        running.warm_up()
        loaded, calls = running.loaded, running.calls
        extractor, loader = _cpu(running)
        running.add(invoices)
        if (enqueued := running.tick()["enqueued"]) != invoices:
            raise RuntimeError(f"{enqueued} of {invoices} invoices were enqueued")
        running.load()
        extractor_after, loader_after = _cpu(running)
        return Measured(
            invoices=invoices,
            extract_ms=1000 * (extractor_after - extractor) / invoices,
            load_ms=1000 * (loader_after - loader) / invoices,
            total_ms=1000 * (extractor_after + loader_after - extractor - loader) / invoices,
            loaded=running.loaded - loaded,
            quickbooks_calls=running.calls - calls,
        )


def _cpu(running: Workload) -> tuple[float, float]:
    return running.cpu_seconds("ExtractorFunction"), running.cpu_seconds("LoaderFunction")


def show(rows: list[Measured]) -> None:
    """Print a table, and whether the budget is kept."""
    table = Table(title="Own CPU per invoice, milliseconds")
    for heading in ("invoices", "extract", "load", "together", "budget", "QuickBooks calls"):
        table.add_column(heading, justify="right")
    for row in rows:
        within = "" if row.total_ms <= BUDGET_MS else " !"
        table.add_row(
            f"{row.invoices:,}",
            f"{row.extract_ms:.2f}",
            f"{row.load_ms:.2f}",
            f"{row.total_ms:.2f}{within}",
            f"{BUDGET_MS:.2f}",
            f"{row.quickbooks_calls}",
        )
    Console().print(table)


def main(arguments: list[str]) -> None:
    """Measure every size, print and store the results."""
    parser = argparse.ArgumentParser(description="Own CPU per invoice.")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    asked = parser.parse_args(arguments)
    rows = [measure(size) for size in asked.sizes]
    show(rows)
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        # A neighbour at work makes each millisecond of ours worth less.
        "load_average": os.getloadavg()[0],
        "budget_ms": BUDGET_MS,
        "within_budget": all(row.total_ms <= BUDGET_MS for row in rows),
        "rows": [asdict(row) for row in rows],
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
