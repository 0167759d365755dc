"""Several invoices at once: what one of them does to the others."""

import json

import pytest

from invoicesync.ports import Outgoing
from invoicesync.state.entry import State
from tests.fakes.world import BATCH, KilledError, World, labor, results
from tests.unit.domain.invoices import NOON


def test_one_refused_of_thirty_leaves_twenty_nine_loaded(world: World) -> None:
    world.fail("batch_item_fault", BATCH, items=[7], code="6070")
    messages = [world.message(at) for at in range(30)]

    outcomes = world.run(*messages)

    assert sorted(one.result.value for one in outcomes) == ["created"] * 29 + ["held"]
    assert [len(world.invoices(at)) for at in range(30)] == [1] * 7 + [0] + [1] * 22
    entry = world.entry(7)
    assert (entry.state, entry.reason, entry.intent) == (
        State.HELD,
        "rejected_by_quickbooks",
        None,
    )
    assert "6070" in entry.problems[0]["detail"]
    assert world.reasons == ["rejected_by_quickbooks"]
    assert world.dead.bodies == [messages[7].encode()]
    assert [hold.servicetrade_id for hold in world.told.holds] == [world.id_of(7)]
    assert world.calls("batch") == 1


def test_what_is_held_for_the_same_reason_is_neither_parked_nor_told_twice(world: World) -> None:
    world.fail("batch_item_fault", BATCH, items=[0], code="6070", times=3)
    message = world.message()

    assert [results(world.run(message)) for _ in range(3)] == [["held"]] * 3
    assert (len(world.reasons), len(world.told.holds), world.writes) == (1, 1, 0)

    assert results(world.run(message)) == ["created"]
    assert (world.entry().state, world.entry().reason) == (State.LOADED, "")


def test_two_messages_of_one_invoice_are_one_write(world: World) -> None:
    first, second = world.message(), world.message(updated=NOON + 60, **labor(2))

    assert results(world.run(second, first, second)) == ["created"] * 3

    assert world.invoice()["TotalAmt"] == 240
    assert (world.writes, world.entry().fence) == (1, 1)


def test_the_newest_of_two_held_messages_is_the_one_in_the_dead_letters(world: World) -> None:
    first, second = (
        world.message(invoiceNumber="x" * 22),
        world.message(updated=NOON + 60, invoiceNumber="y" * 22),
    )

    assert results(world.run(first, second)) == ["held", "held"]

    assert world.dead.bodies == [second.encode()]


def test_of_two_invoices_with_one_number_one_is_loaded(world: World) -> None:
    first, second = world.message(0), world.message(1, invoiceNumber="10482")

    assert sorted(results(world.run(first, second))) == ["created", "held"]
    assert world.entry(1).reason == "duplicate_number_in_source"
    assert world.writes == 1

    # The same, when the other one is in QuickBooks already.
    assert results(world.run(second)) == ["held"]
    assert world.entry(1).reason == "duplicate_number_in_source"
    assert str(world.id_of(0)) in world.entry(1).problems[0]["detail"]


def test_a_number_that_a_person_typed_is_taken(world: World) -> None:
    world.people.type_invoice("1", "10482")

    assert results(world.run(world.message())) == ["held"]

    assert world.entry().reason == "number_taken"
    assert world.invoices() == []


def test_a_number_that_a_person_types_while_the_batch_is_on_its_way_is_taken(
    world: World,
) -> None:
    world.fail("duplicate_number_by_other", BATCH)

    assert results(world.run(world.message())) == ["held"]

    assert world.entry().reason == "number_taken"
    assert world.invoices() == []


def test_a_number_that_queries_do_not_show_yet_is_taken_all_the_same() -> None:
    world = World(index_lag_seconds=120.0)
    world.people.type_invoice("1", "10482")

    assert results(world.run(world.message())) == ["held"]

    assert world.entry().reason == "number_taken"


def test_a_batch_that_is_too_large_is_split_down_to_single_invoices() -> None:
    world = World(batch_limit=1)

    outcomes = world.run(*[world.message(at) for at in range(4)])

    assert results(outcomes) == ["created"] * 4
    assert [len(world.invoices(at)) for at in range(4)] == [1] * 4
    keys = [call.requestid for call in world.company.calls.newest() if call.requestid]
    assert len(set(keys)) == len(keys) == 7
    assert {world.entry(at).attempts for at in range(4)} == {1}


def test_a_single_invoice_that_is_refused_as_a_whole_is_held() -> None:
    world = World(body_limit_bytes=200)

    assert results(world.run(world.message())) == ["held"]

    entry = world.entry()
    assert (entry.reason, entry.intent, entry.lease_until) == ("rejected_by_quickbooks", None, 0)
    assert world.writes == 0


