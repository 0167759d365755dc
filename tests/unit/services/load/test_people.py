"""What people do in QuickBooks with invoices that we made, and what we do then."""

from decimal import Decimal
from typing import Any

import pytest

from invoicesync.conditions import Update
from invoicesync.domain.message import Message
from invoicesync.state import keys
from invoicesync.state.entry import State
from tests.fakes.world import BATCH, VOID, World, labor, results
from tests.unit.domain.invoices import NOON

TYPED = [
    ({"CustomerMemo": {"value": "Typed."}}, "message to the customer"),
    ({"TxnDate": "2026-12-05"}, "date"),
    ({"DueDate": "2027-02-02"}, "due date"),
    ({"DocNumber": "X-1"}, "number"),
    ({"DepartmentRef": {"value": "2"}}, "location"),
]


@pytest.fixture
def loaded(world: World) -> World:
    world.company.create("Department", {"Name": "East"})
    world.run(world.message())
    return world


def an_edit(world: World, **changes: Any) -> Message:
    return world.message(updated=NOON + 60, **(changes or labor(2)))


def a_void(world: World) -> Message:
    return world.message(updated=NOON + 60, status="void")


def typed(world: World, change: dict[str, Any]) -> None:
    world.people.edit("Invoice", world.invoice()["Id"], change)


@pytest.mark.parametrize(("change", "word"), TYPED)
@pytest.mark.parametrize("comes", ["edit", "void"])
def test_what_a_person_typed_over_ours_is_never_overwritten(
    loaded: World, change: dict[str, Any], word: str, comes: str
) -> None:
    typed(loaded, change)
    before = loaded.invoice()

    message = an_edit(loaded) if comes == "edit" else a_void(loaded)
    assert results(loaded.run(message)) == ["held"]

    assert loaded.entry().reason == "edited_in_quickbooks"
    assert f"its {word} in QuickBooks" in loaded.entry().problems[0]["detail"]
    assert loaded.invoice() == before


def test_what_a_person_typed_beside_ours_is_theirs_and_stays(loaded: World) -> None:
    theirs = {"BillEmail": {"Address": "ap@example.com"}, "TrackingNum": "1Z"}
    typed(loaded, theirs)

    assert results(loaded.run(an_edit(loaded))) == ["updated"]

    made = loaded.invoice()
    assert made["TotalAmt"] == 240
    assert {name: made[name] for name in theirs} == theirs


def test_a_person_who_types_what_we_want_is_no_obstacle(loaded: World) -> None:
    typed(loaded, {"CustomerMemo": {"value": "Thanks again."}})

    assert results(loaded.run(an_edit(loaded, notes="Thanks again."))) == ["unchanged"]

    entry = loaded.entry()
    assert (entry.state, loaded.writes) == (State.LOADED, 2)
    assert results(loaded.run(loaded.message(updated=NOON + 90, notes="Third."))) == ["updated"]


def test_a_person_who_undoes_it_frees_the_edit(loaded: World) -> None:
    typed(loaded, {"CustomerMemo": {"value": "Typed."}})
    edit = an_edit(loaded)
    loaded.run(edit)
    typed(loaded, {"CustomerMemo": {"value": "Thank you."}})

    assert results(loaded.run(edit)) == ["updated"]
    assert (loaded.entry().state, loaded.entry().reason) == (State.LOADED, "")


def test_a_person_who_saves_first_makes_us_read_again_and_apply_ours(loaded: World) -> None:
    loaded.fail("stale_by_human", BATCH)

    assert results(loaded.run(an_edit(loaded))) == ["updated"]

    made = loaded.invoice()
    assert made["TotalAmt"] == 240
    assert "seen" in made["PrivateNote"]


def test_a_person_who_saves_first_over_ours_stops_us(loaded: World) -> None:
    loaded.fail("stale_by_human", BATCH, change={"TxnDate": "2026-12-05"})

    assert results(loaded.run(an_edit(loaded))) == ["held"]

    assert loaded.entry().reason == "edited_in_quickbooks"
    assert loaded.invoice()["TotalAmt"] == Decimal("513.60")


