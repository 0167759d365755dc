"""What a wrong mapping made is voided by the loader, and comes back only by a person's word."""

from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.conditions import Item, Update
from invoicesync.services.rollback import NothingToUndoError
from invoicesync.state import keys
from invoicesync.state.entry import State
from sandbox.quickbooks.documents import is_voided
from tests.fakes.world import VOID, KilledError, World, labor, results
from tests.unit.domain.invoices import NOON
from tests.unit.services.desk import ACTOR, Desk

WRONG = {"by_code": {"LAB": "Equipment Rental"}}
RIGHT = {"by_code": {"LAB": "Labor"}}
PUT_RIGHT = 2


def made_wrong(count: int = 1, **options: Any) -> World:
    """Load invoices under mapping 1, which is wrong, and put mapping 2 in force."""
    world = World(**options)
    world.run(*(world.message(number) for number in range(count)))
    world.publish(items=WRONG)
    return world


def rolled_back(count: int = 1, **options: Any) -> World:
    """Have them voided."""
    world = made_wrong(count, **options)
    desk = Desk(world)
    desk.rollback(desk.rollback.find(1), actor=ACTOR)
    world.drain()
    return world


def body(world: World, number: int = 0) -> dict[str, Any]:
    """Find the one invoice in QuickBooks that bears the mark, live or voided."""
    mark = f"[st:{world.id_of(number)}."
    (found,) = [
        row for row in world.company.objects("Invoice") if mark in str(row.get("PrivateNote", ""))
    ]
    return found


def test_the_loader_voids_it_and_a_person_is_told() -> None:
    world = made_wrong(2)
    desk = Desk(world)

    made = desk.rollback.find(1)
    granted = desk.rollback(made, actor=ACTOR, note="the wrong account")
    world.drain()

    assert (made.ids, made.amount) == ([world.id_of(0), world.id_of(1)], Decimal("1027.20"))
    assert granted.asked.done == (world.id_of(0), world.id_of(1))
    for number in range(2):
        assert is_voided(body(world, number))
        entry = world.entry(number)
        assert (entry.state, entry.reason) == (State.HELD, "rolled_back")
        assert (entry.rolled_back, entry.rollback, entry.intent) == (1, 0, None)
        assert (entry.lease_until, entry.document_hash) == (0, "")
    assert world.told.codes == ["rolled_back"] * 2
    assert world.reasons == ["rolled_back"] * 2
    (action,) = desk.done
    assert (action.what, action.note) == ("rollback", "the wrong account")
    assert action.before == {"mapping_serial": 1, "amount": "1027.20"}
    assert action.after == {"rolled_back": 1}
    assert world.events()[-2:] == ["rollback", "held"]


def test_it_stays_void_by_itself_whatever_comes() -> None:
    world = rolled_back()

    outcomes = world.run(world.message(is_loaded=True))
    outcomes += world.run(world.message(is_loaded=True, updated=NOON + 60, **labor(2)))

    assert results(outcomes) == ["held", "held"]
    assert is_voided(body(world))
    assert world.entry().reason == "rolled_back"
    assert world.invoices() == []


def test_a_remap_brings_back_the_very_invoice_under_its_number() -> None:
    world = rolled_back()
    before = body(world)
    desk = Desk(world)

    compared = desk.compare()
    desk.remap(compared, actor=ACTOR)
    world.drain()

    invoice = world.invoice()
    assert (invoice["Id"], invoice["DocNumber"]) == (before["Id"], before["DocNumber"])
    assert invoice["TotalAmt"] == Decimal("513.60")
    line = invoice["Line"][0]["SalesItemLineDetail"]
    assert line["ItemRef"]["name"] == "Equipment Rental"
    assert invoice["PrivateNote"].splitlines()[0] == world.entry().note
    assert "Voided" not in invoice["PrivateNote"]
    entry = world.entry()
    assert (entry.state, entry.rolled_back, entry.made_by) == (State.LOADED, 0, PUT_RIGHT)
    assert (entry.mapping_serial, entry.reason, entry.problems) == (PUT_RIGHT, "", ())
    # A person's hand is noticed in every field, as in an invoice that was made at once.
    world.people.edit("Invoice", invoice["Id"], {"DueDate": "2027-05-01"})
    world.run(world.message(is_loaded=True, updated=NOON + 60, **labor(2)))
    assert world.entry().reason == "edited_in_quickbooks"


