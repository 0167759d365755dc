"""Other programs hear how the books compared: money and counts, and not for ever."""

from invoicesync.errors import RetryableError
from invoicesync.services.reconcile.announcement import TRIES, announced, event_about
from tests.fakes import FakeBus
from tests.unit.domain.comparison.invoices import booked, told
from tests.unit.services.reconcile.nightly import Nightly, ours


def test_it_says_how_the_books_compared_and_names_nobody() -> None:
    nightly = Nightly()
    nightly.sources, nightly.books = [told(), told(2)], [ours(booked(), 1)]
    outcome = nightly.run(month="2026-10")
    bus = FakeBus()

    assert announced(bus, outcome)

    [event] = bus.events
    said = event.plain()
    assert event.name == "BooksReconciled"
    assert said["period"] == outcome.report.period.name
    assert (said["closes"], said["compared"], said["differences"]) == (True, 2, 1)
    assert (said["quickbooks"], said["unexplained"]) == ("513.60", "0.00")
    assert "Keystone" not in str(said)


def test_each_report_is_an_event_of_its_own() -> None:
    nightly = Nightly()
    first, again = nightly.run(month="2026-10"), nightly.run(month="2026-10")

    assert event_about(first).key == event_about(first).key != event_about(again).key


def test_a_bus_that_confirms_nothing_is_given_up_after_some_tries() -> None:
    outcome = Nightly().run(month="2026-10")
    losing = [True]

    class Silent(FakeBus):
        calls = 0

        def publish(self, events: object) -> tuple[bool, ...]:
            self.calls += 1
            raise RetryableError(f"no answer to {events}")

    silent = Silent()
    assert not announced(silent, outcome)
    assert silent.calls == TRIES
    assert announced(FakeBus(loses=lambda: bool(losing and losing.pop())), outcome)
