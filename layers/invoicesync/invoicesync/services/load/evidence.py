"""What QuickBooks shows of a write whose outcome was never recorded.

    create   ours is there, as sent         -> done
             ours is there, otherwise       -> the Id is bound, the intent is dead
             ours is there twice            -> the first is bound; held, a person must choose
             nothing of ours                -> the same bytes again, same requestid and bId
    update   there as sent                  -> done
    or void  SyncToken as when sent         -> the same bytes again, same requestid and bId
             moved, and otherwise           -> the intent is dead: decide anew
             gone                           -> the intent is dead: decide anew

A *new* key after an unknown outcome needs absence at the lease's end, one hour and six hours later.
"""

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Any

from invoicesync.domain.echo import bears_mark, is_same_content, is_voided
from invoicesync.domain.ids import QuickBooksId
from invoicesync.ports import Json
from invoicesync.services.load.lookup import by_body, sort_out
from invoicesync.services.load.paced import PacedBooks
from invoicesync.state.entry import Entry, Intent, Operation

ABSENT_AGAIN_SECONDS = (0, 3600, 6 * 3600)


class Finding(StrEnum):
    """What QuickBooks shows of an open intent."""

    DONE = "done"
    DEAD = "dead"
    BOUND = "bound"
    TWICE = "twice"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Look:
    """A finding, with what was found."""

    finding: Finding
    entity: Json | None = None


def look(books: PacedBooks, entry: Entry, intent: Intent, text: str) -> Look:
    """Look for what an intent may have done."""
    body = body_of(intent, text)
    if intent.operation is Operation.CREATE:
        return _look_created(books, entry, body)
    current = books.read_invoice(entry.qbo_id_or_raise)
    if current is None:
        return Look(Finding.DEAD)
    if _is_as_sent(intent, body, current):
        return Look(Finding.DONE, current)
    if str(current.get("SyncToken")) == str(body["SyncToken"]):
        return Look(Finding.ABSENT)
    return Look(Finding.DEAD)


def body_of(intent: Intent, text: str) -> dict[str, Any]:
    """Read the body back from the exact text of a write."""
    item: dict[str, Any] = json.loads(text, parse_float=Decimal)
    return item if intent.operation is Operation.VOID else dict(item["Invoice"])


def read_back(books: PacedBooks, intent: Intent, body: Json, answered: Json) -> Look | None:
    """Look at what a resend answered with: done once, it may have been changed or deleted since.

    None: the answer is about something else, so it says nothing about this write.
    """
    is_ours = (
        bears_mark(body, answered)
        if intent.operation is Operation.CREATE
        else str(answered["Id"]) == str(body["Id"])
    )
    if not is_ours:
        return None
    current = books.read_invoice(QuickBooksId(str(answered["Id"])))
    if current is None:
        return Look(Finding.BOUND, answered)
    done = _is_as_sent(intent, body, current)
    return Look(Finding.DONE if done else Finding.BOUND, current)


def _is_as_sent(intent: Intent, body: Json, current: Json) -> bool:
    if intent.operation is Operation.VOID:
        return is_voided(current)
    if intent.operation is Operation.UPDATE:
        return is_updated(body, current)
    return is_same_content(body, current)


def is_updated(body: Json, current: Json) -> bool:
    """Say whether an update's fields stand in QuickBooks; its mark may not have been among them."""
    if "PrivateNote" in body:
        return is_same_content(body, current)
    return is_same_content({**body, "PrivateNote": current.get("PrivateNote")}, current)


def _look_created(books: PacedBooks, entry: Entry, body: dict[str, Any]) -> Look:
    found = sort_out(entry, by_body(books, body))
    if len(found.live) > 1:
        return Look(Finding.TWICE, found.first)
    if found.live:
        ours = found.live[0]
        finding = Finding.DONE if is_same_content(body, ours) else Finding.BOUND
        return Look(finding, ours)
    if found.voided:
        return Look(Finding.BOUND, found.voided[0])
    return Look(Finding.ABSENT)


def is_absent_for_good(intent: Intent, now: float) -> bool:
    """Say whether absence was seen at the lease's end, an hour and six hours after."""
    if not intent.absent:
        return False
    first = intent.absent[0]
    return all(
        any(at - first >= after for at in (*intent.absent, int(now)))
        for after in ABSENT_AGAIN_SECONDS
    )


def next_look_seconds(intent: Intent, now: float) -> float:
    """Say how long until the next look that could prove absence."""
    first = intent.absent[0] if intent.absent else int(now)
    waits = [first + after - now for after in ABSENT_AGAIN_SECONDS if first + after > now]
    return max(60.0, min(waits, default=60.0))


def with_absence(intent: Intent, now: float) -> Intent:
    """Note that nothing of it was found now."""
    return replace(intent, absent=(*intent.absent[:1], *intent.absent[1:][-6:], int(now)))
