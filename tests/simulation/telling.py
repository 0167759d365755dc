"""Functions beside the sync: one tells ServiceTrade and other programs, one watches QuickBooks."""

from collections.abc import Sequence

from invoicesync.adapters.servicetrade.credentials import UserCredentials
from invoicesync.adapters.servicetrade.writer import ServiceTradeWriter
from invoicesync.bootstrap.shared import COMPANY
from invoicesync.errors import RetryableError
from invoicesync.ports import Received
from invoicesync.services.acknowledge import Acknowledge, Mode
from invoicesync.services.announce import Announce
from invoicesync.services.hints import HintReport, Hints
from invoicesync.services.notify import Notifier
from invoicesync.services.observe import Observe
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Mappings
from invoicesync.state.realm import Realm
from invoicesync.state.told import Tellings
from tests.fakes import FakeBus
from tests.simulation.cloud import Cloud
from tests.simulation.functions import SOURCE, Chance, Invoked, reconciler_books
from tests.simulation.gates import Clock, Deadline
from tests.simulation.scheduler import Process
from tests.simulation.wire import Wire

ACKNOWLEDGER_SECONDS = 120
RECONCILER_SECONDS = 900
HIDDEN_SECONDS = 720
IDLE_SECONDS = 30
AT_ONCE = 2
HOUR = 3600


class Acknowledgers:
    """The acknowledger, and Lambda's poller before it."""

    def __init__(self, cloud: Cloud, source: Wire, clock: Clock) -> None:
        self._cloud = cloud
        self._clock = clock
        self._writer = ServiceTradeWriter(
            SOURCE,
            credentials=lambda: UserCredentials("sync@example.test", "let-me-in"),
            clock=clock,
            adapter=source,
        )
        self._mappings = Mappings(cloud.table, cloud.bucket, clock)
        self._running = 0
        self.bus = FakeBus()
        cloud.raw_outcomes.visibility_seconds = HIDDEN_SECONDS
        cloud.raw_outcomes.doubles = lambda: cloud.chances.hits("delivered_twice")

    def poll(self) -> None:
        """Deliver what is visible, and come again."""
        cloud = self._cloud
        while self._running < AT_ONCE and (batch := cloud.raw_outcomes.receive(10)):
            self._invoke(batch)
        cloud.scheduler.after(IDLE_SECONDS, self.poll)

    def _hints(self) -> Hints:
        cloud, chance = self._cloud, Chance(self._cloud.chances.random)
        tellings = Tellings(cloud.table, self._clock, chance)
        ledger = Ledger(cloud.table)
        return Hints(
            ledger=ledger,
            tellings=tellings,
            acknowledge=Acknowledge(
                source=self._writer,
                ledger=ledger,
                tellings=tellings,
                notifier=Notifier(cloud.table, self._clock, finance=cloud.ops, ops=cloud.ops),
                statuses=lambda: self._mappings.current().mapping.dispatch.statuses,
                mode=Mode.ON,
            ),
            announce=Announce(cloud.gates.port(self.bus, "topic"), tellings),
            random=chance,
        )

    def _invoke(self, batch: Sequence[Received]) -> None:
        cloud = self._cloud
        self._running += 1
        reports: list[HintReport] = []

        def work() -> None:
            process = cloud.scheduler.process
            report = self._hints()(batch, Deadline(cloud.scheduler, process))
            for one in batch:
                if one.message_id in report.again:
                    try:
                        cloud.outcomes.delay(one.receipt, round(report.again[one.message_id]))
                    except RetryableError:
                        continue
            reports.append(report)

        def ended(process: Process) -> None:
            self._running -= 1
            cloud._ended(process)
            if process.error is not None or process.is_dead:
                return
            for one in batch:
                if one.message_id not in reports[0].again and not cloud.chances.hits("delete_lost"):
                    cloud.raw_outcomes.delete(one.receipt)

        cloud.scheduler.spawn("acknowledger", work, seconds=ACKNOWLEDGER_SECONDS, ended=ended)


class Observers:
    """The reconciler's hourly look."""

    def __init__(
        self, cloud: Cloud, books: Wire, clock: Clock, invoked: Invoked, realm_id: str
    ) -> None:
        self._cloud = cloud
        self._books = books
        self._clock = clock
        self._invoked = invoked
        self._realm_id = realm_id

    def look(self) -> None:
        """Look, and come again in an hour."""
        self.once()
        self._cloud.scheduler.after(HOUR, self.look)

    def once(self) -> Process:
        """Look once."""
        return self._cloud.spawn("reconciler", self._observe, RECONCILER_SECONDS)

    def _observe(self) -> None:
        cloud, clock = self._cloud, self._clock
        deadline = Deadline(cloud.scheduler, cloud.scheduler.process)
        paced = reconciler_books(cloud, self._books, self._invoked, self._realm_id, clock)
        realm = Realm(cloud.table, clock, COMPANY)
        notifier = Notifier(cloud.table, clock, finance=cloud.finance, ops=cloud.ops)
        Observe(books=paced, realm=realm, table=cloud.table, clock=clock, tell=notifier.finance)(
            deadline
        )
