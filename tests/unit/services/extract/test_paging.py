"""Rows move while a list is read, and pages lie; nothing is lost by either."""

from dataclasses import replace
from typing import Any

import pytest

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import MisconfiguredError, TransientReadError
from invoicesync.ports import SourcePage
from invoicesync.services.extract import Reason
from invoicesync.state.entry import State
from tests.unit.services.extract.world import DAY, NOW, World


def row(id_: int, **values: Any) -> dict[str, Any]:
    made = {"id": id_, "created": NOW, "updated": NOW, "status": "pending_accounting"}
    made |= {"type": "invoice", "transactionDate": NOW, "subtotal": 480, "totalPrice": 480}
    return {**made, "job": {"id": 900}, **values}


def rows_in(world: World, count: int) -> Any:
    source = world.fake_source()
    source.rows = [row(id_) for id_ in range(1, count + 1)]
    source.job_rows = {900: {"id": 900, "status": "completed"}}
    return source


def test_rows_that_move_to_the_end_between_pages_are_not_missed(world: World) -> None:
    made = world.invoices(20)
    world.faults.add([{"fault": "rows_move", "route": "GET */invoice", "times": 3}])

    result = world.tick()

    assert sorted(set(world.sent)) == sorted(made)
    assert result.complete


def test_a_row_that_slips_into_a_page_already_read_is_found_by_the_count(world: World) -> None:
    job = world.job()
    made = [world.invoice(job, name=f"M{n}") for n in range(12)]

    def slip_in(call: str) -> None:
        if call == "page 2" and len(made) == 12:
            made.append(world.invoice(job, name="A first"))

    world.source.after = slip_in

    result = world.tick()

    assert sorted(world.sent) == sorted(made)
    assert result.passes == 2


@pytest.mark.parametrize("arrives", [False, True])
def test_a_row_that_is_removed_while_pages_are_read_hides_no_other(
    world: World, *, arrives: bool
) -> None:
    job = world.job()
    made = [world.invoice(job, name=f"M{n:02}", updated=NOW) for n in range(12)]
    first = made[0]

    def remove(call: str) -> None:
        if call == "page 2" and made[0] == first:
            world.account.remove("invoice", made.pop(0))
            world.clock.advance(2)
            if arrives:
                made.append(world.invoice(job, name="M99"))

    world.source.after = remove

    result = world.tick()

    assert {*made} <= {*world.sent}
    assert (result.complete, result.passes) == (True, 2)


def test_a_row_that_is_removed_between_two_runs_of_a_scan_hides_no_other(world: World) -> None:
    job = world.job()
    made = [world.invoice(job, name=f"M{n:02}", updated=NOW) for n in range(12)]
    world.source.after = lambda call: world.clock.advance(100) if call.startswith("page") else None
    assert world.tick(seconds=250).reason is Reason.OUT_OF_TIME
    world.account.remove("invoice", made.pop(0))
    world.source.after = lambda _: None

    result = world.tick()

    assert {*made} <= {*world.sent}
    assert result.complete


def test_a_row_edited_to_the_front_while_pages_are_read_is_seen_by_the_next_scan(
    world: World,
) -> None:
    job = world.job()
    made = [world.invoice(job, name=f"M{n:02}", updated=NOW - 3600) for n in range(12)]

    def rename(call: str) -> None:
        if call == "page 2":
            world.edit(made[11], name="A first", notes="edited while the list was read")

    world.source.after = rename
    world.tick()
    world.source.after = lambda _: None
    world.tick()

    assert world.messages[-1].source.invoice.notes == "edited while the list was read"
    assert world.entry(made[11]).seen == world.messages[-1].revision


def test_rows_of_one_second_over_a_page_boundary_are_all_found() -> None:
    world = World(sort_ties="shuffled")
    job = world.job()
    made = [world.invoice(job, name="same", updated=NOW) for _ in range(23)]

    world.tick()

    assert sorted(set(world.sent)) == sorted(made)


def test_one_id_twice_on_a_page_is_one_look_at_its_last_row(world: World) -> None:
    source = rows_in(world, 1)
    source.rows.append(row(1, notes="later"))

    world.tick()

    (message,) = world.messages
    assert message.source.invoice.notes == "later"


@pytest.mark.parametrize("total", [None, 0])
def test_without_a_count_of_pages_they_are_read_until_one_is_empty(
    world: World, total: int | None
) -> None:
    source = rows_in(world, 10)
    source.bend = lambda page: replace(page, total_pages=total)

    result = world.tick()

    assert len(world.sent) == 10
    assert (result.pages, result.complete) == (3, True)


def test_without_a_count_of_pages_a_repeated_last_page_is_the_end() -> None:
    world = World(page_past_last="last", total_pages=False)
    made = world.invoices(12)

    result = world.tick()

    assert sorted(world.sent) == made
    assert result.complete
    assert result.passes == 2  # no count can be had: a second pass shows nothing new


