"""What hardly ever happens, and must not be wrong when it does."""

from collections.abc import Callable
from typing import Any

import pytest

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.verdict import Verdict
from invoicesync.errors import NotSentError, RefusedError, RetryableError
from invoicesync.ports import BatchAnswer, Fault, FaultKind, Outgoing, Written
from invoicesync.services.load.work import Work
from invoicesync.state.entry import Entry, State
from invoicesync.state.references import CREATION_SECONDS
from tests.fakes import FakeDeadline
from tests.fakes.world import BATCH, VOID, Lifeline, World, labor, results
from tests.unit.domain.invoices import NOON, an_item, of_lines
from tests.unit.services.load.test_references import creating, from_company
from tests.unit.services.load.test_unknown import LEASE, keys_of, loaded_once


def raising(error: Exception) -> Callable[[], Any]:
    def instead() -> Any:
        raise error

    return instead


def answering(answer: object) -> Callable[[], Any]:
    return lambda: answer


def a_void(world: World) -> list[str]:
    return results(world.run(world.message(updated=NOON + 60, status="void")))


def test_an_item_that_is_answered_with_nothing_is_unknown(world: World) -> None:
    world.line.instead["books.batch"] = [answering(BatchAnswer({"1": Written()}))] * 2
    world.put(world.message())

    assert [one.code for one in world.deliver()] == ["outcome_unknown"]
    world.drain()

    loaded_once(world, 0)
    assert world.writes == 1


def test_an_update_that_is_answered_with_another_invoice_is_unknown(world: World) -> None:
    world.run(world.message(0), world.message(1))
    other = world.invoice(1)
    world.line.instead["books.batch"] = [answering(BatchAnswer({"1": Written(other)}))] * 2
    world.put(world.message(0, updated=NOON + 60, **labor(2)))

    assert [one.code for one in world.deliver()] == ["outcome_unknown"]
    world.drain()

    loaded_once(world, 0, 1)
    assert world.invoice(0)["TotalAmt"] == 240


def test_a_void_that_is_answered_with_a_live_invoice_is_unknown(world: World) -> None:
    world.run(world.message())
    live = world.invoice()
    world.line.instead["books.void"] = [answering((Written(live), "tid"))]

    assert a_void(world) == ["retry"]
    world.drain()

    assert world.entry().state is State.VOIDED


@pytest.mark.parametrize("fault", ["throttle_xml", "forbidden_403_3100"])
def test_a_void_that_is_not_done_keeps_its_message(world: World, fault: str) -> None:
    world.run(world.message())
    world.fail(fault, VOID)

    assert a_void(world) == ["retry"]
    assert world.entry().intent is None
    world.drain()

    assert world.entry().state is State.VOIDED
    assert world.writes == 2


def test_a_void_that_quickbooks_refuses_is_held(world: World) -> None:
    world.run(world.message(0), world.message(1))
    world.line.instead["books.void"] = [raising(RefusedError("no", code="2010"))]
    assert a_void(world) == ["held"]
    assert (world.entry().reason, world.entry().intent) == ("rejected_by_quickbooks", None)

    settled = Fault(FaultKind.SETTLED, "6540", "deposited")
    world.line.instead["books.void"] = [answering((Written(fault=settled), ""))]
    void = world.message(1, updated=NOON + 60, status="void")
    assert results(world.run(void)) == ["held"]
    assert world.entry(1).reason == "payment_applied"
    assert world.entry(1).intent is None


def test_a_void_without_time_is_not_sent(world: World) -> None:
    world.run(world.message())
    world.put(world.message(updated=NOON + 60, status="void"), world.message(1))

    report = world.load(world.queue.receive(), FakeDeadline(world.clock, 139))

    assert {one.code for one in report.outcomes} == {"no_time"}
    assert report.results == {"retry": 2}
    assert world.writes == 1
    assert world.entry(1).intent is None