def test_a_body_that_nobody_can_read_is_parked_and_harms_nobody(world: World) -> None:
    bodies = ["no json", "[]", '{"schema":1}', '{"claim":3}', '{"claim":"a","invoice":[1]}']
    bodies.append("[" * 200_000)
    world.queue.send([Outgoing(body) for body in bodies])
    world.put(world.message())

    outcomes = world.deliver()

    assert results(outcomes) == ["unreadable"] * 4 + ["unreadable"] * 2 + ["created"]
    assert world.reasons == ["unreadable_message"] * 6
    assert sorted(world.dead.bodies) == sorted(bodies)
    assert world.queue.bodies == []


def test_an_unreadable_body_that_leaves_no_room_for_a_reason_is_parked_aside(world: World) -> None:
    body = "x" * 1_048_576
    world.queue.send([Outgoing(body)])
    world.put(world.message())

    assert results(world.deliver()) == ["unreadable", "created"]

    letter = json.loads(world.dead.bodies[0])
    assert world.bucket.get(letter["body"]) == body.encode()
    assert world.reasons == ["unreadable_message"]


def test_an_unreadable_body_that_cannot_be_parked_comes_again(world: World) -> None:
    losses = iter([True, False])
    world.dead.loses = lambda: next(losses)
    world.queue.send([Outgoing("no json")])

    assert results(world.deliver()) == ["retry"]
    assert world.queue.bodies == ["no json"]

    world.drain()
    assert world.reasons == ["unreadable_message"]


def test_a_message_of_a_newer_release_stays_on_the_queue(world: World) -> None:
    plain = json.loads(world.message().encode()) | {"schema": 2}
    world.queue.send([Outgoing(json.dumps(plain))])

    (outcome,) = world.deliver()

    assert (outcome.result, outcome.code, outcome.delay_seconds) == ("retry", "newer_schema", 600)
    assert world.dead.bodies == []


def test_a_large_message_travels_as_a_claim_check(world: World) -> None:
    large = world.message(notes="n" * 950_000)
    world.put(large)
    assert len(world.queue.bodies[0]) < 200

    assert results(world.deliver()) == ["created"]
    assert world.invoice()["CustomerMemo"]["value"].startswith("nnnn")


def test_an_invoice_whose_claim_check_is_gone_is_extracted_again(world: World) -> None:
    world.put(world.message(notes="n" * 950_000))
    for key in [key for key in world.bucket.objects if key.startswith("claims/")]:
        del world.bucket.objects[key]

    assert results(world.deliver()) == ["superseded"]

    rows = world.table.by_state("QUEUED", until=0)
    assert [row["pk"] for row in rows] == [f"INVOICE#{world.id_of()}"]
    assert world.queue.bodies == []


def dies(world: World) -> None:
    """Let a loader die over a batch that it has claimed."""
    world.pass_seconds(1200)
    world.line.live()
    world.line.die_in, world.line.die_before = "books.query", True
    with pytest.raises(KilledError):
        world.deliver()
    world.line.live()


def test_an_invoice_that_ends_its_loader_five_times_is_run_alone_then_held(world: World) -> None:
    world.put(*[world.message(at) for at in range(3)])
    for _ in range(5):
        dies(world)
    assert {world.entry(at).claims for at in range(3)} == {5}

    world.pass_seconds(1200)
    outcomes = world.deliver()

    # One alone is loaded; the others wait for their turn and are as suspect as before.
    assert sorted(one.code or one.result.value for one in outcomes) == [
        "after_a_suspect",
        "after_a_suspect",
        "created",
    ]
    assert sorted(world.entry(at).claims for at in range(3)) == [0, 5, 5]
    world.drain()
    assert [world.entry(at).state for at in range(3)] == [State.LOADED] * 3
    assert world.dead.bodies == []


def test_an_invoice_that_ends_its_loader_even_alone_is_held(world: World) -> None:
    world.put(world.message())
    for _ in range(6):
        dies(world)

    world.pass_seconds(1200)
    assert results(world.deliver()) == ["held"]

    entry = world.entry()
    assert (entry.reason, entry.claims, entry.lease_until) == ("crashes_loader", 0, 0)
    assert world.reasons == ["crashes_loader"]
    assert world.told.codes == ["crashes_loader"]


def test_what_a_crashing_loader_may_have_sent_stays_open_in_the_hold(world: World) -> None:
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    for _ in range(6):
        dies(world)
    world.pass_seconds(1200)

    assert results(world.deliver()) == ["held"]
    assert world.entry().reason == "crashes_loader"
    assert world.entry().intent is not None

    assert results(world.run(world.message(epoch=1))) == ["unchanged"]
    assert (world.writes, world.entry().state) == (1, State.LOADED)
