"""The one road of redrive and healing: these invoices, as they are today, and always a message."""

from collections.abc import Sequence

import pytest

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.revision import Disposition
from invoicesync.errors import RetryableError
from invoicesync.services.extract import Reason
from invoicesync.state import keys
from invoicesync.state.entry import State
from tests.fakes import FakeDeadline
from tests.unit.services.extract.world import MAPPING, NOW, Failing, World


def test_a_look_that_says_nothing_new_is_sent_all_the_same(world: World) -> None:
    made = world.invoice()
    world.tick()
    (first,) = world.take_messages()
    before = world.entry(made)

    result = world.look_at(made)

    (again,) = world.messages
    assert again.revision.is_same_as(first.revision)
    assert again.revision.is_after(first.revision)
    assert world.entry(made) == before
    assert (result.kind, result.complete, result.enqueued) == ("by_id", True, 1)
    assert (result.unchanged, result.fresh) == (1, 0)


def test_an_invoice_that_was_never_seen_is_sent_and_remembered(world: World) -> None:
    made = world.invoice(updated=NOW - 10**8)

    world.look_at(made)

    assert world.sent == [made]
    assert world.entry(made).state is State.QUEUED


def test_it_is_made_with_the_mapping_of_today(world: World) -> None:
    made = world.invoice()
    world.tick()
    world.mappings.publish(MAPPING.replace("Services", "Labour"))

    world.look_at(made)

    first, again = world.messages
    assert first.document is not None
    assert again.document is not None
    assert again.document.lines[0].item != first.document.lines[0].item
    assert (first.mapping_serial, again.mapping_serial) == (1, 2)


def test_a_hold_stays_until_the_loader_says_otherwise(world: World) -> None:
    made = world.invoice()
    world.tick()
    world.put(made, State.HELD, reason="unmapped_item")

    world.look_at(made)

    assert world.entry(made).state is State.HELD


def test_an_edit_of_a_held_invoice_is_new_work(world: World) -> None:
    made = world.invoice()
    world.tick()
    world.put(made, State.HELD, reason="unmapped_item")
    world.edit(made, notes="corrected")

    world.look_at(made)

    assert world.entry(made).state is State.QUEUED


def test_what_waits_is_sent_too(world: World) -> None:
    made = world.invoice(status="internal_review")

    world.look_at(made)

    (message,) = world.messages
    assert message.revision.disposition is Disposition.WAITING


def test_each_id_is_looked_at_once(world: World) -> None:
    one, other = world.invoices(2)

    result = world.look_at(one, other, one)

    assert world.sent == [one, other]
    assert len(set(result.epochs)) == 1


def test_no_ids_are_no_work(world: World) -> None:
    result = world.look_at()

    assert result.complete
    assert world.sent == []


def test_who_asked_stands_in_the_record(world: World) -> None:
    world.look_at(*world.invoices(1))

    assert world.runs()[-1]["actor"] == "pat"
    assert world.runs()[-1]["kind"] == "by_id"


def test_a_look_by_id_does_not_need_the_lease_of_the_scan(world: World) -> None:
    made = world.invoice()
    run = world.extract()
    checkpoints = []
    world.source.after = lambda call: (
        checkpoints.append(world.look_at(made)) if call == "page 1" else None
    )

    assert run.tick().complete
    assert checkpoints[0].complete


def test_an_invoice_that_vanished_is_held_and_not_voided(world: World) -> None:
    made = world.invoice()
    world.tick()
    world.load(world.take_messages()[0])
    world.account.remove("invoice", made)

    result = world.look_at(made)

    (message,) = world.messages
    assert message.revision.disposition is Disposition.DISPATCH
    assert message.document is None
    assert [problem.plain() for problem in message.problems] == [
        {
            "code": "unreadable_source",
            "detail": "ServiceTrade no longer shows this invoice",
            "where": "",
        }
    ]
    assert message.servicetrade_id == made
    assert result.vanished == 1
    assert result.complete
    entry = world.entry(made)
    assert entry.seen == message.revision
    assert entry.state is State.QUEUED


def test_an_invoice_that_comes_back_goes_on(world: World) -> None:
    made = world.invoice()
    world.tick()
    row = dict(world.account.row("invoice", made))
    world.account.remove("invoice", made)
    world.look_at(made)
    world.take_messages()
    world.account.store.put("invoice", row)

    world.look_at(made)

    (message,) = world.messages
    assert message.problems == ()
    assert world.entry(made).seen == message.revision