@pytest.mark.parametrize("status", ["void", "pending_accounting"])
def test_what_was_journaled_under_a_lost_lease_is_not_sent(world: World, status: str) -> None:
    world.run(world.message())
    theirs = world.load._leases
    changes: dict[str, Any] = {"status": "void"} if status == "void" else labor(2)
    names = world.line.names
    world.line.live()
    world.put(world.message(updated=NOON + 60, **changes))

    def steal() -> Any:
        world.pass_seconds(LEASE + 1)
        theirs.claim([world.id_of()], lease_seconds=10)

    put = world.bucket.put

    def stolen(key: str, body: bytes) -> None:
        world.bucket.put = put
        steal()
        put(key, body)

    world.bucket.put = stolen
    assert names

    (outcome,) = world.deliver()

    assert (outcome.result, outcome.code, world.writes) == ("retry", "lease_lost", 1)
    world.drain()
    assert world.writes == 2


@pytest.mark.parametrize("answer", ["unknown", "throttled", "blocked", "stored"])
def test_a_lease_that_is_lost_while_the_answer_is_on_its_way(world: World, answer: str) -> None:
    """Whoever holds the invoice now decides; what we heard changes nothing any more."""
    if answer == "unknown":
        world.fail("request_lost", BATCH)
    if answer == "throttled":
        world.fail("throttle_xml", BATCH)
    if answer == "blocked":
        world.fail("batch_item_fault", BATCH, items=[0], code="6190")
    done: list[int] = []
    call = world.line.call

    def calling(name: str, act: Callable[[], Any]) -> Any:
        try:
            return call(name, act)
        finally:
            if name == "books.batch" and not done:
                done.append(1)
                world.pass_seconds(LEASE + 1)
                other = world.loader(Lifeline())._leases
                assert other.claim([world.id_of()], lease_seconds=10).entries

    world.line.call = calling  # type: ignore[method-assign]
    world.put(world.message())

    (outcome,) = world.deliver()

    assert (outcome.result, outcome.code) == ("retry", "lease_lost")
    world.drain()
    loaded_once(world, 0)
    assert world.writes == 1


def test_an_unknown_update_of_what_is_gone_is_decided_anew(world: World) -> None:
    world.run(world.message())
    world.fail("request_lost", BATCH)
    world.run(world.message(updated=NOON + 60, **labor(2)))
    world.people.delete("Invoice", world.invoice()["Id"])

    world.drain()

    assert (world.entry().reason, world.entry().intent) == ("deleted_in_quickbooks", None)


def test_an_unknown_update_of_the_note_is_found_with_its_mark(world: World) -> None:
    world.run(world.message())
    world.fail("answer_lost", BATCH)
    world.put(world.message(updated=NOON + 60, customerPo="78"))

    world.drain()

    loaded_once(world, 0)
    assert world.writes == 2


def test_a_message_that_is_newer_than_what_is_open_goes_on_after_it(world: World) -> None:
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    newer = world.message(updated=NOON + 60, **labor(2))
    world.load._ledger.raise_seen(world.entry(), newer.revision, now=NOON)
    world.put(newer)

    world.drain()

    loaded_once(world, 0)
    assert (world.invoice()["TotalAmt"], world.entry().applied) == (240, newer.revision)


def test_siblings_that_are_there_twice_wait_for_their_own_message(world: World) -> None:
    world.fail("answer_lost", BATCH)
    world.run(world.message(0), world.message(1))
    world.people.copy(world.invoice(1)["Id"], "10483")
    world.pass_seconds(LEASE + 40)

    world.deliver(limit=1)

    assert (world.entry(1).lease_until, world.entry(1).state) == (0, State.IN_FLIGHT)
    world.drain()
    assert world.entry(1).reason == "duplicate_in_quickbooks"
    loaded = world.entry(0)
    assert loaded.state is State.LOADED


def test_a_lease_that_is_lost_while_looking_records_nothing(world: World) -> None:
    world.fail("answer_lost", BATCH)
    world.run(world.message())
    call = world.line.call

    def calling(name: str, act: Callable[[], Any]) -> Any:
        answer = call(name, act)
        if name == "books.query":
            world.line.call = call  # type: ignore[method-assign]
            world.pass_seconds(LEASE + 1)
            world.loader(Lifeline())._leases.claim([world.id_of()], lease_seconds=10)
        return answer

    world.pass_seconds(LEASE + 40)
    world.line.call = calling  # type: ignore[method-assign]

    (outcome,) = world.deliver()

    assert (outcome.result, outcome.code) == ("retry", "lease_lost")
    world.drain()
    loaded_once(world, 0)


