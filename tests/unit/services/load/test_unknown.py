"""Writes whose outcome is not known: neither failures nor successes."""

import itertools
import json
from collections.abc import Mapping
from typing import Any

import pytest

from invoicesync.services.load.evidence import ABSENT_AGAIN_SECONDS, body_of
from invoicesync.state.entry import State
from tests.fakes import FakeDeadline
from tests.fakes.world import BATCH, QUERY, VOID, World, labor, results
from tests.unit.domain.invoices import NOON

LEASE = 360
HOUR = 3600


def loaded_once(world: World, *numbers: int) -> None:
    assert {at: len(world.invoices(at)) for at in numbers} == dict.fromkeys(numbers, 1)
    for at in numbers:
        entry = world.entry(at)
        assert (entry.state, entry.intent, entry.lease_until) == (State.LOADED, None, 0)
    assert world.dead.bodies == []


def told(world: World) -> list[int]:
    """Return of which invoices outcomes were sent."""
    outcomes = [json.loads(body)["outcomes"] for body in world.outcomes.bodies]
    return [one["invoice"] for some in outcomes for one in some]


def keys_of(world: World) -> list[str]:
    """Return the requestids of all batches, in the order in which they came."""
    calls = world.company.calls.newest()
    return [call.requestid for call in calls if call.path.endswith("/batch")]


LOST = [
    ("answer_lost", {}),
    ("request_lost", {}),
    ("timeout_504_xml", {}),
    ("timeout_504_xml", {"commit": False}),
    ("empty_200", {}),
    ("empty_200", {"commit": False}),
    ("truncated_200", {}),
    ("error_500", {"commit": True}),
    ("error_500", {}),
    ("bad_gateway_502_html", {"commit": True}),
    ("fault_in_200", {"code": "10000"}),
    ("batch_item_missing", {"items": [0, 1]}),
    ("batch_item_missing", {"items": [1], "commit": False}),
    ("batch_item_fault", {"items": [0], "code": "10000"}),
    ("batch_item_fault", {"items": [0], "code": "6000"}),
    ("commit_late", {"seconds": 100}),
    ("commit_late", {"seconds": 300}),
]
COMPANIES: Mapping[str, Mapping[str, Any]] = {
    "as documented": {},
    "requestid ignored": {"requestid_retention_seconds": 0.0},
    "another body refused by 6000": {"requestid_mismatch": "6000"},
    "another body refused by 600": {"requestid_mismatch": "600"},
    "numbers not guarded": {"warn_duplicate_number": False},
    "queries lag": {"index_lag_seconds": 30.0},
    "neither key nor number": {
        "requestid_retention_seconds": 0.0,
        "warn_duplicate_number": False,
        "index_lag_seconds": 30.0,
    },
}


@pytest.mark.parametrize("company", COMPANIES)
@pytest.mark.parametrize(("fault", "settings"), LOST)
def test_whatever_becomes_of_the_answer_every_invoice_is_there_once(
    company: str, fault: str, settings: dict[str, Any]
) -> None:
    world = World(**COMPANIES[company])
    world.run(world.message(2), world.message(3))
    world.fail(fault, BATCH, **settings)
    world.put(
        world.message(0),
        world.message(1),
        world.message(2, updated=NOON + 60, **labor(3)),
    )

    world.drain()

    loaded_once(world, 0, 1, 2)
    assert world.invoice(2)["TotalAmt"] == 360
    assert world.writes == 5
    # No key but the first was ever used for it.
    assert len(set(keys_of(world)[1:])) == 1


@pytest.mark.parametrize("company", COMPANIES)
@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        ("answer_lost", {}),
        ("request_lost", {}),
        ("empty_200", {}),
        ("truncated_200", {}),
        ("timeout_504_xml", {}),
        ("commit_late", {"seconds": 100}),
    ],
)
def test_whatever_becomes_of_the_answer_a_void_is_done_once(
    company: str, fault: str, settings: dict[str, Any]
) -> None:
    world = World(**COMPANIES[company])
    world.run(world.message())
    world.fail(fault, VOID, **settings)
    world.put(world.message(updated=NOON + 60, status="void"))

    world.drain()

    assert world.invoices() == []
    entry = world.entry()
    assert (entry.state, entry.intent, entry.lease_until) == (State.VOIDED, None, 0)
    assert world.writes == 2


