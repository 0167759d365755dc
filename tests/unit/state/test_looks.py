"""A later look always wins, whoever writes first and however often."""

from dataclasses import replace
from typing import Any

import pytest

from invoicesync.conditions import Update
from invoicesync.domain.ids import RequestId, ServiceTradeId
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.state import keys, schemas
from invoicesync.state.entry import Entry, Intent, Operation, State
from invoicesync.state.ledger import Ledger
from invoicesync.state.looks import LOOKS_AT_ONCE, Look, Looks
from invoicesync.state.revisions import revision_attributes, written_revision
from tests.fakes import FakeClock, FakeTable

ONE = ServiceTradeId(1)
FIRST = Revision(1000, 1, 0, Disposition.DISPATCH, "1:a")
LATER = replace(FIRST, updated=1001, fingerprint="1:b")


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.looks = Looks(self.table, self.clock)
        self.ledger = Ledger(self.table)

    def mark(self, revision: Revision, state: State = State.QUEUED) -> None:
        self.looks.mark([look(revision, state)])

    def settle(self, revision: Revision, before: Entry, state: State = State.WAITING) -> bool:
        return self.looks.settle_unsent(look(revision, state), before)

    def set(self, **values: Any) -> None:
        self.table.write(Update(keys.ledger(ONE), set=values))

    @property
    def entry(self) -> Entry:
        return self.ledger.get(ONE)

    def events(self) -> list[dict[str, Any]]:
        return [dict(item) for item in self.table.query(f"INVOICE#{ONE}", prefix="EVENT#")]


def look(revision: Revision, state: State = State.QUEUED) -> Look:
    return Look(ONE, revision, state, "job_closed", job_id=ServiceTradeId(90))


@pytest.fixture
def world() -> World:
    return World()


def test_a_mark_is_remembered_with_its_event(world: World) -> None:
    world.mark(FIRST)

    entry = world.entry
    assert (entry.state, entry.seen, entry.reason, entry.job_id) == (
        State.QUEUED,
        FIRST,
        "job_closed",
        90,
    )
    assert entry.open_since == int(world.clock.now())
    (event,) = world.events()
    assert (event["what"], event["state"], event["reason"]) == ("seen", "QUEUED", "job_closed")


def test_a_later_look_is_marked_over_an_earlier_one(world: World) -> None:
    world.mark(FIRST)
    world.clock.advance(1)
    world.mark(LATER)

    assert world.entry.seen == LATER
    assert len(world.events()) == 2


@pytest.mark.parametrize("again", [FIRST, replace(FIRST, position=0, fingerprint="1:z")])
def test_an_earlier_look_is_not_marked_over_a_later_one(world: World, again: Revision) -> None:
    world.mark(LATER)
    world.set(state=State.LOADED.value)
    world.clock.advance(1)

    world.mark(again)

    assert (world.entry.seen, world.entry.state) == (LATER, State.LOADED)
    assert len(world.events()) == 1


def test_what_is_applied_already_is_not_queued_again(world: World) -> None:
    world.set(**revision_attributes("applied", LATER))

    world.mark(FIRST)

    assert world.entry.state is None


def test_a_look_that_is_late_does_not_keep_the_others_of_its_group_back(world: World) -> None:
    world.mark(LATER)
    others = [replace(look(FIRST), servicetrade_id=ServiceTradeId(n)) for n in range(2, 120)]
    assert len(others) > 2 * LOOKS_AT_ONCE

    world.looks.mark([look(FIRST), *others])

    entries = world.ledger.get_many(look.servicetrade_id for look in others)
    assert {entry.state for entry in entries.values()} == {State.QUEUED}
    assert world.entry.seen == LATER


def test_a_look_without_a_job_keeps_the_job_that_is_known(world: World) -> None:
    world.mark(FIRST)
    world.looks.mark([replace(look(LATER), job_id=None)])

    assert world.entry.job_id == 90


def test_what_needs_no_message_is_settled(world: World) -> None:
    assert world.settle(FIRST, world.entry)
    assert (world.entry.state, world.entry.seen) == (State.WAITING, FIRST)


def test_what_is_ignored_leaves_the_index(world: World) -> None:
    world.settle(FIRST, world.entry)

    assert world.settle(LATER, world.entry, State.IGNORED)

    assert world.entry.state is State.IGNORED
    assert world.entry.open_since == 0
    assert world.table.by_state("WAITING", until=10**10) == []


def test_what_goes_on_waiting_keeps_its_age(world: World) -> None:
    world.settle(FIRST, world.entry)
    since = world.entry.open_since
    world.clock.advance(5000)

    world.settle(LATER, world.entry)

    assert world.entry.open_since == since


@pytest.mark.parametrize(
    "meanwhile",
    [
        revision_attributes("seen", replace(FIRST, epoch=2)),
        {"qbo_id": "130"},
        {"intent": Intent(RequestId("r"), "1", Operation.CREATE, FIRST, "h", 1).written()},
        {"lease_until": 2_000_000_000},
    ],
    ids=["seen", "loaded", "sending", "leased"],
)
def test_what_somebody_touched_meanwhile_is_not_settled(
    world: World, meanwhile: dict[str, Any]
) -> None:
    world.settle(FIRST, world.entry)
    before = world.entry
    world.set(**meanwhile)

    assert not world.settle(LATER, before)
    assert world.table.items[keys.ledger(ONE)].get("seen_order") != LATER.order


def test_a_repeated_write_of_its_own_is_no_touch_of_somebody_elses(world: World) -> None:
    world.table._repeats = lambda: True

    assert world.settle(FIRST, world.entry)


def test_an_open_entry_is_touched_once_in_its_time(world: World) -> None:
    world.mark(FIRST)

    assert world.looks.touch(world.entry, every_seconds=3600)
    world.clock.advance(3600)
    assert not world.looks.touch(world.entry, every_seconds=3600)
    world.clock.advance(1)
    assert world.looks.touch(world.entry, every_seconds=3600)
    assert world.entry.tried_at == int(world.clock.now())


def test_a_repeated_touch_of_its_own_counts_as_one(world: World) -> None:
    world.table._repeats = lambda: True

    assert world.looks.touch(world.entry, every_seconds=3600)


def test_an_invoice_that_somebody_saw_first_meanwhile_is_not_settled(world: World) -> None:
    nobody_yet = world.entry
    world.mark(LATER)

    assert not world.settle(FIRST, nobody_yet)
    assert (world.entry.state, world.entry.seen) == (State.QUEUED, LATER)


def test_what_begins_to_wait_is_as_old_as_its_waiting(world: World) -> None:
    world.mark(FIRST)
    world.clock.advance(5000)

    assert world.settle(LATER, world.entry)

    assert world.entry.open_since == int(world.clock.now())


def test_a_mark_says_which_look_it_was_and_when(world: World) -> None:
    world.mark(FIRST)

    event = world.table.get(keys.event(ONE, world.clock.now(), 0))
    assert event is not None
    assert (event["revision"], event["at"]) == (written_revision(FIRST), int(world.clock.now()))


def test_an_entry_keeps_its_id_and_what_people_know_it_by_as_they_write_it(world: World) -> None:
    world.looks.mark([replace(look(FIRST), shown={"customer": "Müller"})])

    item = world.table.get(keys.ledger(ONE))
    assert item is not None
    assert (item["servicetrade_id"], item["shown"]) == (ONE, '{"customer": "Müller"}')
    assert item["schema"] == schemas.LEDGER
