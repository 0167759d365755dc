"""What the doctor finds between the mapping's left-hand names and ServiceTrade's lists."""

import json
from typing import Any

from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.ports import SourceList
from invoicesync_cli.doctor.finding import Severity
from invoicesync_cli.doctor.lists import Lists, lists_of, names

GO_LIVE = {"go_live": "2026-11-01"}
EVERYWHERE: dict[str, Any] = {
    "departments": {"by_office": {"one": "Q"}},
    "timezones": {"by_office": {"two": "America/New_York"}},
    "ship_from": {
        "by_office": {"three": {"street": "1", "city": "P", "state": "PA", "postal_code": "1"}}
    },
    "classes": {"by_service_line": {"four": "Q"}},
    "items": {
        "by_service_line": {"five": "Q"},
        "by_code": {"six": "Q"},
        "by_name": {"seven": "Q"},
        "by_type": {"part": "Q"},
    },
    "terms": {"eight": "Q"},
    "customers": {
        "names": {"nine": "Q"},
        "levels": {"ten": "job"},
        "bill_to": {"eleven": {"email": "a@example.com"}},
    },
    "po_required_for": ["twelve"],
}


def mapping(**parts: Any) -> Mapping:
    return parse_mapping(json.dumps(GO_LIVE | parts))


def shown(**rows: list[str]) -> Lists:
    return Lists(
        {
            SourceList[name.upper()]: [{"name": each, "code": each} for each in found]
            for name, found in rows.items()
        },
        {},
    )


def test_names_that_servicetrade_has_are_right_whatever_their_case() -> None:
    settings = mapping(departments={"by_office": {"pittsburgh": "West"}})

    (found,) = names(settings, shown(offices=["Pittsburgh ", "Reno"]))

    assert found.severity is Severity.OK
    assert "all 1 names" in found.what


def test_a_misspelled_name_is_told_with_what_was_meant() -> None:
    settings = mapping(departments={"by_office": {"Sacramnto": "California"}})

    (found,) = names(settings, shown(offices=["Pittsburgh", "Sacramento"]))

    assert found.severity is Severity.ADVICE
    assert found.what.startswith("departments.by_office.Sacramnto: nothing of this name")
    assert "did you mean 'Sacramento'?" in found.what
    assert "invoicesync mapping push" in found.fix


def test_codes_are_looked_for_among_codes() -> None:
    settings = mapping(items={"by_code": {"LAB": "Labor"}})
    rows: list[Any] = [{"name": "LAB", "code": None}, {"name": "Labor", "code": "OTHER"}]

    (found,) = names(settings, Lists({SourceList.LIBRARY_ITEMS: rows}, {}))

    assert "nothing of this code is among ServiceTrade's library items" in found.what


def test_every_table_with_names_of_servicetrade_is_looked_at() -> None:
    settings = mapping(**EVERYWHERE)
    assert lists_of(settings) == set(SourceList)

    found = list(names(settings, Lists(dict.fromkeys(SourceList, ()), {})))

    assert [each.severity for each in found] == [Severity.ADVICE] * 6
    assert "7 more names" in found[-1].what


def test_a_list_that_is_not_shown_is_not_called_good() -> None:
    settings = mapping(terms={"Net 30": "Net 30"})

    (found,) = names(settings, Lists({}, {SourceList.TERMS: "403"}))

    assert found.severity is Severity.UNCHECKED
    assert found.what == "not checked: ServiceTrade does not show its payment terms: 403"


def test_a_mapping_without_names_asks_for_no_list() -> None:
    assert lists_of(mapping()) == set()
    (found,) = names(mapping(), Lists({}, {}))
    assert found.severity is Severity.OK
