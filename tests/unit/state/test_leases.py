"""Who may change an invoice's entry, and what becomes of changes by those who may not."""

import pytest

from invoicesync.conditions import Update
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.errors import BusyError
from invoicesync.state import keys, schemas
from invoicesync.state.entry import State, read_entry
from invoicesync.state.leases import Change, Leases
from invoicesync.state.ledger import Ledger
from invoicesync.state.looks import Look, Looks
from tests.fakes import FakeClock, FakeTable, SeededRandom

ONE, TWO = ServiceTradeId(1), ServiceTradeId(2)


class Desk:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.table = FakeTable(self.clock)
        self.leases = Leases(self.table, self.clock, SeededRandom())
        self.ledger = Ledger(self.table)

    def look(
        self, updated: int, invoice: ServiceTradeId = ONE, state: State = State.QUEUED
    ) -> Revision:
        revision = Revision(updated, 1, 0, Disposition.DISPATCH, f"1:{updated}")
        Looks(self.table, self.clock).mark([Look(invoice, revision, state, "job_closed")])
        return revision


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_claim_is_fenced_and_lasts_its_time(desk: Desk) -> None:
    claims = desk.leases.claim([ONE, TWO], lease_seconds=100)

    assert {(one.fence, one.claims) for one in claims.entries.values()} == {(1, 1)}
    assert claims.busy_until == {}
    until = int(desk.clock.now()) + 100
    assert desk.leases.claim([ONE], lease_seconds=100).busy_until == {ONE: until}
    desk.clock.advance(101)
    again = desk.leases.claim([ONE], lease_seconds=100)
    assert (again.entries[ONE].fence, again.entries[ONE].claims) == (2, 2)


def test_of_many_claims_only_the_busy_one_is_left_out(desk: Desk) -> None:
    desk.leases.claim([TWO], lease_seconds=100)
    everybody = [ServiceTradeId(at) for at in range(1, 70)]

    claims = desk.leases.claim(everybody, lease_seconds=100)

    assert sorted(claims.busy_until) == [TWO]
    assert len(claims.entries) == 68


def test_a_claim_that_is_taken_between_write_and_read_is_busy(desk: Desk) -> None:
    write_all = desk.table.write_all

    def thief(writes: list[Update]) -> None:
        write_all(writes)
        desk.table.write_all = write_all  # type: ignore[method-assign]
        desk.clock.advance(101)
        Leases(desk.table, desk.clock, SeededRandom(9)).claim([ONE], lease_seconds=100)

    desk.table.write_all = thief  # type: ignore[assignment, method-assign]

    claims = desk.leases.claim([ONE], lease_seconds=100)

    assert (list(claims.entries), list(claims.busy_until)) == ([], [ONE])


def test_only_the_bearer_of_the_nonce_changes_an_entry(desk: Desk) -> None:
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    desk.clock.advance(101)
    desk.leases.claim([ONE], lease_seconds=100)

    assert desk.leases.change([Change(mine, set={"note": "stale"})]) == {ONE}
    with pytest.raises(BusyError, match="invoice 1"):
        desk.leases.change_or_raise(Change(mine, set={"note": "stale"}))
    desk.leases.release([mine])

    entry = desk.ledger.get(ONE)
    assert (entry.note, entry.lease_until > desk.clock.now()) == ("", True)


def test_one_lost_lease_does_not_stop_the_other_changes(desk: Desk) -> None:
    claims = desk.leases.claim([ONE, TWO], lease_seconds=100)
    desk.clock.advance(101)
    desk.leases.claim([ONE], lease_seconds=100)

    lost = desk.leases.change(
        [Change(entry, set={"note": "done"}) for entry in claims.entries.values()]
    )

    assert lost == {ONE}
    assert desk.ledger.get(TWO).note == "done"
    desk.leases.change_or_raise(Change(claims.entries[TWO], set={"note": "again"}))
    assert desk.ledger.get(TWO).note == "again"


def test_a_final_state_gives_way_to_a_look_that_came_meanwhile(desk: Desk) -> None:
    first = desk.look(10)
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    newer = desk.look(20)
    event = {"what": "created"}

    assert desk.leases.change([Change(mine, state=State.LOADED, event=event)]) == frozenset()

    entry = desk.ledger.get(ONE)
    assert (entry.state, entry.seen, mine.seen) == (State.QUEUED, newer, first)
    assert [row["what"] for row in desk.table.query("INVOICE#1", prefix="EVENT#")][-1] == "created"


def test_a_final_state_that_gives_way_leaves_work_for_a_loader(desk: Desk) -> None:
    desk.look(10)
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    desk.look(20, state=State.WAITING)

    assert desk.leases.change([Change(mine, state=State.LOADED)]) == frozenset()

    assert desk.ledger.get(ONE).state is State.QUEUED


def test_who_meets_his_own_first_try_holds_the_lease(desk: Desk) -> None:
    desk.leases.claim([TWO], lease_seconds=50)
    until = int(desk.clock.now()) + 50
    desk.table._repeats = lambda: True

    claims = desk.leases.claim([ONE, TWO], lease_seconds=100)

    assert (list(claims.entries), claims.busy_until) == ([ONE], {TWO: until})


def test_what_a_newer_release_stored_is_neither_changed_nor_claimed_and_the_rest_is(
    desk: Desk,
) -> None:
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    desk.table.write(Update(keys.ledger(ONE), set={"schema": schemas.LEDGER + 1}))
    before = desk.table.get(keys.ledger(ONE))

    lost = desk.leases.change([Change(mine, set={"note": "x"})])
    desk.clock.advance(101)
    claims = desk.leases.claim([ONE, TWO], lease_seconds=100)

    assert lost == {ONE}
    assert (list(claims.entries), list(claims.busy_until)) == ([TWO], [])
    assert list(claims.newer) == [ONE]
    assert not claims.are_whole
    assert desk.table.get(keys.ledger(ONE)) == before