def test_too_few_pages_promised_are_noticed_by_the_count(world: World) -> None:
    made = world.invoices(12)
    world.faults.add([{"fault": "wrong_total_pages", "with": {"pages": 1}, "route": "*/invoice"}])

    result = world.tick()

    assert sorted(world.sent) == made
    assert (result.complete, result.passes) == (True, 2)


def test_an_empty_page_while_more_are_promised_is_asked_for_again(world: World) -> None:
    made = world.invoices(12)
    world.faults.add([{"fault": "empty_page", "route": "GET */invoice", "skip": 3}])

    result = world.tick()

    assert world.sent == made
    assert (result.complete, result.passes) == (True, 1)
    assert len(world.clock.slept) == 1


def test_a_repeated_page_while_more_are_promised_is_asked_for_again(world: World) -> None:
    made = world.invoices(12)
    world.faults.add([{"fault": "repeated_page", "route": "GET */invoice", "skip": 1}])

    result = world.tick()

    assert world.sent == made
    assert (result.complete, result.passes) == (True, 1)


def test_a_promise_that_is_never_kept_moves_no_watermark(world: World) -> None:
    source = rows_in(world, 7)
    source.bend = lambda page: replace(page, total_pages=9)
    source.counts = lambda _: None

    result = world.tick()

    assert len(world.sent) == 7
    assert (result.complete, result.reason) == (False, Reason.NEVER_WHOLE)
    assert result.passes == 5
    assert not result.is_run_completed
    assert "page 3 of 9 is empty" in result.problems
    assert world.watermark is None


def test_five_passes_that_never_reach_the_count_move_no_watermark(world: World) -> None:
    source = rows_in(world, 7)
    source.counts = lambda count: count + 1

    result = world.tick()

    assert (result.complete, result.reason) == (False, Reason.NEVER_WHOLE)
    assert result.passes == 5
    assert world.watermark is None
    assert "hint" not in world.live


def test_a_promise_that_is_never_kept_does_no_harm_where_the_count_is_reached(
    world: World,
) -> None:
    source = rows_in(world, 7)
    source.bend = lambda page: replace(page, total_pages=9)

    assert world.tick().complete


def test_a_list_without_end_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invoicesync.services.extract.pages.MOST_PAGES", 20)
    source = rows_in(world, 1)
    turn = iter(range(10**6))
    source.bend = lambda page: replace(page, rows=[row(next(turn) + 1)], total_pages=None)
    source.counts = lambda _: None

    result = world.tick()

    assert result.reason is Reason.NEVER_WHOLE
    assert "more than 20 pages of 5" in result.problems


def test_no_count_and_no_rows_is_an_end(world: World) -> None:
    source = rows_in(world, 0)
    source.counts = lambda _: None

    assert world.tick().complete


def test_a_count_that_cannot_be_asked_for_is_none(world: World) -> None:
    made = world.invoices(4)
    world.faults.add([{"fault": "error_500", "route": "GET */invoice", "skip": 1, "times": 3}])

    result = world.tick()

    assert world.sent == made
    assert (result.complete, result.passes) == (True, 2)


@pytest.mark.parametrize(
    "fault",
    ["error_500", "bad_gateway_502_html", "truncated_json", "not_json", "answer_lost"],
)
def test_a_page_that_fails_once_is_asked_for_again(world: World, fault: str) -> None:
    made = world.invoices(12)
    world.faults.add([{"fault": fault, "route": "GET */invoice", "skip": 1}])

    result = world.tick()

    assert world.sent == made
    assert result.complete


def test_a_row_that_breaks_its_page_is_told_apart_and_the_others_go_on() -> None:
    world = World(page_size=20)
    source = rows_in(world, 30)
    source.broken = {7}

    first, second, third = world.tick(), world.tick(), world.tick()

    assert sorted(world.sent) == [id_ for id_ in range(1, 31) if id_ != 7]
    for early in (first, second):
        assert (early.complete, early.reason, early.unreadable) == (False, Reason.UNREADABLE, 1)
        assert early.watermark is None
    assert third.complete
    assert third.watermark == NOW
    told = f"row 7 of the list since {_first_bound()} cannot be fetched"
    assert third.problems == (f"{told}; its page also shows invoices 1 and 20",)


def test_a_row_that_was_passed_by_does_not_hold_up_the_next_scans() -> None:
    world = World(page_size=4)
    source = rows_in(world, 9)
    source.broken = {2}
    for _ in range(3):
        world.tick()

    assert world.tick().complete
    source.broken = set()
    assert world.tick().complete
    assert ServiceTradeId(2) in world.sent
    assert world.live["unnamed_runs"] == 0


