"""Which message counts: order, reverts, and what was seen meanwhile."""

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest

from invoicesync.conditions import Update
from invoicesync.domain.message import Message
from invoicesync.state import keys
from invoicesync.state.entry import State
from invoicesync.state.ledger import state_change
from tests.fakes.world import World, labor, results
from tests.unit.domain.invoices import NOON, a_job


def test_an_edit_and_a_revert_end_at_the_revert(world: World) -> None:
    first = world.message()
    edit = world.message(updated=NOON + 60, **labor(2))
    revert = world.message(updated=NOON + 90)

    for message in (first, edit, revert):
        world.run(message)
    assert world.invoice()["TotalAmt"] == Decimal("513.60")

    assert results(world.run(edit)) == ["superseded"]
    assert results(world.run(first)) == ["unchanged"]
    assert world.invoice()["TotalAmt"] == Decimal("513.60")
    assert world.entry().applied == revert.revision


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
def test_in_whatever_order_messages_come_the_newest_stays(order: tuple[int, ...]) -> None:
    world = World()
    messages = [
        world.message(),
        world.message(updated=NOON + 60, **labor(2)),
        world.message(updated=NOON + 90),
        world.message(updated=NOON + 90, epoch=9, **labor(5)),
    ]
    for at in order:
        world.run(messages[at])

    world.run(*[messages[at] for at in order])

    assert world.invoice()["TotalAmt"] == 600
    assert world.entry().applied == messages[3].revision


def test_two_edits_in_one_second_are_ordered_by_the_look(world: World) -> None:
    def at(epoch: int, position: int, hours: int) -> Message:
        return world.message(updated=NOON + 60, epoch=epoch, position=position, **labor(hours))

    assert results(world.run(at(5, 1, 2))) == ["created"]
    assert results(world.run(at(5, 2, 3))) == ["updated"]
    assert results(world.run(at(6, 0, 4))) == ["updated"]
    assert results(world.run(at(5, 9, 5))) == ["superseded"]

    assert world.invoice()["TotalAmt"] == 480


def test_a_later_look_that_says_the_same_supersedes_nothing(world: World) -> None:
    first, again = world.message(), world.message()
    world.load._ledger.raise_seen(world.entry(), first.revision, now=NOON)

    assert results(world.run(again)) == ["created"]
    assert world.entry().seen == first.revision


def test_what_is_older_than_what_was_seen_is_not_loaded(world: World) -> None:
    void = world.message(updated=NOON + 60, status="void").revision
    world.load._ledger.raise_seen(world.entry(), void, now=NOON)

    assert results(world.run(world.message())) == ["superseded"]
    assert (world.writes, world.entry().lease_until, world.entry().claims) == (0, 0, 0)


def test_a_newer_look_that_is_raised_meanwhile_is_seen(world: World) -> None:
    before = world.entry()
    newer = world.message(updated=NOON + 60, **labor(2)).revision
    world.load._ledger.raise_seen(before, newer, now=NOON)

    entry = world.load._ledger.raise_seen(before, world.message().revision, now=NOON)

    assert entry.seen == newer


def test_what_a_person_resolved_stays_resolved_until_something_newer_comes(world: World) -> None:
    held = world.message(invoiceNumber="x" * 22)
    world.run(held)
    set_, remove = state_change(State.RESOLVED, world.clock.now())
    world.table.write(Update(keys.ledger(world.id_of()), set=set_, remove=remove))

    assert results(world.run(held)) == ["unchanged"]
    assert results(world.run(world.message(invoiceNumber="x" * 22))) == ["unchanged"]
    assert (world.entry().state, world.writes) == (State.RESOLVED, 0)
    world.load._extract_again(world.id_of())
    assert world.entry().state is State.RESOLVED

    assert results(world.run(world.message(updated=NOON + 60))) == ["created"]
    assert world.entry().state is State.LOADED


def test_an_adopted_invoice_is_never_written(world: World) -> None:
    world.run(world.message())
    world.table.write(Update(keys.ledger(world.id_of()), set={"state": "ADOPTED", "adopted": True}))

    assert results(world.run(world.message(updated=NOON + 60, **labor(2)))) == ["unchanged"]
    assert (world.entry().state, world.writes) == (State.ADOPTED, 1)


# Mappings


def test_a_message_of_an_older_mapping_is_judged_by_the_one_in_force(world: World) -> None:
    held = world.message(invoiceNumber="x" * 20)
    world.publish(document_number={"prefix": "ST-"})

    assert results(world.run(world.message(1))) == ["created"]
    assert world.invoice(1)["DocNumber"] == "ST-10483"
    assert results(world.run(held)) == ["held"]
    assert world.entry(0).reason == "number_too_long"


def test_a_mapping_that_mends_what_was_wrong_needs_no_new_message(world: World) -> None:
    wrong = world.message(assignedOffice={"id": 3, "name": "Erie", "address": None})
    world.run(wrong)
    assert world.entry().reason == "unmapped_department"
    world.publish(
        departments={"by_office": {"Erie": "West"}},
        ship_from={
            "default": {
                "street": "9 Mill Street",
                "city": "Pittsburgh",
                "state": "PA",
                "postal_code": "15203",
            }
        },
    )

    assert results(world.run(wrong)) == ["created"]
    assert world.entry().mapping_serial == 2


