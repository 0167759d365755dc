"""ServiceTrade is told what became of its invoices: truthfully, once, nothing that is people's."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from invoicesync.adapters.servicetrade.credentials import UserCredentials
from invoicesync.adapters.servicetrade.writer import ServiceTradeWriter
from invoicesync.conditions import Put, Update
from invoicesync.domain.remark import MOST_PROBLEMS
from invoicesync.errors import RefusedError, RetryableError
from invoicesync.ports import Outgoing
from invoicesync.services.acknowledge import Acknowledge, Mode
from invoicesync.services.announce import Announce
from invoicesync.services.hints import BASE_SECONDS, LONGEST_SECONDS, HintReport, Hints, named_in
from invoicesync.services.notify import Notifier
from invoicesync.state import keys
from invoicesync.state.ledger import Ledger
from invoicesync.state.told import REMARK_SECONDS, Tellings
from sandbox.faults import FaultScript
from sandbox.http import InProcessAdapter
from sandbox.servicetrade import FAULTS, Account, Options, create_app
from sandbox.servicetrade.options import STRICT
from tests.fakes import FakeBus, FakeDeadline, FakeTopic
from tests.fakes.world import KilledError, Lifeline, World, labor

JOB = 50
TOO_LONG = "x" * 22
PUT = "PUT */invoice/*"
POST = "POST */comment"
VISIBLE = 720


class Desk(World):
    """A loader's world, ServiceTrade beside it, and acknowledgers that take up the outcomes."""

    def __init__(self, *, source: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.account = Account(self.clock.now, Options(**(source or {})))
        self.troubles = FaultScript(FAULTS)
        self.site = InProcessAdapter(create_app(self.account, faults=self.troubles))
        self.bus = FakeBus()
        self.ops = FakeTopic()
        self.mode = Mode.ON
        self.outcomes.visibility_seconds = VISIBLE
        self.reported: list[HintReport] = []
        customer = self.account.add("company", {"name": "Keystone Foods"})["id"]
        place = self.account.add("location", {"name": "Store 3", "companyId": customer})["id"]
        self.account.add(
            "job", {"id": JOB, "customerId": customer, "locationId": place, "status": "completed"}
        )

    def bill(self, number: int = 0, status: str = "pending_accounting", **values: Any) -> int:
        """Let ServiceTrade hold the invoice that the loader's messages are about."""
        row = {"id": self.id_of(number), "jobId": JOB, "status": status, "items": [], **values}
        return int(self.account.add("invoice", row)["id"])

    def hints(self, line: Lifeline | None = None) -> Hints:
        guard = (line or Lifeline()).guard
        table = guard(self.table, "table")
        writer = ServiceTradeWriter(
            "http://servicetrade.test/api",
            credentials=lambda: UserCredentials("sync@example.test", "let-me-in"),
            clock=self.clock,
            adapter=self.site,
        )
        tellings = Tellings(table, self.clock, self.random)
        notifier = Notifier(table, self.clock, finance=self.ops, ops=guard(self.ops, "ops"))
        return Hints(
            ledger=Ledger(table),
            tellings=tellings,
            acknowledge=Acknowledge(
                source=guard(writer, "source"),
                ledger=Ledger(table),
                tellings=tellings,
                notifier=notifier,
                statuses=lambda: self.mappings.current().mapping.dispatch.statuses,
                mode=self.mode,
            ),
            announce=Announce(guard(self.bus, "bus"), tellings),
            random=self.random,
        )

    def acknowledge(self, line: Lifeline | None = None, *, seconds: float = 120) -> HintReport:
        """Deliver what is visible, and do with each message what is said of it."""
        batch = self.outcomes.receive(10)
        report = self.hints(line)(batch, FakeDeadline(self.clock, seconds))
        for one in batch:
            if one.message_id in report.again:
                self.outcomes.delay(one.receipt, round(report.again[one.message_id]))
            else:
                self.outcomes.delete(one.receipt)
        self.reported.append(report)
        return report

    def finish(self) -> None:
        """Acknowledge until nothing is left on the queue."""
        for _ in range(60):
            if not self.outcomes.bodies:
                return
            at = self.outcomes.next_visible_at()
            self.pass_seconds(max(0.0, at - self.clock.now()) + 1)
            self.acknowledge()
        raise AssertionError(f"hints stay: {self.reported[-1]}")

    def hint(self, *numbers: int) -> None:
        rows = [{"invoice": self.id_of(number), "result": "?"} for number in numbers or (0,)]
        self.outcomes.send([Outgoing(json.dumps({"outcomes": rows}))])

    def status(self, number: int = 0) -> str:
        return str(self.account.show("invoice", self.id_of(number))["status"])

    @property
    def comments(self) -> list[str]:
        return [str(row["content"]) for row in self.account.all("comment")]

    def trouble(self, fault: str, route: str, **rule: Any) -> None:
        settings = {name: rule.pop(name) for name in list(rule) if name not in {"times", "skip"}}
        self.troubles.add([{"fault": fault, "route": route, **rule, "with": settings}])

    @property
    def counts(self) -> dict[str, int]:
        return dict(self.reported[-1].counts)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("status", ["ok", "pending_accounting", "failed"])
def test_what_is_in_quickbooks_becomes_processed(desk: Desk, status: str) -> None:
    desk.bill(status=status)
    desk.run(desk.message())

    report = desk.acknowledge()

    assert (report.again, desk.counts) == ({}, {"processed": 1})
    assert desk.status() == "processed"
    assert desk.comments == []


def test_what_is_held_becomes_failed_with_the_reason_on_its_job(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))

    desk.acknowledge()

    assert desk.status() == "failed"
    [comment] = desk.comments
    assert comment.startswith("InvoiceSync could not bring invoice ")
    assert "21" in comment
    assert f"[InvoiceSync {desk.id_of()} " in comment
    row = next(iter(desk.account.all("comment")))
    assert (row["entity"]["type"], row["entity"]["id"]) in {(3, JOB), ("job", JOB)}


