"""What the doctor reads in the machinery."""

import re
from pathlib import Path
from typing import Any

import pytest

from invoicesync.state.entry import State
from invoicesync.state.tokens import StoredTokens
from invoicesync_cli.doctor import upkeep
from invoicesync_cli.doctor.finding import Finding, Severity
from invoicesync_cli.doctor.upkeep import Alarm, Schedule, Subscription
from invoicesync_cli.survey import Depth
from tests.unit.cli.surveys import NOW, opened, survey

ROOT = Path(__file__).parents[3]
DAY = 86_400
FUNCTIONS = {"reading ServiceTrade": "extractor"}


def tokens(age: int = 60, **changes: Any) -> StoredTokens:
    return StoredTokens("1", "access", "refresh", obtained_at=NOW - age, **changes)


def severities(found: Any) -> list[Severity]:
    listed: list[Finding] = list(found)
    for each in listed:
        assert bool(each.fix) == (each.severity in {Severity.BROKEN, Severity.ADVICE})
    return [each.severity for each in listed]


@pytest.mark.parametrize(
    ("held", "severity", "words"),
    [
        (tokens(), Severity.OK, "100 days left"),
        (tokens(3601), Severity.BROKEN, "the access token ended 1 s ago"),
        (tokens(101 * DAY), Severity.BROKEN, "the consent ended"),
        (tokens(refresh_expires_in=9 * DAY), Severity.ADVICE, "ends in 9 days"),
    ],
)
def test_the_consent_is_looked_at(held: StoredTokens, severity: Severity, words: str) -> None:
    (found,) = upkeep.consent(held, "production", NOW)

    assert found.severity is severity
    assert words in found.what
    assert bool(found.fix) == (severity is not Severity.OK)


def test_a_consent_for_the_other_of_intuits_worlds_is_broken() -> None:
    wrong, _ = upkeep.consent(tokens(), "sandbox", NOW)

    assert wrong.severity is Severity.BROKEN
    assert "QuickBooksEnvironment=production" in wrong.fix


@pytest.mark.parametrize(
    ("whose", "theirs", "severity"),
    [
        ("AWS", NOW + 60, Severity.OK),
        ("AWS", NOW - 61, Severity.ADVICE),
        ("AWS", NOW - 301, Severity.BROKEN),
        ("AWS", NOW + 301, Severity.BROKEN),
        ("ServiceTrade", NOW - 301, Severity.ADVICE),
    ],
)
def test_clocks_are_compared(whose: str, theirs: int, severity: Severity) -> None:
    found = upkeep.clock(whose, theirs, NOW)

    assert severities([found]) == [severity]
    assert whose in found.what


def test_ahead_and_behind_are_told_apart() -> None:
    assert "2 min behind AWS" in upkeep.clock("AWS", NOW + 120, NOW).what
    assert "2 min ahead of AWS" in upkeep.clock("AWS", NOW - 120, NOW).what


@pytest.mark.parametrize(
    ("scanned_at", "minutes", "severity"),
    [
        (None, 5, Severity.ADVICE),
        (NOW - 3600, 5, Severity.OK),
        (NOW - 3601, 5, Severity.BROKEN),
        (NOW - 3601, 60, Severity.OK),
        (NOW - 10_801, 60, Severity.BROKEN),
    ],
)
def test_reading_must_come_to_its_end_in_three_periods(
    scanned_at: int | None, minutes: int, severity: Severity
) -> None:
    assert severities([upkeep.reading(survey(scanned_at=scanned_at), minutes)]) == [severity]


def test_a_queue_that_moves_is_right_and_one_that_does_not_is_broken() -> None:
    calm = survey().open
    young, old = opened(2, 7200), opened(1, 7201)

    assert severities(upkeep.queue(survey())) == [Severity.OK]
    assert severities(upkeep.queue(survey(open={**calm, State.QUEUED: young}))) == [Severity.OK]
    for state in (State.QUEUED, State.IN_FLIGHT):
        (found,) = upkeep.queue(survey(open={**calm, state: old}))
        assert found.severity is Severity.BROKEN
        assert "oldest-unsettled-work.md" in found.fix


