"""The demo's look back notices whatever is not as it was planted."""

from typing import Any

import pytest

from invoicesync.domain.comparison import BooksRecord, Population, SourceRecord
from invoicesync.services.audit import Audited
from sandbox.demo.look_back import faults_of
from sandbox.demo.past import Past
from tests.unit.domain.comparison.invoices import (
    DAY,
    MONTH,
    READ_AT,
    booked,
    compared,
    told,
    voided,
)

NONE = Past(MONTH.first, MONTH.last)


def audited(sources: list[SourceRecord], books: list[BooksRecord]) -> Audited:
    def read(records: Any) -> Any:
        return Population(records, READ_AT, READ_AT)

    return Audited(compared(sources, books), read(sources), read(books))


@pytest.mark.parametrize(
    ("sources", "books", "what"),
    [
        ([told()], [], "missing"),
        ([told()], [booked(1), booked(2)], "double"),
        ([told()], [booked(total=61_360)], "of another total"),
        ([told()], [booked(dated=DAY.replace(day=20))], "of another date"),
        ([told(department="West")], [booked(department="East")], "of another customer"),
        ([told()], [booked()], "equal"),
        ([], [booked()], "foreign"),
        ([told()], [voided()], "something voided"),
    ],
)
def test_what_was_not_planted_is_a_fault(
    sources: list[SourceRecord], books: list[BooksRecord], what: str
) -> None:
    faults = faults_of(NONE, audited(sources, books))

    assert any(what in fault for fault in faults)


def test_what_was_planted_and_not_found_is_a_fault() -> None:
    planted = Past(MONTH.first, MONTH.last, missing={7}, unbilled={8})

    assert len(faults_of(planted, audited([], []))) == 2
    assert faults_of(NONE, audited([], [])) == []
