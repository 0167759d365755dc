"""Measure one reconciliation of 100,000 invoices on both sides: time, memory, metered reads.

Both books are made up (`benchmarks.two_books`); network and state table are not in it. What the
function imports is, so that the memory is that of its process.

    python -m benchmarks.reconcile [--invoices 100000]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import invoicesync.bootstrap.reconciler as imported  # all that the function imports
from benchmarks.two_books import QuickBooks, ServiceTrade
from invoicesync.domain.comparison import Rules
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.mapping import parse_mapping
from invoicesync.services.audit import Audit, BooksReading, SourceReading
from invoicesync.services.extract.reader import Reader
from invoicesync.services.reconcile import Outcome, Reconcile
from invoicesync.services.reconcile.publish import Publish
from invoicesync.services.reconcile.request import Request
from invoicesync.state.mappings import Published
from tests.fakes import FakeBucket, FakeClock, FakeDeadline, FakeTable, FakeTopic, SeededRandom
from tests.unit.domain.invoices import MAPPING

RESULTS = Path(__file__).resolve().parents[1] / "build" / "benchmarks" / "reconcile.json"
BUDGET_MB = 256
BUDGET_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Measured:
    """What one reconciliation took."""

    invoices: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    quickbooks_reads: int
    reads_per_1000: float
    servicetrade_pages: int
    differences: int


class Extractor:
    """Takes what it is asked for."""

    def by_id(self, ids: Sequence[ServiceTradeId], *, actor: str) -> Mapping[str, Any]:
        del ids, actor
        return {"left": [], "failed": 0}

    def tick(self) -> Mapping[str, Any]:
        raise NotImplementedError("nobody runs the schedule here")

    def backfill(self, name: str, start: int, end: int, *, actor: str) -> Mapping[str, Any]:
        raise NotImplementedError(f"nobody scans {name} {start} {end} for {actor}")


def reconciled(source: ServiceTrade, books: QuickBooks) -> Outcome:
    """Reconcile October."""
    clock, random = FakeClock(1_793_700_000), SeededRandom()
    table, rules = FakeTable(clock), Rules(settle_seconds=3600)
    mapping = parse_mapping(json.dumps({**MAPPING, "go_live": "2026-01-01"}))
    reader = Reader(
        source=source,
        clock=clock,
        random=random,
        deadline=FakeDeadline(clock, BUDGET_SECONDS),
        margin_seconds=imported.MARGIN_SECONDS,
    )
    use_case = Reconcile(
        read=Audit(
            source=SourceReading(reader=reader, mapping=mapping, clock=clock),
            books=BooksReading(books=books, clock=clock),
            rules=rules,
            jobs=source,
        ),
        look=lambda _: None,
        report=lambda _first, _last: {},
        reads=lambda: books.reads,
        rules=rules,
        published=Published(1, mapping),
        table=table,
        extractor=Extractor(),
        clock=clock,
        publish=Publish(
            table=table,
            bucket=FakeBucket(),
            finance=FakeTopic(),
            clock=clock,
            random=random,
            company="Keystone Mechanical",
            place="s3://bucket",
        ),
    )
    return use_case(Request(month="2026-10"))


def measure(invoices: int) -> Measured:
    """Reconcile so many invoices."""
    source, books = ServiceTrade(invoices), QuickBooks(invoices)
    began, cpu = time.monotonic(), time.process_time()
    outcome = reconciled(source, books)
    if not outcome.report.bridge.closes:
        raise RuntimeError(outcome.report.verdict)
    return Measured(
        invoices=invoices,
        seconds=round(time.monotonic() - began, 1),
        cpu_seconds=round(time.process_time() - cpu, 1),
        peak_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        quickbooks_reads=books.reads,
        reads_per_1000=round(books.reads * 1000 / invoices, 2),
        servicetrade_pages=source.pages,
        differences=outcome.report.differences,
    )


def show(row: Measured) -> None:
    """Print a table, and whether the budget is kept."""
    table = Table(title=f"One reconciliation of {row.invoices:,} invoices on both sides")
    for heading in (
        "seconds",
        "CPU seconds",
        "peak MB",
        "reads of QuickBooks",
        "per 1,000",
        "found",
    ):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{row.seconds:.1f}",
        f"{row.cpu_seconds:.1f}",
        f"{row.peak_mb:.1f}{'' if row.peak_mb < BUDGET_MB else ' !'}",
        f"{row.quickbooks_reads}",
        f"{row.reads_per_1000:.2f}",
        f"{row.differences}",
    )
    Console().print(table)


def main(arguments: list[str]) -> None:
    """Measure, print and store the result."""
    parser = argparse.ArgumentParser(description="One reconciliation.")
    parser.add_argument("--invoices", type=int, default=100_000)
    row = measure(parser.parse_args(arguments).invoices)
    show(row)
    result = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average": os.getloadavg()[0],
        "budget_mb": BUDGET_MB,
        "budget_seconds": BUDGET_SECONDS,
        "within_budget": row.peak_mb < BUDGET_MB and row.seconds < BUDGET_SECONDS,
        **asdict(row),
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