def test_claims_are_whole_where_nobody_else_holds_any(desk: Desk) -> None:
    assert desk.leases.claim([ONE], lease_seconds=100).are_whole is True
    assert desk.leases.claim([ONE, TWO], lease_seconds=100).are_whole is False


def test_when_an_intent_ended_is_kept_beside_the_state(desk: Desk) -> None:
    desk.look(10)
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    desk.leases.change([Change(mine, set={"note": "made"}, remove=("ready_at",))])
    assert desk.ledger.get(ONE).settled_at == 0

    desk.leases.change([Change(mine, state=State.LOADED, remove=("intent",))])

    entry = desk.ledger.get(ONE)
    assert (entry.state, entry.settled_at) == (State.LOADED, int(desk.clock.now()))


def test_an_entry_bears_its_id_and_its_schema(desk: Desk) -> None:
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    claimed = desk.table.get(keys.ledger(ONE))
    desk.leases.change([Change(mine, set={"note": "made"})])
    changed = desk.table.get(keys.ledger(ONE))

    assert claimed is not None
    assert claimed["servicetrade_id"] == ONE
    assert changed is not None
    assert changed["schema"] == schemas.LEDGER


def test_since_when_it_was_ready_is_kept_with_its_state_and_when_it_stood_there(
    desk: Desk,
) -> None:
    desk.look(10)
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]

    desk.leases.change([Change(mine, state=State.LOADED, ready_at=7)])

    entry = desk.ledger.get(ONE)
    assert (entry.state, entry.ready_at) == (State.LOADED, 7)
    assert entry.stood_at == int(desk.clock.now())


def test_a_final_state_leaves_the_index_and_an_open_one_keeps_its_age(desk: Desk) -> None:
    desk.look(10)
    since = desk.ledger.get(ONE).open_since
    desk.clock.advance(50)
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    desk.leases.change([Change(mine, state=State.QUEUED)])
    assert desk.ledger.get(ONE).open_since == since
    assert [one.servicetrade_id for one in desk.ledger.open_entries(State.QUEUED, until=1e12)]

    desk.leases.change([Change(mine, state=State.LOADED)])

    assert desk.ledger.open_entries(State.QUEUED, until=1e12) == []
    item = desk.table.get(keys.ledger(ONE))
    assert item is not None
    assert "open_state" not in item


def test_the_index_is_not_trusted(desk: Desk) -> None:
    lagging = FakeTable(desk.clock, index_lag_seconds=30)
    desk.table = lagging
    ledger = Ledger(lagging)
    lagging.write(
        Update(keys.ledger(ONE), set={"state": "HELD", "open_state": "HELD", "open_since": 1})
    )
    desk.clock.advance(60)
    lagging.write(Update(keys.ledger(ONE), set={"state": "LOADED"}, remove=("open_state",)))

    assert lagging.by_state("HELD", until=10)
    assert ledger.open_entries(State.HELD, until=10) == []


def test_what_is_not_in_quickbooks_has_no_id() -> None:
    with pytest.raises(LookupError, match="invoice 1 is not in QuickBooks"):
        _ = read_entry(ONE, None).qbo_id_or_raise


def test_a_released_invoice_is_free_at_once_and_its_claims_count_from_one_again(
    desk: Desk,
) -> None:
    desk.leases.claim([ONE], lease_seconds=100)
    desk.clock.advance(101)
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    assert mine.claims == 2

    desk.leases.release([mine])

    assert desk.ledger.get(ONE).lease_until == 0
    assert desk.leases.claim([ONE], lease_seconds=100).entries[ONE].claims == 1


def test_every_lost_lease_is_told_however_many_the_changes(desk: Desk) -> None:
    everybody = [ServiceTradeId(at) for at in range(1, 121)]
    mine = desk.leases.claim(everybody, lease_seconds=100).entries
    desk.clock.advance(101)
    stolen = [ServiceTradeId(at) for at in (1, 60, 120)]
    desk.leases.claim(stolen, lease_seconds=100)

    lost = desk.leases.change([Change(entry, set={"note": "x"}) for entry in mine.values()])

    assert lost == set(stolen)


def test_a_final_state_is_not_written_by_who_lost_the_lease_though_no_look_came(
    desk: Desk,
) -> None:
    desk.look(10)
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    desk.clock.advance(101)
    desk.leases.claim([ONE], lease_seconds=100)

    assert desk.leases.change([Change(mine, state=State.LOADED)]) == {ONE}
    assert desk.ledger.get(ONE).state is State.QUEUED


def test_a_change_adds_to_what_is_counted(desk: Desk) -> None:
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]

    desk.leases.change([Change(mine, add={"generation": 2})])

    item = desk.table.get(keys.ledger(ONE))
    assert item is not None
    assert item["generation"] == 2


def test_an_event_says_when_it_was_and_under_which_fence(desk: Desk) -> None:
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]

    desk.leases.change([Change(mine, set={"note": "made"}, event={"what": "created"})])

    (row,) = desk.table.query("INVOICE#1", prefix="EVENT#")
    assert (row["at"], row["fence"]) == (int(desk.clock.now()), mine.fence)


def test_an_entry_is_as_old_as_its_state(desk: Desk) -> None:
    desk.look(10)
    mine = desk.leases.claim([ONE], lease_seconds=100).entries[ONE]
    desk.clock.advance(50)

    desk.leases.change([Change(mine, state=State.HELD)])

    assert desk.ledger.get(ONE).open_since == int(desk.clock.now())
