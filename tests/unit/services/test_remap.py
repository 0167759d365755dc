"""A corrected mapping reaches what is loaded: once, as it was looked at, and nothing else."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.conditions import Update
from invoicesync.services.redrive import StoppedError
from invoicesync.state import keys
from invoicesync.state.entry import State
from invoicesync.state.mappings import Published
from tests.fakes.world import KilledError, World, labor
from tests.unit.domain.invoices import NOON
from tests.unit.services.desk import ACTOR, Desk

RENTAL = {"by_code": {"LAB": "Equipment Rental"}}


def loaded(count: int = 1, **options: Any) -> World:
    """Load invoices under the first mapping."""
    world = World(**options)
    world.run(*(world.message(number) for number in range(count)))
    return world


def product_of(world: World, number: int = 0) -> str:
    return str(world.invoice(number)["Line"][0]["SalesItemLineDetail"]["ItemRef"]["name"])


def test_the_difference_is_sent_as_an_update_and_nothing_else() -> None:
    world = loaded(2)
    before = [world.invoice(number)["Id"] for number in range(2)]
    world.publish(items=RENTAL)
    desk = Desk(world)

    granted = desk.remap(desk.compare(), actor=ACTOR, note="rentals are rentals")
    world.drain()

    assert [product_of(world, number) for number in range(2)] == ["Equipment Rental"] * 2
    assert [world.invoice(number)["Id"] for number in range(2)] == before
    assert [world.invoice(number)["SyncToken"] for number in range(2)] == ["1", "1"]
    entries = [world.entry(number) for number in range(2)]
    assert [(one.state, one.mapping_serial, one.made_by) for one in entries] == [
        (State.LOADED, 2, 1)
    ] * 2
    assert granted.asked.done == granted.wished == (world.id_of(0), world.id_of(1))
    (action,) = desk.done
    assert (action.what, action.note) == ("remap", "rentals are rentals")
    assert (action.before, action.after) == ({"mapping_serials": [1]}, {"mapping_serial": 2})
    assert world.events()[-2:] == ["remap", "updated"]


def test_a_look_says_field_by_field_what_changes_and_which_money_moves() -> None:
    world = loaded()
    before = world.table.items
    world.publish(items=RENTAL, terms={"Net 30": "Net 30 days"}, departments={"required": False})
    (one,) = Desk(world).compare().differences

    (change,) = one.foreseen.changes
    assert (change.field, change.line, change.amount) == ("product", 1, Decimal(480))
    assert (change.before, change.after) == ("Labor", "Equipment Rental")
    after = world.table.items
    assert {key for key in after if after[key] != before.get(key)} <= {
        *(key for key in after if key.pk.startswith(("MAPPING", "REALM#"))),
    }
    assert world.writes == 1


def test_what_the_mapping_leaves_as_it_is_is_not_touched() -> None:
    world = loaded(2)
    world.publish(items={"by_name": {"Crane": "Equipment Rental"}})
    desk = Desk(world)

    compared = desk.compare()

    assert (compared.differences, compared.left, compared.same) == ((), (), 2)


def test_remapping_twice_changes_once() -> None:
    world = loaded()
    world.publish(items=RENTAL)
    desk = Desk(world)
    desk.remap(desk.compare(), actor=ACTOR)
    world.drain()

    assert desk.compare().differences == ()
    assert world.invoice()["SyncToken"] == "1"


def test_a_mapping_in_review_lets_go_what_was_looked_at() -> None:
    world = loaded()
    world.publish(items=RENTAL, mode="review")
    desk = Desk(world)

    desk.remap(desk.compare(), actor=ACTOR)
    world.drain()

    assert (world.entry().state, product_of(world)) == (State.LOADED, "Equipment Rental")


def _paid(world: World) -> None:
    invoice = world.invoice()
    world.people.pay(invoice["Id"], "10.00")


def _closed(world: World) -> None:
    world.people.close_books("2026-12-31")


def _edited(world: World) -> None:
    world.people.edit("Invoice", world.invoice()["Id"], {"DueDate": "2027-05-01"})


def _deleted(world: World) -> None:
    world.people.delete("Invoice", str(world.invoice()["Id"]))


def _voided_by_hand(world: World) -> None:
    world.people.void("Invoice", str(world.invoice()["Id"]))


def _voided(world: World) -> None:
    world.run(world.message(status="void", updated=NOON + 60))


def _adopted(world: World) -> None:
    world.table.write(Update(keys.ledger(world.id_of()), set={"adopted": True, "state": "ADOPTED"}))


def _held(world: World) -> None:
    world.run(world.message(transactionDate=None, updated=NOON + 60))


def _resolved(world: World) -> None:
    _held(world)
    Desk(world).resolve(world.id_of(), how="not-billable", note="warranty", actor=ACTOR)


def _queued(world: World) -> None:
    world.table.write(Update(keys.ledger(world.id_of()), set={"state": "QUEUED"}))


def _unmapped(world: World) -> None:
    world.publish(items={"by_code": {}, "by_type": {}})


LEFT: list[tuple[Callable[[World], None], str]] = [
    (_paid, "payment_applied"),
    (_closed, "closed_period"),
    (_edited, "edited_in_quickbooks"),
    (_deleted, "deleted_in_quickbooks"),
    (_voided_by_hand, "edited_in_quickbooks"),
    (_voided, "voided"),
    (_adopted, "adopted"),
    (_held, "held"),
    (_resolved, "resolved"),
    (_queued, "on_its_way"),
    (_unmapped, "unmapped_item"),
]


@pytest.mark.parametrize(("happens", "why"), LEFT, ids=[each.__name__[1:] for each, _ in LEFT])
def test_what_is_left_alone_is_listed_with_its_reason(
    happens: Callable[[World], None], why: str
) -> None:
    world = loaded()
    world.publish(items=RENTAL)
    happens(world)

    compared = Desk(world).compare()

    assert [one.why for one in compared.left] == [why]
    assert compared.left[0].sentence
    assert (compared.differences, compared.same) == ((), 0)


def test_a_reason_says_what_is_known_of_it_and_no_word_twice() -> None:
    world = loaded()
    world.publish(items=RENTAL)
    _edited(world)
    (edited,) = Desk(world).compare().left
    _unmapped(world)
    (unmapped,) = Desk(world).compare().left

    assert edited.sentence == "somebody changed its due date in QuickBooks"
    assert unmapped.sentence.startswith("unmapped item (")


def test_what_servicetrade_does_not_show_any_more_is_left_alone() -> None:
    world = loaded()
    world.publish(items=RENTAL)
    desk = Desk(world)
    desk.shown.hidden.add(world.id_of())

    assert [one.why for one in desk.compare().left] == ["vanished"]


def test_a_void_that_is_on_its_way_from_servicetrade_is_left_to_it() -> None:
    world = loaded()
    world.publish(items=RENTAL)
    desk = Desk(world)
    desk.extraction.rows[world.id_of()] = {"status": "void", "updated": NOON + 60}

    assert [(one.why, one.detail) for one in desk.compare().left] == [("on_its_way", "voided")]


def test_what_was_never_loaded_is_no_business_of_it() -> None:
    world = World()
    world.run(world.message(transactionDate=None))

    compared = Desk(world).compare()

    assert (compared.differences, compared.left, compared.same) == ((), (), 0)


def test_only_invoices_dated_since_a_day_are_compared() -> None:
    world = loaded(2)
    dated = date(2026, 12, 2)
    shown = f'{{"dated": "{dated.isoformat()}"}}'
    world.table.write(Update(keys.ledger(world.id_of()), set={"shown": shown}))
    world.publish(items=RENTAL)
    desk = Desk(world)

    assert desk.compare(since=dated).ids == [world.id_of(0), world.id_of(1)]
    assert desk.compare(since=dated + timedelta(days=1)).ids == [world.id_of(1)]


def test_many_invoices_are_looked_for_in_the_list_and_the_rest_singly() -> None:
    world = World()
    world.put(*(world.message(number) for number in range(52)))
    world.drain()
    world.publish(items=RENTAL)
    desk = Desk(world)
    desk.shown.listed = [world.id_of(number) for number in range(50)]

    assert len(desk.compare().differences) == 52
    assert desk.shown.singly == 2


def test_one_that_changed_since_it_was_looked_at_is_left_alone() -> None:
    world = loaded(2)
    world.publish(items=RENTAL)
    desk = Desk(world)
    compared = desk.compare()
    world.run(world.message(1, updated=NOON + 60, is_loaded=True, **labor(2)))

    granted = desk.remap(compared, actor=ACTOR)
    world.drain()

    assert granted.wished == (world.id_of(0),)
    assert [entry.servicetrade_id for entry in granted.changed] == [world.id_of(1)]
    assert world.invoice(1)["TotalAmt"] == Decimal(240)


def test_one_that_somebody_else_remapped_since_is_left_alone() -> None:
    """State and look are as they were; only the fence tells that a loader was there."""
    world = loaded()
    world.publish(items=RENTAL)
    slow = Desk(world).compare()
    desk = Desk(world)
    desk.remap(desk.compare(), actor=ACTOR)
    world.drain()
    world.pass_seconds(1)

    granted = desk.remap(slow, actor=ACTOR)

    assert (granted.wished, len(granted.changed)) == ((), 1)
    assert world.entry().state is State.LOADED


def test_an_edit_after_the_look_goes_as_it_is_then() -> None:
    """The wish is for the newest mapping; what ServiceTrade says is what it says when it goes."""
    world = loaded()
    world.publish(items=RENTAL)
    desk = Desk(world)
    compared = desk.compare()
    desk.extraction.rows[world.id_of()] = {"updated": NOON + 60, **labor(2)}

    desk.remap(compared, actor=ACTOR)
    world.drain()

    assert (product_of(world), world.invoice()["TotalAmt"]) == ("Equipment Rental", Decimal(240))


def test_a_payment_after_the_look_is_never_changed_under() -> None:
    world = loaded()
    world.publish(items=RENTAL)
    desk = Desk(world)
    compared = desk.compare()
    _paid(world)

    desk.remap(compared, actor=ACTOR)
    world.drain()

    assert (product_of(world), world.entry().reason) == ("Labor", "payment_applied")


@pytest.mark.parametrize("shut", ["paused", "open"])
def test_nothing_is_remapped_while_loaders_stand_still(shut: str) -> None:
    world = loaded()
    world.publish(items=RENTAL)
    desk = Desk(world)
    compared = desk.compare()
    if shut == "paused":
        world.realm.pause(paused=True)
    else:
        world.realm.open("blocked: 3100")

    with pytest.raises(StoppedError, match="stand still"):
        desk.remap(compared, actor=ACTOR)

    assert (world.entry().state, desk.done) == (State.LOADED, [])


def test_a_remap_killed_at_any_call_is_finished_by_the_schedule_and_by_the_next_one() -> None:
    deaths, call, died = 0, 0, True
    while died:
        call += 1
        for before in (True, False):
            world = loaded(2)
            world.publish(items=RENTAL)
            desk = Desk(world)
            world.line.live()
            world.line.die_at, world.line.die_before = call, before
            with suppress(KilledError):
                desk.remap(desk.compare(), actor=ACTOR)
            died = world.line.is_dead
            deaths += died
            world.line.live()
            world.load = world.loader()
            desk = Desk(world)
            desk.tick()
            world.drain()
            # What was wished for went by itself; what was not, is as it was.
            assert {world.entry(number).state for number in range(2)} == {State.LOADED}
            for number in range(2):
                is_wished = "remap" in world.events(number)
                expected = "Equipment Rental" if is_wished else "Labor"
                assert product_of(world, number) == expected, (call, before)
            world.pass_seconds(1)
            desk.remap(desk.compare(), actor=ACTOR)
            world.drain()
            assert [product_of(world, number) for number in range(2)] == ["Equipment Rental"] * 2
            assert [world.invoice(number)["SyncToken"] for number in range(2)] == ["1", "1"]
    assert deaths == 2 * (call - 1) > 10


def test_an_older_mapping_never_replaces_what_a_newer_one_made() -> None:
    """One loader has read the old mapping and waits for a slot while another loads by the new."""
    world = loaded()
    old = world.message()
    slow = world.loader()

    def meanwhile() -> None:
        world.publish(items=RENTAL)
        world.line.pause_at = None
        world.run(world.message(is_loaded=True), load=world.loader(type(world.line)()))
        assert product_of(world) == "Equipment Rental"

    world.put(old)
    world.line.live()
    world.line.meanwhile = meanwhile
    world.line.pause_at = _call_after_the_mapping()
    (outcome,) = world.deliver(slow)
    assert (outcome.result, outcome.code) == ("retry", "older_mapping")
    world.drain()

    assert (product_of(world), world.invoice()["SyncToken"]) == ("Equipment Rental", "1")
    assert world.entry().lease_until == 0


def _call_after_the_mapping() -> int:
    """Find the call of a load that comes right after it read the mapping."""
    other = loaded()
    other.put(other.message())
    other.line.live()
    reads: list[Any] = []
    get = other.table.get

    def noted(key: Any) -> Any:
        if key == keys.MAPPING:
            reads.append(other.line.calls)
        return get(key)

    other.table.get = noted
    other.deliver(other.loader())
    return int(reads[0]) + 1


def test_a_candidate_is_compared_though_it_is_not_in_force() -> None:
    world = loaded()
    desk = Desk(world)
    other = World()
    candidate = Published(2, other.publish(items=RENTAL).mapping)

    compared = desk.compare(candidate)

    assert (compared.serial, compared.ids) == (2, [world.id_of()])
    assert world.mappings.current().serial == 1
