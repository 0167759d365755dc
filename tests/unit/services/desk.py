"""A desk before a whole company: what operators do, over ports that a test can end at any call."""

from collections.abc import Mapping, Sequence
from typing import Any

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import Message
from invoicesync.errors import RetryableError
from invoicesync.ports import Received
from invoicesync.services.recreate import Recreate
from invoicesync.services.redrive import Redrive
from invoicesync.services.release import Release
from invoicesync.services.resolve import Resolve
from invoicesync.state.actions import Action, Actions
from tests.fakes import FakeQueue
from tests.fakes.world import World

ACTOR = "kim@desk"


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


class Desk:
    """The use cases of an operator, each call through the world's lifeline."""

    def __init__(self, world: World) -> None:
        guard = world.line.guard
        self._world = world
        self.extraction = Extraction(world)
        self.box = Box(world.dead)
        table, extractor = guard(world.table, "table"), guard(self.extraction, "extractor")
        self._actions = Actions(table, world.clock, world.random)
        self.resolve = Resolve(table=table, clock=world.clock, actions=self._actions)
        self.release = Release(table=table, extractor=extractor, actions=self._actions)
        self.redrive = Redrive(
            letters=guard(self.box, "letters"),
            table=table,
            realm=world.realm,
            extractor=extractor,
            actions=self._actions,
            clock=world.clock,
        )

    def recreate(self) -> Recreate:
        """Return the use case over a client of QuickBooks."""
        return Recreate(
            table=self._world.table,
            books=self._world.client(),
            clock=self._world.clock,
            actions=self._actions,
        )

    @property
    def done(self) -> list[Action]:
        """What operators did, the newest first."""
        return Actions(self._world.table, self._world.clock, self._world.random).of_days(1)
