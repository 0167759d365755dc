"""Link what people typed into QuickBooks to its invoice in ServiceTrade: compared, never written.

Only what nobody can doubt is linked: one and one, without our mark, equal in customer and money.
The ledger decides, for a loader may be about to make the same invoice: a link is one transaction
under conditions, and takes a new nonce, so that a loader whose lease has ended unnoticed cannot
write an intent behind it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from invoicesync.conditions import Absent, Condition, Equals, Item, Put, Update, all_of, any_of
from invoicesync.domain.comparison import (
    BooksRecord,
    Comparison,
    Field,
    Finding,
    Kind,
    SourceRecord,
)
from invoicesync.domain.money import from_cents
from invoicesync.errors import TransactionCanceledError
from invoicesync.ports import Clock, Random, Table
from invoicesync.state import keys
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger, key_item, lease_is_free, state_change

ATTEMPTS = 2
"""A link that met a change is decided anew, once."""

_LINKABLE = frozenset({None, State.WAITING, State.IGNORED, State.QUEUED, State.HELD})
_AGREEING = frozenset({Field.DATE, Field.DEPARTMENT})
"""Fields in which a pair may differ and still is beyond doubt; they are told of every night."""

_OF_A_HOLD = ("reason", "problems", "held_hash", "notified", "parked")


class Link(StrEnum):
    """What became of a pair, or would become of it."""

    LINKED = "linked"
    LINKABLE = "linkable"
    """A dry run: it would be linked."""
    KNOWN = "known"
    """It was linked before."""
    LOADED = "loaded"
    """InvoiceSync made an invoice of its own: what was typed stands beside it."""
    RESOLVED = "resolved"
    """A person closed it already."""
    BUSY = "busy"
    """A loader is at work on it, or it changed while it was linked: adopt again later."""
    TAKEN = "taken"
    """The invoice in QuickBooks belongs to another invoice of ServiceTrade already."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """One pair and what became of it."""

    source: SourceRecord
    books: BooksRecord
    link: Link


def pairs_of(comparison: Comparison) -> list[tuple[SourceRecord, BooksRecord]]:
    """Give the pairs that nobody can doubt."""
    return [
        (each.sources[0], each.live[0])
        for each in comparison.of(Kind.MATCHED, Kind.DIFFERING)
        if _is_beyond_doubt(each)
    ]


def _is_beyond_doubt(finding: Finding) -> bool:
    fields = {each.field for each in finding.differences}
    return not finding.live[0].is_ours and fields <= _AGREEING


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """Links pairs in the ledger."""

    table: Table
    clock: Clock
    random: Random
    actions: Actions

    def look(self, pairs: Sequence[tuple[SourceRecord, BooksRecord]]) -> list[Adoption]:
        """Say what would become of each pair; nothing is written."""
        return [found for found, _ in self._look(pairs)]

    def _look(
        self, pairs: Sequence[tuple[SourceRecord, BooksRecord]]
    ) -> list[tuple[Adoption, Entry]]:
        entries = Ledger(self.table).get_many(source.id for source, _ in pairs)
        bound = {entry.qbo_id: id_ for id_, entry in entries.items() if entry.qbo_id is not None}
        links = self.table.get_many([keys.adopted(books.id) for _, books in pairs])
        found: list[tuple[Adoption, Entry]] = []
        for source, books in pairs:
            entry, link = entries[source.id], links.get(keys.adopted(books.id), {})
            owners = (bound.get(books.id, source.id), link.get("servicetrade_id", source.id))
            is_taken = owners != (source.id, source.id)
            found.append((Adoption(source, books, _stands(books, entry, is_taken=is_taken)), entry))
        return found

    def __call__(
        self,
        pairs: Sequence[tuple[SourceRecord, BooksRecord]],
        *,
        actor: str,
        note: str = "",
    ) -> list[Adoption]:
        """Link what can be linked; the same again changes nothing.

        The action is stored first: a run that dies half-way has told what it was about.
        """
        looked = self._look(pairs)
        wanted = [each.source.id for each, _ in looked if each.link is Link.LINKABLE]
        if wanted:
            after = {"state": State.ADOPTED.value}
            self.actions.record(Action(actor, "adopt", invoices=wanted, after=after, note=note))
        return [self._settled(each, entry, actor) for each, entry in looked]

    def _settled(self, found: Adoption, entry: Entry, actor: str) -> Adoption:
        """Link a pair; where it changed since ``entry`` was read, decide anew, once."""
        for _ in range(ATTEMPTS):
            if found.link is not Link.LINKABLE:
                return found
            if self._link(found, entry, actor):
                return replace(found, link=Link.LINKED)
            ((found, entry),) = self._look([(found.source, found.books)])
        return replace(found, link=Link.BUSY) if found.link is Link.LINKABLE else found

    def _link(self, found: Adoption, entry: Entry, actor: str) -> bool:
        now, nonce = self.clock.now(), self.random.token()
        source, books = found.source, found.books
        set_, remove = state_change(State.ADOPTED, now)
        link = Update(
            keys.ledger(source.id),
            set={**_binding(source, books, entry), **set_, "nonce": nonce},
            add={"fence": 1},
            remove=(*remove, *_OF_A_HOLD),
            condition=_as_it_was_read(entry, now),
        )
        reserve = Put(
            {**key_item(keys.adopted(books.id)), "servicetrade_id": source.id, "at": int(now)},
            condition=any_of(Absent("servicetrade_id"), Equals("servicetrade_id", int(source.id))),
        )
        said: Item = {"what": "adopted", "actor": actor, "qbo_id": books.id, "was": entry.reason}
        at = keys.event(source.id, now, entry.fence + 1)
        try:
            self.table.write_all(
                [
                    link,
                    reserve,
                    Put({**key_item(at), "at": int(now), "state": str(entry.state), **said}),
                ]
            )
        except TransactionCanceledError:
            # A write that was retried below meets its own first try: the nonce tells.
            return Ledger(self.table).get(source.id).nonce == nonce
        return True


def _stands(books: BooksRecord, entry: Entry, *, is_taken: bool) -> Link:
    if entry.adopted and entry.qbo_id == books.id:
        return Link.KNOWN
    if entry.is_loaded:
        return Link.LOADED
    if is_taken:
        return Link.TAKEN
    if entry.state is State.RESOLVED:
        return Link.RESOLVED
    if entry.intent is not None or entry.state not in _LINKABLE:
        return Link.BUSY
    return Link.LINKABLE


def _binding(source: SourceRecord, books: BooksRecord, entry: Entry) -> Item:
    shown = entry.shown or {
        "number": source.number,
        "customer": source.customer.name,
        "dated": "" if source.dated is None else source.dated.isoformat(),
        "total": from_cents(source.total),
    }
    return {
        "servicetrade_id": source.id,
        "adopted": True,
        "qbo_id": books.id,
        "number": books.number,
        "total": from_cents(books.total),
        "tax": from_cents(books.tax),
        "shown": json.dumps(dict(shown), ensure_ascii=False),
    }


def _as_it_was_read(entry: Entry, now: float) -> Condition:
    """Hold only for the same state and look, with nothing of ours in QuickBooks or on its way."""
    state = Absent("state") if entry.state is None else Equals("state", entry.state.value)
    seen = Absent("seen_order") if entry.seen is None else Equals("seen_order", entry.seen.order)
    return all_of(state, seen, Absent("qbo_id"), Absent("intent"), lease_is_free(now))
