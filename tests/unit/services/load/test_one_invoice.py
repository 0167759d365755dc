"""One invoice at a time, and the same message twice."""

from decimal import Decimal

from invoicesync.state.entry import State
from tests.fakes.world import BATCH, World, labor, results
from tests.unit.domain.invoices import NOON, a_job


def redelivery_writes_nothing(world: World) -> bool:
    """Say whether everything that was ever sent changes nothing when it comes again."""
    before = world.writes
    sent = list(world.queue.messages)
    world.queue.send(sent)
    world.drain()
    return world.writes == before


def test_an_invoice_is_created_once(world: World) -> None:
    message = world.message()

    assert results(world.run(message)) == ["created"]

    made = world.invoice()
    entry = world.entry()
    assert (made["DocNumber"], made["TotalAmt"]) == ("10482", Decimal("513.60"))
    assert made["PrivateNote"] == f"Job 9001 · PO 77\n[st:{world.id_of()}.0]"
    assert (entry.state, entry.qbo_id, entry.total) == (State.LOADED, made["Id"], "513.60")
    assert (entry.intent, entry.lease_until, entry.claims, entry.attempts) == (None, 0, 0, 1)
    assert entry.applied == message.revision
    assert world.events() == ["created"]

    assert results(world.run(message)) == ["unchanged"]
    assert world.writes == 1


def test_an_edit_changes_the_invoice_and_only_what_differs(world: World) -> None:
    world.run(world.message())
    edit = world.message(updated=NOON + 60, notes="Thanks again.")

    assert results(world.run(edit)) == ["updated"]

    made = world.invoice()
    assert made["CustomerMemo"] == {"value": "Thanks again."}
    assert made["SyncToken"] == "1"
    assert world.entry().applied == edit.revision

    assert results(world.run(edit)) == ["unchanged"]
    assert world.writes == 2


def test_an_edit_of_lines_changes_the_amount(world: World) -> None:
    world.run(world.message())

    assert results(world.run(world.message(updated=NOON + 60, **labor(2)))) == ["updated"]

    assert world.invoice()["TotalAmt"] == Decimal(240)
    assert world.entry().total == "240.00"


def test_a_new_purchase_order_changes_the_first_line_of_the_note_alone(world: World) -> None:
    world.run(world.message())
    made = world.invoice()
    typed = f"call before\n{made['PrivateNote']}\nEve: checked"
    world.people.edit("Invoice", made["Id"], {"PrivateNote": typed})
    edit = world.message(updated=NOON + 60, customerPo="78")

    assert results(world.run(edit)) == ["updated"]

    assert world.invoice()["PrivateNote"] == (
        f"Job 9001 · PO 78\ncall before\nEve: checked\n[st:{world.id_of()}.0]"
    )
    assert results(world.run(edit)) == ["unchanged"]
    assert world.writes == 3


def test_a_void_reverses_a_loaded_invoice_for_good(world: World) -> None:
    world.run(world.message())
    void = world.message(updated=NOON + 60, status="void")

    assert results(world.run(void)) == ["voided"]

    (made,) = world.company.objects("Invoice")
    assert made["TotalAmt"] == 0
    assert world.entry().state is State.VOIDED

    assert results(world.run(void)) == ["unchanged"]
    assert results(world.run(world.message(updated=NOON + 90))) == ["unchanged"]
    assert world.entry().state is State.VOIDED
    assert world.writes == 2


def test_a_void_of_what_was_never_loaded_is_left_out(world: World) -> None:
    assert results(world.run(world.message(status="void"))) == ["ignored"]

    assert world.entry().state is State.IGNORED
    assert world.writes == 0


def test_once_loaded_an_invoice_whose_job_is_reopened_still_follows_its_edits(
    world: World,
) -> None:
    world.run(world.message())
    edit = world.message(
        updated=NOON + 60, notes="Reopened.", tags=[{"id": 9, "name": "do-not-sync"}]
    )
    assert edit.document is None

    assert results(world.run(edit)) == ["updated"]

    assert world.invoice()["CustomerMemo"] == {"value": "Reopened."}


def test_an_invoice_that_left_dispatch_before_it_was_loaded_is_not_created(world: World) -> None:
    first = world.message()
    left = world.message(updated=NOON + 60, tags=[{"id": 9, "name": "do-not-sync"}])

    assert results(world.run(left)) == ["ignored"]
    assert results(world.run(first)) == ["superseded"]

    assert world.entry().state is State.IGNORED
    assert world.writes == 0


def test_an_open_job_makes_the_invoice_wait_under_its_job(world: World) -> None:
    assert results(world.run(world.message(job=a_job(status="scheduled")))) == ["waiting"]

    entry = world.entry()
    assert (entry.state, entry.reason, entry.job_id) == (State.WAITING, "job_open", 50)


def test_an_invoice_left_behind_by_an_unknown_send_is_judged_as_a_loaded_one(
    world: World,
) -> None:
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    left = world.message(
        updated=NOON + 60, notes="Reopened.", tags=[{"id": 9, "name": "do-not-sync"}]
    )
    world.put(left)

    world.drain()

    assert world.invoice()["CustomerMemo"] == {"value": "Reopened."}
    assert world.entry().state is State.LOADED
