"""What people did in QuickBooks to an invoice of ours, judged from what QuickBooks shows of it.

    gone                                             -> deleted
    not the invoice that the ledger names, our mark  -> copied
    voided, and not by us                            -> voided
    moved on since our last write, and otherwise     -> edited
    a payment or credit applied                      -> paid

Our own writes say nothing here: the ledger holds the SyncToken that the last of them got.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from invoicesync.domain import wording
from invoicesync.domain.echo import changed_fields, has_applied, is_voided
from invoicesync.domain.ids import QuickBooksId
from invoicesync.domain.rendering import read_marker

type Json = Mapping[str, Any]


class Deed(StrEnum):
    """What people do to an invoice."""

    EDITED = "edited"
    VOIDED = "voided"
    DELETED = "deleted"
    COPIED = "copied"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the ledger says of our invoice: as QuickBooks showed it after our last write."""

    qbo_id: QuickBooksId
    sync_token: str
    echo: str
    total: str
    is_voided: bool


@dataclass(frozen=True, slots=True)
class Observation:
    """One deed. ``fields`` are ours that somebody changed; money as QuickBooks shows it now."""

    deed: Deed
    fields: tuple[str, ...] = ()
    total: str = ""
    balance: str = ""

    @property
    def signature(self) -> str:
        """A text that is equal for two looks that show the same deed."""
        match self.deed:
            case Deed.EDITED:
                parts = [*self.fields, self.total]
            case Deed.PAID:
                parts = [self.balance]
            case _:
                parts = []
        return "|".join([self.deed.value, *parts])


def is_gone(row: Json) -> bool:
    """Say whether a row of change data capture is what is left of a deleted object."""
    return row.get("status") == "Deleted"


def observe(row: Json, kept: Kept) -> Observation | None:
    """Say what people did; None where nothing, or nothing but what we wrote, is to be seen."""
    is_other = str(row["Id"]) != kept.qbo_id
    if is_gone(row):
        return None if is_other or kept.is_voided else Observation(Deed.DELETED)
    if is_other:
        return None if is_voided(row) else _shown(Deed.COPIED, row)
    is_as_we_left_it = str(row.get("SyncToken")) == kept.sync_token
    if is_voided(row):
        return None if kept.is_voided or is_as_we_left_it else _shown(Deed.VOIDED, row)
    if not is_as_we_left_it and (fields := _changed(row, kept)):
        return _shown(Deed.EDITED, row, fields)
    return _shown(Deed.PAID, row) if has_applied(row) else None


def is_stale(row: Json, kept: Kept) -> bool:
    """Say whether a row is from before our last write; the next look shows it as it is."""
    return str(row["Id"]) == kept.qbo_id and _counted(row.get("SyncToken")) < _counted(
        kept.sync_token
    )


def _changed(row: Json, kept: Kept) -> tuple[str, ...]:
    fields = set(changed_fields(kept.echo, row))
    if read_marker(row.get("PrivateNote")) is None:
        fields.add("PrivateNote")
    if wording.number(row.get("TotalAmt")) != wording.number(kept.total or None):
        fields.add("TotalAmt")
    return tuple(sorted(fields))


def _shown(deed: Deed, row: Json, fields: tuple[str, ...] = ()) -> Observation:
    total, balance = (wording.number(row.get(name)) for name in ("TotalAmt", "Balance"))
    return Observation(deed, fields, total, balance)


def _counted(token: object) -> int:
    """Read a SyncToken, which counts the versions of an object."""
    text = str(token)
    return int(text) if text.isascii() and text.isdigit() else 0
