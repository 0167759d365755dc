"""ServiceTrade's simulator behind its adapter, AWS in memory, and extractors over both."""

from collections.abc import Callable, Sequence
from typing import Any

from invoicesync.adapters.servicetrade.credentials import UserCredentials
from invoicesync.adapters.servicetrade.source import ServiceTradeSource
from invoicesync.conditions import Key, Update
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import Message, decode
from invoicesync.errors import RetryableError
from invoicesync.ports import InvoiceFilter, Json, Outgoing, Source, SourcePage
from invoicesync.services.extract import Extract, ExtractResult
from invoicesync.state import keys
from invoicesync.state.claimchecks import ClaimChecks
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Mappings
from invoicesync.state.realm import Realm
from sandbox.faults import FaultScript
from sandbox.http import InProcessAdapter
from sandbox.servicetrade import FAULTS, Account, Options, create_app
from tests.fakes import (
    FakeBucket,
    FakeClock,
    FakeDeadline,
    FakeQueue,
    FakeSwitch,
    FakeTable,
    SeededRandom,
    SerialParallel,
)
from tests.fakes.source import FakeSource

BASE = "http://servicetrade.test/api"
MAPPING = """
go_live: 2026-09-01
mode: auto
items: {default: Services}
tax: {rules: [{taxable: false, code: NON}]}
dispatch: {exclude_tags: [do-not-sync]}
"""
NOW = 1_790_000_000  # 2026-09-21
DAY = 86_400
ADDRESS = {
    "street": "1 Mill Road",
    "city": "Pittsburgh",
    "state": "PA",
    "postalCode": "15201",
}
LINE = {"description": "Labor", "quantity": "4", "price": "120"}

type Found = tuple[Json, int] | None


class CrashError(BaseException):
    """The process ends here: nobody catches this."""