def test_a_person_who_saves_first_every_time_wins(loaded: World) -> None:
    loaded.fail("stale_by_human", BATCH, times=2)

    assert results(loaded.run(an_edit(loaded))) == ["held"]
    assert loaded.entry().reason == "edited_in_quickbooks"


def test_a_void_meets_a_person_who_saves_first(loaded: World) -> None:
    loaded.fail("stale_by_human", VOID)

    assert results(loaded.run(a_void(loaded))) == ["voided"]
    assert loaded.invoices() == []


def test_what_a_person_deleted_is_not_made_again(loaded: World) -> None:
    loaded.people.delete("Invoice", loaded.invoice()["Id"])
    edit = an_edit(loaded)

    assert results(loaded.run(edit)) == ["held"]

    assert loaded.entry().reason == "deleted_in_quickbooks"
    assert results(loaded.run(edit)) == ["held"]
    assert (loaded.invoices(), len(loaded.reasons)) == ([], 1)


def test_what_a_person_deletes_under_an_update_is_not_made_again(loaded: World) -> None:
    loaded.run(loaded.message(1))
    identity = loaded.invoice()["Id"]
    loaded.line.live()
    loaded.line.pause_at = 8
    loaded.line.meanwhile = lambda: loaded.people.delete("Invoice", identity)

    loaded.run(an_edit(loaded))

    assert (loaded.entry().state, loaded.entry().reason) == (State.HELD, "deleted_in_quickbooks")


def test_what_a_person_deleted_needs_no_void(loaded: World) -> None:
    loaded.people.delete("Invoice", loaded.invoice()["Id"])

    assert results(loaded.run(a_void(loaded))) == ["voided"]
    assert loaded.entry().state is State.VOIDED


def test_what_a_person_voided_is_not_brought_back(loaded: World) -> None:
    loaded.people.void("Invoice", loaded.invoice()["Id"])

    assert results(loaded.run(an_edit(loaded))) == ["held"]

    assert loaded.entry().reason == "edited_in_quickbooks"
    assert "voided" in loaded.entry().problems[0]["detail"]
    assert loaded.invoices() == []


def test_what_a_person_voided_is_voided(loaded: World) -> None:
    loaded.people.void("Invoice", loaded.invoice()["Id"])

    assert results(loaded.run(a_void(loaded))) == ["voided"]
    assert (loaded.entry().state, loaded.writes) == (State.VOIDED, 2)


def test_what_was_voided_before_the_ledger_knew_it_is_not_brought_back(world: World) -> None:
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    world.people.void("Invoice", world.invoice()["Id"])

    world.drain()

    assert (world.entry().state, world.entry().reason) == (State.HELD, "edited_in_quickbooks")
    assert world.writes == 2


def test_a_copy_of_a_loaded_invoice_is_nobodys_business(loaded: World) -> None:
    first = loaded.invoice()["Id"]
    loaded.people.copy(first, "10900")

    assert results(loaded.run(an_edit(loaded))) == ["updated"]

    assert {one["Id"]: one["TotalAmt"] for one in loaded.invoices()} == {
        first: 240,
        "2": Decimal("513.60"),
    }


def test_ours_that_the_ledger_forgot_is_bound_again(loaded: World) -> None:
    forget(loaded)

    assert results(loaded.run(loaded.message())) == ["unchanged"]

    assert (loaded.writes, loaded.entry().state) == (1, State.LOADED)
    assert results(loaded.run(an_edit(loaded))) == ["updated"]


def test_ours_that_the_ledger_forgot_proves_nothing_if_it_says_something_else(
    loaded: World,
) -> None:
    forget(loaded)
    edit = an_edit(loaded)

    assert results(loaded.run(edit)) == ["held"]

    entry = loaded.entry()
    assert (entry.reason, entry.qbo_id) == ("edited_in_quickbooks", "1")
    assert loaded.writes == 1
    # Still so the next time, until a person has made it what it shall be.
    assert results(loaded.run(edit)) == ["held"]
    typed(loaded, {"Line": as_sent(loaded, hours=2)})
    assert results(loaded.run(edit)) == ["unchanged"]
    assert loaded.entry().state is State.LOADED


