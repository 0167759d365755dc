"""What people were told is followed up: what was added, what is cleared, and death at any call."""

from typing import Any

import pytest

from invoicesync.domain.causes import Cause
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import ProblemCode
from invoicesync.errors import RetryableError
from invoicesync.services.follow_up import FollowedUp, FollowUp
from invoicesync.services.held import MailSettings
from invoicesync.services.notify import Notifier
from invoicesync.state.alerts import Alerts
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger
from tests.fakes import FakeTopic
from tests.fakes.world import KilledError, Lifeline, World

UNDATED: dict[str, Any] = {"transactionDate": None}
HOUR = 3600
SETTINGS = MailSettings(link="https://servicetrade.test/jobs/{job}", close_day=5)


class Unreachable(FakeTopic):
    def publish(self, subject: str, text: str) -> None:
        raise RetryableError(f"no answer to {subject}, {len(text)} characters")


class Office:
    """A company whose loader tells people by the real notifier, and the tick that follows up."""

    def __init__(self, topic: FakeTopic | None = None) -> None:
        self.line = Lifeline()
        self.world = World()
        self.finance = topic or FakeTopic()
        world = self.world
        self.notify = Notifier(
            world.table, world.clock, finance=self.finance, ops=FakeTopic(), settings=SETTINGS
        )
        world.told = self.notify  # type: ignore[assignment]  # the real one
        world.load = world.loader()

    def hold(self, *numbers: int) -> None:
        """Let invoices without a date come."""
        self.world.run(*(self.world.message(number, **UNDATED) for number in numbers))

    def mend(self, *numbers: int) -> None:
        """Let them come again with one."""
        self.world.run(*(self.world.message(number) for number in numbers))

    def tick(self) -> FollowedUp:
        """Follow up once."""
        guard = self.line.guard
        world = self.world
        topic = guard(self.finance, "topic")
        return FollowUp(guard(world.table, "table"), world.clock, topic, SETTINGS)()

    def later(self, seconds: int) -> None:
        """Let time pass."""
        self.world.pass_seconds(seconds)

    @property
    def subjects(self) -> list[str]:
        """What the finance lead was told."""
        return [mail.subject.removeprefix("InvoiceSync: ") for mail in self.finance.mails]


def test_what_was_added_within_the_hour_is_counted_in_the_next_message() -> None:
    office = Office()
    office.hold(0)
    office.later(600)
    office.hold(1, 2)
    assert office.tick() == FollowedUp()

    office.later(HOUR)
    assert office.tick() == FollowedUp(told=1)

    assert office.subjects == [
        "1 invoice held, $513.60 - date missing",
        "2 more held, now 3, $1,540.80 - date missing",
    ]
    text = " ".join(office.finance.mails[1].text.split())
    assert text.startswith(
        "2 more ($1,027.20) since the last message; now 3 invoices ($1,540.80) are held:"
    )
    assert "Held in all: 3 invoices, $1,540.80." in text
    assert "Oldest waits 1 hour." in text
    office.later(2 * HOUR)
    assert office.tick() == FollowedUp()


def test_what_is_never_tried_again_by_itself_is_told_of_all_the_same() -> None:
    """No loader would offer it again: without the tick nobody would ever hear of the second."""
    office = Office()
    world = office.world
    world.run(world.message(0), world.message(1))
    for number in (0, 1):
        (made,) = world.invoices(number)
        world.company.delete("Invoice", made["Id"])
        world.run(world.message(number, notes="changed"))
        assert world.entry(number).reason == "deleted_in_quickbooks"
    assert len(office.finance.mails) == 1

    office.later(HOUR + 1)
    office.tick()

    assert len(office.finance.mails) == 2
    assert world.entry(1).notified == world.entry(1).notified != ""


def test_a_cause_that_holds_nothing_any_more_is_cleared_once() -> None:
    office = Office()
    office.hold(0)
    office.later(300)
    office.mend(0)

    assert office.tick() == FollowedUp(cleared=1)
    assert office.tick() == FollowedUp()

    assert office.subjects[1:] == ["cleared - date missing"]
    text = office.finance.mails[1].text
    assert "date missing: nothing is held for it any more." in text
    assert "Nothing is held any more." in text


def test_causes_that_are_cleared_together_are_told_in_one_message() -> None:
    office = Office()
    office.hold(0)
    office.world.run(office.world.message(1, invoiceNumber="", refNumber=""))
    office.later(300)
    office.mend(0, 1)

    assert office.tick() == FollowedUp(cleared=2)
    assert office.subjects[-1] == "cleared - date missing, number missing"


