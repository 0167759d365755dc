"""What operators did is kept with who, when, before and after."""

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.state.actions import MOST_NAMED, Action, Actions
from tests.fakes import FakeClock, FakeTable, SeededRandom

DAY = 86_400


def actions(table: FakeTable, clock: FakeClock) -> Actions:
    return Actions(table, clock, SeededRandom(1))


def test_an_action_is_read_back_as_it_was_done() -> None:
    clock = FakeClock()
    table = FakeTable(clock)
    done = Action(
        "kim@desk",
        "resolve",
        invoices=[ServiceTradeId(7)],
        before={"state": "HELD"},
        after={"state": "RESOLVED"},
        note="typed by hand",
    )

    actions(table, clock).record(done)
    (read,) = actions(table, clock).of_days(1)

    assert read.at == int(clock.time)
    assert (read.actor, read.what, read.note) == ("kim@desk", "resolve", "typed by hand")
    assert read.invoices == (7,)
    assert (read.before, read.after) == ({"state": "HELD"}, {"state": "RESOLVED"})


def test_actions_come_newest_first_and_only_of_the_days_asked_for() -> None:
    clock = FakeClock()
    kept = actions(FakeTable(clock), clock)
    for what in ("pause", "resume", "run"):
        kept.record(Action("kim", what))
        clock.advance(DAY)

    assert [action.what for action in kept.of_days(3)] == ["run", "resume"]
    assert [action.what for action in kept.of_days(9)] == ["run", "resume", "pause"]


def test_two_actions_of_one_moment_are_both_kept() -> None:
    clock = FakeClock()
    kept = actions(FakeTable(clock), clock)
    kept.record(Action("kim", "pause"))
    kept.record(Action("lee", "pause"))

    assert {action.actor for action in kept.of_days(1)} == {"kim", "lee"}


def test_a_large_action_names_some_of_its_invoices_and_counts_them_all() -> None:
    clock = FakeClock()
    table = FakeTable(clock)
    many = [ServiceTradeId(number) for number in range(1, MOST_NAMED + 50)]

    actions(table, clock).record(Action("kim", "redrive", invoices=many))

    (item,) = table.items.values()
    assert item["number_of_invoices"] == len(many)
    assert len(actions(table, clock).of_days(1)[0].invoices) == MOST_NAMED
