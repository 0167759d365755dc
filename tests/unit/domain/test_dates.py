from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from invoicesync.domain.dates import day_of, transaction_day
from tests.unit.domain.invoices import a_mapping, a_source

EASTERN = ZoneInfo("America/New_York")


def seconds(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp())  # type: ignore[arg-type,misc] # year to second


def test_midnight_in_utc_is_a_date_without_a_zone() -> None:
    assert day_of(seconds(2026, 12, 1), EASTERN) == date(2026, 12, 1)


def test_a_second_later_it_is_a_moment_in_a_zone() -> None:
    assert day_of(seconds(2026, 12, 1, 0, 0, 1), EASTERN) == date(2026, 11, 30)


def test_late_in_the_evening_is_still_the_same_day_at_home() -> None:
    assert day_of(seconds(2026, 12, 2, 4, 30), EASTERN) == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("office", "day"), [("Pittsburgh", date(2026, 12, 2)), ("sacramento", date(2026, 12, 1))]
)
def test_the_offices_zone_decides(office: str, day: date) -> None:
    source = a_source(
        transactionDate=seconds(2026, 12, 2, 6), assignedOffice={"id": 2, "name": office}
    )

    assert transaction_day(source.invoice, a_mapping()) == day


def test_without_an_office_the_companys_zone_decides() -> None:
    source = a_source(transactionDate=seconds(2026, 12, 2, 6), assignedOffice=None)

    assert transaction_day(source.invoice, a_mapping()) == date(2026, 12, 2)


def test_no_date_is_never_today() -> None:
    assert transaction_day(a_source(transactionDate=None).invoice, a_mapping()) is None
