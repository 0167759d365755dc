"""Held invoices are tried again after a fix; whoever dies in between loses nothing."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from invoicesync.errors import RetryableError
from invoicesync.ports import Outgoing, Received
from invoicesync.services.again import AT_ONCE, ask_again
from invoicesync.services.redrive import MENDED, Found, StoppedError, Wanted, invoice_of
from invoicesync.state.entry import State
from tests.fakes.world import KilledError, World
from tests.unit.services.desk import ACTOR, Desk

UNDATED: dict[str, Any] = {"transactionDate": None}
UNNUMBERED: dict[str, Any] = {"invoiceNumber": "", "refNumber": ""}
HIDDEN_SECONDS = 1100


@pytest.fixture
def world() -> World:
    """Two without a date, and one without a number."""
    world = World()
    world.run(
        world.message(0, **UNDATED), world.message(1, **UNDATED), world.message(2, **UNNUMBERED)
    )
    reasons = [world.entry(number).reason for number in range(3)]
    assert reasons == ["date_missing"] * 2 + ["number_missing"]
    return world


def held(found: Found) -> dict[str, int]:
    return {reason: len(rows) for reason, rows in found.by_reason.items()}


def test_what_lies_there_is_shown_by_reason_and_stays(world: World) -> None:
    desk = Desk(world)

    found = desk.redrive.find(Wanted())
    desk.redrive.let_lie(found)

    assert held(found) == {"date_missing": 2, "number_missing": 1}
    assert len(world.dead.receive(10)) == 3
    assert desk.extraction.asked == []


def test_a_reason_chooses_and_the_others_can_be_seen_at_once(world: World) -> None:
    desk = Desk(world)

    found = desk.redrive.find(Wanted(reasons=frozenset({"number_missing"})))

    assert found.ids == [world.id_of(2)]
    assert len(world.dead.receive(10)) == 2


def test_invoices_are_asked_for_anew_and_their_messages_deleted(world: World) -> None:
    desk = Desk(world)
    found = desk.redrive.find(Wanted(ids=frozenset({world.id_of(0), world.id_of(1)})))

    asked = desk.redrive(found, actor=ACTOR)
    world.drain()

    assert asked.done == (world.id_of(0), world.id_of(1))
    assert len(world.invoices(0)) == len(world.invoices(1)) == 1
    assert world.reasons == ["number_missing"]
    (done,) = desk.done
    assert (done.what, done.before) == ("redrive", {"date_missing": 2})


def test_a_part_of_what_was_found_can_go_first(world: World) -> None:
    desk = Desk(world)
    found = desk.redrive.find(Wanted())

    part = found.only({world.id_of(2)})
    desk.redrive(part, actor=ACTOR)
    desk.redrive.let_lie(found.only({world.id_of(0), world.id_of(1)}))

    assert held(part) == {"number_missing": 1}
    assert desk.extraction.asked == [[world.id_of(2)]]
    assert len(world.dead.receive(10)) == 2


def test_what_outlived_its_message_is_found_in_the_ledger(world: World) -> None:
    for letter in world.dead.receive(10):
        world.dead.delete(letter.receipt)
    desk = Desk(world)

    found = desk.redrive.find(Wanted())
    desk.redrive(found, actor=ACTOR)
    world.drain()

    assert sum(held(found).values()) == 3
    assert world.entry().state is State.LOADED


def test_the_message_of_what_was_mended_since_goes_with_the_rest(world: World) -> None:
    world.run(world.message(0), world.message(1))
    assert world.entry().state is State.LOADED
    desk = Desk(world)

    found = desk.redrive.find(Wanted())
    desk.redrive(found, actor=ACTOR)
    world.drain()

    assert held(found) == {"mended": 2, "number_missing": 1}
    assert len(world.invoices(0)) == 1


@pytest.mark.parametrize("shut", ["breaker", "pause"])
def test_nothing_is_redriven_while_loaders_stand_still(world: World, shut: str) -> None:
    if shut == "breaker":
        world.realm.open("the company is suspended")
    else:
        world.realm.pause(paused=True)
    desk = Desk(world)

    with pytest.raises(StoppedError, match="suspended" if shut == "breaker" else "paused"):
        desk.redrive(desk.redrive.find(Wanted()), actor=ACTOR)

    assert len(world.dead.receive(10)) == 3
    assert desk.extraction.asked == []


def test_messages_of_what_could_not_be_asked_for_stay(world: World) -> None:
    desk = Desk(world)
    desk.extraction.answers = [{"left": [], "failed": 1, "problems": ["ServiceTrade is down"]}]

    asked = desk.redrive(desk.redrive.find(Wanted()), actor=ACTOR)

    assert (asked.done, len(asked.left)) == ((), 3)
    assert asked.why == ("ServiceTrade is down",)
    assert len(world.dead.receive(10)) == 3
    assert desk.done == []


def test_what_there_was_no_time_for_is_asked_for_again(world: World) -> None:
    desk = Desk(world)
    desk.extraction.fails = 1
    ids = [world.id_of(number) for number in range(3)]
    desk.extraction.answers = [{"left": ids[1:]}, {"left": []}]

    asked = desk.redrive(desk.redrive.find(Wanted()), actor=ACTOR)

    assert desk.extraction.asked == [ids, ids, ids[1:]]
    assert set(asked.done) == set(ids)


def test_an_extractor_that_never_gets_further_is_left_alone(world: World) -> None:
    desk = Desk(world)
    desk.extraction.fails = 9

    asked = ask_again(desk.extraction, [world.id_of()], actor=ACTOR)

    assert (asked.done, asked.left, asked.why) == ((), (world.id_of(),), ("the function failed",))
    assert len(desk.extraction.asked) == 3

    desk.extraction.fails = 0
    desk.extraction.answers = [{"left": [world.id_of()], "problems": ["slow"]}] * 3
    assert ask_again(desk.extraction, [world.id_of()], actor=ACTOR).left == (world.id_of(),)


def test_many_are_asked_for_in_parts(world: World) -> None:
    desk = Desk(world)
    ids = [world.id_of(number) for number in range(AT_ONCE + 1)]

    ask_again(desk.extraction, [*ids, *ids], actor=ACTOR)

    assert [len(part) for part in desk.extraction.asked] == [AT_ONCE, 1]


CALLS = {
    "extractor.by_id",
    "letters.delete",
    "letters.receive",
    "table.by_state",
    "table.get_many",
    "table.write",
}
"""The calls that a redrive makes to the outside, whatever it is for."""


def of_two_undated() -> World:
    """Two that are mended and meant, and one that is not."""
    world = World()
    world.run(
        world.message(0, **UNDATED), world.message(1, **UNDATED), world.message(2, **UNNUMBERED)
    )
    return world


def of_one_deleted() -> World:
    """One that somebody deleted in QuickBooks, and that shall be made anew."""
    world = World()
    world.run(world.message())
    world.people.delete("Invoice", str(world.invoice()["Id"]))
    world.run(world.message(notes="Second visit"))
    return world


def redrive(world: World, reason: str) -> None:
    """Do what the command does, in its order."""
    desk = Desk(world)
    found = desk.redrive.find(Wanted(reasons=frozenset({reason, MENDED})))
    for entry in found.by_reason.get("deleted_in_quickbooks", ()):
        desk.recreate()(entry, actor=ACTOR)
    desk.redrive(found, actor=ACTOR)


def killed_everywhere(
    scene: Callable[[], World], reason: str, calls: set[str]
) -> Iterator[tuple[World, tuple[int, bool]]]:
    """Kill a redrive before and after its every call; then let it be typed again."""
    names: set[str] = set()
    deaths, call, died = 0, 0, True
    while died:
        call += 1
        for before in (True, False):
            world = scene()
            world.line.live()
            world.line.die_at, world.line.die_before = call, before
            with suppress(KilledError):
                redrive(world, reason)
            died = world.line.is_dead
            deaths += died
            names |= set(world.line.names)
            world.line.live()
            world.pass_seconds(HIDDEN_SECONDS)
            redrive(world, reason)
            world.drain()
            yield world, (call, before)
    assert deaths == 2 * (call - 1)
    assert names == calls


def test_a_redrive_killed_at_any_call_loses_nothing_and_doubles_nothing() -> None:
    for world, death in killed_everywhere(
        of_two_undated, "date_missing", CALLS | {"letters.put_back"}
    ):
        assert len(world.invoices(0)) == len(world.invoices(1)) == 1, death
        assert world.reasons == ["number_missing"], death
        assert world.entry(2).reason == "number_missing", death


def test_a_recreation_killed_at_any_call_makes_it_anew_and_once() -> None:
    for world, death in killed_everywhere(
        of_one_deleted, "deleted_in_quickbooks", CALLS | {"books.read_invoice", "table.write_all"}
    ):
        assert len(world.invoices()) == 1, death
        assert (world.entry().state, world.entry().generation) == (State.LOADED, 1), death
        assert world.reasons == [], death


def letter(body: str, **attributes: str) -> Received:
    return Received("m", "r", body, attributes=attributes)


def test_whose_a_message_is_can_be_read_in_several_ways(world: World) -> None:
    whole = world.message().encode()
    claim = json.dumps({"claim": "claims/7/x.json", "invoice": 7})

    assert invoice_of(letter("anything", invoice="12")) == 12
    assert invoice_of(letter(whole)) == world.id_of()
    assert invoice_of(letter(claim)) == 7
    assert invoice_of(letter("[" * 100_000)) is None


@pytest.mark.parametrize("body", ["no json", "[]", "{}", '{"invoice": true}', '{"schema": 99}'])
def test_what_names_no_invoice_is_counted_and_stays(world: World, body: str) -> None:
    world.dead.send([Outgoing(body, {"reason": "retries_exhausted"})])
    world.dead.send([Outgoing(world.message().encode(), {"reason": "unreadable_message"})])

    found = Desk(world).redrive.find(Wanted())

    assert found.unreadable == 2
    assert len(world.dead.receive(10)) == 2


def test_an_extractor_that_cannot_work_at_all_says_so(world: World) -> None:
    class Broken:
        def by_id(self, *_: object, **__: object) -> None:
            raise RetryableError("no answer")

    asked = ask_again(Broken(), [world.id_of()], actor=ACTOR)  # type: ignore[arg-type]  # half a port

    assert asked.why == ("no answer",)