def test_ours_that_is_there_twice_is_for_a_person(loaded: World) -> None:
    forget(loaded)
    loaded.people.copy("1", "10482")

    assert results(loaded.run(loaded.message())) == ["held"]

    assert loaded.entry().reason == "duplicate_in_quickbooks"
    assert "1, 2" in loaded.entry().problems[0]["detail"]


def test_ours_of_a_later_making_than_the_ledger_knows_is_not_bound(loaded: World) -> None:
    """The table was restored to a day before the invoice was made anew."""
    forget(loaded)
    typed(loaded, {"PrivateNote": f"Job 9001 · PO 77\n[st:{loaded.id_of()}.1]"})

    assert results(loaded.run(loaded.message())) == ["held"]

    assert (loaded.entry().reason, loaded.entry().qbo_id) == ("number_taken", None)
    assert "a later making of this invoice" in loaded.entry().problems[0]["detail"]


def test_what_was_deleted_and_is_to_be_made_anew_bears_the_next_generation(
    loaded: World,
) -> None:
    loaded.people.delete("Invoice", "1")
    edit = an_edit(loaded)
    loaded.run(edit)
    anew = Update(
        keys.ledger(loaded.id_of()), add={"generation": 1}, remove=("qbo_id", "document_hash")
    )
    loaded.table.write(anew)

    assert results(loaded.run(edit)) == ["created"]

    assert loaded.invoice()["PrivateNote"].endswith(f"[st:{loaded.id_of()}.1]")
    assert loaded.entry().state is State.LOADED


def test_money_does_not_change_under_a_payment(loaded: World) -> None:
    loaded.people.pay("1")
    edit = an_edit(loaded)

    assert results(loaded.run(edit)) == ["held"]

    assert loaded.entry().reason == "payment_applied"
    assert loaded.invoice()["TotalAmt"] == Decimal("513.60")
    # Once the payment is gone the edit follows: nobody had touched what is ours.
    payment = next(loaded.company.objects("Payment"))
    loaded.people.delete("Payment", payment["Id"])
    assert results(loaded.run(edit)) == ["updated"]


def test_a_note_follows_under_a_payment(loaded: World) -> None:
    loaded.people.pay("1", 100)

    assert results(loaded.run(an_edit(loaded, customerPo="78", notes="Paid."))) == ["updated"]

    made = loaded.invoice()
    assert made["PrivateNote"].startswith("Job 9001 · PO 78\n")
    assert (made["CustomerMemo"], made["Balance"]) == ({"value": "Paid."}, Decimal("413.60"))


def test_what_is_paid_is_not_voided(loaded: World) -> None:
    loaded.people.pay("1", 100)

    assert results(loaded.run(a_void(loaded))) == ["held"]
    assert loaded.entry().reason == "payment_applied"


def test_a_credit_that_quickbooks_applies_by_itself_is_no_mismatch() -> None:
    world = World(auto_apply_credit=True)
    line = {
        "Amount": "50.00",
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}, "TaxCodeRef": {"value": "NON"}},
    }
    world.company.create("CreditMemo", {"CustomerRef": {"value": "1"}, "Line": [line]})

    assert results(world.run(world.message())) == ["created"]
    assert world.invoice()["Balance"] == Decimal("463.60")