def test_a_release_brings_it_back_too_once_a_corrected_mapping_was_tried() -> None:
    world = rolled_back()
    desk = Desk(world)

    released = desk.release([world.entry()], actor=ACTOR)
    world.drain()

    assert released.ids == (world.id_of(),)
    assert world.entry().state is State.LOADED
    assert world.invoice()["TotalAmt"] == Decimal("513.60")


def test_the_mapping_that_was_rolled_back_brings_nothing_back() -> None:
    """A loader that has not heard of the newer mapping holds it with nothing to be let go."""
    world = rolled_back()
    world.table.write(Update(keys.ledger(world.id_of()), set={"rolled_back": PUT_RIGHT}))
    world.run(world.message(is_loaded=True))
    desk = Desk(world)

    (left,) = desk.compare().left
    assert left.why == "rolled_back"
    released = desk.release([world.entry()], actor=ACTOR)

    assert (released.ids, released.others) == ((), (world.id_of(),))
    world.publish(items=RIGHT)
    desk.remap(desk.compare(), actor=ACTOR)
    world.drain()
    assert world.entry().state is State.LOADED


def test_an_approval_of_the_wrong_document_ends_with_the_void() -> None:
    world = World()
    world.publish(mode="review")
    world.run(world.message())
    desk = Desk(world)
    desk.release([world.entry()], actor=ACTOR)
    world.drain()
    world.publish(mode="review")
    desk.rollback(desk.rollback.find(2), actor=ACTOR)
    world.drain()
    assert is_voided(body(world))

    world.run(world.message(is_loaded=True))

    assert is_voided(body(world))
    assert [row["code"] for row in world.entry().problems] == ["awaiting_release", "rolled_back"]
    desk.release([world.entry()], actor=ACTOR)
    world.drain()
    assert world.entry().state is State.LOADED


def test_what_the_corrected_mapping_cannot_make_waits_for_that_first() -> None:
    world = rolled_back()
    world.publish(items={"by_code": {}, "by_type": {}})

    world.run(world.message(is_loaded=True))

    codes = [row["code"] for row in world.entry().problems]
    assert codes == ["unmapped_item", "rolled_back"]
    assert [one.why for one in Desk(world).compare().left] == ["unmapped_item"]


def test_a_void_in_servicetrade_ends_it_for_good() -> None:
    world = rolled_back()

    world.run(world.message(status="void", updated=NOON + 60))

    entry = world.entry()
    assert (entry.state, entry.is_voided, entry.rolled_back) == (State.VOIDED, True, 0)
    assert world.run(world.message(is_loaded=True, updated=NOON + 90)) != []
    assert world.entry().state is State.VOIDED


def test_what_a_person_did_to_the_voided_invoice_is_never_overwritten() -> None:
    for change in ({"DueDate": "2027-05-01"}, {"PrivateNote": "Settled in cash"}):
        world = rolled_back()
        world.people.edit("Invoice", body_id(world), change)
        Desk(world).release([world.entry()], actor=ACTOR)
        world.drain()
        assert world.entry().reason == "edited_in_quickbooks"


def body_id(world: World) -> str:
    return str(world.entry().qbo_id)


def test_one_that_was_deleted_since_can_be_made_anew() -> None:
    world = rolled_back()
    world.people.delete("Invoice", body_id(world))
    desk = Desk(world)
    desk.release([world.entry()], actor=ACTOR)
    world.drain()
    assert world.entry().reason == "deleted_in_quickbooks"

    desk.recreate()(world.entry(), actor=ACTOR)
    assert (world.entry().rolled_back, world.entry().made_by) == (0, 0)
    world.run(world.message())

    entry = world.entry()
    assert (entry.state, entry.rolled_back, entry.made_by) == (State.LOADED, 0, PUT_RIGHT)
    assert len(world.invoices()) == 1


def test_a_rolled_back_invoice_that_was_closed_by_a_person_stays_so() -> None:
    world = rolled_back()

    Desk(world).resolve(world.id_of(), how="not-billable", note="gone", actor=ACTOR)
    world.run(world.message(is_loaded=True))

    assert world.entry().state is State.RESOLVED
    assert is_voided(body(world))


def _paid(world: World) -> None:
    world.people.pay(world.invoice()["Id"], "10.00")


def _closed(world: World) -> None:
    world.people.close_books("2026-12-31")


def _edited(world: World) -> None:
    world.people.edit("Invoice", world.invoice()["Id"], {"DueDate": "2027-05-01"})


def _deleted(world: World) -> None:
    world.people.delete("Invoice", str(world.invoice()["Id"]))


