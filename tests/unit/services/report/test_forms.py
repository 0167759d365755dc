"""The listing, the mail and the charts of a report."""

import csv
import hashlib
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicesync.domain.bridge import Cause
from invoicesync.services.report import charts
from invoicesync.services.report.listing import digest, guarded, write_csv
from invoicesync.services.report.mail import subject_of, text_of
from invoicesync.services.report.model import (
    WORDS,
    Column,
    Day,
    HeldFor,
    Period,
    Table,
    Trend,
    month_end,
)
from tests.unit.services.report.reports import COLUMNS, OCTOBER, a_bridge, a_report, a_step


def rows(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@given(st.text(max_size=12))
def test_no_text_of_a_listing_begins_a_formula(text: str) -> None:
    for hostile in (text, f"={text}", f"  @{text}", f"'={text}", f"\t{text}"):
        assert not guarded(hostile).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(1)", " =1", "\t=1", "＝1", "'=1"])  # noqa: RUF001 - the wide form is the point
def test_a_formula_becomes_a_text(text: str) -> None:
    assert guarded(text) == f"'{text}"


def test_amounts_and_counts_stay_numbers() -> None:
    assert guarded(Decimal("-12.50")) == "-12.50"
    assert guarded(-3) == "-3"
    assert guarded("Keystone") == "Keystone"


def test_the_listing_has_the_whole_bridge_and_every_row_of_every_table() -> None:
    many = Table("held", "Held", "", COLUMNS, tuple((str(n), "K", Decimal(n)) for n in range(500)))
    bridge = a_bridge(a_step(Cause.HELD, -1, "-412.37"), a_step(Cause.DUPLICATE, 1, "350.00"))

    found = rows(write_csv(bridge, [many], {}))

    assert found[0] == ["bridge", "step", "invoices", "amount"]
    assert ["bridge", "held for a person", "-1", "-412.37"] in found
    assert ["bridge", "twice in QuickBooks", "1", "350.00"] in found
    assert ["bridge", "unexplained", "0", "0.00"] in found
    assert ["bridge", "sales in QuickBooks' own report", "42", "12895.00"] in found
    assert len([row for row in found if row[:1] == ["held"]]) == 500
    assert ["part", "Invoice", "Customer", "ServiceTrade"] in found


def test_a_listing_without_quickbooks_own_report_does_not_name_it() -> None:
    found = rows(write_csv(a_bridge(reported=False), [], {}))

    assert [row[1] for row in found if row[:1] == ["bridge"]][-1] == "sales in QuickBooks"


def test_the_listing_has_the_single_figures_too() -> None:
    found = rows(write_csv(a_bridge(), [], {"Lag, p50 / p95": "=4 min / 2 h"}))

    assert found[-2:] == [
        ["figures", "figure", "value"],
        ["figures", "Lag, p50 / p95", "'=4 min / 2 h"],
    ]


def test_a_listing_is_known_by_its_hash() -> None:
    content = write_csv(a_bridge(), [], {})

    assert digest(content) == hashlib.sha256(content).hexdigest()


def test_the_mail_carries_the_whole_bridge_good_news_too() -> None:
    report = a_report()

    text = text_of(report, kept_at="s3://bucket/reports")

    assert subject_of(report) == ("InvoiceSync: October 2026 agrees: 40 invoices, $12,490.00")
    assert text.startswith("Both books agree: 40 invoices, $12,490.00.")
    assert "unexplained                                         0              $0.00" in text
    assert "+ QuickBooks invoices not made by us" in text
    assert "sales in QuickBooks' own report" in text
    assert "Mapping: version 4" in text
    assert report.csv_sha256 in text
    assert "s3://bucket/reports" in text


def test_the_mail_names_what_a_person_must_see_and_the_rest_by_count() -> None:
    steps = [a_step(Cause.DUPLICATE, 1, "10.00", str(n)) for n in range(12)]
    waiting = a_step(Cause.WAITING, -1, "-7.00", "10999")
    report = a_report(*steps, waiting, healed=1)

    text = text_of(report, kept_at="here")

    assert subject_of(report) == "InvoiceSync: October 2026: 12 to look at"
    assert "12 invoices differ, 1 of them asked for again already." in text
    assert "(+2 more)" in text
    assert "10999" not in text


def test_the_mail_does_not_speak_of_a_report_that_quickbooks_was_not_asked_for() -> None:
    text = text_of(a_report(bridge=a_bridge(reported=False)), kept_at="here")

    assert "own report" not in text


def test_a_row_of_the_mail_is_one_line_that_fits() -> None:
    long = Table("different", "Differing", "", COLUMNS, (("1", "many\nwords " * 40, Decimal(1)),))

    text = text_of(a_report(tables=(long,)), kept_at="here")

    [row] = [line for line in text.splitlines() if line.startswith("  1  many")]
    assert len(row) <= 100
    assert row.endswith(" …")


@pytest.mark.parametrize(
    ("planted", "said"),
    [("-0.01", "-$0.01 in 0 invoices is explained by nothing."), ("3.00", "$3.00 in 0 invoices")],
)
def test_what_is_not_explained_is_said_first(planted: str, said: str) -> None:
    report = a_report(bridge=a_bridge(planted=planted))

    assert report.verdict.startswith(said)
    assert subject_of(report) == "InvoiceSync: October 2026 does not close"
    assert not report.is_good


def test_sales_that_only_quickbooks_own_report_has_are_said_too() -> None:
    bridge = a_bridge()
    assert bridge.reported is not None
    more = type(bridge)(
        bridge.source,
        bridge.decided,
        bridge.expected,
        bridge.differences,
        bridge.actual,
        bridge.unexplained,
        bridge.others,
        bridge.sales,
        type(bridge.reported)(bridge.reported.count + 1, bridge.reported.amount + 5),
    )

    assert a_report(bridge=more).verdict == "$5.00 in 1 invoice is explained by nothing."


def test_one_difference_is_spoken_of_as_one() -> None:
    report = a_report(a_step(Cause.DUPLICATE, 1, "10.00"))

    assert report.verdict == "Everything is accounted for to the cent; 1 invoice differs."


def test_every_cause_has_its_words() -> None:
    assert set(WORDS) == set(Cause)


@pytest.mark.parametrize(
    ("first", "last", "name", "title"),
    [
        (date(2026, 10, 1), date(2026, 10, 31), "2026-10", "October 2026"),
        (date(2026, 12, 1), date(2026, 12, 31), "2026-12", "December 2026"),
        (
            date(2026, 10, 2),
            date(2026, 11, 1),
            "2026-10-02--2026-11-01",
            "October 2, 2026 to November 1, 2026",
        ),
    ],
)
def test_a_period_is_named_as_people_name_it(
    first: date, last: date, name: str, title: str
) -> None:
    period = Period(first, last)

    assert (period.name, period.title) == (name, title)


def test_a_month_ends_on_its_last_day() -> None:
    assert month_end(date(2028, 2, 3)) == date(2028, 2, 29)
    assert month_end(OCTOBER.first) == OCTOBER.last


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            Day,
            st.dates(date(2026, 1, 1), date(2026, 12, 31)),
            st.integers(-500, 10**9).map(lambda c: Decimal(c) / 100),
            st.integers(-500, 10**9).map(lambda c: Decimal(c) / 100),
        ),
        max_size=40,
    )
)
def test_every_bar_of_a_day_stays_within_its_chart(days: list[Day]) -> None:
    chart = charts.money_by_day(days)

    assert len(chart.bars) == 2 * len(days)
    for bar in chart.bars:
        assert charts.LEFT <= bar.x <= bar.x + bar.width <= charts.WIDTH
        assert 0 <= bar.y <= bar.y + bar.height <= charts.HEIGHT
    assert len(chart.labels) <= charts.MOST_LABELS


@settings(max_examples=30)
@given(
    st.lists(
        st.builds(
            HeldFor,
            st.just("unmapped_item"),
            st.integers(1, 9),
            st.integers(-100, 10**9).map(lambda c: Decimal(c) / 100),
        ),
        max_size=20,
    )
)
def test_every_bar_of_a_reason_leaves_room_for_its_amount(held: list[HeldFor]) -> None:
    chart = charts.held_by_reason(held)

    assert all(bar.x + bar.width <= charts.WIDTH - 180 for bar in chart.bars)
    assert len(chart.labels) == 2 * len(held)


def test_a_trend_is_a_line_through_every_run() -> None:
    chart = charts.discrepancy_trend([Trend(1, 1700), Trend(2, 0), Trend(3, 850)])

    assert chart.path.count("L") == 2
    assert [bar.says for bar in chart.bars] == ["1.70 %", "0.00 %", "0.85 %"]
    assert charts.discrepancy_trend([]).path == ""
    assert charts.discrepancy_trend([Trend(1, 0)]).bars[0].says == "0.00 %"


def test_a_column_of_text_stands_at_the_left() -> None:
    assert not Column("Invoice").is_number
