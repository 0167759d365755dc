"""What changed is found, sent once, remembered, and only then is the watermark moved."""

import pytest

from invoicesync.domain.revision import Disposition
from invoicesync.errors import RetryableError
from invoicesync.ports import Spent
from invoicesync.services.extract import Reason
from invoicesync.state.entry import State
from tests.unit.services.extract.world import DAY, LINE, NOW, Failing, World


def test_an_invoice_of_a_closed_job_is_sent_and_remembered(world: World) -> None:
    made = world.invoice()

    result = world.tick()

    (message,) = world.messages
    entry = world.entry(made)
    assert message.servicetrade_id == made
    assert message.document is not None
    assert message.problems == ()
    assert message.mapping_serial == 1
    assert entry.state is State.QUEUED
    assert entry.seen == message.revision
    assert result.complete
    assert result.is_run_completed
    assert (result.rows, result.fresh, result.enqueued, result.dispatched) == (1, 1, 1, 1)
    assert result.bytes_read > 0
    assert world.queue.messages[0].group == "live"


def test_what_was_seen_is_not_sent_again(world: World) -> None:
    world.invoices(7)
    world.tick()

    result = world.tick()

    assert len(world.messages) == 7
    assert (result.enqueued, result.unchanged) == (0, 7)


def test_every_page_is_read(world: World) -> None:
    made = world.invoices(23)

    result = world.tick()

    assert world.sent == made
    assert (result.pages, result.passes) == (5, 1)
    assert world.source.calls.count("jobs") == 5


def test_an_edit_is_sent_and_a_change_of_nothing_that_is_mapped_is_not(world: World) -> None:
    one, other = world.invoice(), world.invoice()
    world.tick()
    world.take_messages()
    world.edit(one, notes="Gate code 4711")
    world.edit(other, sent=True)

    result = world.tick()

    assert world.sent == [one]
    assert result.fresh == 1


def test_an_edit_and_its_undoing_within_one_second_end_as_they_began(world: World) -> None:
    made = world.invoice(notes="first")
    world.tick()
    world.edit(made, notes="second")
    world.extract().tick()
    world.edit(made, notes="first")
    world.tick(after=0)

    first, second, third = world.messages
    assert first.revision.is_same_as(third.revision)
    assert second.revision.is_after(first.revision)
    assert third.revision.is_after(second.revision)
    assert world.entry(made).seen == third.revision


def test_the_watermark_is_the_largest_time_seen(world: World) -> None:
    world.invoice(updated=NOW - 500)
    world.invoice(updated=NOW - 300)

    result = world.tick()

    assert result.watermark == NOW - 300
    assert world.watermark == NOW - 300


def test_the_watermark_stays_a_minute_behind_the_source_clock(world: World) -> None:
    world.clock.advance(300)
    world.invoice()

    world.tick(after=10)

    assert world.watermark == NOW + 310 - 60


def test_only_the_source_clock_enters_the_watermark() -> None:
    world = World()
    world.clock.advance(1000)
    made = world.invoice()
    fast = world.extract(clock=_ahead(world, 7200))

    result = fast.tick()

    assert world.sent == [made]
    assert result.watermark == NOW + 1000 - 60


def test_a_time_in_the_future_does_not_carry_the_watermark_away(world: World) -> None:
    world.invoice(updated=NOW + 40 * DAY)
    world.tick()
    assert world.watermark == NOW + 300 - 60

    late = world.invoice()
    world.tick()

    assert late in world.sent
    assert world.watermark == NOW + 600 - 60


def test_the_watermark_never_goes_back(world: World) -> None:
    made = world.invoice()
    world.tick()
    world.tick()
    before = world.watermark
    # The source was restored from a copy: its newest row is older than what was read before.
    world.edit(made, updated=NOW - 5)

    world.tick()

    assert world.watermark == before == NOW


def test_nothing_in_the_source_moves_nothing(world: World) -> None:
    result = world.tick()

    assert result.complete
    assert result.watermark is None
    assert world.live["scanned_at"] == NOW + 300


