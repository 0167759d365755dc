from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from invoicesync.domain.revision import Disposition, Revision

LOOK = Revision(1_796_000_000, 3, 4, Disposition.DISPATCH, "1:abc")
counts = st.integers(0, 10**9)
looks = st.builds(
    Revision, st.integers(0, 4 * 10**9), counts, counts, st.sampled_from(Disposition), st.text()
)


@given(looks, looks)
def test_revisions_sort_by_second_then_epoch_then_position(one: Revision, other: Revision) -> None:
    mine = (one.updated, one.epoch, one.position)
    theirs = (other.updated, other.epoch, other.position)

    assert one.is_after(other) == (mine > theirs)


def test_two_looks_are_the_same_when_they_ask_for_the_same() -> None:
    assert LOOK.is_same_as(replace(LOOK, updated=1, epoch=9, position=9))
    assert not LOOK.is_same_as(replace(LOOK, fingerprint="1:abd"))
    assert not LOOK.is_same_as(replace(LOOK, disposition=Disposition.VOID))


def test_a_later_look_never_sorts_below_an_earlier_one() -> None:
    late = replace(LOOK, updated=LOOK.updated - 50, epoch=4)

    assert late.stamped_after(LOOK).updated == LOOK.updated
    assert late.stamped_after(LOOK).is_after(LOOK)


def test_a_look_that_is_newer_or_the_first_keeps_its_second() -> None:
    assert LOOK.stamped_after(None) is LOOK
    assert LOOK.stamped_after(LOOK) is LOOK
