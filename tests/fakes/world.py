"""The loader at work: the real use case and client over the real simulator, in one process.

Everything that the loader touches goes through `Lifeline`, which can end its life before or after
any call; from then on every call ends it again, as a dead process makes none.
"""

import itertools
import json
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from requests.adapters import BaseAdapter

from invoicesync.adapters.quickbooks.client import QuickBooksClient
from invoicesync.domain.alerts import Strange
from invoicesync.domain.fingerprint import fingerprint
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import Message
from invoicesync.domain.revision import Revision
from invoicesync.domain.source import parse_source
from invoicesync.domain.verdict import judge
from invoicesync.errors import RetryableError
from invoicesync.ports import Outgoing
from invoicesync.services.load import (
    Hold,
    Load,
    LoadPorts,
    LoadReport,
    LoadSettings,
    Outcome,
    Result,
)
from invoicesync.services.load.paced import Paces
from invoicesync.state import keys
from invoicesync.state.claimchecks import ClaimChecks
from invoicesync.state.entry import Entry, read_entry
from invoicesync.state.mappings import Mappings, Published
from invoicesync.state.pace import Pace
from invoicesync.state.realm import Realm
from sandbox.faults import FaultScript
from sandbox.http import InProcessAdapter
from sandbox.quickbooks.app import KNOWN_FAULTS, create_app
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.documents import is_voided
from sandbox.quickbooks.options import Options
from sandbox.quickbooks.people import People
from tests.fakes import FakeBucket, FakeClock, FakeDeadline, FakeQueue, FakeTable, SeededRandom
from tests.unit.domain.invoices import MAPPING, NOON, a_job, an_invoice, an_item

TODAY = NOON + 86_400.0
TIMEOUT_SECONDS = 180
_ADDRESS = "http://quickbooks.test"
_FIRST_ID = 2_100_000_000_000_101


class KilledError(BaseException):
    """The process is gone: nothing that it still wanted to do will happen."""


class Lifeline:
    """Counts the calls of a loader to the outside; pauses it, or ends its life, at one of them."""

    def __init__(self) -> None:
        self.calls = 0
        self.names: list[str] = []
        self.die_at: int | None = None
        self.die_before = True
        self.die_in = ""
        self.is_dead = False
        self.pause_at: int | None = None
        self.instead: dict[str, list[Callable[[], Any]]] = {}
        self.meanwhile: Callable[[], object] = lambda: None

    def live(self) -> None:
        """Begin another life, without an end in sight."""
        self.calls, self.names, self.is_dead = 0, [], False
        self.die_at, self.die_in, self.pause_at = None, "", None

    def guard(self, port: Any, name: str) -> Any:
        """Wrap a port."""
        return _Guarded(port, name, self)

    def call(self, name: str, act: Callable[[], Any]) -> Any:
        """Make one call, unless death comes first, or right after."""
        if self.is_dead:
            raise KilledError
        self.calls += 1
        self.names.append(name)
        if self.calls == self.pause_at:
            self.meanwhile()
        if self.instead.get(name):
            return self.instead[name].pop(0)()
        ends = self.calls == self.die_at or name == self.die_in
        if ends and self.die_before:
            self.is_dead = True
            raise KilledError
        try:
            return act()
        finally:
            if ends:
                self.is_dead = True
                raise KilledError


class _Guarded:
    def __init__(self, port: Any, name: str, line: Lifeline) -> None:
        self._port, self._name, self._line = port, name, line

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found):
            return found
        told = f"{self._name}.{name}"
        return lambda *args, **kwargs: self._line.call(told, lambda: found(*args, **kwargs))

    def __call__(self, *args: Any) -> Any:
        return self._line.call(self._name, lambda: self._port(*args))


class Told:
    """Stands for the mail to people; ``fails`` so many times first."""

    def __init__(self) -> None:
        self.holds: list[Hold] = []
        self.strange: list[Strange] = []
        self.fails = 0

    def __call__(self, holds: Sequence[Hold]) -> Collection[ServiceTradeId]:
        if self.fails:
            self.fails -= 1
            raise RetryableError("the topic does not answer")
        self.holds += holds
        return {hold.servicetrade_id for hold in holds}

    def undocumented(self, answers: Sequence[Strange]) -> None:
        """Note answers that nobody documents."""
        self.strange += answers

    @property
    def codes(self) -> list[str]:
        return [hold.problems[0].code.value for hold in self.holds]


class Drawer:
    """Keeps what was refused."""

    def __init__(self) -> None:
        self.records: list[tuple[str, Mapping[str, Any]]] = []

    def keep(self, name: str, record: Mapping[str, Any]) -> str:
        self.records.append((name, record))
        return name