def test_the_first_scan_begins_ninety_days_before_go_live(world: World) -> None:
    long_ago = 1_788_220_800 - 90 * DAY  # go_live is 2026-09-01
    inside = world.invoice(updated=long_ago)
    outside = world.invoice(updated=long_ago - 1)

    world.tick()

    assert inside in world.sent
    assert outside not in world.sent


def test_an_invoice_from_before_go_live_is_ignored_by_name(world: World) -> None:
    made = world.invoice(transactionDate=NOW - 60 * DAY)

    result = world.tick()

    assert world.sent == []
    assert (world.entry(made).state, world.entry(made).reason) == (State.IGNORED, "before_go_live")
    assert result.ignored == 1


def test_a_row_that_becomes_visible_late_is_found_within_the_overlap() -> None:
    world = World()
    world.invoice()
    world.tick()
    world.clock.advance(3000)
    newest = world.invoice()
    world.clock.advance(100)
    world.tick()
    assert newest in world.sent

    late = world.invoice(updated=NOW + 3300 - 590)
    world.tick()

    assert late in world.sent


@pytest.mark.parametrize("status", ["internal_review", "ok"])
def test_what_waits_is_remembered_without_a_message(world: World, status: str) -> None:
    made = world.invoice(status=status)

    result = world.tick()

    assert world.sent == []
    assert world.entry(made).state is State.WAITING
    assert result.waiting == 1
    seen = world.entry(made).seen
    assert seen is not None
    assert seen.disposition is Disposition.WAITING


def test_an_invoice_that_was_never_sent_and_is_void_needs_no_message(world: World) -> None:
    made = world.invoice(status="void")

    result = world.tick()

    assert world.sent == []
    assert (world.entry(made).state, world.entry(made).reason) == (State.IGNORED, "void")
    assert result.voided == 1


def test_a_void_after_dispatch_is_a_message(world: World) -> None:
    made = world.invoice()
    world.tick()
    world.take_messages()
    world.account.void(made)

    world.tick()

    (message,) = world.messages
    assert message.revision.disposition is Disposition.VOID
    assert message.document is None
    assert world.entry(made).state is State.QUEUED


def test_a_void_is_a_message_even_if_only_a_loader_has_noted_the_dispatch(world: World) -> None:
    """The run that sent it ended before its mark; a loader took the message and noted it."""
    made = world.invoice()
    world.tick(table=_without_marks(world))
    (message,) = world.take_messages()
    world.ledger.raise_seen(world.entry(made), message.revision, now=world.clock.now())
    world.account.void(made)

    world.tick()

    (message,) = world.messages
    assert message.revision.disposition is Disposition.VOID


def test_what_only_a_loader_noted_is_missed_if_its_message_vanishes(world: World) -> None:
    """The run died before its mark, its loader once it had noted the look; the queue was purged."""
    made = world.invoice()
    world.tick(table=_without_marks(world))
    (message,) = world.take_messages()
    world.ledger.raise_seen(world.entry(made), message.revision, now=world.clock.now())

    world.clock.advance(DAY)
    world.tick()

    assert [again.revision.fingerprint for again in world.messages] == [
        message.revision.fingerprint
    ]


def test_a_tag_that_excludes_after_dispatch_is_a_message(world: World) -> None:
    made = world.invoice()
    world.tick()
    world.take_messages()
    world.account.tag("invoice", made, "do-not-sync")

    world.tick()

    (message,) = world.messages
    assert (message.revision.disposition, message.reason) == (Disposition.IGNORED, "excluded_tag")


def test_a_job_reopened_after_dispatch_is_a_message_when_the_invoice_is_seen(world: World) -> None:
    job = world.job()
    made = world.invoice(job)
    world.tick()
    world.take_messages()
    world.account.reopen_job(job)

    world.tick()

    (message,) = world.messages
    assert message.revision.disposition is Disposition.WAITING
    assert world.entry(made).state is State.QUEUED