class Hooked:
    """A source whose calls can be met: ``before`` and ``after`` hear the name of each.

    ``bend`` changes a page, ``counts`` a count and ``answers`` an invoice before it is handed out.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.before: Callable[[str], None] = lambda _: None
        self.after: Callable[[str], None] = lambda _: None
        self.bend: Callable[[SourcePage], SourcePage] = lambda page: page
        self.counts: Callable[[int | None], int | None] = lambda count: count
        self.answers: Callable[[Found], Found] = lambda found: found
        self.calls: list[str] = []

    def _do[R](self, name: str, call: Callable[[], R]) -> R:
        self.calls.append(name)
        self.before(name)
        found = call()
        self.after(name)
        return found

    def invoices(self, bounds: InvoiceFilter, *, page: int, limit: int) -> SourcePage:
        return self.bend(
            self._do(f"page {page}", lambda: self.source.invoices(bounds, page=page, limit=limit))
        )

    def count(self, bounds: InvoiceFilter) -> int | None:
        return self.counts(self._do("count", lambda: self.source.count(bounds)))

    def invoice(self, invoice_id: ServiceTradeId) -> tuple[Json, int] | None:
        return self.answers(
            self._do(f"invoice {invoice_id}", lambda: self.source.invoice(invoice_id))
        )

    def jobs(self, job_ids: Sequence[ServiceTradeId]) -> list[Json]:
        return self._do("jobs", lambda: self.source.jobs(job_ids))


class World:
    """One account and one company's state."""

    def __init__(self, page_size: int = 5, **options: Any) -> None:
        self.clock = FakeClock(NOW)
        self.account = Account(self.clock.now, Options(**options))
        self.faults = FaultScript(FAULTS)
        self.source = Hooked(
            ServiceTradeSource(
                BASE,
                credentials=lambda: UserCredentials("sync@example.test", "let-me-in"),
                clock=self.clock,
                adapter=InProcessAdapter(create_app(self.account, faults=self.faults)),
            )
        )
        self.table = FakeTable(self.clock)
        self.queue = FakeQueue(self.clock)
        self.bucket = FakeBucket()
        self.switch = FakeSwitch()
        self.random = SeededRandom(7)
        self.mappings = Mappings(self.table, self.bucket, self.clock)
        self.mappings.publish(MAPPING)
        self.realm = Realm(self.table, self.clock, "1")
        self.ledger = Ledger(self.table)
        self.page_size = page_size
        self.account.edit("location", self.account.office_id, {"address": ADDRESS})
        self.company = self.account.add("company", {"name": "Keystone Foods"})
        self.location = self.account.add(
            "location",
            {"name": "Plant 1", "companyId": self.company["id"], "address": ADDRESS},
        )

    def fake_source(self) -> FakeSource:
        """Put rows in memory in the place of the simulator."""
        source = FakeSource(self.clock)
        self.source = Hooked(source)
        return source

    # People in ServiceTrade

    def job(self, status: str = "completed", **values: Any) -> int:
        made = {
            "locationId": self.location["id"],
            "assignedOfficeId": self.account.office_id,
            "type": "inspection",
            "contract": "Standard",
            "status": status,
        }
        return int(self.account.add("job", {**made, **values})["id"])

    def invoice(self, job: int | None = None, **values: Any) -> ServiceTradeId:
        made = {
            "jobId": self.job() if job is None else job,
            "status": "pending_accounting",
            "items": [LINE],
        }
        return ServiceTradeId(int(self.account.add("invoice", {**made, **values})["id"]))

    def invoices(self, count: int, **values: Any) -> list[ServiceTradeId]:
        job = self.job()
        return [self.invoice(job, **values) for _ in range(count)]

    def edit(self, invoice_id: int, **changes: Any) -> None:
        self.account.edit("invoice", invoice_id, changes)

    # Extractors

    def extract(self, *, seconds: float = 900, **ports: Any) -> Extract:
        own: dict[str, Any] = {
            "source": self.source,
            "table": self.table,
            "queue": self.queue,
            "bucket": self.bucket,
            "clock": self.clock,
            "random": self.random,
            "parallel": SerialParallel(),
            "deadline": FakeDeadline(self.clock, seconds),
            "switch": self.switch,
            "mappings": self.mappings,
            "realm": self.realm,
            "page_size": self.page_size,
        }
        return Extract(**(own | ports))

    def tick(self, *, after: float = 300, **ports: Any) -> ExtractResult:
        """Let the time of a schedule pass, and run."""
        self.clock.advance(after)
        return self.extract(**ports).tick()

    def look_at(self, *ids: ServiceTradeId) -> ExtractResult:
        return self.extract().by_id(ids, actor="pat")

    # What came of it

    @property
    def messages(self) -> list[Message]:
        claims = ClaimChecks(self.bucket)
        return [decode(claims.unpack(body)) for body in self.queue.bodies]

    @property
    def sent(self) -> list[ServiceTradeId]:
        return [message.servicetrade_id for message in self.messages]

    def take_messages(self) -> list[Message]:
        """Empty the queue, as loaders would."""
        taken = self.messages
        for received in self.queue.receive(10_000):
            self.queue.delete(received.receipt)
        return taken

    def entry(self, invoice_id: ServiceTradeId) -> Entry:
        return self.ledger.get(invoice_id)

    def states(self, ids: Sequence[ServiceTradeId]) -> list[State | None]:
        return [entry.state for entry in self.ledger.get_many(ids).values()]

    @property
    def watermark(self) -> object:
        return (self.table.get(keys.LIVE) or {}).get("watermark")

    @property
    def live(self) -> dict[str, Any]:
        return dict(self.table.get(keys.LIVE) or {})

    def put(self, invoice_id: ServiceTradeId, state: State, **values: Any) -> None:
        """Bring an entry into a state, as a loader would."""
        open_since = values.pop("open_since", int(self.clock.now()))
        self.table.write(
            Update(
                keys.ledger(invoice_id),
                set={
                    "state": state.value,
                    "open_state": state.value,
                    "open_since": open_since,
                    **values,
                },
            )
        )

    def load(self, message: Message) -> None:
        """Do to the ledger what a loader does that put the invoice into QuickBooks."""
        id_ = message.servicetrade_id
        self.table.write(
            Update(
                keys.ledger(id_),
                set={"state": State.LOADED.value, "qbo_id": "130", "number": "1"},
                remove=("open_state", "open_since"),
            )
        )

    def runs(self) -> list[dict[str, Any]]:
        return [dict(item) for key, item in self.table.items.items() if key.pk.startswith("RUN#")]


class Failing:
    """A port one of whose methods fails when ``when`` says so, before or after it did its work."""

    def __init__(
        self,
        port: Any,
        method: str,
        *,
        when: Callable[..., bool] = lambda *_: True,
        error: BaseException | None = None,
        after: bool = False,
    ) -> None:
        self._port = port
        self._method = method
        self._when = when
        self._error = error or RetryableError("try later")
        self._after = after

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)
        if name != self._method:
            return call

        def failing(*args: Any, **named: Any) -> Any:
            hit = self._when(*args)
            if hit and not self._after:
                raise self._error
            found = call(*args, **named)
            if hit:
                raise self._error
            return found

        return failing


def moves(key: Key, name: str) -> Callable[..., bool]:
    """Tell the write that sets an attribute of one item."""
    return lambda write: write.key == key and name in getattr(write, "set", {})


def bodies(messages: Sequence[Outgoing]) -> list[Message]:
    return [decode(message.body) for message in messages]
