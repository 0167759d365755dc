"""Alerts: one message a cause, at most one an hour, readable by a person."""

import pytest

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.errors import BusyError, RetryableError
from invoicesync.services.load.work import Hold
from invoicesync.services.notify import Notifier
from tests.fakes import FakeClock, FakeTable, FakeTopic

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
    assert mail.subject == "InvoiceSync: 2 invoices held, $3,812.50 - unmapped item"
    assert "'Filter MERV 13' (FLT-13) has no product" in mail.text
    assert "10482" in mail.text
    assert "10/28/2026" in mail.text
    assert "$2,608.50" in mail.text
    assert "line 3" in mail.text
    assert "Fix: " in mail.text
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

    assert "(+3 more)" in world.finance.mails[0].text


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
