import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoicesync.adapters.quickbooks.query import masked, quoted, select
from invoicesync.ports.books import Comparison


def _tokens(statement: str) -> list[tuple[str, str]]:
    """Split a statement as the service documents its language; written for this test alone."""
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(statement):
        character = statement[at]
        if character == " ":
            at += 1
        elif character == "'":
            at += 1
            value = ""
            while statement[at] != "'":
                if statement[at] == "\\":
                    at += 1
                    assert statement[at] in "'\\", "an escape that the language does not know"
                value += statement[at]
                at += 1
            at += 1
            found.append(("literal", value))
        elif character in "(),*=<>":
            size = 2 if statement[at : at + 2] in {"<=", ">="} else 1
            found.append(("sign", statement[at : at + size]))
            at += size
        else:
            word = re.compile(r"[A-Za-z0-9.]+").match(statement, at)
            assert word, f"{character!r} outside of a literal"
            found.append(("word", word[0]))
            at = word.end()
    return found


def _statement(*where: Comparison) -> str:
    return select("Invoice", where, order_by="Id", start=1, limit=1000)


_AFTER = [("word", w) for w in ["ORDERBY", "Id", "STARTPOSITION", "1", "MAXRESULTS", "1000"]]
_BEFORE = [("word", "SELECT"), ("sign", "*"), ("word", "FROM"), ("word", "Invoice")]
_HOSTILE = st.one_of(
    st.text(),
    st.text(alphabet="'\\ )(,=%ORand1\"\n\x00;-&\U0001f600é", max_size=30),
    st.sampled_from(
        [
            "O'Brien & Sons",
            "' OR Id > '0",
            "\\",
            "\\'",
            "\\\\'",
            "''",
            "x') ORDERBY Id --",
            "Crème brûlée \U0001f34b",
            "100%",
            "",
        ]
    ),
)


@settings(max_examples=700)
@given(_HOSTILE)
def test_any_value_comes_back_as_that_one_literal(value: str) -> None:
    statement = _statement(Comparison("DocNumber", "=", value))

    assert _tokens(statement) == [
        *_BEFORE,
        ("word", "WHERE"),
        ("word", "DocNumber"),
        ("sign", "="),
        ("literal", value),
        *_AFTER,
    ]


@settings(max_examples=200)
@given(st.lists(_HOSTILE, min_size=1, max_size=5))
def test_a_list_of_values_comes_back_as_that_list(values: list[str]) -> None:
    tokens = _tokens(_statement(Comparison("DisplayName", "IN", values)))

    assert [value for kind, value in tokens if kind == "literal"] == values
    assert [value for kind, value in tokens if kind == "sign" and value != "*"] == [
        "(",
        *[","] * (len(values) - 1),
        ")",
    ]


def test_several_conditions_are_joined_by_and() -> None:
    statement = _statement(
        Comparison("CustomerRef", "=", "58"),
        Comparison("TxnDate", ">=", "2026-01-01"),
        Comparison("DocNumber", "LIKE", "10%"),
    )

    assert statement == (
        "SELECT * FROM Invoice WHERE CustomerRef = '58' AND TxnDate >= '2026-01-01' "
        "AND DocNumber LIKE '10%' ORDERBY Id STARTPOSITION 1 MAXRESULTS 1000"
    )


def test_active_is_compared_to_bare_words_and_to_nothing_else_bare() -> None:
    both = _statement(Comparison("Active", "IN", ["true", "false"]))
    odd = _statement(Comparison("Active", "=", "true) ORDERBY Id"))

    assert "Active IN (true, false)" in both
    assert "Active = 'true) ORDERBY Id'" in odd
    assert "Name = 'true'" in _statement(Comparison("Name", "=", "true"))


def test_half_an_emoji_is_asked_for_as_the_service_stores_it() -> None:
    assert quoted("cut \ud83d") == "'cut ?'"


@pytest.mark.parametrize(
    "comparison",
    [
        Comparison("Doc Number", "=", "1"),
        Comparison("Id = '1' AND Name", "=", "1"),
        Comparison("", "=", "1"),
        Comparison("Id", "!=", "1"),
        Comparison("Id", "= '1' OR Id =", "1"),
        Comparison("Id", "IN", "1"),
        Comparison("Id", "IN", []),
        Comparison("Id", "=", ["1"]),
    ],
)
def test_what_is_no_condition_is_not_written(comparison: Comparison) -> None:
    with pytest.raises(ValueError, match=r"needs|no field"):
        _statement(comparison)


@pytest.mark.parametrize(
    ("entity", "order_by", "start", "limit"),
    [
        ("invoice", "Id", 1, 10),
        ("Invoice WHERE", "Id", 1, 10),
        ("Invoice", "Id; x", 1, 10),
        ("Invoice", "Id asc", 1, 10),
        ("Invoice", "Id", 0, 10),
        ("Invoice", "Id", 1, 0),
        ("Invoice", "Id", 1, 1001),
    ],
)
def test_what_is_no_statement_is_not_written(
    entity: str, order_by: str, start: int, limit: int
) -> None:
    with pytest.raises(ValueError, match=r"."):
        select(entity, (), order_by=order_by, start=start, limit=limit)


def test_a_masked_statement_shows_numbers_and_times_and_no_name() -> None:
    statement = _statement(
        Comparison("DisplayName", "IN", ["O'Brien", "Ann \\ Co"]),
        Comparison("Id", "=", "58"),
        Comparison("MetaData.LastUpdatedTime", ">", "2026-01-01T00:00:00-07:00"),
    )

    assert masked(statement).startswith(
        "SELECT * FROM Invoice WHERE DisplayName IN ('***', '***') AND Id = '58' "
        "AND MetaData.LastUpdatedTime > '2026-01-01T00:00:00-07:00'"
    )
