"""Mails read well, and nothing in them breaks a line."""

from datetime import date
from decimal import Decimal

import pytest

from invoicesync.domain.alerts import Row, cleared_letter, held_letter, more_letter
from invoicesync.domain.causes import Cause
from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.standing import Standing
from invoicesync.services.extract.upkeep import NOT_BY_ITSELF

TODAY = date(2026, 10, 28)
NO_PRODUCT = "'Filter MERV 13' (FLT-13) has no product"
STANDING = Standing(5, Decimal("7020.10"), 2 * 86_400, date(2026, 10, 3))
LINK = "https://app.servicetrade.com/jobs/2100000000000101"


def row(number: str, amount: str, where: str, **changes: object) -> Row:
    problem = Problem(ProblemCode.UNMAPPED_ITEM, NO_PRODUCT, where)
    given = Row(number, "Example Foods", "2026-10-28", Decimal(amount), problem, LINK)
    return given if not changes else Row(**{**_fields(given), **changes})  # type: ignore[arg-type]


def _fields(given: Row) -> dict[str, object]:
    return {name: getattr(given, name) for name in Row.__slots__}


def test_a_mail_says_what_why_and_what_to_do() -> None:
    letter = held_letter([row("10482", "1204", "line 3"), row("9", "2608.5", "")], STANDING, TODAY)

    assert letter.subject == "InvoiceSync: 2 invoices held, $3,812.50 - item not mapped"
    assert letter.text.split("\n") == [
        "2 invoices ($3,812.50) are held: 'Filter MERV 13' (FLT-13) has no product.",
        "",
        f"  10482  Example Foods  10/28  $1,204.00  line 3  {LINK}",
        f"  9      Example Foods  10/28  $2,608.50          {LINK}",
        "",
        "Fix: Add its code or name under items in the mapping, or enter its QuickBooks id in",
        "ServiceTrade's price book.",
        "Then: nothing. They go by themselves within the hour",
        "(or: invoicesync redrive --reason unmapped_item)",
        "Oldest waits 2 days. October ends in 3 days. Held in all: 5 invoices, $7,020.10.",
    ]


def test_a_link_that_does_not_fit_stands_beneath_and_another_year_is_told() -> None:
    long = row("10482", "1", "line 3", link=f"{LINK}?{'x' * 40}", dated="2025-12-31")

    lines = held_letter([long], None, TODAY).text.split("\n")

    assert lines[2:4] == [
        "  10482  Example Foods  12/31/2025  $1.00  line 3",
        f"         {LINK}?{'x' * 40}",
    ]


def test_what_was_added_is_listed_and_the_whole_is_counted() -> None:
    rows = [row("1", "1", ""), row("2", "2", "")]

    letter = more_letter(rows[1:], rows, STANDING, TODAY)

    assert letter.subject == "InvoiceSync: 1 more held, now 2, $3.00 - item not mapped"
    assert "  2  Example Foods" in letter.text
    assert "  1  Example Foods" not in letter.text


def test_each_cause_that_is_cleared_has_its_line() -> None:
    causes = [Cause(ProblemCode.UNMAPPED_ITEM, NO_PRODUCT), Cause(ProblemCode.DATE_MISSING)]

    letter = cleared_letter(causes, STANDING, TODAY)

    assert letter.subject == "InvoiceSync: cleared - item not mapped, date missing"
    assert f"  item not mapped ({NO_PRODUCT}): nothing is held for it any more." in letter.text
    assert "  date missing: nothing is held for it any more." in letter.text


def test_a_sentence_keeps_its_one_full_stop() -> None:
    problem = Problem(ProblemCode.UNREADABLE_SOURCE, "ServiceTrade shows it no more.")

    text = held_letter([row("1", "1", "", problem=problem)], None, TODAY).text

    assert "no more.\n" in text


@pytest.mark.parametrize("code", ProblemCode)
def test_a_hold_that_does_not_go_by_itself_says_so(code: ProblemCode) -> None:
    is_special = code.value in NOT_BY_ITSELF

    assert ("not tried again by itself" in EXPLANATIONS[code].then) == is_special
