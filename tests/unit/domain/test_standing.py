"""The last line of a mail: since when, until when, and how much in all."""

from datetime import date
from decimal import Decimal

import pytest

from invoicesync.domain.standing import Standing, standing_of

HOUR, DAY = 3600, 86_400
OCTOBER = date(2026, 10, 3)


def of(**changes: object) -> Standing:
    given: dict[str, object] = {"count": 5, "amount": Decimal("7020.10"), "oldest_seconds": 2 * DAY}
    return Standing(**given | changes)  # type: ignore[arg-type]  # as each test says


def test_it_tells_since_when_until_when_and_how_much() -> None:
    standing = of(dated=OCTOBER)

    assert standing.sentence(date(2026, 10, 28)) == (
        "Oldest waits 2 days. October ends in 3 days. Held in all: 5 invoices, $7,020.10."
    )


@pytest.mark.parametrize(
    ("today", "close_day", "says"),
    [
        (date(2026, 10, 30), 0, "October ends tomorrow."),
        (date(2026, 10, 31), 0, "October ends today."),
        (date(2026, 11, 1), 0, "October is over."),
        (date(2026, 11, 2), 5, "October closes in 3 days."),
        (date(2026, 11, 5), 5, "October closes today."),
        (date(2026, 11, 6), 5, "October was to be closed by now."),
        (date(2026, 9, 1), 0, ""),
    ],
)
def test_the_earliest_month_is_told(today: date, close_day: int, says: str) -> None:
    sentence = of(dated=OCTOBER, close_day=close_day).sentence(today)

    assert sentence == " ".join(
        part
        for part in ("Oldest waits 2 days.", says, "Held in all: 5 invoices, $7,020.10.")
        if part
    )


def test_december_is_closed_in_the_next_year() -> None:
    sentence = of(dated=date(2026, 12, 31), close_day=10).sentence(date(2026, 12, 31))

    assert "December closes in 10 days." in sentence


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        (HOUR - 1, "less than an hour"),
        (HOUR, "1 hour"),
        (2 * DAY - 1, "47 hours"),
        (3 * DAY, "3 days"),
    ],
)
def test_an_age_is_told_in_its_own_unit(seconds: int, says: str) -> None:
    assert of(oldest_seconds=seconds).sentence(OCTOBER).startswith(f"Oldest waits {says}.")


def test_nothing_is_told_as_nothing() -> None:
    assert of(count=0).sentence(OCTOBER) == "Nothing is held any more."


def test_what_was_not_all_counted_is_told_as_a_part() -> None:
    sentence = of(count=1, is_whole=False).sentence(OCTOBER)

    assert sentence.endswith("Held in all: at least 1 invoice, $7,020.10.")


def test_it_is_added_up_and_what_has_no_date_has_no_say_in_the_month() -> None:
    rows = [("2026-10-03", Decimal(7), 60), ("", Decimal(3), HOUR), ("soon", Decimal(1), 5)]

    standing = standing_of(rows, close_day=3, is_whole=True)

    assert standing == Standing(3, Decimal("11.00"), HOUR, OCTOBER, 3)
    assert standing_of([], close_day=0, is_whole=True).dated is None
