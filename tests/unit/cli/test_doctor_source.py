"""What the doctor reads in a sample of ServiceTrade's invoices."""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.domain.source import SourceInvoice, parse_source
from invoicesync_cli.doctor import source
from invoicesync_cli.doctor.finding import Finding, Severity
from tests.unit.domain.invoices import MAPPING, NOON, an_invoice, an_item

TODAY = date(2026, 12, 2)
DAY = 86_400
NUMBER = "10482"


def mapping(**changes: Any) -> Mapping:
    return parse_mapping(json.dumps(MAPPING | changes))


def invoice(**changes: Any) -> SourceInvoice:
    return parse_source(an_invoice(**({"invoiceNumber": NUMBER} | changes)), None).invoice


def at(zone: str, hour: int = 0, day: int = 2) -> int:
    return int(datetime(2026, 12, day, hour, tzinfo=ZoneInfo(zone)).timestamp())


def only(findings: Iterable[Finding], severity: Severity) -> Finding:
    (found,) = findings
    assert found.severity is severity, found
    assert bool(found.fix) == (severity in {Severity.BROKEN, Severity.ADVICE})
    return found


def dated(*moments: int | None, **settings: Any) -> list[Finding]:
    sample = [invoice(transactionDate=each) for each in moments]
    return list(source.dates(sample, mapping(**settings)))


def test_dates_without_a_time_and_moments_are_counted_apart() -> None:
    utc_midnight = int(datetime(2026, 12, 2, tzinfo=UTC).timestamp())

    found = only(dated(utc_midnight, utc_midnight, at("America/New_York", 12)), Severity.OK)

    assert "3 invoices: 2 with a date alone, 1 with a time of day" in found.what
    assert "12-18 h 1" in found.what


def test_midnights_of_the_mappings_own_zone_are_right() -> None:
    only(dated(*[at("America/New_York")] * 5), Severity.OK)


def test_midnights_of_another_zone_land_on_another_day_and_are_broken() -> None:
    found = only(
        dated(*[at("America/New_York")] * 3, timezone="America/Los_Angeles"), Severity.BROKEN
    )

    assert "3 of 3 invoices are dated at midnight in America/New_York" in found.what
    assert "timezone: America/New_York" in found.fix


def test_midnights_of_another_zone_on_the_same_day_harm_nobody() -> None:
    only(dated(*[at("America/Los_Angeles")] * 5), Severity.OK)


def test_one_moment_that_is_midnight_elsewhere_is_chance() -> None:
    moments = [at("America/New_York"), *[at("America/Los_Angeles", 11)] * 20]

    only(dated(*moments, timezone="America/Los_Angeles"), Severity.OK)


def test_each_office_is_read_in_its_own_zone() -> None:
    office = {"id": 9, "name": "Sacramento"}
    sample = [invoice(transactionDate=at("America/New_York"), assignedOffice=office)] * 3

    found = only(source.dates(sample, mapping()), Severity.BROKEN)

    assert "timezones.by_office" in found.fix


def test_invoices_without_a_date_are_advised_of() -> None:
    undated, rest = dated(None, NOON)

    assert undated.severity is Severity.ADVICE
    assert "1 of 2 invoices have no date" in undated.what
    assert rest.severity is Severity.OK


@pytest.mark.parametrize("look", [source.dates, source.mapped])
def test_no_invoices_are_no_good_sign(look: Any) -> None:
    only(look([], mapping()), Severity.UNCHECKED)


def test_an_invoice_of_which_all_is_mapped_is_right() -> None:
    only(source.mapped([invoice()], mapping()), Severity.OK)


def test_names_that_the_mapping_lacks_are_advised_of_and_broken_where_they_are_most() -> None:
    stranger = an_item(libItem={"id": 78, "name": "Valve", "type": "thing", "code": "VLV"})
    lacking = invoice(items=[stranger])

    few = only(source.mapped([invoice(), invoice(), lacking], mapping()), Severity.ADVICE)
    assert few.what.startswith("unmapped_item: ")
    assert "(1 invoice of 3)" in few.what
    assert "under items in the mapping" in few.fix
    only(source.mapped([invoice(), lacking], mapping()), Severity.ADVICE)
    only(source.mapped([invoice(), lacking, lacking], mapping()), Severity.BROKEN)