def test_nobody_touches_an_unknown_write_before_its_lease_has_ended(world: World) -> None:
    world.fail("commit_late", BATCH, seconds=299)
    (outcome,) = world.run(world.message())
    calls = len(world.company.calls.newest())

    assert outcome.code == "outcome_unknown"
    assert LEASE < outcome.delay_seconds <= LEASE + 30
    entry = world.entry()
    assert (entry.state, entry.claims) == (State.IN_FLIGHT, 0)
    assert entry.intent is not None
    assert entry.intent.unknown == 1

    world.pass_seconds(290)
    (other,) = world.run(world.message(epoch=1))
    assert (other.code, len(world.company.calls.newest())) == ("busy", calls)

    world.drain()
    loaded_once(world, 0)
    assert world.writes == 1


def test_a_write_that_is_there_is_recorded_and_not_sent_again(world: World) -> None:
    world.fail("answer_lost", BATCH)
    world.put(world.message())

    world.drain()

    assert len(keys_of(world)) == 1
    assert world.events() == ["unknown", "created"]


def test_the_siblings_of_an_unknown_write_are_settled_with_it(world: World) -> None:
    world.fail("answer_lost", BATCH)
    messages = [world.message(at) for at in range(3)]
    world.run(*messages)
    for held in world.queue.receive():
        world.queue.delete(held.receipt)
    world.pass_seconds(1200)
    for held in world.queue.receive():
        world.queue.delete(held.receipt)

    # One message of the three is left, and the loader that gets it knows of all.
    world.run(messages[1])

    # Nobody has told of the others yet: they stay open, so that the tick asks for them again.
    assert [world.entry(at).state for at in (0, 2)] == [State.QUEUED, State.QUEUED]
    assert told(world) == [world.id_of(1)]
    world.run(messages[0], messages[2])
    loaded_once(world, 0, 1, 2)
    assert told(world) == [world.id_of(at) for at in (1, 0, 2)]
    journals = [item for key, item in world.table.items.items() if key.pk.startswith("BATCH#")]
    assert ["expires_at" in item for item in journals] == [True]


def test_a_sibling_that_somebody_works_on_is_waited_for(world: World) -> None:
    world.fail("answer_lost", BATCH)
    world.run(*[world.message(at) for at in range(3)])
    world.pass_seconds(LEASE + 40)
    busy = world.load._leases.claim([world.id_of(1)], lease_seconds=LEASE)
    assert busy.entries

    (outcome,) = world.deliver(limit=1)

    assert outcome.code == "sibling_busy"
    assert [world.entry(at).lease_until for at in (0, 2)] == [0, 0]
    assert [world.entry(at).claims for at in (0, 2)] == [0, 0]
    world.drain()
    loaded_once(world, 0, 1, 2)


def test_more_than_three_open_journals_are_settled_in_turns(world: World) -> None:
    world.fail("answer_lost", BATCH, times=5)
    for at in range(5):
        world.run(world.message(at))
    world.pass_seconds(LEASE + 40)

    outcomes = world.deliver()

    assert sorted(one.code for one in outcomes)[-2:] == ["too_many_journals"] * 2
    world.drain()
    loaded_once(world, *range(5))


def test_after_two_unknown_outcomes_the_items_of_a_batch_go_one_by_one(world: World) -> None:
    world.fail("request_lost", BATCH, times=2)
    world.put(*[world.message(at) for at in range(3)])

    world.drain()

    loaded_once(world, 0, 1, 2)
    keys = keys_of(world)
    assert len(keys) == 5
    assert len(set(keys)) == 1


def test_what_stays_unknown_for_a_day_is_held_with_its_intent(world: World) -> None:
    world.fail("request_lost", BATCH, times=None)
    world.put(world.message(0), world.message(1))
    began = world.clock.now()

    while world.queue.bodies:
        world.pass_seconds(max(0.0, (world.queue.next_visible_at() or 0) - world.clock.now()))
        world.deliver()

    assert world.clock.now() - began >= 86_400
    for at in range(2):
        entry = world.entry(at)
        assert (entry.state, entry.reason, entry.lease_until) == (
            State.HELD,
            "outcome_unknown",
            0,
        )
        assert entry.intent is not None
        assert entry.intent.unknown >= 5
    assert world.reasons == ["outcome_unknown"] * 2
    assert len(set(keys_of(world))) == 1
    assert sorted(world.told.codes) == ["outcome_unknown"] * 2

    # The next look finds it still unknown; once it is there, the next one records it.
    assert results(world.run(world.message())) == ["held"]
    assert world.reasons == ["outcome_unknown"] * 2


def test_what_was_held_as_unknown_and_lands_after_all_is_recorded(world: World) -> None:
    world.fail("request_lost", BATCH, times=None)
    world.put(world.message())
    while world.queue.bodies:
        world.pass_seconds(max(0.0, (world.queue.next_visible_at() or 0) - world.clock.now()))
        world.deliver()
    world.faults.clear()
    entry = world.entry()
    assert entry.intent is not None
    text = world.load._journal.texts(entry.intent.request_id)[entry.intent.bid]
    world.company.create("Invoice", dict(body_of(entry.intent, text)))

    assert results(world.run(world.message(epoch=1))) == ["unchanged"]
    loaded = world.entry()
    assert (loaded.state, loaded.intent, loaded.reason) == (State.LOADED, None, "")


