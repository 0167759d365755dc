"""What cannot be read is said, and what can be read is used."""

import pytest

from invoicesync.errors import MisconfiguredError, TransientReadError
from invoicesync.ports import Json, SourceList
from invoicesync_cli.errors import DeskError
from invoicesync_cli.suggesting import read_both
from tests.fakes.world import World


class Lists:
    """ServiceTrade as a user sees it who may not read everything."""

    def __init__(self, error: Exception, *, open_lists: set[SourceList]) -> None:
        self._error = error
        self._open = open_lists

    def everything(self, wanted: SourceList) -> list[Json]:
        if wanted not in self._open:
            raise self._error
        return [{"id": 1, "name": str(wanted)}]


def test_a_list_that_is_not_shown_is_told_of_and_done_without() -> None:
    shown = set(SourceList) - {SourceList.TERMS}
    source = Lists(MisconfiguredError("the user may not read this"), open_lists=shown)

    both, unread = read_both(source, World().client())

    assert unread == {SourceList.TERMS: "the user may not read this"}
    assert set(both.servicetrade) == shown
    assert "Labor" in {row["Name"] for row in both.quickbooks["Item"]}


def test_nothing_shown_at_all_is_no_draft() -> None:
    source = Lists(MisconfiguredError("the password was refused"), open_lists=set())

    with pytest.raises(DeskError, match="the password was refused"):
        read_both(source, World().client())


def test_a_list_that_failed_for_now_is_no_empty_list() -> None:
    source = Lists(TransientReadError("read it again"), open_lists={SourceList.OFFICES})

    with pytest.raises(TransientReadError):
        read_both(source, World().client())
