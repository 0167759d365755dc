"""What is remembered of the extractor's runs."""

from invoicesync.conditions import Item
from invoicesync.ports import Spent
from invoicesync.state.runs import Runs, spending, spent
from tests.fakes import FakeClock, FakeTable

MIDNIGHT = 1_790_035_200  # 2026-09-22, in UTC
MINUTE = 60


def runs() -> Runs:
    return Runs(FakeTable(FakeClock()))


def test_the_runs_of_the_last_day_are_read_over_midnight_the_newest_first() -> None:
    kept = runs()
    for minutes in (-24 * 60, -30, -15, 15):
        kept.remember({"kind": f"{minutes}"}, at=MIDNIGHT + minutes * MINUTE, epoch=1)

    found = kept.of_last_day(MIDNIGHT + 20 * MINUTE)

    assert [run["kind"] for run in found] == ["15", "-15", "-30"]


def test_what_runs_took_is_added_up_and_the_least_that_was_left_is_kept() -> None:
    rows: list[Item] = [
        {"servicetrade": spending(each)}
        for each in (Spent(3, 120, 59_000), Spent(), Spent(2, 80, 41_000), Spent(1, 0, None))
    ]

    assert spent([*rows, {"kind": "of an older release"}]) == Spent(6, 200, 41_000)


def test_nothing_was_taken_where_nothing_was_asked() -> None:
    assert spending(Spent()) == {}
    assert spent([]) == Spent()