def test_a_new_key_needs_absence_at_the_end_of_the_lease_and_one_and_six_hours_later() -> None:
    """A fault that is replayed after an unknown send proves nothing about that send."""
    world = World()
    world.fail("request_lost", BATCH)
    world.fail("batch_item_fault", BATCH, items=[0], code="6070", times=2)
    world.put(world.message())
    began = world.clock.now()

    world.drain()

    loaded_once(world, 0)
    keys = keys_of(world)
    assert len(set(keys[:-1])) == 1
    assert keys[-1] != keys[0]
    last = world.company.calls.newest()[-1]
    assert last.time - began >= LEASE + ABSENT_AGAIN_SECONDS[-1]
    assert "held" not in world.events()


def test_a_fault_on_a_first_send_is_a_definite_no_and_the_next_try_has_a_new_key(
    world: World,
) -> None:
    world.fail("batch_item_fault", BATCH, items=[0], code="2500")

    assert results(world.run(world.message())) == ["created"]

    first, second = keys_of(world)
    assert first != second


@pytest.mark.parametrize("fault", ["throttle_xml", "unauthorized_401", "forbidden_403_3100"])
def test_a_resend_that_is_not_done_leaves_the_first_as_unknown_as_it_was(
    world: World, fault: str
) -> None:
    world.fail("request_lost", BATCH)
    world.fail(fault, BATCH, times=2)
    world.put(world.message())

    world.drain()

    loaded_once(world, 0)
    assert len(set(keys_of(world))) == 1


def test_an_invoice_that_a_person_renumbers_meanwhile_is_found_by_customer_and_date() -> None:
    world = World(requestid_retention_seconds=0.0)
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    world.people.edit("Invoice", world.invoice()["Id"], {"DocNumber": "X-1"})

    world.drain()

    entry = world.entry()
    assert (len(world.invoices()), entry.qbo_id) == (1, world.invoice()["Id"])
    assert (entry.state, entry.reason) == (State.HELD, "edited_in_quickbooks")


def test_an_invoice_that_is_gone_when_its_answer_comes_at_last_is_held_as_deleted(
    world: World,
) -> None:
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    world.people.delete("Invoice", world.invoice()["Id"])

    world.drain()

    entry = world.entry()
    assert (entry.state, entry.reason) == (State.HELD, "deleted_in_quickbooks")
    assert (entry.intent, world.invoices()) == (None, [])


def test_an_unknown_invoice_that_a_person_copied_for_another_sale_is_found_all_the_same(
    world: World,
) -> None:
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    made = world.invoice()
    world.people.copy(made["Id"], "10483")

    world.drain()

    assert (world.entry().state, world.entry().qbo_id) == (State.LOADED, made["Id"])


def test_an_unknown_invoice_that_a_person_copied_with_its_number_is_for_the_person_to_choose(
    world: World,
) -> None:
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    world.people.copy(world.invoice()["Id"], "10482")

    world.drain()

    entry = world.entry()
    assert (entry.state, entry.reason) == (State.HELD, "duplicate_in_quickbooks")


def test_an_answer_about_another_invoice_binds_nothing(world: World) -> None:
    """Two loaders that drew the same requestid: the second is answered with the first's invoice."""
    world.run(world.message(0))
    world.random._source.seed(1)
    fixed = itertools.cycle(["f" * 32])
    world.random.token = lambda: next(fixed)  # type: ignore[method-assign]
    world.run(world.message(1))

    outcomes = world.run(world.message(2))

    assert {one.code for one in outcomes} == {"outcome_unknown"}
    assert (world.entry(2).qbo_id, world.invoices(2)) == (None, [])
    world.pass_seconds(LEASE + 40)
    world.deliver()
    assert (world.entry(2).qbo_id, world.invoices(2)) == (None, [])
    assert world.entry(2).state is State.IN_FLIGHT
    assert len(world.invoices(1)) == 1


def test_a_resend_that_is_answered_with_another_invoice_binds_nothing(world: World) -> None:
    world.run(world.message(0))
    world.fail("request_lost", BATCH)
    world.run(world.message(1))
    intent = world.entry(1).intent
    assert intent is not None
    key = f"{intent.request_id}{intent.bid}"
    world.company.requestids.once(
        key, "", lambda: world.company.books.require("Invoice", world.invoice(0)["Id"]).snapshot
    )
    world.pass_seconds(LEASE + 40)

    (outcome,) = world.deliver()

    assert outcome.code == "outcome_unknown"
    assert (world.entry(1).qbo_id, world.entry(1).state) == (None, State.IN_FLIGHT)