def test_only_the_commonest_causes_are_shown_one_by_one() -> None:
    offices = [{"id": each, "name": f"Office {each}"} for each in range(8)]
    sample = [invoice(assignedOffice=each) for each in offices]

    found = list(source.mapped(sample, mapping()))

    assert len(found) == 6
    assert "3 more causes, 8 invoices of 8 in all" in found[-1].what


@pytest.mark.parametrize(
    "changes",
    [
        {"transactionDate": at("America/New_York", day=1) - 60 * DAY},
        {"type": "vendorbill"},
        {"status": "void"},
        {"status": "internal_review"},
        {"tags": [{"id": 1, "name": "do-not-sync"}]},
    ],
)
def test_an_invoice_that_is_not_meant_for_quickbooks_needs_no_mapping(
    changes: dict[str, Any],
) -> None:
    stranger = {"assignedOffice": {"id": 1, "name": "Nowhere"}}

    only(source.mapped([invoice(**stranger, **changes)], mapping()), Severity.UNCHECKED)


def others(
    *sample: SourceInvoice,
    there: list[dict[str, Any]] | None = None,
    ours: dict[ServiceTradeId, str] | None = None,
    **settings: Any,
) -> Finding:
    (found,) = source.others(sample, there or [], ours or {}, mapping(**settings), TODAY)
    return found


def row(**changes: Any) -> dict[str, Any]:
    return {"Id": "77", "DocNumber": NUMBER, "TotalAmt": 5, "PrivateNote": "typed"} | changes


def test_an_invoice_under_our_number_that_is_not_ours_shows_that_somebody_else_is_there() -> None:
    found = others(invoice(), there=[row(Id=str(each)) for each in range(3)])

    assert found.severity is Severity.BROKEN
    assert NUMBER in found.what
    assert "void what is double" in found.fix


def test_one_or_two_may_have_been_typed_by_hand() -> None:
    found = others(invoice(), there=[row(Id=str(each)) for each in range(2)])

    assert found.severity is Severity.ADVICE
    assert "2 invoices under the number" in found.what


@pytest.mark.parametrize(
    "changes",
    [
        {"PrivateNote": "Job 9 [st:2100000000000101.1]"},
        {"TotalAmt": 0, "PrivateNote": "Voided - typed"},
        {"Id": "412"},
    ],
)
def test_what_we_loaded_and_what_was_voided_is_nobody_elses(changes: dict[str, Any]) -> None:
    ours = {ServiceTradeId(2_100_000_000_000_101): "412"}

    assert others(invoice(), there=[row(**changes)], ours=ours).severity is Severity.OK


def test_history_from_before_go_live_is_left_alone() -> None:
    old = invoice(transactionDate=NOON - 60 * DAY)

    found = others(old, there=[row()])

    assert found.severity is Severity.OK
    assert "1 from before go_live are left alone" in found.what


def test_before_go_live_somebody_elses_work_is_right_until_that_day() -> None:
    found = others(invoice(), there=[row()], go_live="2027-01-01")

    assert found.severity is Severity.ADVICE
    assert "right until go_live (2027-01-01)" in found.what


def test_a_status_that_we_did_not_set_is_a_trace() -> None:
    done = invoice(status="processed")

    assert others(done).severity is Severity.ADVICE
    assert others(done, ours={done.id: "412"}).severity is Severity.OK
    assert others().severity is Severity.UNCHECKED


def test_the_prefix_of_the_mapping_counts() -> None:
    prefix: dict[str, Any] = {"document_number": {"prefix": "ST-"}}

    assert others(invoice(), there=[row()], **prefix).severity is Severity.OK
    prefixed = [row(DocNumber=f"ST-{NUMBER}")]
    assert others(invoice(), there=prefixed, **prefix).severity is Severity.ADVICE
