"""A reconciliation: what it heals, what it leaves alone, what it says and keeps."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.conditions import Put
from invoicesync.domain.bridge import Cause, Sum
from invoicesync.domain.comparison import Absence, Population, Window, compare
from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.lags import Lags
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.unbilled import UnbilledJob
from invoicesync.errors import BusyError, MisconfiguredError
from invoicesync.services.reconcile.lags import measured
from invoicesync.services.reconcile.reconcile import MOST_ASKED
from invoicesync.services.reconcile.request import Request, read_request
from invoicesync.state import keys
from invoicesync.state.actions import Action, Actions
from invoicesync.state.ledger import Ledger, key_item
from invoicesync.state.pace import Usage
from invoicesync.state.reports import Reports
from tests.fakes.world import KilledError
from tests.unit.domain.comparison.invoices import booked, told, voided
from tests.unit.services.reconcile.nightly import NIGHT, RULES, Nightly, ours

OCTOBER = {"month": "2026-10"}
A_RUN: dict[str, Any] = {
    "at": int(NIGHT) - 300,
    "servicetrade": {"calls": 12, "used_ms": 1_500, "least_left_ms": 58_600},
}


@pytest.fixture
def nightly() -> Nightly:
    return Nightly()


def test_books_that_agree_are_good_news_and_everybody_hears_of_them(nightly: Nightly) -> None:
    nightly.sources, nightly.books = [told()], [ours(booked(), 1)]

    outcome = nightly.run(**OCTOBER)

    assert outcome.report.is_good
    assert nightly.extractor.asked == []
    [mail] = nightly.finance.mails
    assert mail.subject == "InvoiceSync: October 2026 agrees: 1 invoice, $513.60"
    assert "unexplained                                         0              $0.00" in mail.text
    assert f"s3://bucket/{outcome.page_key}" in mail.text
    assert outcome.findings == {"matched": 1}


def test_quickbooks_own_report_of_days_that_are_over_must_say_the_same(nightly: Nightly) -> None:
    nightly.sources, nightly.books = [told()], [ours(booked(), 1)]
    nightly.reported = ["513.60", "0.00"]
    equal = nightly.run(**OCTOBER).report.bridge
    nightly.reported = ["513.60", "7.00"]
    unequal = nightly.run(**OCTOBER).report

    assert equal.reported == equal.sales
    assert equal.closes
    assert unequal.verdict == "$7.00 in 1 invoice is explained by nothing."
    assert nightly.reports[0] == (date(2026, 10, 1), date(2026, 10, 31))


def test_quickbooks_own_report_is_not_asked_of_days_that_go_on(nightly: Nightly) -> None:
    nightly.reported = ["7.00"]

    assert nightly.run().report.bridge.reported is None
    assert nightly.reports == []


def test_what_is_missing_is_asked_for_and_named_until_it_is_there(nightly: Nightly) -> None:
    nightly.sources = [told()]

    outcome = nightly.run(**OCTOBER)

    assert nightly.extractor.asked == [1]
    assert nightly.extractor.actors == {"reconciler"}
    assert (outcome.report.differences, outcome.report.healed) == (1, 1)
    assert outcome.report.bridge.closes
    nightly.books = [ours(booked(), 1)]
    assert nightly.run(**OCTOBER).report.is_good


def test_what_is_old_and_what_should_be_void_are_asked_for(nightly: Nightly) -> None:
    nightly.sources = [
        told(1, updated=1_700_000_200, total=9_000, tax=0),
        told(2, number="2", absence=Absence.VOID),
    ]
    nightly.books = [ours(booked(), 1), ours(booked(902, number="2"), 2)]

    outcome = nightly.run(**OCTOBER)

    assert sorted(nightly.extractor.asked) == [1, 2]
    assert [row.cause for row in outcome.report.bridge.differences] == [
        Cause.STALE,
        Cause.UNREVERSED,
    ]


def test_what_people_must_decide_is_named_and_never_asked_for(nightly: Nightly) -> None:
    nightly.sources = [
        told(1),
        told(2, number="2"),
        told(3, number="3", total=7_000, tax=0),
        told(4, number="4"),
    ]
    nightly.books = [
        voided(mark=None),
        ours(voided(901), 1),
        ours(booked(902, number="2"), 2),
        ours(booked(903, number="2"), 2),
        ours(booked(904, number="3"), 3),
    ][1:]
    nightly.enter(4, "LOADED", qbo_id="905")

    outcome = nightly.run(**OCTOBER)

    assert [row.cause for row in outcome.report.bridge.differences] == [
        Cause.DELETED,
        Cause.VOIDED,
        Cause.DIFFERENT,
        Cause.DUPLICATE,
    ]
    assert nightly.extractor.asked == []
    assert nightly.looks == ["905"]
    assert outcome.report.bridge.closes


@pytest.mark.parametrize(
    ("state", "attributes"),
    [
        ("QUEUED", {"open_since": int(NIGHT) - 60}),
        ("IN_FLIGHT", {"open_since": int(NIGHT) - 60}),
        ("HELD", {"reason": "unmapped_item"}),
        ("WAITING", {}),
        ("RESOLVED", {"resolved": {"as": "not-billable", "note": "warranty"}}),
        ("LOADED", {"lease_until": int(NIGHT) + 60}),
    ],
)
def test_what_somebody_has_in_hand_is_left_alone(
    nightly: Nightly, state: str, attributes: dict[str, str | int]
) -> None:
    nightly.sources = [told()]
    nightly.enter(1, state, **attributes)

    outcome = nightly.run(**OCTOBER)

    assert nightly.extractor.asked == []
    assert outcome.report.bridge.closes
    # Only the lease says nothing about who is to act: the books differ all the same.
    assert outcome.report.differences == int(state == "LOADED")


def test_what_changed_just_now_is_left_to_the_sync(nightly: Nightly) -> None:
    nightly.sources = [told(updated=int(NIGHT) - 3000)]

    outcome = nightly.run(**OCTOBER)

    assert nightly.extractor.asked == []
    assert [row.cause for row in outcome.report.bridge.rows] == [Cause.ON_ITS_WAY]
    assert outcome.report.is_good


def test_a_message_that_vanished_is_asked_for_again(nightly: Nightly) -> None:
    nightly.sources = [told()]
    nightly.enter(1, "QUEUED", open_since=int(NIGHT) - 7 * 3600)

    nightly.run(**OCTOBER)

    assert nightly.extractor.asked == [1]


def test_an_invoice_with_an_open_intent_is_the_loaders(nightly: Nightly) -> None:
    nightly.sources = [told()]
    intent = (
        '{"request_id":"r","bid":"1","operation":"create","revision":"1 1 1 dispatch f",'
        '"document_hash":"","mapping_serial":1,"note":"","tax":"0","tax_tolerance":"0",'
        '"unknown":1,"unknown_since":1,"absent":[],"custom_fields":[]}'
    )
    nightly.enter(1, "LOADED", intent=intent)

    nightly.run(**OCTOBER)

    assert nightly.extractor.asked == []


def test_what_cannot_be_asked_for_now_is_told_and_nothing_is_lost(nightly: Nightly) -> None:
    nightly.sources, nightly.extractor.fails = [told()], True

    outcome = nightly.run(**OCTOBER)

    assert (outcome.asked_again, outcome.left) == ((), (1,))
    assert outcome.why == ("the function failed",)
    assert outcome.plain()["left"] == [1]


def test_more_than_one_run_has_time_for_is_left_to_the_next(nightly: Nightly) -> None:
    nightly.sources = [told(n, number=str(n), total=n) for n in range(1, MOST_ASKED + 3)]

    outcome = nightly.run(**OCTOBER)

    assert len(outcome.asked_again) == len(nightly.extractor.asked) == MOST_ASKED
    assert outcome.left == (MOST_ASKED + 1, MOST_ASKED + 2)
    assert "backfill" in outcome.why[0]


def test_what_metrics_are_told_is_what_the_report_says(nightly: Nightly) -> None:
    nightly.sources = [told(1), told(2, number="2", total=100)]
    nightly.books = [ours(booked(total=51_361, tax=3_361), 1)]

    outcome = nightly.run(**OCTOBER)

    assert outcome.tax_variance == Decimal("0.01")
    assert outcome.discrepancy_percent == 50
    assert outcome.reads == 2


def test_an_invoice_that_no_query_showed_is_looked_for_by_its_id(nightly: Nightly) -> None:
    moved = ours(booked(905, dated=date(2025, 1, 1)), 1)
    nightly.sources = [told()]
    nightly.enter(1, "LOADED", qbo_id="905")
    nightly.elsewhere["905"] = moved

    outcome = nightly.run(**OCTOBER)

    assert [row.cause for row in outcome.report.bridge.differences] == [Cause.DIFFERENT]
    assert outcome.report.bridge.closes
    assert outcome.report.facts["Reads of QuickBooks for this report"] == "3"


def test_what_was_sent_and_moved_away_is_missed_though_it_is_not_to_be_there_any_more(
    nightly: Nightly,
) -> None:
    nightly.sources = [told(absence=Absence.EXCLUDED)]
    nightly.enter(1, "LOADED", qbo_id="905")
    nightly.elsewhere["905"] = ours(booked(905, dated=date(2025, 1, 1)), 1)

    outcome = nightly.run(**OCTOBER)

    assert [row.cause for row in outcome.report.bridge.differences] == [Cause.DIFFERENT]
    assert outcome.report.bridge.closes


def test_a_void_is_asked_for_though_people_moved_its_invoice_to_another_month(
    nightly: Nightly,
) -> None:
    nightly.sources = [told(absence=Absence.VOID)]
    nightly.enter(1, "LOADED", qbo_id="905")
    nightly.elsewhere["905"] = ours(booked(905, dated=date(2025, 1, 1)), 1)

    outcome = nightly.run(**OCTOBER)

    assert outcome.findings == {"unreversed": 1}
    assert nightly.extractor.asked == [1]
    assert outcome.report.bridge.closes


def test_what_is_not_to_be_there_and_never_was_is_not_looked_for(nightly: Nightly) -> None:
    nightly.sources = [told(absence=Absence.EXCLUDED), told(2, absence=Absence.BEFORE_GO_LIVE)]
    nightly.enter(2, "ADOPTED", qbo_id="905")

    assert nightly.run(**OCTOBER).report.is_good
    assert nightly.looks == []


def test_two_entries_that_name_one_invoice_are_looked_for_once_each_and_counted_once(
    nightly: Nightly,
) -> None:
    nightly.sources = [told(1), told(2, number="2", total=1)]
    nightly.enter(1, "LOADED", qbo_id="905")
    nightly.enter(2, "LOADED", qbo_id="905")
    nightly.elsewhere["905"] = ours(booked(905), 1)

    outcome = nightly.run(**OCTOBER)

    assert outcome.findings == {"matched": 1, "missing": 1}


def test_what_was_adopted_is_ours(nightly: Nightly) -> None:
    nightly.sources, nightly.books = [told()], [booked()]
    assert nightly.run(**OCTOBER).report.differences == 1

    nightly.enter(1, "ADOPTED", qbo_id="901", adopted=True)

    assert nightly.run(**OCTOBER).report.is_good


def test_held_and_resolved_say_why(nightly: Nightly) -> None:
    nightly.sources = [told(1), told(2, number="2", total=100), told(3, number="3", total=200)]
    nightly.enter(1, "HELD", reason="unmapped_item", total="513.60")
    nightly.enter(2, "HELD", reason="of_a_later_release")
    resolved = {"as": "accepted-difference", "note": "agreed with Kim"}
    nightly.enter(3, "RESOLVED", resolved=resolved)

    report = nightly.run(**OCTOBER).report

    tables = {table.name: table for table in report.tables}
    unmapped = EXPLANATIONS[ProblemCode.UNMAPPED_ITEM]
    assert [row[-1] for row in tables["held"].rows] == [
        f"{unmapped.sentence} Fix: {unmapped.fix}",
        "of a later release",
    ]
    assert tables["accepted"].rows[0][-1] == "accepted-difference: agreed with Kim"
    assert [(each.reason, each.amount) for each in report.held] == [
        ("unmapped_item", Decimal("513.60")),
        ("of_a_later_release", Decimal(0)),
    ]


def test_a_report_is_written_once_and_the_next_has_the_next_number(nightly: Nightly) -> None:
    first, second = nightly.run(**OCTOBER), nightly.run(**OCTOBER)

    assert (first.page_key, second.page_key) == (
        "reports/2026-10/0001.html",
        "reports/2026-10/0002.html",
    )
    assert nightly.bucket.objects[first.csv_key].startswith(b"\xef\xbb\xbf")
    assert b"report 1" in nightly.bucket.objects[first.page_key]
    nightly.bucket.objects["reports/2026-10/0003.csv"] = b"somebody's"
    with pytest.raises(BusyError, match="never overwritten"):
        nightly.run(**OCTOBER)
    assert nightly.bucket.objects["reports/2026-10/0003.csv"] == b"somebody's"


def test_the_window_of_a_night_ends_today_where_the_company_is(nightly: Nightly) -> None:
    period = nightly.run().report.period

    assert (period.first, period.last) == (date(2026, 9, 29), date(2026, 11, 2))


def test_the_trend_goes_on_from_run_to_run(nightly: Nightly) -> None:
    nightly.sources = [told()]
    nightly.run(**OCTOBER)
    nightly.clock.advance(86_400)
    nightly.books = [ours(booked(), 1)]

    trend = nightly.run(**OCTOBER).report.trend

    assert [each.per_100_000 for each in trend] == [100_000, 0]
    done = Reports(nightly.table, nightly.clock, nightly.random).lately(2)
    assert [(each.period, each.number, each.differences) for each in done] == [
        ("2026-10", 1, 1),
        ("2026-10", 2, 0),
    ]


def test_what_is_posted_into_a_month_that_was_reported_is_late(nightly: Nightly) -> None:
    nightly.sources, nightly.books = [told()], [ours(booked(), 1)]
    nightly.run(**OCTOBER)
    nightly.clock.advance(3600)
    nightly.sources.append(told(2, number="10483", total=100, tax=0))
    nightly.books.append(
        ours(booked(902, number="10483", total=100, tax=0, created=int(NIGHT) + 60), 2)
    )
    nightly.run(**OCTOBER)

    report = nightly.run(**OCTOBER).report

    [late] = [table for table in report.tables if table.name == "late"]
    assert [row[0] for row in late.rows] == ["10483"]


def test_a_month_that_goes_on_is_not_reported_yet(nightly: Nightly) -> None:
    nightly.run(month="2026-11")
    reports = Reports(nightly.table, nightly.clock, nightly.random)

    assert reports.first_reported("2026-11") is None


def test_what_people_did_by_command_stands_in_the_report(nightly: Nightly) -> None:
    nightly.sources, nightly.books = [told()], [ours(booked(), 1)]
    actions = Actions(nightly.table, nightly.clock, nightly.random)
    actions.record(Action("kim@desk", "redrive", invoices=[nightly.sources[0].id], note="mended"))

    report = nightly.run(**OCTOBER).report

    [done] = [table for table in report.tables if table.name == "actions"]
    assert done.rows == (("2026-11-02 09:00 UTC", "kim@desk", "redrive", 1, "mended"),)
    assert report.facts["Went without a person's command"] == "0.00 %"


def test_what_nobody_measured_is_no_figure(nightly: Nightly) -> None:
    assert set(nightly.run(**OCTOBER).report.facts) == {
        "Discrepancy rate",
        "Tax variance",
        "Mapping",
        "Reads of QuickBooks for this report",
    }


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(40, "40 s"), (600, "10 min"), (7260, "2 h 1 min"), (400_000, "4 days")],
)
def test_the_lag_is_what_the_ledger_kept(nightly: Nightly, seconds: int, said: str) -> None:
    nightly.sources = [told(1), told(2, number="10483")]
    nightly.books = [ours(booked(), 1), ours(booked(902, number="10483"), 2)]
    nightly.enter(1, "LOADED", ready_at=1_700_000_000, stood_at=1_700_000_000 + seconds)
    nightly.enter(2, "LOADED")  # by an older release
    nightly.sources.append(told(3, number="10484"))
    nightly.books.append(ours(booked(903, number="10484"), 3))
    nightly.enter(3, "LOADED", ready_at=999, stood_at=1_700_000_000)  # it waited for a mapping
    nightly.table.write(Put({**key_item(keys.mapping_version(1)), "at": 1_600_000_000}))

    outcome = nightly.run(**OCTOBER)

    name = "From closed job or last change to QuickBooks, p50 / p95"
    assert outcome.report.facts[name] == f"{said} / {said}, of 1 measured"
    assert outcome.plain()["lags"] == {"measured": 1, "p50": seconds, "p95": seconds}
    [kept] = Reports(nightly.table, nightly.clock, nightly.random).lately(1)
    assert kept.lags == Lags(1, seconds, seconds)


def test_of_many_invoices_an_even_part_is_measured() -> None:
    invoices = range(1, 2502)
    found = compare(
        Population([told(n, number=f"{n}") for n in invoices], 0, 0),
        Population([ours(booked(9000 + n, number=f"{n}"), n) for n in invoices], 0, 0),
        window=Window(date(2026, 10, 1), date(2026, 10, 31)),
        rules=RULES,
    )
    nightly = Nightly()
    for n in invoices:
        nightly.enter(n, "LOADED", ready_at=1000, stood_at=1000 + n)

    assert measured(Ledger(nightly.table), found, since=1000) == Lags()
    assert measured(Ledger(nightly.table), found, since=0) == Lags(834, 1249, 2377)


def test_calls_are_told_against_what_is_admitted(nightly: Nightly) -> None:
    nightly.usage = Usage(1.0, 1204, 310)
    nightly.table.write(Put({**key_item(keys.run("2026-11-02", "08:55:00")), **A_RUN}))
    nightly.table.write(Put({**key_item(keys.run("2026-11-01", "08:55:00")), **A_RUN, "at": 1}))

    report = nightly.run(**OCTOBER).report

    [listed] = [table for table in report.tables if table.name == "expenses"]
    assert [row[:3] for row in listed.rows] == [
        ("QuickBooks: calls in October 2026", 1204, "500 a minute"),
        ("QuickBooks: reads in October 2026, the metered ones", 310, "500,000 a month"),
        ("QuickBooks: calls for this report", 2, ""),
        ("ServiceTrade: extractor's calls, 24 hours", 12, ""),
        (
            "ServiceTrade: its time for them",
            "1.5 s",
            "60,000 ms a minute; 58,600 ms were the least that was left",
        ),
        ("AWS", "not counted", ""),
    ]
    assert report.facts["Metered reads of QuickBooks in the month"] == (
        "310 of 500,000 that cost nothing"
    )
    assert nightly.asked_of == [datetime(2026, 10, 31, 4, tzinfo=UTC).timestamp()]


def test_lists_of_a_month_end_are_in_the_report(nightly: Nightly) -> None:
    nightly.sources = [
        told(1),
        told(2, number="10486"),
        told(3, number="10500", total=1_000, tax=0),
        told(4, number="10501", dated=None, total=0, absence=Absence.VOID),
    ]
    nightly.books = [
        ours(booked(total=51_361, tax=3_361), 1),
        ours(booked(902, number="10486"), 2),
        ours(booked(903, number="10500", total=2_000, tax=0, balance=500), 3),
        booked(904, number="X7", total=7_700),
        booked(905, number="X8"),
    ]

    report = nightly.run(**OCTOBER).report

    tables = {table.name: table.rows for table in report.tables}
    assert tables["number_gaps"][0] == ("10483", "10485", 3)
    assert tables["changed_after_payment"][0][3:] == (Decimal(10), Decimal(20), Decimal(5))
    assert [row[0] for row in tables["not_ours"]] == ["X7", "X8"]
    assert tables["not_ours"][1][-1] in {"1", "2"}
    assert report.facts["Tax variance"] == "$0.01"
    [day] = [each for each in report.days if each.day == date(2026, 10, 15)]
    assert (day.servicetrade, day.quickbooks) == (Decimal("1037.20"), Decimal("1047.21"))
    assert len(report.days) == 31


def test_work_that_was_never_invoiced_stands_with_its_age_and_its_estimate(
    nightly: Nightly,
) -> None:
    job = UnbilledJob(ServiceTradeId(7), "J-7", "Boiler", "Keystone", date(2026, 10, 30), 45_000)
    nightly.unbilled = [job, replace(job, number="", estimate=None)]

    report = nightly.run(**OCTOBER).report

    [listed] = [table for table in report.tables if table.name == "unbilled"]
    assert listed.rows == (
        ("J-7", "Keystone", "Boiler", "2026-10-30", 3, Decimal(450)),
        ("7", "Keystone", "Boiler", "2026-10-30", 3, "none"),
    )
    assert report.facts["Work never invoiced"] == "2 jobs; $450.00 in 1 estimates"
    nightly.unbilled = [replace(job, estimate=None)]
    assert nightly.run(**OCTOBER).report.facts["Work never invoiced"] == "1 jobs; no estimate"


def test_its_answer_has_no_names_and_money_as_text(nightly: Nightly) -> None:
    nightly.sources = [told()]

    plain = nightly.run(**OCTOBER).plain()

    assert plain["bridge"]["missing"] == {"count": -1, "amount": "-513.60"}
    assert plain["closes"] is True
    assert plain["is_good"] is False
    assert "Keystone" not in str(plain)


def test_an_event_may_ask_for_two_days(nightly: Nightly) -> None:
    outcome = nightly.run(**{"from": "2026-10-01", "to": "2026-10-15"})

    assert outcome.report.period.name == "2026-10-01--2026-10-15"
    assert outcome.report.bridge.source == Sum()


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        ({"month": "2026-13"}, "month"),
        ({"from": "2026-10-01"}, "go together"),
        ({"from": "2026-10-01", "to": "2026-09-01"}, "before from"),
        ({"from": "2024-10-01", "to": "2026-09-01"}, "at most 400 days"),
        ({"month": "2026-10", "from": "2026-10-01", "to": "2026-10-02"}, "not for both"),
        ({"moonth": "2026-10"}, "moonth"),
    ],
)
def test_an_event_that_cannot_be_read_is_told_with_the_way_out(
    event: dict[str, str], wrong: str
) -> None:
    with pytest.raises(MisconfiguredError, match=wrong) as raised:
        read_request(event)

    assert '"month": "2026-10"' in str(raised.value)


def test_december_ends_with_its_year() -> None:
    assert Request(month="2026-12").period(date(2027, 1, 5)).last == date(2026, 12, 31)


def test_a_lag_that_two_clocks_make_negative_is_none(nightly: Nightly) -> None:
    nightly.sources = [told(updated=1_700_000_900)]
    nightly.books = [replace(ours(booked(), 1), updated=1_700_000_950)]

    assert not [name for name in nightly.run(**OCTOBER).report.facts if "p95" in name]


@pytest.mark.parametrize("before", [True, False])
def test_a_run_that_dies_anywhere_is_made_good_by_the_next(before: bool) -> None:
    whole = Nightly()
    whole.sources = [told()]
    whole.run(**OCTOBER)

    for call in range(1, whole.line.calls + 1):
        nightly = Nightly()
        nightly.sources = [told()]
        nightly.line.die_at, nightly.line.die_before = call, before
        with pytest.raises(KilledError):
            nightly.run(**OCTOBER)
        kept = dict(nightly.bucket.objects)

        nightly.line.live()
        outcome = nightly.run(**OCTOBER)

        assert set(nightly.extractor.asked) == {1}
        assert outcome.report.bridge.closes
        assert kept.items() <= nightly.bucket.objects.items()
        assert nightly.finance.mails[-1].text.startswith(outcome.report.verdict)
