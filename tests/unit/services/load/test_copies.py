"""A person copies an invoice, our mark too, before the ledger knows that it is there."""

import pytest

from invoicesync.domain.message import Message
from invoicesync.state.entry import State
from tests.fakes.world import BATCH, World, labor
from tests.unit.domain.invoices import NOON


def renumbered(world: World) -> Message:
    return world.message(updated=NOON + 600, invoiceNumber="20001")


@pytest.fixture
def copied(world: World) -> World:
    """One invoice whose answer was lost, and its copy under the same number."""
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    world.people.copy(world.invoice()["Id"], "10482")
    return world


def test_an_invoice_that_was_copied_is_not_made_again_under_its_next_number(copied: World) -> None:
    copied.drain()
    copied.run(renumbered(copied))

    copied.drain()

    assert copied.entry().state is State.HELD
    assert len(copied.invoices()) == 2


def test_it_is_held_until_one_of_the_two_is_gone(copied: World) -> None:
    copied.drain()
    copied.run(copied.message(updated=NOON + 600, **labor(2)))
    assert copied.entry().reason == "duplicate_in_quickbooks"

    copied.people.delete("Invoice", max(one["Id"] for one in copied.invoices()))
    copied.run(copied.message(updated=NOON + 900))

    assert copied.entry().state is State.LOADED


def test_the_one_that_was_made_first_is_bound(copied: World) -> None:
    made = min(int(one["Id"]) for one in copied.invoices())

    copied.drain()

    assert copied.entry().qbo_id == str(made)


def test_ours_that_a_lost_ledger_finds_copied_is_bound_too(world: World) -> None:
    world.run(world.message())
    world.people.copy("1", "10482")
    for key in [key for key in world.table.items if key.pk.startswith("INVOICE#")]:
        del world.table._items[key]

    world.run(world.message())
    world.run(renumbered(world))

    assert world.entry().qbo_id == "1"
    assert len(world.invoices()) == 2
