"""Deeds of people in QuickBooks, judged from one row and what the ledger holds against it."""

from typing import Any

import pytest

from invoicesync.domain.ids import QuickBooksId
from invoicesync.domain.observation import Deed, Kept, Observation, is_stale, observe
from tests.unit.domain.test_echo import stored

KEPT = Kept(QuickBooksId("55"), "0", "", "513.60", is_voided=False)
VOID = {"TotalAmt": 0, "Balance": 0, "PrivateNote": "Voided [st:101.0]", "Line": []}
PAID = {"Balance": 0}


@pytest.mark.parametrize("change", [{}, {"TotalAmt": 7, "Balance": 7}, {"PrivateNote": ""}, VOID])
def test_what_stands_as_our_last_write_left_it_is_our_own(change: dict[str, Any]) -> None:
    assert observe(stored(**change), KEPT) is None


def test_the_same_under_a_later_token_is_somebody_s() -> None:
    total = observe(stored(SyncToken="1", TotalAmt=7, Balance=7), KEPT)
    unmarked = observe(stored(SyncToken="1", PrivateNote=""), KEPT)
    void = observe(stored(SyncToken="1", **VOID), KEPT)

    assert total == Observation(Deed.EDITED, ("TotalAmt",), "7", "7")
    assert unmarked is not None
    assert unmarked.fields == ("PrivateNote",)
    assert void is not None
    assert void.deed is Deed.VOIDED


def test_a_payment_is_one_whether_it_moves_the_token_or_not() -> None:
    for token in ("0", "1"):
        seen = observe(stored(SyncToken=token, **PAID), KEPT)
        assert seen == Observation(Deed.PAID, (), "513.6", "0")


@pytest.mark.parametrize(
    ("token", "stale"), [("4", True), ("5", False), ("10", False), ("?", True)]
)
def test_a_row_from_before_our_last_write_is_told_by_its_count(token: str, stale: bool) -> None:
    kept = Kept(QuickBooksId("55"), "5", "", "513.60", is_voided=False)

    assert is_stale({"Id": "55", "SyncToken": token}, kept) is stale
    assert not is_stale({"Id": "56", "SyncToken": token}, kept)
