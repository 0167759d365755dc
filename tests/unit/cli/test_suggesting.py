"""What cannot be read is said, and what can be read is used."""

from pathlib import Path

import pytest

from invoicesync.errors import MisconfiguredError, TransientReadError
from invoicesync.ports import Json, SourceList
from invoicesync_cli.answers import Exit
from invoicesync_cli.errors import DeskError
from invoicesync_cli.matching import Match
from invoicesync_cli.proposing import Proposal, Proposed, Rules
from invoicesync_cli.suggesting import read_both, suggested
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


SURE = Proposal(("terms",), "Net 30", "", Match("Net 30", 1.0, "same name"))
LIKELY = Proposal(("terms",), "Net 31", "", Match("Net 31 days", 0.9, "a name like it"))
ALONE = Proposal(("terms",), "COD", "", None)


@pytest.mark.parametrize(
    ("proposed", "rules", "unread", "wanted"),
    [
        (Proposed([SURE]), Rules.KEPT, {}, Exit.FINE),
        (Proposed([SURE, LIKELY]), Rules.KEPT, {}, Exit.FOUND),
        (Proposed([ALONE]), Rules.KEPT, {}, Exit.FOUND),
        (Proposed([], unnameable=["x"]), Rules.KEPT, {}, Exit.FOUND),
        (Proposed([SURE]), Rules.DRAFTED, {}, Exit.FOUND),
        (Proposed([SURE]), Rules.MISSING, {}, Exit.FOUND),
        (Proposed([SURE]), Rules.KEPT, {"offices": "403"}, Exit.FOUND),
    ],
)
def test_all_is_well_only_where_nobody_has_to_look(
    proposed: Proposed, rules: Rules, unread: dict[str, str], wanted: Exit
) -> None:
    assert suggested(Path("d.yaml"), proposed, 1.0, rules, unread).exit is wanted


def test_what_is_likely_is_accepted_from_the_given_confidence_on() -> None:
    def counts(above: float) -> tuple[int, int, int]:
        answer = suggested(Path("d"), Proposed([SURE, LIKELY, ALONE]), above, Rules.KEPT, {})
        return answer.plain["set"], answer.plain["likely"], answer.plain["without_partner"]

    assert counts(1.0) == (1, 1, 1)
    assert counts(0.91) == (1, 1, 1)
    assert counts(0.9) == (2, 0, 1)
