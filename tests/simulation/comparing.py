"""The reconciler's comparison, as it is deployed, and what it asks the extractor for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from invoicesync.adapters.quickbooks.population import QuickBooksInvoices
from invoicesync.adapters.servicetrade.credentials import UserCredentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.bootstrap.reconciler import MARGIN_SECONDS
from invoicesync.bootstrap.shared import COMPANY
from invoicesync.domain.comparison import BooksRecord, Rules, books_record
from invoicesync.domain.ids import QuickBooksId
from invoicesync.errors import (
    RealmBlockedError,
)
from invoicesync.ports import Deadline as Until
from invoicesync.services.audit import Audit, BooksReading, SourceReading, rules_of
from invoicesync.services.extract.reader import Reader
from invoicesync.services.load.paced import PacedBooks
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.reconcile import Reconcile
from invoicesync.services.reconcile.material import Material
from invoicesync.services.reconcile.publish import Publish, Tally
from invoicesync.services.reconcile.request import SETTLE_SECONDS
from invoicesync.services.reconcile.request import Request as Asked
from invoicesync.services.reconcile.result import Outcome
from invoicesync.services.report.model import Period
from invoicesync.state.mappings import Mappings
from invoicesync.state.realm import Realm
from tests.simulation.cloud import Cloud
from tests.simulation.functions import (
    SOURCE,
    Chance,
    Functions,
    Invoked,
    invoke,
    reconciler_books,
)
from tests.simulation.gates import Clock, Deadline
from tests.simulation.scheduler import Process
from tests.simulation.wire import Wire

RECONCILER_SECONDS = 900


class AskedExtractor:
    """The extractor as others reach it: another function, waited for."""

    def __init__(self, functions: Functions) -> None:
        self._functions = functions

    def by_id(self, ids: Sequence[Any], *, actor: str) -> Mapping[str, Any]:
        """Extract some invoices again; fail as an invocation fails."""
        cloud = self._functions.cloud
        told: list[Any] = []

        def work() -> None:
            process = cloud.scheduler.process
            self._functions.extract(
                process, lambda extract: told.append(extract.by_id(ids, actor=actor))
            )

        invoke(cloud, lambda: cloud.spawn("by_id", work, RECONCILER_SECONDS))
        return asdict(told[0])


@dataclass(frozen=True, slots=True)
class Compared:
    """One reconciliation that came to its end."""

    material: Material
    asked_again: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """Publishes as ever, and keeps what was published."""

    publish: Publish
    done: list[Compared]

    def __call__(self, period: Period, material: Material, tally: Tally) -> Outcome:
        """Publish."""
        outcome = self.publish(period, material, tally)
        self.done.append(Compared(material, tuple(tally.asked_again.done)))
        return outcome


class Reconcilers:
    """The reconciler, invoked by its schedule and by people."""

    def __init__(
        self, cloud: Cloud, functions: Functions, *, books: Wire, source: Wire, realm_id: str
    ) -> None:
        self._cloud = cloud
        self._functions = functions
        self._books = books
        self._source = source
        self._realm_id = realm_id
        self.done: list[Compared] = []

    def compare(
        self,
        settle_seconds: int = SETTLE_SECONDS,
        ended: Callable[[Compared | None], object] = lambda _: None,
    ) -> Process:
        """Invoke it; ``ended`` hears what came of it, or None where it did not come to its end."""
        before = len(self.done)

        def work() -> None:
            try:
                self._reconcile(settle_seconds)
            except RealmBlockedError:
                return  # told by the breaker; the schedule comes again

        def over(process: Process) -> None:
            self._cloud._ended(process)
            ended(self.done[-1] if len(self.done) > before else None)

        return self._cloud.scheduler.spawn(
            "reconciler", work, seconds=RECONCILER_SECONDS, ended=over
        )

    def _reconcile(self, settle_seconds: int) -> None:
        cloud, clock = self._cloud, Clock(self._cloud.scheduler)
        deadline = Deadline(cloud.scheduler, cloud.scheduler.process)
        published = Mappings(cloud.table, cloud.bucket, clock).current()
        invoked = Invoked(self._functions)
        quickbooks = reconciler_books(cloud, self._books, invoked, self._realm_id, clock)
        closed_on = PreferencesReader(clock).read(quickbooks).closed_on
        asked = Asked(settle_seconds=settle_seconds)
        rules = rules_of(
            published.mapping, closed_through=closed_on, settle_seconds=asked.settle_seconds
        )

        def look(id_: QuickBooksId) -> BooksRecord | None:
            found = quickbooks.read_invoice(id_)
            return None if found is None else books_record(found)

        publish = Publish(
            table=cloud.table,
            bucket=cloud.bucket,
            finance=cloud.reports,
            clock=clock,
            random=Chance(cloud.chances.random),
            company="Example",
            place="s3://reports",
        )
        Reconcile(
            read=self._audit(clock, deadline, quickbooks, published.mapping, rules),
            look=look,
            report=quickbooks.transaction_list,
            reads=lambda: quickbooks.calls,
            usage=Realm(cloud.table, clock, COMPANY).usage,
            rules=rules,
            published=published,
            table=cloud.table,
            extractor=AskedExtractor(self._functions),  # type: ignore[arg-type]  # asked by id alone
            clock=clock,
            publish=Watched(publish, self.done),  # type: ignore[arg-type]  # stands around it
        )(asked)

    def _audit(
        self, clock: Clock, deadline: Until, books: PacedBooks, mapping: Any, rules: Rules
    ) -> Audit:
        source = ServiceTradeSource(
            SOURCE,
            credentials=lambda: UserCredentials("sync@example.test", "let-me-in"),
            clock=clock,
            adapter=self._source,
        )
        reader = Reader(
            source=source,
            clock=clock,
            random=Chance(self._cloud.chances.random),
            deadline=deadline,
            margin_seconds=MARGIN_SECONDS,
        )
        return Audit(
            source=SourceReading(reader=reader, mapping=mapping, clock=clock),
            books=BooksReading(books=QuickBooksInvoices(books), clock=clock),
            rules=rules,
            jobs=source,
        )