def test_bodies_that_are_gone_from_the_bucket_prove_nothing(world: World) -> None:
    world.fail("request_lost", BATCH)
    world.run(world.message(0), world.message(1))
    for key in [key for key in world.bucket.objects if key.startswith("journal/")]:
        del world.bucket.objects[key]

    world.drain()

    for at in range(2):
        assert world.entry(at).reason == "outcome_unknown"
        assert world.entry(at).intent is not None
        assert world.entry(at).lease_until == 0


@pytest.mark.parametrize("fault", ["error_500", "throttle_xml", "unauthorized_401"])
def test_looking_that_fails_is_no_crash_of_the_siblings(world: World, fault: str) -> None:
    """A storm while intents are open must not make suspects of invoices."""
    world.fail("request_lost", BATCH)
    world.run(*[world.message(at) for at in range(4)])
    for _ in range(9):
        world.pass_seconds(1200)
        world.fail(fault, QUERY, times=3)
        world.deliver(limit=1)
        world.faults.clear()
        assert max(world.entry(at).claims for at in range(4)) == 0

    world.drain()
    loaded_once(world, 0, 1, 2, 3)


def test_an_unknown_update_is_found_by_its_content_beside_a_persons_other_edit(
    world: World,
) -> None:
    world.run(world.message())
    world.fail("answer_lost", BATCH)
    world.run(world.message(updated=NOON + 60, notes="Thanks again."))
    made = world.invoice()
    world.people.edit("Invoice", made["Id"], {"DueDate": "2027-02-01"})

    world.drain()

    # Ours is done; the person's own change is noticed when we would write the next time.
    assert world.entry().state is State.LOADED
    assert results(world.run(world.message(updated=NOON + 90, **labor(2)))) == ["held"]
    assert world.entry().reason == "edited_in_quickbooks"
    assert "due date" in world.entry().problems[0]["detail"]


def test_an_unknown_update_that_a_person_overwrote_is_decided_anew(world: World) -> None:
    world.run(world.message())
    world.fail("answer_lost", BATCH)
    world.run(world.message(updated=NOON + 60, notes="Thanks again."))
    world.people.edit("Invoice", world.invoice()["Id"], {"CustomerMemo": {"value": "Typed."}})

    world.drain()

    assert (world.entry().state, world.entry().reason) == (State.HELD, "edited_in_quickbooks")
    assert world.invoice()["CustomerMemo"] == {"value": "Typed."}


def test_a_loader_without_time_sends_nothing(world: World) -> None:
    world.fail("request_lost", BATCH)
    world.run(world.message(0), world.message(1))
    world.pass_seconds(LEASE + 40)
    short = world.queue.receive()[:1]  # its sibling is claimed with it, and given back
    report = world.load(short, FakeDeadline(world.clock, 139))

    assert [(one.code, one.delay_seconds) for one in report.outcomes] == [("no_time", 0)]
    assert len(keys_of(world)) == 1
    assert {world.entry(at).lease_until for at in range(2)} == {0}


def test_a_lease_that_has_grown_short_while_looking_sends_nothing(world: World) -> None:
    world.fail("request_lost", BATCH)
    world.run(world.message(0), world.message(1))
    world.pass_seconds(LEASE + 40)
    short = world.queue.receive()[:1]

    def slowly() -> list[Any]:
        world.clock.advance(100)
        return []

    world.line.instead["books.query"] = [slowly]
    report = world.load(short, FakeDeadline(world.clock, 900))

    assert [(one.code, one.delay_seconds) for one in report.outcomes] == [("no_time", 0)]
    assert world.invoices(0) == world.invoices(1) == []
    world.drain()
    assert len(world.invoices(0)) == len(world.invoices(1)) == 1


def test_an_answer_that_nobody_documents_is_told_with_its_evidence_and_its_invoices() -> None:
    world = World()
    world.fail("batch_item_fault", BATCH, items=[0], code="98765")

    world.run(world.message(0), world.message(1))

    (strange,) = world.told.strange
    assert (strange.answer, strange.invoices) == ("fault 98765", ["10482"])
    assert strange.evidence in [name for name, _ in world.drawer.records]
    world.drain()
    loaded_once(world, 0, 1)


def test_an_answer_that_was_only_lost_is_nothing_to_tell() -> None:
    world = World()
    world.fail("truncated_200", BATCH)

    world.run(world.message(0))
    world.drain()

    assert world.told.strange == []