def test_siblings_of_a_resend_without_time_are_given_back(world: World) -> None:
    world.fail("request_lost", BATCH)
    world.run(world.message(0), world.message(1))
    world.pass_seconds(LEASE + 40)

    world.load(world.queue.receive(1), FakeDeadline(world.clock, 139))

    assert {world.entry(at).lease_until for at in range(2)} == {0}
    assert {world.entry(at).claims for at in range(2)} == {0}


def test_a_resend_that_is_refused_as_a_whole_is_one_look_in_vain(world: World) -> None:
    world.fail("request_lost", BATCH)
    world.run(world.message(0), world.message(1))
    world.pass_seconds(LEASE + 40)
    world.line.instead["books.batch"] = [raising(RefusedError("no", code="2010"))]

    outcomes = world.deliver(limit=1)

    assert [(one.code, round(one.delay_seconds)) for one in outcomes] == [("absent", 3600)]
    for at in range(2):
        intent = world.entry(at).intent
        assert intent is not None
        assert len(intent.absent) == 1
    world.drain()
    loaded_once(world, 0, 1)
    assert len(set(keys_of(world))) == 1


def test_siblings_of_a_resend_that_is_unknown_again_keep_their_leases(world: World) -> None:
    world.fail("request_lost", BATCH, times=2)
    world.run(world.message(0), world.message(1))
    world.pass_seconds(LEASE + 40)

    world.deliver(limit=1)

    for at in range(2):
        entry = world.entry(at)
        assert entry.lease_until > world.clock.now()
        assert entry.intent is not None
        assert entry.intent.unknown == 2
    world.drain()
    loaded_once(world, 0, 1)


def test_a_resend_that_cannot_be_read_back_is_looked_for_again(world: World) -> None:
    world.fail("request_lost", BATCH)
    world.run(world.message(0), world.message(1))
    world.fail("error_500", "GET *invoice/*", times=2)
    world.pass_seconds(LEASE + 40)

    outcomes = world.deliver(limit=1)

    assert [one.code for one in outcomes] == ["not_read_back"]
    world.drain()
    loaded_once(world, 0, 1)
    assert world.writes == 2


def test_a_void_that_lost_its_answer_is_sent_again_by_itself(world: World) -> None:
    world.run(world.message())
    world.fail("request_lost", VOID)
    world.put(world.message(updated=NOON + 60, status="void"))

    world.drain()

    sent = [call for call in world.company.calls.newest() if call.operation == "void"]
    assert len({call.requestid for call in sent}) == 1
    assert (len(sent), world.entry().state) == (2, State.VOIDED)


def test_a_table_that_is_down_from_the_start_keeps_every_message(world: World) -> None:
    world.line.instead["table.get"] = [raising(RetryableError("down", delay_seconds=7))]

    (outcome,) = world.run(world.message())

    assert (outcome.result, outcome.code, outcome.delay_seconds) == ("retry", "RetryableError", 7)


def test_unreadable_bodies_wait_for_a_dead_letter_queue_that_does_not_answer(
    world: World,
) -> None:
    world.line.instead["dead_letters.send"] = [raising(RetryableError("down"))]
    world.queue.send([])
    world.queue.send([Outgoing("no json")])

    assert results(world.deliver()) == ["retry"]
    world.drain()
    assert world.reasons == ["unreadable_message"]


def test_a_body_that_cannot_even_be_put_aside_comes_again(world: World) -> None:
    world.line.instead["bucket.put"] = [raising(RetryableError("down"))]
    world.queue.send([Outgoing("x" * 1_048_576)])

    assert results(world.deliver()) == ["retry"]


def test_a_connection_that_is_never_made_sends_nothing(world: World) -> None:
    world.line.instead["books.batch"] = [raising(NotSentError("no connection", delay_seconds=3))]

    (outcome,) = world.run(world.message())

    assert (outcome.code, outcome.delay_seconds) == ("NotSentError", 3)
    assert (world.entry().intent, world.entry().attempts) == (None, 0)


