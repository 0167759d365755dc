"""Watches what people at the operator's command bring about; shares no code with the product."""

from collections.abc import Callable, Iterator
from typing import Any

from invoicesync.conditions import Item, Key
from sandbox.quickbooks.company import Company
from sandbox.servicetrade import Account
from tests.simulation.books_auditor import MARK, BooksAuditor
from tests.simulation.correcting import Desk
from tests.simulation.people import Staff, Told, Users, item_of
from tests.simulation.violations import Violations
from tests.simulation.watched import WatchedTable

READ_WITHIN = 900.0
"""Seconds from reading both books to linking a pair: what is younger may not have been read."""


class CorrectingAuditor:
    """Checks every link when it is made, every void when it is done, and at the end the rest."""

    def __init__(
        self,
        *,
        account: Account,
        company: Company,
        table: WatchedTable,
        books: BooksAuditor,
        people: tuple[Users, Staff],
        desk: Desk,
        violations: Violations,
    ) -> None:
        self._account = account
        self._company = company
        self._table = table
        self._books = books
        self._users, self._staff = people
        self._desk = desk
        self._violations = violations
        self._linked: dict[str, int] = {}
        self._watch, self._was_made = table.watch, books.was_made
        table.watch, books.was_made = self._changed, self._made
        books.was_voided = self._voided

    def _changed(self, key: Key, before: Item | None, after: Item | None) -> None:
        if self._watch is not None:
            self._watch(key, before, after)
        if (
            key.sk == "LEDGER"
            and (after or {}).get("adopted")
            and not (before or {}).get("adopted")
        ):
            self._link(int(key.pk.removeprefix("INVOICE#")), str((after or {})["qbo_id"]))

    def _link(self, source: int, identity: str) -> None:
        name = f"{source} was linked to {identity}"
        if live := self._books.live.get(source):
            self._violations.add("adopted_beside", f"{name}, and is there as {live}")
        if self._linked.setdefault(identity, source) != source:
            self._violations.add("adopted_twice", f"{name}, as was {self._linked[identity]}")
        if why := self._doubt(self._users.invoices[source], identity):
            self._violations.add("adopted_in_doubt", f"{name}: {why}")

    def _doubt(self, told: Told, identity: str) -> str:
        """Say why a pair is not beyond doubt; empty where it is."""
        record = self._company.books.store.get("Invoice", identity)
        body: Any = None if record is None else record.body
        if body is None:
            return ""  # deleted between look and link
        if MARK.search(str(body.get("PrivateNote", ""))):
            return "it bears our mark"
        if not self._is_like(told, body):
            return "customer or total differ"
        rivals = [
            one["Id"]
            for one in self._unmarked(READ_WITHIN)
            if one["Id"] != identity
            and one["DocNumber"] == told.number == body["DocNumber"]
            and (_customer(one) == told.customer or one["TotalAmt"] in told.totals)
        ]
        return f"{rivals} may be meant as well" if rivals else ""

    def _is_like(self, told: Told, body: Any) -> bool:
        return _customer(body) == told.customer and body["TotalAmt"] in told.totals

    def _unmarked(self, older_than: float) -> Iterator[Any]:
        """Yield the live invoices without our mark that have borne their number for so long."""
        since = self._company.clock() - older_than
        for body in self._company.objects("Invoice"):
            borne = self._books.numbered.get(str(body["Id"]))
            is_marked = MARK.search(str(body.get("PrivateNote", "")))
            if borne is not None and borne[1] < since and not is_marked:
                yield {"DocNumber": "", **body}

    def _made(self, identity: str) -> None:
        self._was_made(identity)
        source = self._books.made[identity]
        ledger: Any = self._table.get(Key(f"INVOICE#{source}", "LEDGER")) or {}
        if ledger.get("adopted"):
            detail = f"{identity} was made for {source}, which is {ledger['qbo_id']} since long"
            self._violations.add("adopted_doubled", detail)

    def _voided(self, identity: str, before: Any) -> None:
        """Look at what the sync voids: ServiceTrade did, or it is of the mapping to be undone."""
        source = self._books.made.get(identity)
        row = self._account.store.get("invoice", source)
        if row is None or row["status"] == "void":
            return
        serials = self._desk.rolled_back.get(source or 0, set())
        if not serials:
            self._violations.add("voided_unasked", f"{identity} of {source} was to be kept")
        elif not _items(before) <= {item_of(serial) for serial in serials}:
            detail = f"{identity} was voided for mapping {serials}, and holds {_items(before)}"
            self._violations.add("rolled_back_other", detail)

    def unsettled(self) -> Iterator[tuple[str, str]]:
        """Yield what was wished and did not come about."""
        serial = int(str((self._table.get(Key("MAPPING", "CURRENT")) or {}).get("serial", 0)))
        for id_, wished in self._wishes():
            ledger: Any = self._table.get(Key(f"INVOICE#{id_}", "LEDGER")) or {}
            if ledger.get("state") == "LOADED" and ledger.get("rollback"):
                yield "wish_lost", f"{id_} was to be undone, and nobody is at it"
            identity = str(ledger.get("qbo_id"))
            is_current = self._desk.remapped.get(id_) == serial and "remap" in wished
            if ledger.get("state") != "LOADED" or not is_current or self._is_touched(identity):
                continue
            held = _items(self._company.books.require("Invoice", identity).body)
            if held != {item_of(serial)}:
                yield "not_remapped", f"{id_} holds {held} and not what mapping {serial} makes"
        for id_ in self._desk.rolled_back:
            yield from self._rolled_back(id_)

    def _rolled_back(self, id_: int) -> Iterator[tuple[str, str]]:
        ledger: Any = self._table.get(Key(f"INVOICE#{id_}", "LEDGER")) or {}
        if (ledger.get("state"), ledger.get("reason")) != ("HELD", "rolled_back"):
            return
        identity = str(ledger.get("qbo_id"))
        if identity in self._books.live.get(id_, []) and not self._is_touched(identity):
            yield "not_rolled_back", f"{id_} is said to be undone, and lives as {identity}"

    def _wishes(self) -> Iterator[tuple[int, set[str]]]:
        """Yield of which invoices the table says that something was wished, and what."""
        found: dict[int, set[str]] = {}
        for key, item in self._table.items.items():
            if key.sk.startswith("EVENT#") and item.get("what") in {"remap", "rollback"}:
                id_ = int(key.pk.removeprefix("INVOICE#"))
                found.setdefault(id_, set()).add(str(item["what"]))
        yield from found.items()

    def _is_touched(self, identity: str) -> bool:
        return bool(self._staff.deeds.get(identity) or self._books.deeds.get(identity))


class HandsOff:
    """Sees what leaves for QuickBooks: who compares or commands never writes there."""

    WATCHED = ("reconciler", "desk")

    def __init__(self, who: Callable[[], str], violations: Violations) -> None:
        self._who = who
        self._violations = violations

    def __call__(self, request: Any) -> None:
        """Look at one request."""
        path = request.url.split("?")[0]
        if request.method == "POST" and not path.endswith("/query"):
            who = self._who()
            if who.startswith(self.WATCHED) and "/tokens/" not in path:
                self._violations.add("wrote_alone", f"{who} wrote {path}")


def _customer(body: Any) -> str:
    return str(body["CustomerRef"].get("name"))


def _items(body: Any) -> set[str]:
    """Name what an invoice sells."""
    details = [line.get("SalesItemLineDetail") for line in body["Line"]]
    return {str(one["ItemRef"].get("name")) for one in details if one and "ItemRef" in one}