def _voided_by_hand(world: World) -> None:
    world.people.void("Invoice", str(world.invoice()["Id"]))


HINDRANCES: list[tuple[Callable[[World], None], str]] = [
    (_paid, "payment_applied"),
    (_closed, "closed_period"),
    (_edited, "edited_in_quickbooks"),
    (_deleted, "deleted_in_quickbooks"),
    (_voided_by_hand, "edited_in_quickbooks"),
]
NAMES = [each.__name__[1:] for each, _ in HINDRANCES]


@pytest.mark.parametrize(("happens", "why"), HINDRANCES, ids=NAMES)
def test_what_cannot_be_voided_is_listed(happens: Callable[[World], None], why: str) -> None:
    world = made_wrong()
    happens(world)

    made = Desk(world).rollback.find(1)

    assert (made.voidable, [one.why for one in made.left]) == ((), [why])


@pytest.mark.parametrize(("happens", "why"), HINDRANCES, ids=NAMES)
def test_what_happens_after_the_look_is_held_and_not_voided(
    happens: Callable[[World], None], why: str
) -> None:
    world = made_wrong()
    desk = Desk(world)
    made = desk.rollback.find(1)
    happens(world)
    before = world.writes

    desk.rollback(made, actor=ACTOR)
    world.drain()

    assert (world.entry().state, world.entry().reason) == (State.HELD, why)
    assert (world.entry().rolled_back, world.writes) == (0, before)


def test_a_payment_that_is_taken_away_lets_the_void_go() -> None:
    world = made_wrong()
    desk = Desk(world)
    made = desk.rollback.find(1)
    _closed(world)
    desk.rollback(made, actor=ACTOR)
    world.drain()

    world.people.open_books()
    world.run(world.message(is_loaded=True))

    assert world.entry().reason == "rolled_back"
    assert is_voided(body(world))


def test_whoever_closes_it_no_longer_wants_it_void() -> None:
    world = made_wrong()
    desk = Desk(world)
    made = desk.rollback.find(1)
    _paid(world)
    desk.rollback(made, actor=ACTOR)
    world.drain()

    desk.resolve(world.id_of(), how="accepted-difference", note="leave it", actor=ACTOR)

    assert world.entry().rollback == 0


def test_what_a_later_mapping_has_written_since_is_left_alone() -> None:
    world = made_wrong()
    desk = Desk(world)
    desk.remap(desk.compare(), actor=ACTOR)
    world.drain()

    made = desk.rollback.find(1)

    assert (made.voidable, [one.why for one in made.left]) == ((), ["corrected_since"])


def test_only_what_that_mapping_made_is_voided() -> None:
    world = made_wrong()
    world.run(world.message(1))
    world.publish(items=RIGHT)

    assert Desk(world).rollback.find(1).ids == [world.id_of(0)]
    assert Desk(world).rollback.find(2).ids == [world.id_of(1)]


def test_what_was_rolled_back_already_is_told_and_not_asked_again() -> None:
    world = rolled_back()

    made = Desk(world).rollback.find(1)

    assert (made.voidable, [one.why for one in made.left]) == ((), ["rolled_back"])


def test_what_was_deleted_and_forgotten_is_told() -> None:
    world = made_wrong()
    world.table.write(Update(keys.ledger(world.id_of()), remove=("qbo_id",)))

    assert [one.why for one in Desk(world).rollback.find(1).left] == ["deleted_in_quickbooks"]


def test_what_is_on_its_way_is_told() -> None:
    world = made_wrong()
    world.table.write(Update(keys.ledger(world.id_of()), set={"state": "QUEUED"}))

    assert [one.why for one in Desk(world).rollback.find(1).left] == ["on_its_way"]


@pytest.mark.parametrize(
    ("serial", "why"), [(0, "never a mapping 0"), (3, "never a mapping 3"), (2, "is in force")]
)
def test_only_a_mapping_of_the_past_can_be_rolled_back(serial: int, why: str) -> None:
    with pytest.raises(NothingToUndoError, match=why):
        Desk(made_wrong()).rollback.find(serial)


def test_an_echo_that_never_matched_can_be_rolled_back_too() -> None:
    world = World()
    world.run(world.message())
    held: Item = {"state": "HELD", "reason": "echo_mismatch", "open_state": "HELD", "open_since": 1}
    world.table.write(Update(keys.ledger(world.id_of()), set=held, remove=("mapping_serial",)))
    world.publish(items=WRONG)
    desk = Desk(world)

    desk.rollback(desk.rollback.find(1), actor=ACTOR)
    world.drain()

    assert world.entry().reason == "rolled_back"