def test_a_loader_with_an_older_mapping_in_its_memory_reads_the_newer(world: World) -> None:
    world.run(world.message(0))
    world.publish(document_number={"prefix": "ST-"})

    world.run(world.message(1))

    assert world.invoice(1)["DocNumber"] == "ST-10483"


def test_a_message_of_a_newer_mapping_is_taken_at_its_word(world: World) -> None:
    newer = replace(world.message(), mapping_serial=7)
    world.publish(document_number={"prefix": "ST-"})

    world.run(newer)

    assert world.invoice()["DocNumber"] == "10482"
    assert world.entry().mapping_serial == 7


def test_a_loaded_invoice_keeps_its_number_whatever_the_mapping_says(world: World) -> None:
    world.run(world.message())
    world.publish(document_number={"prefix": "ST-"})

    assert results(world.run(world.message(updated=NOON + 60))) == ["unchanged"]
    assert results(world.run(world.message(updated=NOON + 90, **labor(2)))) == ["updated"]
    assert world.invoice()["DocNumber"] == "10482"


def test_a_mapping_may_leave_out_what_waits_in_the_queue(world: World) -> None:
    waiting = world.message()
    world.publish(go_live="2026-12-31")

    assert results(world.run(waiting)) == ["ignored"]
    assert (world.entry().state, world.entry().reason) == (State.IGNORED, "before_go_live")


def test_an_invoice_awaits_release_and_goes_once_it_is_released(world: World) -> None:
    world.publish(mode="review")
    message = world.message()
    assert results(world.run(message)) == ["held"]
    entry = world.entry()
    assert (entry.reason, world.writes) == ("awaiting_release", 0)
    released = {"released_hash": entry.held_hash}
    world.table.write(Update(keys.ledger(world.id_of()), set=released))

    assert results(world.run(message)) == ["created"]
    # An edit is another document: it waits again.
    assert results(world.run(world.message(updated=NOON + 60, **labor(2)))) == ["held"]
    assert world.invoice()["TotalAmt"] == Decimal("513.60")


# Closed books


def test_closed_books_hold_an_invoice(world: World) -> None:
    world.people.close_books("2026-12-31")
    message = world.message()

    assert results(world.run(message)) == ["held"]
    assert (world.entry().reason, world.writes) == ("closed_period", 0)

    world.people.open_books()
    world.pass_seconds(3700)
    assert results(world.run(message)) == ["created"]


def test_books_that_were_closed_meanwhile_hold_an_invoice(world: World) -> None:
    world.run(world.message(1))
    world.people.close_books("2026-12-31")

    assert results(world.run(world.message())) == ["held"]
    assert (world.entry().reason, len(world.invoices())) == ("closed_period", 0)


def test_closed_books_may_move_an_invoice_to_the_first_open_day(world: World) -> None:
    world.publish(closed_period="first_open_day")
    world.people.close_books("2026-12-31")
    message = world.message()

    assert results(world.run(message)) == ["created"]

    made = world.invoice()
    assert made["TxnDate"] == "2027-01-01"
    assert made["PrivateNote"].startswith("Job 9001 · PO 77 · dated 2026-12-02 in ServiceTrade\n")
    calls = len(world.company.calls.newest())
    assert results(world.run(message)) == ["unchanged"]
    assert len(world.company.calls.newest()) == calls


def test_books_that_were_closed_meanwhile_may_move_an_invoice_too(world: World) -> None:
    world.publish(closed_period="first_open_day")
    world.run(world.message(1))
    world.people.close_books("2026-12-31")

    assert results(world.run(world.message())) == ["created"]
    assert world.invoice()["TxnDate"] == "2027-01-01"


def test_an_invoice_that_was_moved_keeps_its_day_when_it_is_edited(world: World) -> None:
    world.publish(closed_period="first_open_day")
    world.people.close_books("2026-12-31")
    world.run(world.message())
    edit = world.message(updated=NOON + 60, **labor(2))

    assert results(world.run(edit)) == ["updated"]

    made = world.invoice()
    assert (made["TxnDate"], made["TotalAmt"]) == ("2027-01-01", 240)
    assert made["PrivateNote"].count("dated") == 1

    # Closed again, past the day it has now: it stays where it is, and the edit is held.
    world.people.close_books("2027-01-31")
    assert results(world.run(world.message(updated=NOON + 90, **labor(3)))) == ["held"]
    assert world.entry().reason == "closed_period"
    assert world.invoice()["TxnDate"] == "2027-01-01"


def test_a_waiting_invoice_whose_job_closes_is_loaded(world: World) -> None:
    world.run(world.message(job=a_job(status="scheduled")))

    assert results(world.run(world.message(updated=NOON + 60))) == ["created"]
    assert (world.entry().state, world.entry().reason) == (State.LOADED, "")