class Refresher:
    """Connects again when asked; what it is told to raise, it raises."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self.times = 0
        self.raises: list[Exception] = []
        self.token = str(company.oauth.connect()["access_token"])

    def refresh(self) -> None:
        self.times += 1
        if self.raises:
            raise self.raises.pop(0)
        self.token = str(self._company.oauth.connect()["access_token"])


class World:
    """One company, one queue, and as many loaders as a test wants."""

    def __init__(self, *, seed: int = 1, lists: bool = True, **options: Any) -> None:
        self.clock = FakeClock(TODAY)
        given: dict[str, Any] = {"automated_tax": True, **options}
        self.company = Company(clock=self.clock.now, options=Options(**given))
        self.people = People(self.company)
        if lists:
            open_lists(self.company)
            self.clock.advance(given.get("index_lag_seconds", 0))
        self.faults = FaultScript(KNOWN_FAULTS)
        self.app = create_app(self.company, faults=self.faults)
        self.refresher = Refresher(self.company)
        self.table: Any = FakeTable(self.clock)
        self.bucket: Any = FakeBucket()
        self.random = SeededRandom(seed)
        self.dead: Any = FakeQueue(self.clock, "dead")
        self.queue = FakeQueue(self.clock, "invoices", max_receive_count=10_000)
        self.outcomes: Any = FakeQueue(self.clock, "outcomes")
        self.told = Told()
        self.drawer = Drawer()
        self.line = Lifeline()
        self.address = _ADDRESS
        self.adapter: BaseAdapter | None = InProcessAdapter(self.app)
        self.epoch = itertools.count(1)
        self.reports: list[LoadReport] = []
        self.mappings = Mappings(self.table, self.bucket, self.clock)
        self.publish()
        self.load = self.loader()

    # Parts

    def loader(self, line: Lifeline | None = None) -> Load:
        """Start a loader with empty caches."""
        guard = (line or self.line).guard
        return Load(
            LoadPorts(
                books=guard(self.client(), "books"),
                refresher=guard(self.refresher, "refresher"),
                table=guard(self.table, "table"),
                bucket=guard(self.bucket, "bucket"),
                dead_letters=guard(self.dead, "dead_letters"),
                outcomes=guard(self.outcomes, "outcomes"),
                notify=guard(self.told, "notify"),
                clock=self.clock,
                random=self.random,
            ),
            LoadSettings(
                realm_id=self.company.realm_id,
                paces=Paces(
                    requests=Pace("requests", per_minute=420, burst=2),
                    batches=Pace("batches", per_minute=40, burst=2),
                ),
                timeout_seconds=TIMEOUT_SECONDS,
            ),
        )

    def client(self) -> QuickBooksClient:
        """Connect to QuickBooks."""
        return QuickBooksClient(
            base_url=self.address,
            realm_id=self.company.realm_id,
            access_token=lambda: self.refresher.token,
            evidence=self.drawer,
            adapter=self.adapter,
        )

    @property
    def realm(self) -> Realm:
        """What the loaders share."""
        return Realm(self.table, self.clock, "company")

    def publish(self, **changes: Any) -> Published:
        """Put the mapping in force, with these settings changed."""
        plain = deepcopy(MAPPING)
        plain["departments"] = {"required": True, "by_office": {"Pittsburgh": "West"}}
        for part, settings in changes.items():
            if isinstance(settings, dict) and isinstance(plain.get(part), dict):
                plain[part] |= settings
            else:
                plain[part] = settings
        return self.mappings.publish(json.dumps(plain))

    # Messages

    def message(
        self,
        number: int = 0,
        *,
        updated: int = 0,
        position: int = 0,
        epoch: int | None = None,
        job: dict[str, Any] | None = None,
        is_loaded: bool = False,
        **changes: Any,
    ) -> Message:
        """Make the message of one look at invoice ``number``, as an extractor would."""
        row = {"id": _FIRST_ID + number, "invoiceNumber": str(10_482 + number), **changes}
        source = parse_source(an_invoice(**row), a_job() if job is None else job)
        published = self.mappings.current()
        verdict = judge(source, published.mapping, is_loaded=is_loaded)
        revision = Revision(
            updated=updated or NOON + 20,
            epoch=next(self.epoch) if epoch is None else epoch,
            position=position,
            disposition=verdict.disposition,
            fingerprint=fingerprint(source),
        )
        return Message(
            source, revision, verdict.reason, verdict.document, verdict.problems, published.serial
        )

    def put(self, *messages: Message) -> None:
        """Send messages to the queue."""
        claims = ClaimChecks(self.bucket)
        self.queue.send(
            [Outgoing(claims.pack(one.servicetrade_id, one.encode())) for one in messages]
        )

    # Running

    def deliver(self, load: Load | None = None, *, limit: int = 30) -> list[Outcome]:
        """Deliver one batch and do with each message what its outcome says."""
        batch = self.queue.receive(limit)
        if not batch:
            return []
        report = (load or self.load)(batch, FakeDeadline(self.clock, TIMEOUT_SECONDS))
        self.reports.append(report)
        assert sorted(one.message_id for one in report.outcomes) == sorted(
            one.message_id for one in batch
        )
        for outcome in report.outcomes:
            if outcome.result is Result.RETRY:
                self.queue.delay(outcome.receipt, round(outcome.delay_seconds))
            else:
                self.queue.delete(outcome.receipt)
        return list(report.outcomes)

    def run(self, *messages: Message, load: Load | None = None) -> list[Outcome]:
        """Send messages and deliver one batch."""
        self.put(*messages)
        return self.deliver(load)

    def drain(self, load: Load | None = None, *, most: int = 400) -> int:
        """Deliver until the queue is empty, moving the clock on; return the number of batches."""
        for batches in range(most):
            at = self.queue.next_visible_at()
            if at is None:
                return batches
            self.pass_seconds(max(0.0, math.ceil(at - self.clock.now())))
            self.deliver(load)
        codes = {one.code for one in self.reports[-1].outcomes}
        raise AssertionError(f"{len(self.queue.bodies)} messages stay in the queue: {codes}")

    def pass_seconds(self, seconds: float) -> None:
        """Let time go by."""
        until = self.clock.now() + seconds
        # What lands late lands at its own time, not when somebody calls next.
        while self.company._late and self.company._late[0][0] <= until:
            self.clock.advance(max(0.0, self.company._late[0][0] - self.clock.now()))
            self.company.settle()
        self.clock.advance(until - self.clock.now())

    # Looking

    def id_of(self, number: int = 0) -> ServiceTradeId:
        """Name invoice ``number`` of this test."""
        return ServiceTradeId(_FIRST_ID + number)

    def entry(self, number: int = 0) -> Entry:
        """Read an invoice's ledger entry."""
        key = keys.ledger(self.id_of(number))
        return read_entry(self.id_of(number), self.table.get(key))

    def invoices(self, number: int = 0) -> list[dict[str, Any]]:
        """Find the live invoices in QuickBooks that bear an invoice's mark."""
        mark = f"[st:{self.id_of(number)}."
        return [
            body
            for body in self.company.objects("Invoice")
            if mark in str(body.get("PrivateNote", "")) and not is_voided(body)
        ]

    def invoice(self, number: int = 0) -> dict[str, Any]:
        """Find the one live invoice."""
        (found,) = self.invoices(number)
        return found

    @property
    def writes(self) -> int:
        """Count the versions of invoices that there ever were in QuickBooks."""
        return sum(1 for change in self.company.books.store.changes if change.entity == "Invoice")

    def calls(self, kind: str) -> int:
        """Count the calls of a kind that QuickBooks had."""
        return self.company.calls.counts[kind]

    @property
    def reasons(self) -> list[str]:
        """Return the reasons of all dead letters."""
        return [one.attributes["reason"] for one in self.dead.messages]

    def fail(self, fault: str, route: str = "*", /, **rule: Any) -> None:
        """Let a request fail."""
        settings = {name: rule.pop(name) for name in list(rule) if name not in {"times", "skip"}}
        self.faults.add([{"fault": fault, "route": route, **rule, "with": settings}])

    def events(self, number: int = 0) -> list[str]:
        """Tell what happened to an invoice."""
        rows = self.table.query(f"INVOICE#{self.id_of(number)}", prefix="EVENT#")
        return [str(row["what"]) for row in rows]