def test_a_change_that_cannot_go_makes_a_processed_invoice_failed_and_back(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message())
    desk.acknowledge()
    later = desk.entry().applied.updated + 9  # type: ignore[union-attr]
    desk.run(desk.message(updated=later, customer=None, is_loaded=True))
    desk.acknowledge()
    assert desk.status() == "failed"

    desk.run(desk.message(updated=later + 9, is_loaded=True, **labor(5)))
    desk.acknowledge()

    assert desk.status() == "processed"
    assert len(desk.comments) == 1


@pytest.mark.parametrize("status", ["void", "paid", "sent", "internal_review", "draft"])
def test_what_is_people_s_stays_as_it_is(desk: Desk, status: str) -> None:
    desk.bill(status=status)
    desk.run(desk.message())

    report = desk.acknowledge()

    assert desk.status() == status
    assert (report.again, desk.counts) == ({}, {"left_to_people": 1})


def test_an_invoice_that_is_gone_or_waits_for_its_release_is_left_alone(desk: Desk) -> None:
    desk.run(desk.message())
    desk.acknowledge()
    assert desk.counts == {"gone": 1}

    desk.bill(1)
    desk.publish(mode="review")
    desk.run(desk.message(1))
    assert desk.entry(1).reason == "awaiting_release"
    desk.acknowledge()

    assert (desk.status(1), desk.comments) == ("pending_accounting", [])


def test_a_hint_about_what_is_on_its_way_again_tells_nothing(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message())
    desk.table.write(Update(keys.ledger(desk.id_of()), set={"state": "QUEUED"}))

    assert desk.acknowledge().again == {}
    assert desk.status() == "pending_accounting"


