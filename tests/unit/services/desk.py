"""A desk before a whole company: what operators do, over ports that a test can end at any call."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import Message
from invoicesync.errors import RetryableError
from invoicesync.ports import InvoiceFilter, Json, Received, SourcePage
from invoicesync.services.load.preferences import PreferencesReader
from invoicesync.services.looking import BehindLoaders, ReadOnlyBooks
from invoicesync.services.preview import Preview
from invoicesync.services.recreate import Recreate
from invoicesync.services.redrive import Redrive
from invoicesync.services.release import Release
from invoicesync.services.remap import Compare, Compared, Remap
from invoicesync.services.resolve import Resolve
from invoicesync.services.rollback import Rollback
from invoicesync.services.wishes import Wishes
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import State
from invoicesync.state.ledger import Ledger
from invoicesync.state.mappings import Published
from invoicesync.state.realm import Realm
from invoicesync.state.references import References
from tests.fakes import FakeQueue
from tests.fakes.world import World
from tests.unit.domain.invoices import NOON, a_job, an_invoice

ACTOR = "kim@desk"
LONG_AGO = date(2026, 1, 1)


class Box:
    """The dead-letter queue, as the desk reaches it."""

    def __init__(self, queue: FakeQueue) -> None:
        self._queue = queue

    def receive(self, limit: int) -> list[Received]:
        return self._queue.receive(limit)

    def put_back(self, receipt: str) -> None:
        self._queue.delay(receipt, 0)

    def delete(self, receipt: str) -> None:
        self._queue.delete(receipt)


class Extraction:
    """The extractor function: it sends a new message about each invoice that it is asked for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.rows: dict[ServiceTradeId, dict[str, Any]] = {}
        self.asked: list[list[ServiceTradeId]] = []
        self.fails = 0
        self.answers: list[Mapping[str, Any]] = []

    def by_id(self, ids: Sequence[ServiceTradeId], *, actor: str) -> Mapping[str, Any]:
        assert actor == ACTOR
        self.asked.append(list(ids))
        if self.fails:
            self.fails -= 1
            raise RetryableError("the function failed")
        self._world.put(*(self._message(id_) for id_ in ids))
        return self.answers.pop(0) if self.answers else {"left": [], "failed": 0, "problems": []}

    def _message(self, invoice_id: ServiceTradeId) -> Message:
        number = int(invoice_id) - int(self._world.id_of(0))
        row = self.rows.get(invoice_id, {})
        loaded = self._world.entry(number).is_loaded
        return self._world.message(number, is_loaded=loaded, **row)

    def tick(self) -> Mapping[str, Any]:
        raise NotImplementedError("no test of the desk runs the schedule")

    def backfill(self, name: str, start: int, end: int, *, actor: str) -> Mapping[str, Any]:
        raise NotImplementedError(f"no test of the desk scans {name} {start} {end} for {actor}")


class Shown:
    """ServiceTrade, showing the very rows that the extractor sends messages about."""

    def __init__(self, world: World, extraction: Extraction) -> None:
        self._world = world
        self._rows = extraction.rows
        self.hidden: set[ServiceTradeId] = set()
        self.listed: list[ServiceTradeId] = []
        self.singly = 0

    def invoice(self, invoice_id: ServiceTradeId) -> tuple[Json, int] | None:
        self.singly += 1
        return None if invoice_id in self.hidden else (self._row(invoice_id), NOON)

    def invoices(self, bounds: InvoiceFilter, *, page: int, limit: int) -> SourcePage:
        assert (page, limit, bounds.updated_after is None) == (1, 200, False)
        return SourcePage([self._row(id_) for id_ in self.listed], 1, 1, NOON)

    def count(self, bounds: InvoiceFilter) -> int | None:
        raise NotImplementedError(f"nobody counts {bounds}")

    def jobs(self, job_ids: Sequence[ServiceTradeId]) -> list[Json]:
        assert job_ids
        return [a_job()]

    def _row(self, invoice_id: ServiceTradeId) -> dict[str, Any]:
        number = str(10_482 + int(invoice_id) - int(self._world.id_of(0)))
        row = {"id": int(invoice_id), "invoiceNumber": number}
        return an_invoice(**row, **self._rows.get(invoice_id, {}))


class Desk:
    """The use cases of an operator, each call through the world's lifeline."""

    def __init__(self, world: World) -> None:
        guard = world.line.guard
        self._world = world
        self.extraction = Extraction(world)
        self.box = Box(world.dead)
        table, extractor = guard(world.table, "table"), guard(self.extraction, "extractor")
        self.shown = Shown(world, self.extraction)
        self._table = table
        self._actions = Actions(table, world.clock, world.random)
        self.resolve = Resolve(table=table, clock=world.clock, actions=self._actions)
        self.release = Release(table=table, extractor=extractor, actions=self._actions)
        self.redrive = Redrive(
            letters=guard(self.box, "letters"),
            table=table,
            realm=Realm(table, world.clock, "company"),
            extractor=extractor,
            actions=self._actions,
            clock=world.clock,
        )

        self.wishes = Wishes(table=table, realm=world.realm, extractor=extractor, clock=world.clock)
        self.remap = Remap(wishes=self.wishes, actions=self._actions)

    def compare(self, published: Published | None = None, *, since: date = LONG_AGO) -> Compared:
        """Compare what is loaded with a mapping: the one in force, unless another is given."""
        world, mapping = self._world, published or self._world.mappings.current()
        preview = Preview(
            source=self.shown,
            books=self._books,
            ledger=Ledger(self._table),
            references=References(world.table, world.clock, world.company.realm_id),
            published=mapping,
            clock=world.clock,
            random=world.random,
            as_approved=True,
        )
        compare = Compare(
            ledger=Ledger(self._table),
            preview=preview,
            books=self._books,
            preferences=PreferencesReader(world.clock),
            serial=mapping.serial,
        )
        return compare.since(since)

    @property
    def rollback(self) -> Rollback:
        """Return the use case that undoes a mapping."""
        return Rollback(
            ledger=Ledger(self._table),
            books=self._books,
            preferences=PreferencesReader(self._world.clock),
            mappings=self._world.mappings,
            wishes=self.wishes,
            actions=self._actions,
        )

    @property
    def _books(self) -> ReadOnlyBooks:
        client = self._world.line.guard(self._world.client(), "books")
        return ReadOnlyBooks(client, BehindLoaders(self._world.realm, 420))

    def recreate(self) -> Recreate:
        """Return the use case over a client of QuickBooks."""
        guard = self._world.line.guard
        return Recreate(
            table=guard(self._world.table, "table"),
            books=guard(self._world.client(), "books"),
            clock=self._world.clock,
            actions=self._actions,
        )

    def tick(self) -> None:
        """Let two hours pass and ask for what is queued, as the extractor's tick does."""
        self._world.pass_seconds(2 * 3600)
        self._world.refresher.refresh()
        now = self._world.clock.now()
        stuck = Ledger(self._world.table).open_entries(State.QUEUED, until=now)
        if stuck:
            self.extraction.by_id([entry.servicetrade_id for entry in stuck], actor=ACTOR)

    @property
    def done(self) -> list[Action]:
        """What operators did, the newest first."""
        return Actions(self._world.table, self._world.clock, self._world.random).of_days(1)
