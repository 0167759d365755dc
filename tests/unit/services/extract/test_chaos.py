"""People edit, rows hide, calls fail and processes end, all at random; at last all is known."""

import random
from typing import Any

import pytest

from invoicesync.domain.fingerprint import fingerprint
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import Message
from invoicesync.domain.revision import Revision
from invoicesync.domain.source import parse_source
from tests.fakes import FakeDeadline
from tests.unit.services.extract.world import NOW, CrashError, Failing, World

SEEDS = range(12)
ROUNDS = 12


class Chaos:
    """One seed: people at work between and during calls, and runs that may end anywhere."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.world = World(
            page_size=self.chance.choice([2, 3, 5]),
            sort_ties="shuffled",
            seed=seed,
            late_visibility_seconds=self.chance.choice([0, 20]),
        )
        # What an invoice takes from its job is followed only when the invoice itself is edited or
        # waits for the job; so here only the status of a job ever changes.
        self.jobs = [
            self.world.job(status, completedOn=NOW) for status in ("completed", "scheduled")
        ]
        self.made = [self._new() for _ in range(6)]
        self.marks: list[object] = []

    def _new(self) -> ServiceTradeId:
        name = f"{self.chance.random():.3f}"
        return self.world.invoice(self.chance.choice(self.jobs), name=name)

    def people(self, _: str = "") -> None:
        """Do something to an invoice or a job, most often nothing; time goes on or stands."""
        self.world.clock.advance(self.chance.choice([0, 0, 0.4, 3]))
        one = self.chance.choice(self.made)
        match self.chance.randrange(16):
            case 0:
                self.made.append(self._new())
            case 1 | 2:
                changes = {
                    "notes": str(self.chance.randrange(3)),
                    "name": str(self.chance.random()),
                }
                self.world.account.edit("invoice", one, changes)
            case 3:
                self.world.account.edit("invoice", one, {"status": "internal_review"})
            case 4:
                self.world.account.edit("invoice", one, {"status": "pending_accounting"})
            case 5:
                self.world.account.edit("job", self.jobs[1], {"status": "completed"})
            case 6 if self.chance.random() < 0.2:
                self.world.account.void(one)
            case _:
                pass

    def run(self) -> None:
        """Run something, with faults."""
        world, chance = self.world, self.chance
        world.clock.advance(chance.choice([10, 300, 300, 1000]))
        world.source.before = world.source.after = self.people
        world.queue.loses = lambda: chance.random() < 0.05
        world.faults.clear()
        faults = ["error_500", "truncated_json", "empty_page", "repeated_page", "answer_lost"]
        for _ in range(chance.randrange(3)):
            world.faults.add([{"fault": chance.choice(faults), "skip": chance.randrange(6)}])
        table: Any = world.table
        for method in ("write", "write_all"):
            table = Failing(
                table,
                method,
                when=lambda *_: chance.random() < 0.01,
                error=CrashError(),
                after=chance.random() < 0.5,
            )
        deadline = FakeDeadline(world.clock, chance.choice([70, 100, 900, 900]))
        extract = world.extract(table=table, deadline=deadline, margin_seconds=60)
        try:
            match chance.randrange(6):
                case 0:
                    extract.by_id(chance.sample(self.made, 2), actor="pat")
                case 1:
                    extract.backfill("past", NOW - 1000, NOW + 10**6)
                case _:
                    extract.tick()
        except CrashError:
            pass
        self.marks.append(world.watermark)

    def settle(self) -> None:
        """Let the faults stop, and the leases of the dead run out."""
        world = self.world
        world.source.before = world.source.after = lambda _: None
        world.queue.loses = lambda: False
        world.faults.clear()
        for _ in range(4):
            world.tick(after=1000)
            self.marks.append(world.watermark)


def newest(messages: list[Message]) -> dict[ServiceTradeId, Revision]:
    found: dict[ServiceTradeId, Revision] = {}
    for message in messages:
        before = found.get(message.servicetrade_id)
        if before is None or message.revision.is_after(before):
            found[message.servicetrade_id] = message.revision
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_the_last_word_of_every_invoice_is_known(seed: int) -> None:
    chaos = Chaos(seed)
    for _ in range(ROUNDS):
        chaos.people()
        chaos.run()
    chaos.settle()

    world = chaos.world
    sent = newest(world.messages)
    for id_ in chaos.made:
        shown = world.account.show("invoice", id_)
        job = world.account.show("job", shown["job"]["id"])
        entry = world.entry(id_)
        assert entry.seen is not None, f"seed {seed}: {id_} was never seen"
        assert entry.seen.fingerprint == fingerprint(parse_source(shown, job)), f"seed {seed}"
        # A message that says the same and sorts no lower than all others, or there was never any.
        if id_ in sent:
            at_loader = max(sent[id_], entry.seen, key=lambda revision: revision.order)
            assert at_loader.is_same_as(entry.seen), f"seed {seed}: {id_}"
    numbers = [mark for mark in chaos.marks if isinstance(mark, int)]
    assert numbers == sorted(numbers), f"seed {seed}: the watermark went back"


def test_a_seed_is_the_same_twice() -> None:
    def bodies(seed: int) -> list[str]:
        chaos = Chaos(seed)
        for _ in range(ROUNDS):
            chaos.people()
            chaos.run()
        return chaos.world.queue.bodies

    assert bodies(3) == bodies(3)