def test_the_ledger_decides_and_not_what_the_hint_says(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    desk.outcomes.purge()
    desk.outcomes.send(
        [Outgoing(json.dumps({"outcomes": [{"invoice": desk.id_of(), "result": "created"}]}))]
    )

    desk.acknowledge()

    assert desk.status() == "failed"


# Once.


def test_hints_may_come_twice_late_and_in_any_order(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    for _ in range(3):
        desk.hint()
        desk.hint(0, 0)
    desk.acknowledge()
    desk.hint()
    edits = desk.account.row("invoice", desk.id_of())["updated"]
    desk.pass_seconds(3600)

    desk.finish()

    assert len(desk.comments) == 1
    assert desk.account.row("invoice", desk.id_of())["updated"] == edits


def test_another_reason_is_another_comment_and_the_same_one_is_not(desk: Desk) -> None:
    desk.bill()
    for number, reasons in (("x" * 22, 1), ("y" * 23, 2), ("x" * 22, 2)):
        later = 10 + (desk.entry().seen.updated if desk.entry().seen else 0)  # type: ignore[union-attr]
        desk.run(
            desk.message(invoiceNumber=number, updated=max(later, desk.message().revision.updated))
        )
        desk.finish()
        assert len(desk.comments) == reasons


def test_a_reason_that_only_counts_tries_is_one_reason(desk: Desk) -> None:
    desk.bill()
    for tries in (5, 6, 7):
        problem = {"code": "outcome_unknown", "detail": f"no answer to {tries} tries"}
        item = {"pk": f"INVOICE#{desk.id_of()}", "sk": "LEDGER", "state": "HELD"}
        desk.table.write(Put({**item, "reason": "outcome_unknown", "problems": [problem]}))
        desk.hint()
        desk.finish()

    assert len(desk.comments) == 1


def test_many_problems_are_cut_and_a_reason_without_words_is_no_comment(desk: Desk) -> None:
    for number, problems in enumerate(
        ([{"code": "po_missing", "where": f"line {n}"} for n in range(9)], [])
    ):
        desk.bill(number)
        item = {"pk": f"INVOICE#{desk.id_of(number)}", "sk": "LEDGER", "state": "HELD"}
        desk.table.write(Put({**item, "reason": "po_missing", "problems": problems}))
        desk.hint(number)
    desk.finish()

    [comment] = desk.comments
    assert f"- and {9 - MOST_PROBLEMS} more" in comment
    assert "(line 1). " in comment
    assert (desk.status(0), desk.status(1)) == ("failed", "failed")


def test_an_invoice_without_a_job_has_no_place_for_a_comment(desk: Desk) -> None:
    place = desk.account.office_id
    company = desk.account.contractor_id
    desk.bill(jobId=None, locationId=place, customerId=company, vendorId=company)
    item = {"pk": f"INVOICE#{desk.id_of()}", "sk": "LEDGER", "state": "HELD"}
    problems = [{"code": "missing_job", "detail": ""}]
    desk.table.write(Put({**item, "reason": "missing_job", "problems": problems}))
    desk.hint()

    desk.acknowledge()

    assert (desk.status(), desk.comments) == ("failed", [])
    assert desk.counts == {"without_job": 1, "failed": 1}


def endings() -> Iterator[tuple[bool, str]]:
    for before in (True, False):
        yield before, TOO_LONG
        yield before, "10482"


@pytest.mark.parametrize(("before", "number"), list(endings()))
def test_a_death_at_any_call_leaves_one_comment_and_the_right_status(
    before: bool, number: str
) -> None:
    for at in range(1, 40):
        desk = Desk()
        desk.bill()
        desk.run(desk.message(invoiceNumber=number))
        line = Lifeline()
        line.die_at, line.die_before = at, before
        try:
            desk.acknowledge(line)
        except KilledError:
            desk.finish()
            told = number == TOO_LONG
            assert len(desk.comments) == int(told), at
            assert desk.status() == ("failed" if told else "processed"), at
            assert len({event.key for event in desk.bus.events}) == 1, at
        else:
            assert at > 5
            return
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("fault", ["answer_lost", "request_lost", "error_500", "truncated_json"])
@pytest.mark.parametrize("route", [PUT, POST, "GET */comment*", "GET */invoice/*"])
def test_whatever_fails_once_ends_as_if_it_had_not(fault: str, route: str) -> None:
    desk = Desk(source={"late_visibility_seconds": 55})
    desk.bill()
    desk.pass_seconds(60)
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    desk.trouble(fault, route)

    desk.finish()

    assert (desk.status(), len(desk.comments)) == ("failed", 1)


def test_a_comment_whose_answer_was_lost_is_looked_for_when_it_must_be_visible(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    desk.trouble("answer_lost", POST)
    report = desk.acknowledge()
    assert list(report.again.values()) == [pytest.approx(REMARK_SECONDS + 1, abs=2)]

    desk.hint()
    report = desk.acknowledge()
    assert [round(wait) for wait in report.again.values()] == [REMARK_SECONDS + 1]
    desk.finish()

    assert len(desk.comments) == 1


def test_a_look_for_comments_that_fails_holds_nobody_up(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    desk.trouble("error_500", "GET */comment*")
    [wait] = desk.acknowledge().again.values()
    assert wait <= 2 * BASE_SECONDS

    desk.pass_seconds(wait + 1)
    desk.acknowledge()

    assert len(desk.comments) == 1


def test_a_status_that_lands_late_is_put_right_when_it_has(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    desk.trouble("request_lost", PUT)
    [wait] = desk.acknowledge().again.values()
    assert wait >= 180

    desk.run(desk.message(updated=desk.message().revision.updated + 60))
    desk.acknowledge()
    assert desk.status() == "processed"
    desk.account.edit("invoice", desk.id_of(), {"status": "failed"})  # now it lands
    desk.finish()

    assert desk.status() == "processed"


@pytest.mark.parametrize("at", range(1, 13))
def test_two_acknowledgers_at_once_write_one_comment(desk: Desk, at: int) -> None:
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    desk.hint()
    first, *_ = desk.outcomes.receive(1)
    line = Lifeline()
    line.pause_at, line.meanwhile = at, desk.acknowledge

    desk.hints(line)([first], FakeDeadline(desk.clock, 120))
    desk.finish()

    assert desk.reported
    assert (desk.status(), len(desk.comments)) == ("failed", 1)


def test_an_intent_of_our_own_that_was_written_twice_is_ours() -> None:
    desk = Desk()
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    desk.table._repeats = lambda: True

    assert desk.acknowledge().again == {}
    assert len(desk.comments) == 1


# What ServiceTrade refuses.


def test_a_change_of_status_that_is_refused_is_reported_and_not_asked_for_again() -> None:
    desk = Desk(source={"transitions": STRICT, "transition_refusal": 409})
    desk.bill(status="ok")
    desk.run(desk.message())
    desk.finish()
    desk.hint()
    desk.finish()

    assert desk.status() == "ok"
    assert [report.counts for report in desk.reported] == [{"refused": 1}, {"refused_before": 1}]
    [mail] = desk.ops.mails
    assert mail.subject == "InvoiceSync: ServiceTrade refuses a change from ok to processed"
    assert "docs/runbooks/outcome-dead-letters.md" in mail.text

    desk.account.edit("invoice", desk.id_of(), {"status": "pending_accounting"})
    desk.hint()
    desk.finish()
    assert desk.status() == "processed"


def test_a_comment_that_is_refused_is_reported_once_and_the_status_told_all_the_same() -> None:
    desk = Desk()
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    line = Lifeline()

    def refused() -> None:
        raise RefusedError("comment on job 50 was refused (404)", status=404)

    line.instead["source.comment"] = [refused]
    desk.acknowledge(line)
    desk.hint()
    desk.finish()

    assert (desk.status(), desk.comments) == ("failed", [])
    assert [mail.subject for mail in desk.ops.mails] == [
        "InvoiceSync: ServiceTrade refuses a comment on a job"
    ]


@pytest.mark.parametrize("call", ["source.comment", "source.set_status"])
def test_a_right_that_is_missing_is_reported_and_waited_for(desk: Desk, call: str) -> None:
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    line = Lifeline()

    def forbidden() -> None:
        raise RefusedError("refused (403)", status=403)

    line.instead[call] = [forbidden]
    assert len(desk.acknowledge(line).again) == 1
    assert len(desk.ops.mails) == 1
    desk.finish()

    assert (desk.status(), len(desk.comments)) == ("failed", 1)


def test_a_status_that_the_mapping_does_not_list_is_not_written(desk: Desk) -> None:
    desk.publish(dispatch={"statuses": ["pending_accounting"]})
    desk.bill()
    desk.run(desk.message())

    assert desk.acknowledge().again == {}
    assert (desk.status(), desk.counts) == ("pending_accounting", {"status_not_listed": 1})


def test_what_the_ledger_says_after_counts(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message())
    line = Lifeline()
    held = Update(
        keys.ledger(desk.id_of()),
        set={"state": "HELD", "reason": "po_missing", "problems": [{"code": "po_missing"}]},
    )
    line.instead["source.set_status"] = [
        lambda: (
            desk.account.edit("invoice", desk.id_of(), {"status": "processed"}),
            desk.table.write(held),
        )
    ]

    assert len(desk.acknowledge(line).again) == 1
    desk.finish()

    assert desk.status() == "failed"


# Settings.


def test_told_comments_only_the_status_stays(desk: Desk) -> None:
    desk.mode = Mode.COMMENTS_ONLY
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    desk.acknowledge()

    assert (desk.status(), len(desk.comments)) == ("pending_accounting", 1)


def test_switched_off_servicetrade_is_not_even_asked_and_events_go_out(desk: Desk) -> None:
    desk.mode = Mode.OFF
    desk.bill()
    desk.run(desk.message(invoiceNumber=TOO_LONG))
    line = Lifeline()

    assert desk.acknowledge(line).again == {}

    assert (desk.status(), desk.comments) == ("pending_accounting", [])
    assert not [name for name in line.names if name.startswith("source.")]
    assert [event.name for event in desk.bus.events] == ["InvoiceHeld"]


# Batches.


def test_a_message_is_done_when_every_invoice_of_it_is(desk: Desk) -> None:
    for number in range(3):
        desk.bill(number)
        desk.put(desk.message(number))
    desk.deliver()
    desk.trouble("error_500", PUT, skip=1)

    report = desk.acknowledge()

    assert len(report.again) == 1
    assert [desk.status(number) for number in range(3)].count("processed") == 2
    desk.finish()
    assert {desk.status(number) for number in range(3)} == {"processed"}


def test_a_limit_that_was_met_sends_the_rest_back_untried(desk: Desk) -> None:
    for number in range(3):
        desk.bill(number)
        desk.put(desk.message(number))
    desk.deliver()
    desk.trouble("throttle_429", "GET */invoice/*", seconds=40)
    line = Lifeline()

    report = desk.acknowledge(line)

    assert line.names.count("source.invoice") == 1
    assert min(report.again.values()) >= 40
    desk.finish()
    assert {desk.status(number) for number in range(3)} == {"processed"}


def test_what_there_is_no_time_for_goes_back(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message())
    line = Lifeline()

    report = desk.acknowledge(line, seconds=10)

    assert len(report.again) == 1
    assert "source.invoice" not in line.names


def test_a_table_that_does_not_answer_sends_everything_back(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message())
    line = Lifeline()

    def silent() -> None:
        raise RetryableError("the table does not answer")

    line.instead["table.get_many"] = [silent]

    assert len(desk.acknowledge(line).again) == 1
    desk.finish()
    assert desk.status() == "processed"


def test_waits_grow_with_the_tries_and_have_an_end(desk: Desk) -> None:
    hints = desk.hints()
    for tries, longest in ((1, 2 * BASE_SECONDS), (50, LONGEST_SECONDS)):
        waits = [hints._backoff(tries) for _ in range(200)]
        assert 1 <= min(waits) < longest / 4
        assert longest / 2 < max(waits) <= longest


@pytest.mark.parametrize(
    "body",
    ["", "no json", "[]", "{}", '{"outcomes": 7}', '{"outcomes": [{}]}', '{"outcomes": [[]]}'],
)
def test_what_is_no_hint_comes_again_until_the_queue_puts_it_aside(desk: Desk, body: str) -> None:
    assert named_in(body) is None
    desk.outcomes.send([Outgoing(body or " ")])
    desk.bill()
    desk.run(desk.message())

    report = desk.acknowledge()

    assert len(report.again) == 1
    assert report.counts["unreadable"] == 1
    assert desk.status() == "processed"


# Other programs.


def test_programs_hear_of_each_thing_once_with_ids_and_money_and_no_names(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message())
    desk.acknowledge()
    desk.hint()
    desk.acknowledge()
    later = desk.entry().applied.updated + 9  # type: ignore[union-attr]
    desk.run(desk.message(updated=later, customer=None, is_loaded=True))
    desk.acknowledge()
    desk.run(desk.message(updated=later + 9, is_loaded=True, **labor(5)))
    desk.acknowledge()
    desk.run(desk.message(updated=later + 18, status="void"))
    desk.acknowledge()

    loaded, held, again, voided = (event.plain() for event in desk.bus.events)
    qbo_id = desk.entry().qbo_id
    shared = {
        "schema": 1,
        "servicetrade_id": desk.id_of(),
        "quickbooks_id": qbo_id,
        "number": "10482",
    }
    assert loaded == {**shared, "key": loaded["key"], "total": "513.60", "tax": "33.60"}
    assert held["reason"] == "customer_missing"
    assert again["total"] == "600.00"
    assert voided == {**shared, "key": voided["key"]}
    assert [event.name for event in desk.bus.events] == [
        "InvoiceLoaded",
        "InvoiceHeld",
        "InvoiceLoaded",
        "InvoiceVoided",
    ]
    assert len({event.key for event in desk.bus.events}) == 4
    assert "Keystone" not in json.dumps([loaded, held, again, voided])


def test_an_event_that_was_not_confirmed_is_published_again(desk: Desk) -> None:
    for number in range(2):
        desk.bill(number)
        desk.run(desk.message(number))
    losing = [False, True]
    desk.bus.loses = lambda: bool(losing and losing.pop(0))

    report = desk.acknowledge()
    assert len(report.again) == 1
    desk.finish()

    assert sorted(int(event.plain()["servicetrade_id"] or 0) for event in desk.bus.events) == [
        desk.id_of(0),
        desk.id_of(1),
    ]
    assert (desk.status(0), desk.status(1)) == ("processed", "processed")


def test_a_bus_that_does_not_answer_keeps_nobody_from_telling_servicetrade(desk: Desk) -> None:
    desk.bill()
    desk.run(desk.message())
    line = Lifeline()

    def silent() -> None:
        raise RetryableError("the bus does not answer")

    line.instead["bus.publish"] = [silent]

    assert len(desk.acknowledge(line).again) == 1
    assert desk.status() == "processed"
    desk.finish()
    assert len(desk.bus.events) == 1