def test_custom_fields_of_people_survive_ours() -> None:
    world = World(custom_fields=(("1", "P.O. Number"), ("2", "Crew #")))
    world.publish(custom_fields={"P.O. Number": "customerPo"})
    show_custom_fields(world)
    world.run(world.message())
    ours = {"DefinitionId": "1", "Name": "P.O. Number", "Type": "StringType", "StringValue": "77"}
    theirs = {"DefinitionId": "2", "Name": "Crew #", "Type": "StringType", "StringValue": "Blue"}
    assert world.invoice()["CustomField"][0] == ours
    typed(world, {"CustomField": [ours, theirs]})

    assert results(world.run(an_edit(world, customerPo="78"))) == ["updated"]

    assert world.invoice()["CustomField"] == [{**ours, "StringValue": "78"}, theirs]
    assert results(world.run(world.message(updated=NOON + 90, customerPo=None))) == ["updated"]
    assert [f.get("StringValue") for f in world.invoice()["CustomField"]] == [None, "Blue"]
    # Ours that a person typed over is theirs to keep.
    world.run(world.message(updated=NOON + 95, customerPo="79"))
    typed(world, {"CustomField": [{**ours, "StringValue": "7-9"}, theirs]})
    assert results(world.run(world.message(updated=NOON + 99, customerPo="80"))) == ["held"]
    assert "a custom field" in world.entry().problems[0]["detail"]


def test_a_custom_field_that_quickbooks_does_not_have_is_a_problem(world: World) -> None:
    world.publish(custom_fields={"P.O. Number": "customerPo"})

    assert results(world.run(world.message())) == ["held"]
    assert "P.O. Number" in world.entry().problems[0]["detail"]


# What QuickBooks makes of it


def test_tax_that_quickbooks_reckons_otherwise_is_noted_and_never_sent_again(
    world: World,
) -> None:
    world.fail("tax_recalculated", BATCH, amount="1.23")
    message = world.message()

    assert results(world.run(message)) == ["created"]

    item = world.table.items
    (entry,) = [row for key, row in item.items() if key.sk == "LEDGER"]
    assert (entry["tax_variance"], entry["state"]) == ("1.23", "LOADED")
    assert results(world.run(message)) == ["unchanged"]
    assert world.writes == 2  # ours, and the recalculation


def test_lines_that_came_back_otherwise_are_held_and_never_created_again(world: World) -> None:
    def rounds(record: Any) -> None:
        body = record.body
        first = {**body["Line"][0], "Amount": Decimal(481)}
        changed = {**body, "Line": [first, *body["Line"][1:]]}
        world.company.books.commit(record, changed, moves_token=False)

    world.company.after_write = rounds
    message = world.message()

    assert results(world.run(message)) == ["held"]

    entry = world.entry()
    assert (entry.reason, entry.qbo_id, entry.intent) == ("echo_mismatch", "1", None)
    assert "Line" in entry.problems[0]["detail"]
    writes = world.writes
    assert results(world.run(message)) == ["held"]
    assert (world.writes, len(world.reasons), len(world.told.holds)) == (writes, 1, 1)
    # A newer edit is a new document, and goes as an update.
    world.company.after_write = None
    assert results(world.run(an_edit(world))) == ["updated"]
    assert len(world.invoices()) == 1


def show_custom_fields(world: World) -> None:
    prefs = world.company.read("Preferences", "1")
    names = [
        {"Name": f"SalesFormsPrefs.SalesCustomName{at}", "StringValue": name, "Type": "StringType"}
        for at, name in world.company.options.custom_fields
    ]
    if prefs["SalesFormsPrefs"]["CustomField"]:
        return
    world.people.edit(
        "Preferences", "1", {"SalesFormsPrefs": {"CustomField": [{"CustomField": names}]}}
    )


def forget(world: World) -> None:
    """Lose the ledger entry, as a restored table might."""
    for key in [key for key in world.table.items if key.pk.startswith("INVOICE#")]:
        del world.table._items[key]


def as_sent(world: World, *, hours: int) -> list[dict[str, Any]]:
    line = world.invoice()["Line"][0]
    detail = {
        **line["SalesItemLineDetail"],
        "Qty": hours,
        "TaxCodeRef": {"value": "NON"},
    }
    return [{**line, "Amount": 120 * hours, "SalesItemLineDetail": detail}]
