"""An upgrade in the middle of work loses none of it, and neither does a way back."""

import json
from pathlib import Path
from typing import Any

import pytest

from invoicesync.conditions import Key, Put, Update
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import SCHEMA, decode
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.errors import NewerReleaseError
from invoicesync.services.extract import Reason
from invoicesync.state import keys, schemas
from invoicesync.state.checkpoint import Checkpoints
from invoicesync.state.entry import State, read_entry
from invoicesync.state.leases import Change, Leases
from invoicesync.state.ledger import Ledger
from invoicesync.state.looks import Look, Looks
from tests.fakes import FakeClock, FakeTable, SeededRandom
from tests.fakes.world import BATCH, World, results
from tests.unit.services.extract.world import NOW
from tests.unit.services.extract.world import World as SourceWorld
from tests.unit.state.test_checkpoint import HINT

HERE = Path(__file__).parent


def kept(kind: str) -> list[Path]:
    found = sorted((HERE / kind).glob("*.json"))
    assert found
    return found


def read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return value


def newest(kind: str, schema: int, name: str = "") -> dict[str, Any]:
    return read(HERE / kind / f"{schema}{name}.json")


def shape(value: object) -> object:
    """Say which fields there are, whatever they hold."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


def of_tomorrow(invoice: ServiceTradeId) -> dict[str, Any]:
    """Give an item that only a newer release can read."""
    place = keys.ledger(invoice)
    known = {"pk": place.pk, "sk": place.sk, "schema": schemas.LEDGER + 1}
    return known | {"servicetrade_id": invoice, "state": "OF_TOMORROW"}


def stored(table: Any, key: Key) -> dict[str, Any]:
    """Read what stands there now."""
    return dict(table.get(key))


# Messages


@pytest.mark.parametrize("path", kept("messages"), ids=lambda path: path.stem)
def test_a_message_of_every_schema_is_loaded(path: Path) -> None:
    world = World()
    message = decode(path.read_text(encoding="utf-8"))

    assert results(world.run(message)) == ["created"]
    assert decode(message.encode()) == message


def test_what_is_sent_today_has_the_form_of_the_newest_message_kept() -> None:
    world = World()

    assert shape(json.loads(world.message(3).encode())) == shape(newest("messages", SCHEMA))


# Ledger items


@pytest.mark.parametrize("schema", range(schemas.LEDGER + 1))
def test_an_item_of_every_schema_is_read_as_what_it_was(schema: int) -> None:
    loaded, sent, held = (
        read_entry(ServiceTradeId(item["servicetrade_id"]), item)
        for name in ("loaded", "in-flight", "held")
        for item in [newest("ledger", schema, f"-{name}")]
    )

    assert (loaded.state, loaded.number, loaded.is_loaded) == (State.LOADED, "10482", True)
    assert loaded.applied is not None
    assert (sent.state, sent.intent_or_raise.unknown) == (State.IN_FLIGHT, 1)
    assert sent.intent_or_raise.request_id == "35bf992dc9e9c616612e7696a6cecc1b"
    assert (held.state, held.reason) == (State.HELD, "number_too_long")


@pytest.mark.parametrize("schema", range(schemas.LEDGER + 1))
def test_an_invoice_that_an_older_release_had_loaded_is_not_made_again(schema: int) -> None:
    world = World()
    message = world.message(0)
    world.run(message)
    writes = world.writes
    before = newest("ledger", schema, "-loaded")
    there = stored(world.table, keys.ledger(world.id_of()))
    # What QuickBooks gave it is of this world; all else is as the older release left it.
    theirs = {name: there[name] for name in ("qbo_id", "sync_token", "echo_hash")}
    world.table.write(Put({**before, **theirs}))

    assert results(world.run(message)) == ["unchanged"]
    assert world.writes == writes


def test_what_is_stored_today_has_the_form_of_the_newest_items_kept() -> None:
    world = World()
    world.run(world.message(0))
    world.fail("answer_lost", BATCH)
    world.run(world.message(1))

    for number, name in ((0, "-loaded"), (1, "-in-flight")):
        item = stored(world.table, keys.ledger(world.id_of(number)))
        known = newest("ledger", schemas.LEDGER, name)
        assert item["schema"] == schemas.LEDGER
        assert item.keys() == known.keys()
        if "intent" in item:
            assert json.loads(item["intent"]).keys() == json.loads(known["intent"]).keys()


def test_an_item_of_a_newer_release_is_left_to_it_and_said_so() -> None:
    world = World()
    message = world.message(0)
    world.run(message)
    key = keys.ledger(world.id_of())
    world.table.write(Update(key, set={"schema": schemas.LEDGER + 1, "of_tomorrow": "kept"}))
    writes = world.writes

    before = stored(world.table, key)

    [outcome] = world.run(message)

    assert (outcome.result.value, outcome.code) == ("retry", "newer_schema")
    assert len(world.queue.bodies) == 1
    assert world.writes == writes
    assert stored(world.table, key) == before
    with pytest.raises(NewerReleaseError, match=r"schema 2, .* reads up to 1: deploy the newer"):
        world.entry()


def test_an_item_of_a_newer_release_sends_its_own_message_back_and_no_other() -> None:
    world = World()
    world.table.write(Put(of_tomorrow(world.id_of(1))))

    outcomes = world.run(*(world.message(number) for number in range(4)))

    assert results(outcomes) == ["created", "retry", "created", "created"]
    assert [one.code for one in outcomes if one.result.value == "retry"] == ["newer_schema"]
    assert [world.entry(number).claims for number in (0, 2, 3)] == [0, 0, 0]
    assert stored(world.table, keys.ledger(world.id_of(1))) == of_tomorrow(world.id_of(1))


def test_a_request_that_a_newer_release_has_begun_to_settle_is_left_to_it() -> None:
    world = World()
    world.fail("answer_lost", BATCH)
    world.run(world.message(0), world.message(1))
    key = keys.ledger(world.id_of(1))
    world.table.write(Update(key, set={"schema": schemas.LEDGER + 1}))
    world.pass_seconds(3600)
    sibling, writes = stored(world.table, key), world.writes

    outcomes = world.deliver()

    assert {one.code for one in outcomes} == {"sibling_busy", "newer_schema"}
    assert (stored(world.table, key), world.writes) == (sibling, writes)
    world.table.write(Update(key, set={"schema": schemas.LEDGER}))
    world.drain()
    assert [len(world.invoices(number)) for number in (0, 1)] == [1, 1]


def test_what_a_newer_release_marks_under_the_lease_of_an_older_one_is_not_written_over() -> None:
    clock = FakeClock()
    table = FakeTable(clock)
    leases, one = Leases(table, clock, SeededRandom()), ServiceTradeId(1)
    entry = leases.claim([one], lease_seconds=360).entries[one]
    table.write(Update(keys.ledger(one), set={"schema": schemas.LEDGER + 1}))
    before = stored(table, keys.ledger(one))
    revision = Revision(5, 1, 0, Disposition.DISPATCH, "1:a")

    assert leases.change([Change(entry, state=State.LOADED)]) == {one}
    Looks(table, clock).mark([Look(one, revision, State.QUEUED, "job_closed")])
    with pytest.raises(NewerReleaseError):
        Ledger(table).raise_seen(entry, revision, now=0)

    assert stored(table, keys.ledger(one)) == before


def test_what_a_newer_release_marks_between_claim_and_read_is_left_to_it() -> None:
    clock = FakeClock()
    table = FakeTable(clock)
    one, two = ServiceTradeId(1), ServiceTradeId(2)
    write_all = table.write_all

    def meanwhile(writes: list[Update]) -> None:
        write_all(writes)
        table.write(Update(keys.ledger(one), set={"schema": schemas.LEDGER + 1}))

    table.write_all = meanwhile  # type: ignore[assignment, method-assign]

    claims = Leases(table, clock, SeededRandom()).claim([one, two], lease_seconds=360)

    assert (list(claims.entries), list(claims.newer)) == ([two], [one])
    assert not claims.busy_until


# Hints


def given(hint: dict[str, Any]) -> Checkpoints:
    clock = FakeClock()
    table = FakeTable(clock)
    table.write(Update(keys.LIVE, set={"hint": hint}))
    return Checkpoints(table, clock, SeededRandom())


@pytest.mark.parametrize("path", kept("hints"), ids=lambda path: path.stem)
def test_a_hint_of_every_schema_is_taken_up(path: Path) -> None:
    held = given(read(path)).acquire(keys.LIVE, lease_seconds=960)

    assert held.hint == HINT


def test_what_is_left_today_has_the_form_of_the_newest_hint_kept() -> None:
    clock = FakeClock()
    table = FakeTable(clock)
    checkpoints = Checkpoints(table, clock, SeededRandom())
    checkpoints.leave(checkpoints.acquire(keys.LIVE, lease_seconds=960), HINT)

    item: Any = table.get(keys.LIVE)
    assert item["hint"] == newest("hints", schemas.HINT)


@pytest.mark.parametrize(
    "change",
    [{"schema": schemas.HINT + 1, "lower": "of another kind"}, {"lower": None, "lowest": 100}],
    ids=["newer", "without what is needed"],
)
def test_a_scan_whose_hint_cannot_be_followed_begins_anew_and_misses_nothing(
    change: dict[str, Any],
) -> None:
    world = SourceWorld()
    made = world.invoices(7, updated=NOW - 1000)
    hint = {n: v for n, v in (newest("hints", schemas.HINT) | change).items() if v is not None}
    world.table.write(Update(keys.LIVE, set={"hint": hint}))

    result = world.tick()

    assert result.reason is Reason.COMPLETE
    assert world.sent == made
    assert "hint" not in world.live


def test_a_hint_may_say_more_than_this_release_knows() -> None:
    hint = newest("hints", schemas.HINT) | {"of_tomorrow": 1}

    assert given(hint).acquire(keys.LIVE, lease_seconds=960).hint == HINT