def test_what_is_held_waits_for_a_person_and_is_no_fault_of_the_stack() -> None:
    _, found = upkeep.queue(survey(open={**survey().open, State.HELD: opened(2, 1)}))

    assert (found.severity, found.fix) == (Severity.ADVICE, "invoicesync held")
    assert "2 invoices held for a person, $1,027.20" in found.what


@pytest.mark.parametrize("letters", [Depth(1, 0, 0), Depth(0, 1, 0)])
def test_dead_letters_of_nothing_held_are_told(letters: Depth) -> None:
    _, found = upkeep.queue(survey(dead_letters=letters))

    assert found.severity is Severity.ADVICE
    assert "1 dead letters and nothing held" in found.what


@pytest.mark.parametrize(
    ("changes", "is_on", "severity", "fix"),
    [
        ({}, True, Severity.OK, ""),
        ({"breaker_opened_at": NOW}, False, Severity.BROKEN, "breaker-open.md"),
        ({"paused": True}, False, Severity.ADVICE, "invoicesync resume"),
        ({}, False, Severity.BROKEN, "invoicesync run"),
    ],
)
def test_what_keeps_invoices_back_is_told(
    changes: dict[str, Any], is_on: bool, severity: Severity, fix: str
) -> None:
    found = upkeep.loading(survey(**changes), is_on=is_on)

    assert severities([found]) == [severity]
    assert fix in found.fix


@pytest.mark.parametrize(
    ("found", "severity", "words"),
    [
        ([Schedule("extractor", "rate(5 minutes)", True)], Severity.OK, "rate(5 minutes)"),
        ([Schedule("extractor", "rate(5 minutes)", False)], Severity.BROKEN, "switched off"),
        ([Schedule("another", "rate(5 minutes)", True)], Severity.BROKEN, "nothing starts"),
    ],
)
def test_what_a_schedule_must_start_has_one_that_is_on(
    found: list[Schedule], severity: Severity, words: str
) -> None:
    (told,) = upkeep.schedules(found, FUNCTIONS)

    assert severities([told]) == [severity]
    assert words in told.what


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], [Severity.BROKEN]),
        ([Alarm("a", "OK", True), Alarm("b", "INSUFFICIENT_DATA", True)], [Severity.OK]),
        ([Alarm("a", "ALARM", True), Alarm("b", "OK", True)], [Severity.BROKEN]),
        ([Alarm("a", "OK", False)], [Severity.BROKEN]),
        ([Alarm("a", "ALARM", False)], [Severity.BROKEN, Severity.BROKEN]),
    ],
)
def test_alarms_must_be_there_silent_and_heard(
    found: list[Alarm], expected: list[Severity]
) -> None:
    assert severities(upkeep.alarms(found)) == expected


@pytest.mark.parametrize(
    ("found", "severity", "words"),
    [
        ([Subscription("finance", "a@example.com", True)], Severity.OK, "1 confirmed"),
        ([Subscription("finance", "a@example.com", False)], Severity.BROKEN, "a@example.com has"),
        ([Subscription("ops", "a@example.com", True)], Severity.BROKEN, "nobody hears"),
        ([], Severity.BROKEN, "nobody hears"),
    ],
)
def test_somebody_must_have_confirmed_to_hear(
    found: list[Subscription], severity: Severity, words: str
) -> None:
    (told,) = upkeep.mail(found, ["finance"])

    assert severities([told]) == [severity]
    assert words in told.what


def test_every_runbook_that_a_fix_names_is_there() -> None:
    code = Path(upkeep.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r"docs/runbooks/[a-z-]+\.md", code))

    assert len(named) >= 5
    assert not [each for each in named if not (ROOT / each).is_file()]