BATCH = "POST *batch"
VOID = "POST *operation=void"
QUERY = "* *query"


def labor(hours: int = 4) -> dict[str, Any]:
    """Give the changes that make an invoice one of so many hours, untaxed."""
    item = an_item(quantity=hours, subtotal=120 * hours, taxAmount=0, taxRate=0)
    return {"items": [item], "subtotal": 120 * hours, "taxAmount": 0, "totalPrice": 120 * hours}


def results(outcomes: Iterable[Outcome]) -> list[str]:
    """Name the results, in the order of the messages."""
    return [one.result.value for one in sorted(outcomes, key=lambda one: one.message_id)]


def open_lists(company: Company) -> None:
    """Fill the lists that the test mapping names."""
    create = company.create
    create("Account", {"Name": "Sales", "AccountType": "Income"})
    income = {"Type": "Service", "IncomeAccountRef": {"value": "1"}}
    for name in ("Labor", "Trip Charge", "Discount", "Equipment Rental", "Materials"):
        create("Item", {"Name": name, "Taxable": True, **income})
    create("Department", {"Name": "West"})
    for name in ("Mechanical", "Cold"):
        create("Class", {"Name": name})
    create("Term", {"Name": "Net 30 days", "DueDays": 30})
    address = {
        "Line1": "1 Main Street",
        "City": "Pittsburgh",
        "CountrySubDivisionCode": "PA",
        "PostalCode": "15219",
    }
    create("Customer", {"DisplayName": "Keystone Foods, Inc.", "BillAddr": address})