@pytest.mark.parametrize("state", [None, State.IGNORED, State.RESOLVED, State.VOIDED])
def test_an_invoice_that_vanished_and_is_nobodys_is_only_told(
    world: World, state: State | None
) -> None:
    gone = ServiceTradeId(77)
    if state is not None:
        world.put(gone, state)
    if state is State.RESOLVED:
        world.put(gone, state, qbo_id="130")

    result = world.look_at(gone)

    assert world.sent == []
    assert result.vanished == 1
    assert result.problems == ("invoice 77: ServiceTrade no longer shows this invoice",)


def test_an_invoice_that_cannot_be_fetched_does_not_keep_the_others_back(world: World) -> None:
    one, other = world.invoices(2)
    world.faults.add([{"fault": "error_500", "route": f"GET */invoice/{one}", "times": 3}])

    result = world.look_at(one, other)

    assert world.sent == [other]
    assert (result.complete, result.reason, result.failed) == (False, Reason.UNAVAILABLE, 1)
    assert result.problems[0].startswith(f"invoice {one}: ")


def test_another_invoice_than_asked_for_is_not_taken(world: World) -> None:
    world.source.answers = lambda _: ({"id": 8, "status": "void"}, NOW)

    result = world.look_at(ServiceTradeId(7))

    assert world.sent == []
    assert result.failed == 1
    assert result.problems == ("invoice 7: ServiceTrade answered with another invoice",)


def test_ids_that_there_was_no_time_for_are_told(world: World) -> None:
    made = world.invoices(45)
    world.source.after = lambda call: world.clock.advance(3) if call.startswith("invoice") else None

    result = world.extract(deadline=FakeDeadline(world.clock, 170)).by_id(made, actor="pat")

    assert (result.complete, result.reason) == (False, Reason.OUT_OF_TIME)
    assert world.sent == made[:40]
    assert result.left == tuple(made[40:])


def test_ids_that_a_pause_kept_back_are_told(world: World) -> None:
    made = world.invoices(3)
    world.faults.add([{"fault": "throttle_429", "route": "*", "with": {"seconds": 90}}])

    result = world.look_at(*made)

    assert (result.reason, result.left) == (Reason.RATE_LIMITED, tuple(made))


def test_a_look_is_stamped_before_its_get(world: World) -> None:
    """A run that began earlier and asks later must not be taken for older."""
    made = world.invoice(notes="first")
    epochs: list[Sequence[int]] = []

    def edit(call: str) -> None:
        if call == f"invoice {made}" and not epochs:
            epochs.append(())
            world.edit(made, notes="second", updated=NOW)
            epochs.append(world.look_at(made).epochs)

    world.source.after = edit

    first = world.look_at(made)

    assert max(first.epochs) < min(epochs[1])
    newest = max(world.messages, key=lambda message: message.revision.order)
    assert newest.source.invoice.notes == "second"


def test_a_row_with_an_older_time_than_was_seen_is_the_later_look_all_the_same(
    world: World,
) -> None:
    made = world.invoice(notes="before the restore")
    world.tick()
    world.edit(made, notes="restored", updated=NOW - 5000)

    world.look_at(made)

    first, second = world.messages
    assert second.revision.updated == first.revision.updated
    assert second.revision.is_after(first.revision)


def test_a_record_that_cannot_be_written_does_not_undo_the_run(world: World) -> None:
    made = world.invoice()
    table = Failing(
        world.table,
        "write",
        when=lambda write: write.key.pk.startswith("RUN#"),
        error=RetryableError("throttled"),
    )

    result = world.extract(table=table).by_id([made], actor="pat")

    assert result.complete
    assert result.problems == ("the run was not recorded: throttled",)
    assert world.table.get(keys.ledger(made)) is not None


def test_what_was_looked_at_long_ago_needs_no_second_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invoicesync.services.extract.sights.RECENT_EPOCHS", 3)
    made = world.invoice()
    world.tick()
    world.edit(made, notes="within the same second", updated=NOW)
    world.tick()
    assert f"invoice {made}" in world.source.calls

    world.source.calls.clear()
    for _ in range(3):
        world.tick()
    world.edit(made, notes="once more", updated=NOW)
    world.tick()

    assert f"invoice {made}" not in world.source.calls
    assert world.messages[-1].source.invoice.notes == "once more"
