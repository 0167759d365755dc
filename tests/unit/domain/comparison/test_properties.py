"""What holds for any two populations."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from invoicesync.domain.comparison import (
    Absence,
    BooksRecord,
    By,
    Comparison,
    Finding,
    Kind,
    Rules,
    SourceRecord,
    Window,
)
from invoicesync.domain.ids import ServiceTradeId
from tests.unit.domain.comparison.invoices import (
    DAY,
    READ_AT,
    booked,
    compared,
    expected,
    there,
    told,
)

# Few choices, so that everything meets everything.
NUMBERS = ("1", "", "2", "P1")
TOTALS = (100, 200, 0)
DAYS = (DAY, None, *(DAY + timedelta(days) for days in (-15, -3, 1, 4, 17)))
NAMES = (("A",), ("A", "B"), ("A", "C"), (), ("D",))
ABSENCES = (None, None, None, None, None, None, *Absence)
PAIRS = frozenset({Kind.MATCHED, Kind.DIFFERING, Kind.STALE, Kind.UNREVERSED})

type Sides = tuple[list[SourceRecord], list[BooksRecord]]


class Digits:
    """Takes choices out of one number, which is much faster than to draw each; 0: the first."""

    def __init__(self, number: int) -> None:
        self._left = number

    def of[A](self, choices: Sequence[A]) -> A:
        self._left, at = divmod(self._left, len(choices))
        return choices[at]


def a_source(id_: int, number: int) -> SourceRecord:
    digits = Digits(number)
    return told(
        id_,
        number=digits.of(NUMBERS),
        customer=expected(*digits.of(NAMES)),
        dated=digits.of(DAYS),
        total=digits.of(TOTALS),
        tax=0,
        absence=digits.of(ABSENCES),
        updated=digits.of((0, READ_AT - 1)),
    )


def a_booking(id_: int, number: int) -> BooksRecord:
    digits = Digits(number)
    is_void = digits.of((False, False, False, True))
    marked = digits.of((None, None, None, 1, 2, 3, 4, 99))
    return booked(
        id_,
        number=digits.of(NUMBERS),
        customer=there(*digits.of(NAMES)),
        dated=digits.of(DAYS),
        total=0 if is_void else digits.of(TOTALS),
        tax=0,
        mark=None if marked is None else (ServiceTradeId(marked), 0),
        is_void=is_void,
    )


# Small numbers take the first of most choices: there is much that is alike.
NUMBERS_OF_RECORDS = st.lists(st.integers(0, 4) | st.integers(0, 2**18), max_size=7)
SIDES = st.tuples(NUMBERS_OF_RECORDS, NUMBERS_OF_RECORDS).map(
    lambda both: (
        [a_source(id_, number) for id_, number in enumerate(both[0], start=1)],
        [a_booking(id_, number) for id_, number in enumerate(both[1], start=8)],
    )
)


def compare(sides: Sides) -> Comparison:
    rules = Rules(number_prefix="P", settle_seconds=600)
    return compared(*sides, rules=rules, deleted=[1, 2])


@settings(max_examples=60)
@given(SIDES)
def test_every_invoice_of_either_side_is_in_one_finding_with_its_money(sides: Sides) -> None:
    findings = compare(sides).findings

    here = Counter(one.id for each in findings for one in each.sources)
    there_ = Counter(one.id for each in findings for one in each.books)
    assert here == Counter(one.id for one in sides[0])
    assert there_ == Counter(one.id for one in sides[1])
    assert sum(each.source_cents for each in findings) == sum(one.total for one in sides[0])
    assert sum(each.books_cents for each in findings) == sum(one.total for one in sides[1])


@settings(max_examples=60)
@given(SIDES, st.integers(0, 9))
def test_the_order_of_the_input_decides_nothing(sides: Sides, seed: int) -> None:
    chance = random.Random(seed)

    shuffled = (chance.sample(sides[0], len(sides[0])), chance.sample(sides[1], len(sides[1])))

    assert compare(shuffled) == compare(sides)


@settings(max_examples=60)
@given(SIDES)
def test_a_finding_says_no_more_than_its_records_do(sides: Sides) -> None:
    ids = {one.id for one in sides[0]}
    for each in compare(sides).findings:
        check_count(each)
        for one in each.books:
            check_mark(each, one, ids)


def check_count(each: Finding) -> None:
    """Nothing is paired doubly, and nothing is missing that is not to be there, or is."""
    if each.kind in PAIRS:
        assert (len(each.sources), len(each.live)) == (1, 1)
        money = [one.by for one in each.differences if one.field in {"amount", "tax"}]
        assert each.excess_cents == each.tax_cents + sum(money)
    if each.kind is Kind.DOUBLE:
        assert len(each.sources) == 1
        assert len(each.live) > 1
    if each.kind in {Kind.MISSING, Kind.VOIDED, Kind.DELETED}:
        assert each.sources[0].is_expected
        assert not each.live


def check_mark(each: Finding, one: BooksRecord, ids: set[ServiceTradeId]) -> None:
    """What bears a mark is with its own or with nothing."""
    if one.mark is not None and one.mark[0] in ids:
        assert one.mark[0] in {source.id for source in each.sources}
    elif one.mark is not None:
        assert each.kind in {Kind.UNTRACEABLE, Kind.OUTSIDE}


@settings(max_examples=60)
@given(SIDES)
def test_what_is_missing_and_what_is_foreign_have_nothing_by_which_they_would_pair(
    sides: Sides,
) -> None:
    findings = compare(sides).findings
    missing = [each.sources[0] for each in findings if each.kind is Kind.MISSING]
    foreign = [one for each in findings if each.kind is Kind.FOREIGN for one in each.live]
    for source in missing:
        for one in foreign:
            assert not source.number or one.number.removeprefix("P") != source.number
            assert not is_content_alike(source, one)


@settings(max_examples=60)
@given(SIDES)
def test_where_two_could_be_meant_neither_is_left_over_as_missing(sides: Sides) -> None:
    """A guess would pair one of them, and call the other missing."""
    findings = compare(sides).findings
    alone = {Kind.MISSING, Kind.DELETED, Kind.UNSETTLED}
    missing = [each.sources[0] for each in findings if each.kind in alone and not each.books]
    for each in findings:
        if each.kind in PAIRS and each.by is not By.MARK and each.sources[0].is_expected:
            for source in missing:
                assert not is_meant(each, source)


def is_meant(each: Finding, source: SourceRecord) -> bool:
    (one,) = each.live
    if each.by is By.CONTENT:
        return is_content_alike(source, one)
    same_money = source.total == one.total != 0
    is_evident = same_money or source.customer.is_same_as(one.customer)
    return is_evident and source.number == one.number.removeprefix("P") != ""


def is_content_alike(source: SourceRecord, one: BooksRecord) -> bool:
    if source.dated is None or one.dated is None or source.total != one.total:
        return False
    days = abs((source.dated - one.dated).days)
    return days <= 3 and source.customer.is_same_as(one.customer)


def test_a_window_holds_its_first_and_its_last_day() -> None:
    window = Window(DAY, DAY)

    assert window.holds(DAY)
    assert not window.holds(DAY + timedelta(1))
