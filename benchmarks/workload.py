"""A contractor with as many invoices as a benchmark asks for, on a stage of its own."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sandbox.demo.bookkeeping import open_books
from sandbox.demo.catalogue import CONTRACTOR
from sandbox.demo.contractor import Contractor, settle
from sandbox.demo.stage import Stage
from sandbox.quickbooks.documents import is_voided
from sandbox.servicetrade import Account

if TYPE_CHECKING:
    from sandbox.quickbooks.company import Company

SEED = 20_261_101
GO_LIVE_DAYS = 75
WARM_UP = 40


class Workload:
    """The stage, and what is put on it."""

    def __init__(self, stage: Stage, contractor: Contractor, company: Company) -> None:
        self.stage = stage
        self.cloud = stage.cloud
        self._contractor = contractor
        self._company = company

    def add(self, count: int) -> None:
        """Add invoices of done jobs, with one to six lines each, as if written just now."""
        for _ in range(count):
            self._contractor.invoice(updated=self._contractor.account.now)

    def tick(self) -> dict[str, Any]:
        """Extract what is new."""
        answer = self.cloud.invoke("ExtractorFunction", {"trigger": "schedule"})
        if answer.failed:
            raise RuntimeError(answer.error)
        payload: dict[str, Any] = answer.payload
        return payload

    def load(self) -> int:
        """Deliver the queue to one loader; return how many messages that were."""
        drained = self.cloud.drain("LoaderFunction")
        if drained.errors or drained.returned:
            raise RuntimeError(f"{drained.returned} messages came back: {drained.errors}")
        return drained.messages

    def warm_up(self) -> None:
        """Fill connections and caches of every process before anything is measured."""
        self.stage.warm()
        # Both loaders take a batch, or the second would pay for its first in what is measured.
        for _ in range(2):
            self.add(WARM_UP)
            self.tick()
            self.load()

    @property
    def loaded(self) -> int:
        """Count the live invoices in QuickBooks."""
        return sum(not is_voided(body) for body in self._company.objects("Invoice"))

    @property
    def calls(self) -> int:
        """Count the calls that QuickBooks had."""
        return sum(self._company.calls.counts.values())

    def cpu_seconds(self, function: str) -> float:
        """Return the CPU, user's and system's, that the processes of a function have used."""
        name = self.cloud.functions.find(function).name
        idle = self.cloud.functions._idle.get(name, [])
        return sum(_cpu_seconds(each._process.pid) for each in idle)


@contextmanager
def workload() -> Generator[Workload]:
    """Start both simulators and the local cloud, with the demo's mapping in force."""
    today = datetime.fromtimestamp(time.time(), UTC).date()
    go_live = today - timedelta(days=GO_LIVE_DAYS)
    books = open_books(time.time, go_live - timedelta(days=1), {"limits": None})
    contractor = Contractor(Account(time.time, contractor=CONTRACTOR), random.Random(SEED), today)
    settle(contractor, books)
    with TemporaryDirectory() as folder:
        stage = Stage(contractor.account, books.company, folder=Path(folder))
        with stage:
            stage.publish_mapping(go_live)
            mapping = stage.cloud.mapping("LoaderFunction")
            mapping.enabled = True
            yield Workload(stage, contractor, books.company)


def _cpu_seconds(pid: int) -> float:
    """Read what Linux has counted for a process, its threads that have ended included."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")
