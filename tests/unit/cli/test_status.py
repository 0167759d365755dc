"""What `invoicesync status` tells, and what of it needs a person."""

import io
from typing import Any

import pytest

from invoicesync.domain.lags import Lags
from invoicesync.ports import Spent
from invoicesync.state.entry import State
from invoicesync.state.pace import READS_A_MONTH, Usage
from invoicesync.state.reports import Reconciled
from invoicesync_cli.screen import Screen
from invoicesync_cli.status import needs_of, plain, show
from invoicesync_cli.survey import Survey
from tests.unit.cli.surveys import NOW, opened, survey

HOUR, DAY = 3600, 86_400


def screen(seen: Survey) -> str:
    """Read what a terminal would show, blanks folded."""
    console = Screen(file=io.StringIO(), width=140)
    show(console, "invoicesync", seen)
    written = console.file
    assert isinstance(written, io.StringIO)
    return " ".join(written.getvalue().split())


def open_(**states: Any) -> dict[State, Any]:
    return dict.fromkeys(State, opened()) | {State(name): each for name, each in states.items()}


def test_a_stack_where_all_is_well_needs_nobody() -> None:
    seen = survey()

    assert needs_of(seen) == []
    assert plain("invoicesync", seen)["needs"] == []
    assert "lag none" in screen(seen).replace("│", "").replace("  ", " ")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"open": open_(HELD=opened(2))}, "2 held: see invoicesync held"),
        ({"mapping_serial": None}, "no mapping is published: invoicesync mapping push FILE"),
        ({"scanned_at": NOW - 3 * HOUR}, "ServiceTrade was last read to its end 3 h 0 min ago"),
        ({"breaker_opened_at": NOW - 60, "breaker_reason": "blocked: 3100"}, "blocked: 3100"),
        ({"paused": True}, "loading is paused: invoicesync resume"),
        ({"token_days": None}, "invoicesync connect quickbooks"),
        ({"token_days": 9.0}, "the consent ends in 9 days"),
        ({"usage": Usage(1.0, 0, READS_A_MONTH - 1)}, "499,999 metered reads this month"),
    ],
)
def test_what_needs_a_person_says_what_to_do(changes: dict[str, Any], says: str) -> None:
    seen = survey(**changes)

    (need,) = needs_of(seen)

    assert says in need
    assert need in screen(seen)


def test_the_lag_is_the_age_of_the_oldest_that_is_on_its_way() -> None:
    on_their_way = open_(QUEUED=opened(3, 60), IN_FLIGHT=opened(1, 7 * 60), HELD=opened(1, 9 * DAY))
    seen = survey(open=on_their_way)

    assert plain("invoicesync", seen)["lag_seconds"] == 7 * 60
    assert "7 min" in screen(seen)


def test_calls_are_told_beside_what_intuit_admits() -> None:
    seen = survey(usage=Usage(0.5, 1204, 310))

    told = plain("invoicesync", seen)["quickbooks"]

    assert (told["requests_this_month"], told["reads_this_month"]) == (1204, 310)
    assert str(told["rate_share"]) == "0.500"
    said = screen(seen)
    assert "1,204" in said
    assert "310 of them reads; Intuit gives 500,000 reads a month" in said
    assert "Intuit asked for less" in said


def test_servicetrades_calls_are_told_beside_what_it_gives() -> None:
    seen = survey(spent=Spent(1204, 98_765, 41_000))

    assert plain("invoicesync", seen)["servicetrade"] == {
        "calls_last_day": 1204,
        "milliseconds_last_day": 98_765,
        "least_left_ms": 41_000,
        "milliseconds_a_minute": 60_000,
    }
    said = screen(seen)
    assert "1,204" in said
    assert "98.8 s of its time; it gives 60,000 ms a minute, 41,000 of them the least left" in said


def test_how_long_invoices_take_is_told_as_it_was_measured_last() -> None:
    arrived = Reconciled("2026-10", 3, NOW, 400, 0, 0, 0, "", Lags(312, 660, 7300))
    seen = survey(arrived=arrived)

    told = plain("invoicesync", seen)["arrived"]

    assert told == {"period": "2026-10", "at": NOW, "measured": 312, "p50": 660, "p95": 7300}
    assert "11 min / 2 h 1 min" in screen(seen)
    assert "312 of 2026-10" in screen(seen)


def test_what_was_never_measured_is_not_made_up() -> None:
    assert plain("invoicesync", survey())["arrived"] is None
    assert "measured by each reconciliation: there was none yet" in screen(survey())


def test_the_last_runs_are_listed() -> None:
    run = {
        "at": NOW - 60,
        "kind": "live",
        "reason": "complete",
        "actor": "schedule",
        "counts": {"rows": 12, "enqueued": 3},
    }

    said = screen(survey(runs=(run,)))

    assert "live" in said
    assert "complete" in said
    assert "schedule" in said
