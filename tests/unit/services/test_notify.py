"""Alerts: one message a cause, at most one an hour, readable by a person."""

import pytest

from invoicesync.conditions import Item
from invoicesync.domain.alerts import Strange
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.errors import BusyError, RetryableError
from invoicesync.services.load.work import Hold
from invoicesync.services.notify import Notifier
from tests.fakes import FakeClock, FakeTable, FakeTopic
from tests.fakes.world import KilledError, Lifeline

UNMAPPED = Problem(ProblemCode.UNMAPPED_ITEM, "'Filter MERV 13' (FLT-13) has no product", "line 3")


def hold(
    number: int, *problems: Problem, customer: str = "Example Foods", total: str = "1204.00"
) -> Hold:
    return Hold(ServiceTradeId(number), str(number), customer, "2026-10-28", total, problems)


class World:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.finance = FakeTopic()
        self.ops = FakeTopic()
        self.table = FakeTable(self.clock)
        self.notify = Notifier(self.table, self.clock, finance=self.finance, ops=self.ops)


def test_one_message_tells_of_every_invoice_with_one_cause() -> None:
    world = World()

    told = world.notify([hold(10482, UNMAPPED), hold(10490, UNMAPPED, total="2608.50")])

    [mail] = world.finance.mails
    assert mail.subject == "InvoiceSync: 2 invoices held, $3,812.50 - item not mapped"
    assert "'Filter MERV 13' (FLT-13) has no product" in mail.text
    assert "10482" in mail.text
    assert "10/28 " in mail.text
    assert "$2,608.50" in mail.text
    assert "line 3" in mail.text
    assert "Fix: " in mail.text
    assert "Oldest waits less than an hour." in mail.text
    assert mail.text.endswith("Held in all: 2 invoices, $3,812.50.")
    assert told == {10482, 10490}


def test_two_causes_are_two_messages() -> None:
    world = World()

    world.notify([hold(1, UNMAPPED), hold(2, Problem(ProblemCode.PO_MISSING))])

    assert len(world.finance.mails) == 2


def test_the_same_cause_is_told_once_an_hour_and_the_rest_are_not_counted_as_told() -> None:
    world = World()
    world.notify([hold(1, UNMAPPED)])
    world.clock.advance(1800)

    assert world.notify([hold(2, UNMAPPED)]) == set()
    world.clock.advance(1801)

    assert world.notify([hold(2, UNMAPPED), hold(3, UNMAPPED)]) == {2, 3}
    assert len(world.finance.mails) == 2


def test_what_is_about_one_invoice_each_is_one_message_all_the_same() -> None:
    world = World()
    taken = [Problem(ProblemCode.NUMBER_TAKEN, f"number {n} belongs to Acme") for n in (1, 2)]

    world.notify([hold(1, taken[0]), hold(2, taken[1])])

    [mail] = world.finance.mails
    assert mail.text.startswith("2 invoices ($2,408.00) are held: QuickBooks has another invoice")
    assert "number 1 belongs to Acme" in mail.text
    assert "number 2 belongs to Acme" in mail.text


def test_a_message_is_sent_where_what_is_held_in_all_cannot_be_read() -> None:
    world = World()

    class Slow(FakeTable):
        def by_state(self, state: str, *, until: int, limit: int = 100) -> list[Item]:
            raise RetryableError(f"no {limit} rows of {state} until {until}")

    notify = Notifier(Slow(world.clock), world.clock, finance=world.finance, ops=world.ops)

    assert notify([hold(1, UNMAPPED)]) == {1}
    assert "Held in all" not in world.finance.mails[0].text


def test_a_loader_killed_at_any_call_of_a_message_leaves_it_to_the_next() -> None:
    """Only whoever dies after sending and before noting it lets the message be sent twice."""
    deaths, call, died = 0, 0, True
    while died:
        call += 1
        for before in (True, False):
            world, line = World(), Lifeline()
            table, topic = line.guard(world.table, "table"), line.guard(world.finance, "topic")
            line.die_at, line.die_before = call, before
            try:
                Notifier(table, world.clock, finance=topic, ops=world.ops)([hold(1, UNMAPPED)])
            except KilledError:
                deaths += 1
            died = line.is_dead
            sent = len(world.finance.mails)
            world.clock.advance(61)
            told = world.notify([hold(1, UNMAPPED)])
            was_noted = line.names[-1] == "table.write" and len(line.names) > 1 and not before
            assert len(told) == (0 if was_noted or not died else 1), (call, before)
            assert len(world.finance.mails) == sent + len(told)
            assert sent + len(told) <= 2, (call, before)
            assert world.finance.mails
    assert deaths == 2 * (call - 1) > 6