def test_a_void_whose_answer_is_lost_is_looked_for_and_held() -> None:
    world = made_wrong()
    desk = Desk(world)
    world.fail("answer_lost", VOID)

    desk.rollback(desk.rollback.find(1), actor=ACTOR)
    world.drain()

    entry = world.entry()
    assert (entry.state, entry.reason, entry.intent) == (State.HELD, "rolled_back", None)
    assert body(world)["SyncToken"] == "1"


# A loader that dies


def a_day(**options: Any) -> World:
    """Let one be voided, one brought back, and one changed by a corrected mapping."""
    world = rolled_back(1, **options)
    world.run(world.message(1), world.message(2))
    world.publish(items=RIGHT)
    desk = Desk(world)
    made = desk.rollback.find(PUT_RIGHT)
    compared = desk.compare()
    only = {world.id_of(0), world.id_of(2)}
    kept = tuple(one for one in compared.differences if one.entry.servicetrade_id in only)
    assert [one.entry.servicetrade_id for one in kept] == [world.id_of(0), world.id_of(2)]
    desk.remap(type(compared)(compared.serial, kept, (), 0), actor=ACTOR)
    undone = tuple(one for one in made.voidable if one.servicetrade_id == world.id_of(1))
    assert len(undone) == 1
    desk.rollback(type(made)(made.serial, undone, ()), actor=ACTOR)
    world.load = world.loader()
    world.line.live()
    return world


def is_as_it_shall_be(world: World) -> None:
    live = [len(world.invoices(number)) for number in range(3)]
    assert live == [1, 0, 1]
    products = [world.invoice(n)["Line"][0]["SalesItemLineDetail"]["ItemRef"] for n in (0, 2)]
    assert [one["name"] for one in products] == ["Labor", "Labor"]
    entries = [world.entry(number) for number in range(3)]
    assert [one.state for one in entries] == [State.LOADED, State.HELD, State.LOADED]
    assert [one.rolled_back for one in entries] == [0, PUT_RIGHT, 0]
    assert [one.intent for one in entries] == [None] * 3
    assert [one.lease_until for one in entries] == [0] * 3
    # Each effect once: voided and brought back, made and voided, made and changed.
    assert [body(world, number)["SyncToken"] for number in range(3)] == ["2", "1", "1"]
    assert len(list(world.company.objects("Invoice"))) == 3


def port_calls() -> int:
    world = a_day()
    while world.queue.next_visible_at() is not None:
        world.deliver()
    is_as_it_shall_be(world)
    return world.line.calls


@pytest.mark.parametrize(
    ("options", "every"),
    [({"requestid_retention_seconds": 0.0}, 1), ({}, 4)],
    ids=["requestid ignored", "requestid honoured"],
)
def test_a_loader_may_die_before_or_after_any_call(options: dict[str, Any], every: int) -> None:
    calls = port_calls()
    deaths = [(1, True), *((at, False) for at in range(1, calls + 1, every))]
    for at, before in deaths:
        world = a_day(**options)
        world.line.die_at, world.line.die_before = at, before
        with suppress(KilledError):
            world.deliver()
        assert world.line.is_dead
        world.line.live()
        world.load = world.loader()

        world.drain()

        is_as_it_shall_be(world)
    assert calls > 30


def test_a_rollback_killed_at_any_call_is_finished_by_the_schedule_and_by_the_next_one() -> None:
    deaths, call, died = 0, 0, True
    while died:
        call += 1
        for before in (True, False):
            world = made_wrong(2)
            desk = Desk(world)
            world.line.live()
            world.line.die_at, world.line.die_before = call, before
            with suppress(KilledError):
                desk.rollback(desk.rollback.find(1), actor=ACTOR)
            died = world.line.is_dead
            deaths += died
            world.line.live()
            world.load = world.loader()
            desk = Desk(world)
            desk.tick()
            world.drain()
            for number in range(2):
                is_wished = "rollback" in world.events(number)
                assert is_voided(body(world, number)) is is_wished, (call, before)
            world.pass_seconds(1)
            desk.rollback(desk.rollback.find(1), actor=ACTOR)
            world.drain()
            assert [world.entry(number).reason for number in range(2)] == ["rolled_back"] * 2
            assert [body(world, number)["SyncToken"] for number in range(2)] == ["1", "1"]
    assert deaths == 2 * (call - 1) > 10