def test_a_cause_is_not_cleared_while_an_invoice_of_it_is_on_its_way() -> None:
    office = Office()
    office.hold(0)
    office.later(300)
    ledger = office.world.entry(0)
    Ledger(office.world.table).raise_seen(
        ledger, office.world.message(0).revision, now=office.world.clock.now()
    )
    assert office.world.entry(0).state is State.QUEUED
    new = office.world.message(1)
    Ledger(office.world.table).raise_seen(Entry(new.servicetrade_id), new.revision, now=0)

    assert office.tick() == FollowedUp()


def test_a_message_just_sent_is_not_taken_back_because_the_index_lags() -> None:
    office = Office()
    Alerts(office.world.table, office.world.clock).sent(
        "date_missing|", int(office.world.clock.now()), Cause(ProblemCode.DATE_MISSING)
    )

    assert office.tick() == FollowedUp()
    office.later(121)
    assert office.tick() == FollowedUp(cleared=1)


def test_what_comes_back_within_the_hour_waits_for_it() -> None:
    office = Office()
    office.hold(0)
    office.later(300)
    office.mend(0)
    office.tick()
    office.hold(1)

    assert office.tick() == FollowedUp()
    office.later(HOUR)
    assert office.tick() == FollowedUp(told=1)
    assert office.subjects[-1] == "1 invoice held, $513.60 - date missing"


def test_whoever_is_about_to_tell_is_left_to_it() -> None:
    office = Office()
    office.hold(0)
    office.later(HOUR + 1)
    office.hold(1)
    assert len(office.finance.mails) == 2
    office.hold(2)
    office.later(HOUR + 1)
    alerts = Alerts(office.world.table, office.world.clock)
    assert alerts.reserve("date_missing|") is not None

    assert office.tick() == FollowedUp()
    office.mend(0, 1, 2)
    assert office.tick() == FollowedUp()


def test_a_cause_that_is_told_anew_meanwhile_stays_open() -> None:
    office = Office()
    office.hold(0)
    office.later(300)
    office.mend(0)
    alerts = Alerts(office.world.table, office.world.clock)
    (alert,) = alerts.open()
    alerts.sent(alert.cause.name, int(office.world.clock.now()), alert.cause)

    assert not alerts.cleared(alert)
    assert len(alerts.open()) == 1


def test_a_topic_that_does_not_answer_is_tried_at_a_later_tick() -> None:
    office = Office()
    office.hold(0)
    office.later(HOUR + 1)
    office.hold(1)
    office.finance, working = Unreachable(), office.finance
    office.hold(2)
    office.later(HOUR + 1)

    assert office.tick() == FollowedUp()
    office.finance = working
    office.later(61)
    assert office.tick() == FollowedUp(told=1)


@pytest.mark.parametrize("most", ["MOST_HELD", "MOST_ON_THEIR_WAY"])
def test_nothing_is_called_cleared_where_not_all_could_be_counted(
    most: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office()
    office.hold(0)
    office.later(300)
    office.mend(0)
    name = "held" if most == "MOST_HELD" else "follow_up"
    monkeypatch.setattr(f"invoicesync.services.{name}.{most}", 0)

    assert office.tick() == FollowedUp()


def _scene() -> Office:
    """Two causes: one was told of, has two more and is due; the other is mended."""
    office = Office()
    office.world.run(office.world.message(5, invoiceNumber="", refNumber=""))
    office.hold(0)
    office.later(60)
    office.hold(1, 2)
    office.mend(5)
    office.later(HOUR)
    return office


def test_a_tick_killed_at_any_call_tells_everything_and_at_most_its_own_message_twice() -> None:
    deaths, call, died = 0, 0, True
    while died:
        call += 1
        for before in (True, False):
            office = _scene()
            office.line.die_at, office.line.die_before = call, before
            try:
                office.tick()
            except KilledError:
                deaths += 1
            died = office.line.is_dead
            office.line.live()
            for _ in range(3):
                office.later(HOUR + 1)
                office.tick()
            more = office.subjects.count("2 more held, now 3, $1,540.80 - date missing")
            cleared = office.subjects.count("cleared - number missing")
            again = [each for each in office.subjects if "more held" in each]
            assert more >= 1, (call, before, office.subjects)
            assert cleared >= 1, (call, before, office.subjects)
            assert len(again) + cleared <= 3, (call, before, office.subjects)
            marks = {office.world.entry(number).notified for number in range(3)}
            assert "" not in marks, (call, before)
    assert deaths == 2 * (call - 1) > 16


def test_a_link_leads_to_the_job_or_to_the_invoice_or_is_left_out() -> None:
    invoice, job = ServiceTradeId(7), ServiceTradeId(8)

    assert SETTINGS.link_of(invoice, job) == "https://servicetrade.test/jobs/8"
    assert SETTINGS.link_of(invoice, None) == ""
    assert MailSettings("https://servicetrade.test/{invoice}").link_of(invoice, None).endswith("/7")
    assert MailSettings().link_of(invoice, job) == ""