def test_an_answer_that_nobody_documents_is_told_to_the_operator_with_its_evidence() -> None:
    world = World()
    key = "evidence/2026-11-27/quickbooks-200-1-abc.json"
    strange = Strange("HTTP 200, fault 9999", key, [str(number) for number in range(1, 23)])

    world.notify.undocumented([strange])
    world.notify.undocumented([strange, Strange("HTTP 418", "", ["7"])])

    first, second = world.ops.mails
    assert first.subject.endswith("HTTP 200, fault 9999")
    assert f"{key} in the stack's bucket" in " ".join(first.text.split())
    assert "Show it: invoicesync evidence 1" in first.text
    assert "(+2 more)" in first.text
    assert "it was not kept" in second.text
    assert world.finance.mails == []


def test_an_operator_who_cannot_be_reached_stands_in_nobodys_way() -> None:
    world = World()
    notify = Notifier(world.table, world.clock, finance=world.finance, ops=Unreachable())

    notify.undocumented([Strange("HTTP 418", "", ["7"])])

    assert world.ops.mails == []


class Unreachable(FakeTopic):
    def publish(self, subject: str, text: str) -> None:
        raise RetryableError(f"no answer to {subject}, {len(text)} characters")


def test_a_message_that_could_not_be_sent_is_sent_by_the_next_try() -> None:
    world = World()
    broken = Notifier(world.table, world.clock, finance=Unreachable(), ops=world.ops)

    with pytest.raises(RetryableError):
        broken([hold(1, UNMAPPED)])
    with pytest.raises(BusyError):
        world.notify([hold(1, UNMAPPED)])
    world.clock.advance(61)

    assert world.notify([hold(1, UNMAPPED)]) == {1}


def test_two_loaders_at_once_send_one_message() -> None:
    world = World()

    class Meanwhile(FakeTopic):
        def publish(self, subject: str, text: str) -> None:
            with pytest.raises(BusyError):
                world.notify([hold(2, UNMAPPED)])
            super().publish(subject, text)

    topic = Meanwhile()
    told = Notifier(world.table, world.clock, finance=topic, ops=world.ops)([hold(1, UNMAPPED)])

    assert told == {1}
    assert len(topic.mails) == 1
    assert world.finance.mails == []
    assert world.notify([hold(2, UNMAPPED)]) == set()


def test_many_invoices_are_counted_and_the_first_are_listed() -> None:
    world = World()

    world.notify([hold(number, UNMAPPED) for number in range(1, 24)])

    assert "(+3 more: invoicesync held)" in world.finance.mails[0].text


def test_hostile_names_break_neither_subject_nor_lines() -> None:
    world = World()
    nasty = "Ev\u0000il\r\nBcc: all@example.com \U0001f600 \u202e=cmd()"
    problem = Problem(ProblemCode.CUSTOMER_MISSING, f"no customer {nasty!r} {nasty}", nasty)

    world.notify([hold(1, problem, customer=nasty, total="not money")])

    [mail] = world.finance.mails
    assert mail.subject.isascii()
    assert len(mail.subject) < 100
    assert all(ord(one) >= 32 or one == "\n" for one in mail.text)
    assert not any(line.startswith("Bcc:") for line in mail.text.split("\n"))
    assert all(len(line) <= 110 for line in mail.text.split("\n"))


def test_a_long_reason_is_wrapped() -> None:
    world = World()

    world.notify([hold(1, Problem(ProblemCode.CUSTOMER_MISSING, "word " * 60))])

    assert all(len(line) <= 100 for line in world.finance.mails[0].text.split("\n"))


def test_an_invoice_without_number_date_or_total_is_told_of_all_the_same() -> None:
    world = World()

    world.notify([Hold(ServiceTradeId(77), "", "", "", "", (UNMAPPED,))])

    assert "77" in world.finance.mails[0].text


def test_the_operator_hears_of_a_cause_once_an_hour() -> None:
    world = World()

    assert world.notify.ops("nothing can be loaded", "no mapping", cause="loader")
    assert not world.notify.ops("nothing can be loaded", "no mapping", cause="loader")
    assert [mail.subject for mail in world.ops.mails] == ["InvoiceSync: nothing can be loaded"]


def test_the_operator_is_not_told_twice_where_the_first_message_is_still_on_its_way() -> None:
    world = World()
    broken = Notifier(world.table, world.clock, finance=world.finance, ops=Unreachable())
    with pytest.raises(RetryableError):
        broken.ops("it does not work", "why", cause="loader")

    assert not world.notify.ops("it does not work", "why", cause="loader")
    world.clock.advance(61)
    assert world.notify.ops("it does not work", "why", cause="loader")