def test_an_edit_of_a_loaded_invoice_follows_even_if_its_job_is_open_again(world: World) -> None:
    job = world.job()
    made = world.invoice(job)
    world.tick()
    world.load(world.take_messages()[0])
    world.account.reopen_job(job)
    world.edit(made, notes="Second visit")

    world.tick()

    (message,) = world.messages
    assert message.revision.disposition is Disposition.WAITING
    assert message.document is not None
    assert message.document.memo == "Second visit"


def test_what_waited_while_a_loader_was_at_work_goes_out_as_a_message(world: World) -> None:
    made = world.invoice(status="internal_review")
    # A loader met an older message of this invoice and holds its lease.
    world.put(made, State.WAITING, lease_until=NOW + 4000)

    world.tick()

    assert world.sent == [made]


def test_an_invoice_that_cannot_be_mapped_travels_with_its_problems(world: World) -> None:
    world.mappings.publish(MAPPING_WITHOUT_ITEMS)
    world.invoice()

    world.tick()

    (message,) = world.messages
    assert message.document is None
    assert {problem.code.value for problem in message.problems} == {"unmapped_item"}
    assert message.mapping_serial == 2


def test_a_field_that_cannot_be_read_is_put_before_a_person(world: World) -> None:
    world.invoice()
    world.faults.add([{"fault": "nan_values", "route": "GET */invoice"}])

    result = world.tick()

    (message,) = world.messages
    assert [problem.plain() for problem in message.problems] == [
        {"code": "unreadable_source", "detail": "invoice.totalPrice", "where": ""}
    ]
    assert result.unreadable == 1
    assert result.complete


def test_a_job_that_does_not_come_back_is_no_open_job(world: World) -> None:
    world.invoice()
    world.faults.add([{"fault": "empty_page", "route": "GET */job", "times": 2}])

    world.tick()

    (message,) = world.messages
    assert message.reason == "job_not_found"
    assert message.revision.disposition is Disposition.DISPATCH


def test_a_job_that_is_missing_from_one_answer_only_holds_nothing(world: World) -> None:
    world.invoice()
    world.faults.add([{"fault": "empty_page", "route": "GET */job"}])

    world.tick()

    (message,) = world.messages
    assert message.reason == "job_closed"


def test_a_message_too_large_for_the_queue_leaves_its_body_in_the_bucket(world: World) -> None:
    world.invoice(items=[{**LINE, "description": "x" * 4000}] * 300)

    world.tick()

    assert world.queue.bodies[0].startswith('{"claim"')
    assert len(world.messages[0].source.invoice.items) == 300


def test_each_run_leaves_a_record(world: World) -> None:
    world.invoice()
    world.tick()

    (run,) = world.runs()
    assert run["pk"] == "RUN#2026-09-21"
    assert (run["kind"], run["actor"], run["complete"]) == ("live", "schedule", True)
    assert run["counts"]["enqueued"] == 1
    assert run["expires_at"] > NOW + 399 * DAY


def test_a_record_says_what_the_run_took_of_servicetrade(world: World) -> None:
    world.invoice()

    result = world.tick(spent=lambda: Spent(7, 300, 59_700))

    assert result.spent == Spent(7, 300, 59_700)
    (run,) = world.runs()
    assert run["servicetrade"] == {"calls": 7, "used_ms": 300, "least_left_ms": 59_700}


def test_no_reason_is_given_for_a_run_that_came_to_its_end(world: World) -> None:
    assert world.tick().reason is Reason.COMPLETE


MAPPING_WITHOUT_ITEMS = """
go_live: 2026-09-01
mode: auto
tax: {rules: [{taxable: false, code: NON}]}
"""


def _without_marks(world: World) -> Failing:
    return Failing(world.table, "write_all", error=RetryableError("throttled"))


def _ahead(world: World, seconds: float) -> "_Ahead":
    return _Ahead(world, seconds)


class _Ahead:
    """A clock of ours that runs ahead of ServiceTrade's."""

    def __init__(self, world: World, seconds: float) -> None:
        self._world = world
        self._seconds = seconds

    def now(self) -> float:
        return self._world.clock.now() + self._seconds

    def sleep(self, seconds: float) -> None:
        self._world.clock.sleep(seconds)