def test_a_name_that_is_taken_by_nobody_whom_queries_show() -> None:
    world = World(index_lag_seconds=6000.0)
    creating(world)
    world.company.create("Vendor", {"DisplayName": "Erie Cold Storage"})

    assert results(world.run(from_company(world, "Erie Cold Storage"))) == ["retry"]
    world.clock.advance(CREATION_SECONDS + 1)
    assert results(world.deliver()) == ["held"]
    assert "shows nobody" in world.entry().problems[0]["detail"]


def test_a_customer_that_queries_do_not_show_yet_is_waited_for() -> None:
    world = World(index_lag_seconds=60.0)
    creating(world)
    world.company.create("Customer", {"DisplayName": "Erie Cold Storage"})

    assert results(world.run(from_company(world, "Erie Cold Storage"))) == ["retry"]
    assert world.told.holds == []
    world.clock.advance(CREATION_SECONDS + 1)
    assert results(world.deliver()) == ["created"]


def test_a_customer_that_is_answered_with_a_doubt_is_not_made_again_at_once(
    world: World,
) -> None:
    creating(world)
    doubt = Written(fault=Fault(FaultKind.UNKNOWN, "10000", "trouble"))
    world.line.instead["books.create"] = [answering((doubt, ""))]
    world.put(from_company(world, "Erie Cold Storage"))

    (outcome,) = world.deliver()

    assert outcome.code == "OutcomeUnknownError"
    world.drain()
    assert world.entry().state is State.LOADED


def test_what_was_sent_has_an_intent() -> None:
    entry = Entry(ServiceTradeId(1))

    with pytest.raises(LookupError, match="sent without an intent"):
        _ = entry.intent_or_raise


def test_a_work_is_only_asked_for_what_it_has(world: World) -> None:
    void = world.message(status="void")
    verdict = Verdict(void.revision.disposition, void.reason, None, ())
    work = Work(void, (), world.entry(), verdict, 1)

    with pytest.raises(LookupError, match="has no document"):
        _ = work.document
    with pytest.raises(LookupError, match="not resolved"):
        _ = work.ready
    assert work.outcomes() == []


def test_of_two_that_are_journaled_the_one_whose_lease_was_lost_is_not_sent(world: World) -> None:
    put = world.bucket.put

    def stolen(key: str, body: bytes) -> None:
        world.bucket.put = put
        entry = world.entry(0)
        world.load._leases.release([entry])
        world.load._leases.claim([world.id_of(0)], lease_seconds=10)
        put(key, body)

    world.bucket.put = stolen

    outcomes = world.run(world.message(0), world.message(1))

    assert [one.code or one.result for one in outcomes] == ["lease_lost", "created"]
    assert world.invoices(0) == []
    world.drain()
    loaded_once(world, 0, 1)


def test_an_update_that_landed_and_was_typed_over_is_decided_anew(world: World) -> None:
    world.run(world.message())
    world.fail("request_lost", BATCH)
    world.run(world.message(updated=NOON + 60, notes="Thanks again."))
    identity = world.invoice()["Id"]
    call = world.line.call

    def calling(name: str, act: Callable[[], Any]) -> Any:
        answer = call(name, act)
        if name == "books.batch":
            world.people.edit("Invoice", identity, {"CustomerMemo": {"value": "Typed."}})
        return answer

    world.line.call = calling  # type: ignore[method-assign]

    world.drain()

    assert world.entry().reason == "edited_in_quickbooks"
    assert world.invoice()["CustomerMemo"] == {"value": "Typed."}


def test_the_fifth_unknown_send_after_a_day_is_the_last(world: World) -> None:
    world.fail("request_lost", BATCH, times=None)
    world.put(world.message())
    for _ in range(4):
        assert results(world.deliver()) == ["retry"]
        world.pass_seconds(8 * 3600)

    assert results(world.deliver()) == ["held"]

    assert (world.entry().reason, len(keys_of(world))) == ("outcome_unknown", 5)


def test_an_item_that_stands_on_two_lines_is_looked_up_once(world: World) -> None:
    text = an_item(
        id=9, description="see report", quantity=0, price=0, subtotal=0, taxAmount=0, orderIndex=2
    )
    lines = of_lines(
        an_item(taxAmount=0, taxRate=0), an_item(id=8, orderIndex=1, taxAmount=0, taxRate=0), text
    )

    assert results(world.run(world.message(**lines))) == ["created"]

    kinds = [line["DetailType"] for line in world.invoice()["Line"]]
    assert kinds == ["SalesItemLineDetail"] * 2 + ["DescriptionOnly", "SubTotalLineDetail"]
    assert results(world.run(world.message(updated=NOON + 60, **lines))) == ["unchanged"]


