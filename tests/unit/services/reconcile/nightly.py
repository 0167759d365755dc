"""A night's reconciliation over two books that a test fills, and the ledger between them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from invoicesync.conditions import Put, Value
from invoicesync.domain.comparison import (
    BooksRecord,
    Population,
    Rules,
    SourceRecord,
    Window,
    compare,
)
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.mapping import parse_mapping
from invoicesync.domain.unbilled import UnbilledJob
from invoicesync.errors import RetryableError
from invoicesync.ports import Json
from invoicesync.services.audit import Audited
from invoicesync.services.reconcile import Outcome, Reconcile
from invoicesync.services.reconcile.publish import Publish
from invoicesync.services.reconcile.request import read_request
from invoicesync.state import keys
from invoicesync.state.ledger import key_item
from invoicesync.state.mappings import Published
from invoicesync.state.pace import Usage
from tests.fakes import FakeBucket, FakeClock, FakeTable, FakeTopic, SeededRandom
from tests.fakes.world import Lifeline
from tests.unit.domain.invoices import MAPPING

RULES = Rules(settle_seconds=3600)
NIGHT = datetime(2026, 11, 2, 9, tzinfo=UTC).timestamp()


class Asking:
    """The extractor function, as it is asked for ids."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.actors: set[str] = set()
        self.fails = False

    def by_id(self, ids: Sequence[ServiceTradeId], *, actor: str) -> Mapping[str, Any]:
        if self.fails:
            raise RetryableError("the function failed")
        self.asked += ids
        self.actors.add(actor)
        return {"left": [], "failed": 0, "problems": []}

    def tick(self) -> Mapping[str, Any]:
        raise NotImplementedError("nobody runs the schedule here")

    def backfill(self, name: str, start: int, end: int, *, actor: str) -> Mapping[str, Any]:
        raise NotImplementedError(f"nobody scans {name} {start} {end} for {actor}")


class Nightly:
    """Both books, the ledger, and everything that a reconciliation reaches."""

    def __init__(self) -> None:
        self.clock = FakeClock(NIGHT)
        self.table = FakeTable(self.clock)
        self.bucket = FakeBucket()
        self.finance = FakeTopic()
        self.extractor = Asking()
        self.random = SeededRandom()
        self.sources: list[SourceRecord] = []
        self.books: list[BooksRecord] = []
        self.elsewhere: dict[str, BooksRecord] = {}
        """What QuickBooks shows by its Id alone."""
        self.looks: list[str] = []
        self.reported: list[str] | None = None
        """Amounts in QuickBooks' own report; None: it is in a form that nobody knows."""
        self.reports: list[tuple[date, date]] = []
        self.usage: Usage | None = None
        self.asked_of: list[float] = []
        """The moments of whose months the calls were asked for."""
        self.unbilled: list[UnbilledJob] = []
        self.mapping = Published(3, parse_mapping(json.dumps(MAPPING)))
        self.line = Lifeline()

    def run(self, **event: Any) -> Outcome:
        """Reconcile as an event asks."""
        use_case = Reconcile(
            read=self._read,
            look=self._look,
            report=self._report,
            reads=lambda: 2 + len(self.looks),
            rules=RULES,
            published=self.mapping,
            table=self.line.guard(self.table, "table"),
            extractor=self.line.guard(self.extractor, "extractor"),
            clock=self.clock,
            publish=self.publish,
            **({"usage": self._usage} if self.usage else {}),
        )
        return use_case(read_request({"job": "reconcile", **event}))

    @property
    def publish(self) -> Publish:
        return Publish(
            table=self.line.guard(self.table, "table"),
            bucket=self.line.guard(self.bucket, "bucket"),
            finance=self.line.guard(self.finance, "finance"),
            clock=self.clock,
            random=self.random,
            company="Keystone Mechanical",
            place="s3://bucket",
        )

    def enter(self, id_: int, state: str, **attributes: Value) -> None:
        """Write a ledger entry."""
        item = {**key_item(keys.ledger(ServiceTradeId(id_))), "state": state, **attributes}
        self.table.write(Put(item))

    def _read(self, window: Window) -> Audited:
        now = int(self.clock.now())
        source = Population(list(self.sources), now, now)
        books = Population(list(self.books), now, now)
        comparison = compare(source, books, window=window, rules=RULES)
        return Audited(comparison, source, books, tuple(self.unbilled))

    def _report(self, first: date, last: date) -> Json:
        self.reports.append((first, last))
        rows = [{"ColData": [{"value": amount}]} for amount in self.reported or ()]
        title = "Amount" if self.reported is not None else "Sum"
        return {"Columns": {"Column": [{"ColTitle": title}]}, "Rows": {"Row": rows}}

    def _usage(self, at: float) -> Usage | None:
        self.asked_of.append(at)
        return self.usage

    def _look(self, id_: QuickBooksId) -> BooksRecord | None:
        self.looks.append(id_)
        return self.elsewhere.get(id_)


def ours(one: BooksRecord, id_: int) -> BooksRecord:
    """Give an invoice of QuickBooks our mark."""
    return replace(one, mark=(ServiceTradeId(id_), 0))