def test_a_source_that_is_down_makes_no_row_unreadable(world: World) -> None:
    source = rows_in(world, 12)
    source.broken = set(range(1, 13))

    result = world.tick()

    assert (result.complete, result.reason) == (False, Reason.UNAVAILABLE)
    assert result.unreadable == 0
    assert world.sent == []
    assert not result.is_run_completed


def test_a_source_that_goes_down_amid_the_parts_of_a_page_makes_few_calls() -> None:
    world = World(page_size=200)
    source = rows_in(world, 400)
    source.broken = set(range(1, 401))

    world.tick()

    assert len([call for call in source.calls if call.startswith("page")]) < 60


def test_pages_of_one_row_cannot_be_told_apart_further() -> None:
    world = World(page_size=1)
    rows_in(world, 3).broken = {2}

    result = world.tick()

    assert result.reason is Reason.UNAVAILABLE
    assert world.sent == [1]
    assert result.hint_left


def test_parts_of_a_page_are_the_end_where_no_count_of_pages_tells(world: World) -> None:
    source = rows_in(world, 3)
    source.broken = {2}
    source.bend = lambda page: replace(page, total_pages=None)
    source.counts = lambda _: None
    for _ in range(2):
        world.tick()

    assert world.tick().complete
    assert sorted(set(world.sent)) == [1, 3]


def test_a_row_without_an_id_holds_up_the_commit_for_three_runs_and_is_told(world: World) -> None:
    source = rows_in(world, 3)
    source.rows[1]["id"] = {}

    first, _, third = world.tick(), world.tick(), world.tick()

    assert (first.reason, third.complete) == (Reason.UNREADABLE, True)
    assert world.sent == [1, 3]
    assert third.unreadable == 1
    assert third.problems == (
        f"row 1 of page 1 of the list since {_first_bound()} has no readable id",
    )
    assert world.runs()[-1]["problems"] == list(third.problems)


def test_a_job_that_breaks_its_list_is_told_apart_and_its_invoice_held(world: World) -> None:
    source = rows_in(world, 4)
    source.rows[1]["job"] = {"id": 901}
    source.broken = {901}

    result = world.tick()

    assert result.complete
    problems = {message.servicetrade_id: message.problems for message in world.messages}
    assert [problem.detail for problem in problems[ServiceTradeId(2)]] == ["job"]
    assert world.states([ServiceTradeId(n) for n in range(1, 5)]) == [State.QUEUED] * 4


def test_a_job_without_an_id_is_no_job_of_anybody(world: World) -> None:
    source = rows_in(world, 1)
    source.job_rows[900] = {"status": "completed"}

    world.tick()

    (message,) = world.messages
    assert message.reason == "unreadable_source" or message.source.job is None


def test_jobs_that_cannot_be_had_at_all_stop_the_run(world: World) -> None:
    source = rows_in(world, 4)
    source.broken = {900}

    result = world.tick()

    assert result.reason is Reason.UNAVAILABLE
    assert world.sent == []


def test_a_short_pause_is_waited_for_and_a_long_one_is_left_to_the_next_tick(
    world: World,
) -> None:
    made = world.invoices(12)
    short = {"fault": "throttle_429", "route": "GET */invoice", "with": {"seconds": 5}, "skip": 1}
    world.faults.add([short])
    assert world.tick().complete
    assert world.sent == made

    world.faults.add([{**short, "with": {"seconds": 90}}])
    stopped = world.tick()

    assert (stopped.complete, stopped.reason) == (False, Reason.RATE_LIMITED)
    assert stopped.hint_left
    assert not stopped.is_run_completed


def test_wrong_credentials_are_said_and_free_the_lease(world: World) -> None:
    def refuse(_: str) -> None:
        raise MisconfiguredError("ServiceTrade did not accept the credentials")

    world.source.before = refuse
    with pytest.raises(MisconfiguredError):
        world.tick()
    world.source.before = lambda _: None

    assert world.tick().complete


def test_a_page_of_another_number_than_asked_for_is_no_answer(world: World) -> None:
    source = rows_in(world, 12)
    lies = [True]

    def another(page: SourcePage) -> SourcePage:
        return replace(page, page=9) if lies and lies.pop() else page

    source.bend = another

    assert world.tick().complete
    assert world.sent == list(range(1, 13))


def test_a_page_that_fails_three_times_is_read_in_parts(world: World) -> None:
    source = rows_in(world, 2)
    fails = [1, 1, 1]

    def refuse(_: str) -> None:
        if fails:
            fails.pop()
            raise TransientReadError("reset")

    world.source.before = refuse
    result = world.tick()

    assert result.reason is Reason.COMPLETE
    assert source.calls[0].startswith("page 1 of 1")


def _first_bound() -> int:
    return 1_788_220_800 - 90 * DAY
