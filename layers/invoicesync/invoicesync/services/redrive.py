"""Try held invoices again after their cause was mended: by reason, by invoice, or all.

The messages themselves are never sent again. The extractor is asked for their invoices, so that
what is tried is made from ServiceTrade and the mapping as they are now; only then are the messages
deleted. Whoever dies in between leaves messages that come back: one more try, and never a loss.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import NewerSchemaError, UnreadableMessageError, decode
from invoicesync.errors import InvoiceSyncError
from invoicesync.ports import Clock, Extractor, Received, Table
from invoicesync.services.again import Asked, ask_again
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger
from invoicesync.state.realm import Realm

LETTERS_AT_ONCE = 10
MOST_LETTERS = 20_000
MOST_HELD = 10_000
UNREADABLE = "unreadable_message"
MENDED = "mended"
"""Stands for a reason where a message lies there and its invoice is not held any more."""


class Letters(Protocol):
    """The dead-letter queue, as it is looked through."""

    def receive(self, limit: int) -> list[Received]:
        """Take up to ``limit`` messages out of sight for a while, with their attributes."""

    def put_back(self, receipt: str) -> None:
        """Let a message be seen again at once."""

    def delete(self, receipt: str) -> None:
        """Delete a message that was received."""


class StoppedError(InvoiceSyncError):
    """Redriving makes no sense now: its text says why."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which held invoices are meant: all of them, unless something is named."""

    reasons: frozenset[str] = frozenset()
    ids: frozenset[ServiceTradeId] = frozenset()

    def takes(self, invoice_id: ServiceTradeId, reason: str) -> bool:
        """Say whether an invoice that is held for ``reason`` is meant."""
        return (not self.reasons or reason in self.reasons) and (
            not self.ids or invoice_id in self.ids
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What lies there: invoices by reason, the messages of each, and messages of none."""

    by_reason: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict[str, tuple[Entry, ...]])
    receipts: Mapping[ServiceTradeId, tuple[str, ...]] = field(
        default_factory=dict[ServiceTradeId, tuple[str, ...]]
    )
    unreadable: int = 0

    @property
    def ids(self) -> list[ServiceTradeId]:
        """The invoices that are meant."""
        return [entry.servicetrade_id for rows in self.by_reason.values() for entry in rows]

    def only(self, ids: Collection[ServiceTradeId]) -> "Found":
        """Return the part that is about ``ids``."""
        by_reason = {
            reason: tuple(entry for entry in rows if entry.servicetrade_id in ids)
            for reason, rows in self.by_reason.items()
        }
        receipts = {id_: some for id_, some in self.receipts.items() if id_ in ids}
        return Found({reason: rows for reason, rows in by_reason.items() if rows}, receipts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """Looks through the dead letters, and tries their invoices again."""

    letters: Letters
    table: Table
    realm: Realm
    extractor: Extractor
    actions: Actions
    clock: Clock

    def find(self, wanted: Wanted) -> Found:
        """Look, and put back whatever is not meant.

        What is held in the ledger counts too: a message that outlived its queue's fourteen days is
        gone, and its invoice is held all the same.
        """
        receipts: dict[ServiceTradeId, list[str]] = {}
        others: list[str] = []
        unreadable = 0
        for letter in self._all_letters():
            invoice_id = invoice_of(letter)
            if invoice_id is None:
                unreadable += 1
                others.append(letter.receipt)
                continue
            receipts.setdefault(invoice_id, []).append(letter.receipt)
        by_reason: dict[str, list[Entry]] = {}
        for entry in self._entries(receipts):
            # The ledger knows why it is held today; a letter only why it once was.
            reason = entry.reason if entry.state is State.HELD else MENDED
            if wanted.takes(entry.servicetrade_id, reason):
                by_reason.setdefault(reason, []).append(entry)
        meant = {entry.servicetrade_id for rows in by_reason.values() for entry in rows}
        others += [each for id_, some in receipts.items() if id_ not in meant for each in some]
        for receipt in others:
            self.letters.put_back(receipt)
        return Found(
            by_reason={reason: tuple(rows) for reason, rows in sorted(by_reason.items())},
            receipts={id_: tuple(some) for id_, some in receipts.items() if id_ in meant},
            unreadable=unreadable,
        )

    def let_lie(self, found: Found) -> None:
        """Put back everything that was found: it was only looked at."""
        for some in found.receipts.values():
            for receipt in some:
                self.letters.put_back(receipt)

    def __call__(self, found: Found, *, actor: str) -> Asked:
        """Ask for the invoices, then delete their messages; raise `StoppedError` while shut."""
        gate = self.realm.gate()
        if gate.opened_at or gate.paused:
            self.let_lie(found)
            why = "an operator paused loading" if gate.paused else gate.reason
            raise StoppedError(
                f"nothing is redriven while loaders stand still ({why}): "
                "the messages would only come back"
            )
        asked = ask_again(self.extractor, found.ids, actor=actor)
        if asked.done:
            self.actions.record(
                Action(
                    actor,
                    "redrive",
                    invoices=asked.done,
                    before={reason: len(rows) for reason, rows in found.by_reason.items()},
                )
            )
        for invoice_id, some in found.receipts.items():
            for receipt in some:
                if invoice_id in asked.done:
                    self.letters.delete(receipt)
                else:
                    self.letters.put_back(receipt)
        return asked

    def _all_letters(self) -> list[Received]:
        found: dict[str, Received] = {}
        while len(found) < MOST_LETTERS and (some := self.letters.receive(LETTERS_AT_ONCE)):
            found |= {letter.message_id: letter for letter in some}
        return list(found.values())

    def _entries(self, named: Iterable[ServiceTradeId]) -> list[Entry]:
        ledger = Ledger(self.table)
        held = ledger.open_entries(State.HELD, until=self.clock.now(), limit=MOST_HELD)
        known = {entry.servicetrade_id for entry in held}
        return [*held, *ledger.get_many([id_ for id_ in named if id_ not in known]).values()]


def invoice_of(letter: Received) -> ServiceTradeId | None:
    """Say which invoice a dead letter is about; None where nobody can tell."""
    named = letter.attributes.get("invoice", "")
    if named.isascii() and named.isdigit():
        return ServiceTradeId(int(named))
    if letter.attributes.get("reason") == UNREADABLE:
        return None
    try:
        return decode(letter.body).servicetrade_id
    except (UnreadableMessageError, NewerSchemaError):
        return _of_claim(letter.body)


def _of_claim(body: str) -> ServiceTradeId | None:
    try:
        check = json.loads(body)
    except (ValueError, RecursionError):
        return None
    named = check.get("invoice") if isinstance(check, dict) else None
    return ServiceTradeId(named) if isinstance(named, int) and not isinstance(named, bool) else None