def test_preferences_name_custom_fields_in_rows_among_others(world: World) -> None:
    rows = [
        {"Name": "SalesFormsPrefs.UseSalesCustom1", "BooleanValue": True},
        {"Name": "SalesFormsPrefs.SalesCustomName1", "StringValue": "P.O. Number"},
        {"Name": "SalesFormsPrefs.SalesCustomName2", "StringValue": ""},
    ]
    raw = {"SalesFormsPrefs": {"CustomField": [{"CustomField": rows}, {"CustomField": 3}, 4]}}
    world.line.instead["books.preferences"] = [lambda: raw]
    world.publish(custom_fields={"P.O. Number": "customerPo"})

    assert results(world.run(world.message())) == ["created"]
    assert world.load._preferences.read(world.load._ports.books).fields == {"p.o. number": "1"}


def test_one_invoice_that_cannot_be_read_keeps_nobody_back(world: World) -> None:
    world.run(*[world.message(at) for at in range(3)])
    world.fail("error_500", "GET *invoice/1")
    edits = [world.message(at, updated=NOON + 60, **labor(2)) for at in range(3)]

    assert sorted(results(world.run(*edits))) == ["retry", "updated", "updated"]
    world.drain()
    loaded_once(world, 0, 1, 2)


def test_two_that_cannot_be_read_are_an_outage(world: World) -> None:
    world.run(*[world.message(at) for at in range(3)])
    world.fail("error_500", "GET *invoice/*", times=2)
    edits = [world.message(at, updated=NOON + 60, **labor(2)) for at in range(3)]

    assert results(world.run(*edits)) == ["retry"] * 3
    assert world.calls("batch") == 1
    world.drain()
    loaded_once(world, 0, 1, 2)


def test_what_fails_again_and_again_stays_away_longer_but_not_in_step(world: World) -> None:
    world.fail("error_500", "* *query", times=None)
    world.put(*[world.message(at) for at in range(20)])
    delays: list[list[float]] = []
    for _ in range(4):
        delays.append([one.delay_seconds for one in world.deliver()])
        world.pass_seconds(1200)

    assert all(len(set(row)) == 20 for row in delays)
    assert [max(row) <= 30 * 2**at for at, row in enumerate(delays)] == [True] * 4
    assert max(delays[3]) > 60


def test_an_unknown_resend_begins_the_proof_of_absence_anew(world: World) -> None:
    world.fail("request_lost", BATCH)
    world.fail("batch_item_fault", BATCH, items=[0], code="6070")
    world.fail("request_lost", BATCH)
    world.put(world.message())
    seen: list[tuple[int, int]] = []
    while world.queue.bodies and len(seen) < 3:
        world.deliver()
        intent = world.entry().intent
        assert intent is not None
        seen.append((intent.unknown, len(intent.absent)))
        world.pass_seconds((world.queue.next_visible_at() or 0) - world.clock.now())

    assert seen == [(1, 0), (1, 1), (2, 0)]
    world.drain()
    loaded_once(world, 0)
    assert len(set(keys_of(world))) == 1


def test_what_was_sent_and_could_not_be_recorded_keeps_its_lease(world: World) -> None:
    world.fail("answer_lost", BATCH)
    call = world.line.call

    def failing(name: str, act: Callable[[], Any]) -> Any:
        if name == "table.write_all" and "books.batch" in world.line.names:
            world.line.call = call  # type: ignore[method-assign]
            raise RetryableError("throttled")
        return call(name, act)

    world.line.call = failing  # type: ignore[method-assign]

    (outcome,) = world.run(world.message())

    assert (outcome.result, outcome.code) == ("retry", "RetryableError")
    entry = world.entry()
    assert entry.intent is not None
    assert entry.lease_until == int(world.clock.now()) + LEASE
    world.drain()
    loaded_once(world, 0)
    assert world.writes == 1
