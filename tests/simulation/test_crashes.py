"""Every ninth point of every course, and proof that the search sees what it is there for."""

import logging
from itertools import islice

import pytest

from tests.simulation.ablation.removal import removed
from tests.simulation.ablation.table import DEFENCES
from tests.simulation.courses import COURSES, PAIRED
from tests.simulation.crash_points import pairs, played, points_of, search, singles

STRIDE = 12
FIRST = "one new invoice"
LONG_STRIDE = 60
LONG = (
    "a remap of what is loaded",
    "a rollback and the remap after it",
    "an invoice that only a comparison comes upon",
)
"""Courses of so many calls that fewer of them are died at here."""


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.disable(logging.ERROR)


@pytest.mark.parametrize("position", range(len(COURSES)), ids=list(COURSES))
def test_no_death_breaks_a_promise(position: int) -> None:
    course = list(COURSES.values())[position]

    stride = LONG_STRIDE if course.name in LONG else STRIDE
    tally = search(course, islice(singles(course), position % stride, None, stride))

    assert tally.broken == []
    assert tally.kills == tally.runs >= 3


def test_no_two_deaths_break_a_promise() -> None:
    course = COURSES[FIRST]

    tally = search(course, islice(pairs(course), 7, None, 127))

    assert tally.broken == []
    assert tally.kills > tally.runs > 25


def test_there_are_enough_courses() -> None:
    assert len(COURSES) >= 20
    assert len(PAIRED) >= 5


def test_a_course_has_as_many_points_again_and_the_same_end() -> None:
    course = COURSES[FIRST]

    assert points_of(course) == points_of(course)
    assert played(course, frozenset({40})) == played(course, frozenset({40}))


@pytest.mark.parametrize("name", ["intent before send", "enqueue before mark"])
def test_a_death_shows_where_a_defence_is_missing(name: str) -> None:
    course = COURSES[FIRST]
    points = list(singles(course))

    with removed(DEFENCES[name].replacements):
        tally = search(course, points)

    assert tally.broken
