from hypothesis import given
from hypothesis import strategies as st

from invoicesync.domain.texts import MARK, cut, length, one_line


def test_an_emoji_counts_twice() -> None:
    assert length("a🔧") == 3


def test_a_text_that_fits_stays() -> None:
    assert cut("x" * 1000, 1000) == "x" * 1000


def test_a_text_that_does_not_fit_says_so() -> None:
    shortened = cut("x" * 1001, 1000)

    assert shortened.endswith(MARK)
    assert length(shortened) == 1000


def test_an_emoji_is_not_cut_in_two() -> None:
    assert cut("🔧" * 20, 9 + length(MARK)) == "🔧" * 4 + MARK


@given(st.text(), st.integers(min_value=20, max_value=60))
def test_a_cut_text_always_fits(text: str, limit: int) -> None:
    assert length(cut(text, limit)) <= limit


def test_lines_are_joined() -> None:
    assert one_line(" a\n\n b\t c ") == "a b c"
