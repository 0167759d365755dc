"""Watches what ServiceTrade is told, and what is said to have been done in QuickBooks."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from invoicesync.conditions import Key
from sandbox.quickbooks.company import Company
from sandbox.servicetrade import Account
from tests.fakes import FakeQueue, FakeTable
from tests.simulation.books_auditor import BooksAuditor
from tests.simulation.people import Staff, Users
from tests.simulation.violations import Violations

REMARK = re.compile(r"\[InvoiceSync \d+ \w+\]")
UNTOLD = {"LOADED": {"ok", "pending_accounting", "failed"}, "HELD": {"ok", "pending_accounting"}}
"""What an invoice in a state no longer shows in ServiceTrade once it was told of."""
DEEDS = {
    "edited": {"edit", "note"},
    "voided": {"void"},
    "deleted": {"delete"},
    "paid": {"pay"},
}
TOLD_AS_HELD = {
    "edited": {"edited_in_quickbooks", "duplicate_in_quickbooks"},
    "voided": {"edited_in_quickbooks"},
    "deleted": {"deleted_in_quickbooks"},
    "paid": {"payment_applied"},
}
"""Holds by which people heard of a deed from the loader, which came upon it first.

Of two that bear one mark nobody knows yet which is ours, and so none is compared with what we sent.
"""


class TellingAuditor:
    """Checks every write to ServiceTrade, and at the end what stands there."""

    def __init__(
        self,
        account: Account,
        table: FakeTable,
        outcomes: FakeQueue,
        books: BooksAuditor,
        company: Company,
        people: tuple[Users, Staff],
        violations: Violations,
    ) -> None:
        self._account = account
        self._table = table
        self._outcomes = outcomes
        self._books = books
        self._company = company
        self._users, self._staff = people
        self._violations = violations
        self._remarks = Counter[str]()
        self._edit, self._add = account.edit, account.add
        account.edit = self._edited  # type: ignore[method-assign]
        account.add = self._added  # type: ignore[method-assign]

    def _edited(
        self, kind: str, row_id: int, changes: Mapping[str, Any], *, by_user: int | None = None
    ) -> dict[str, Any]:
        if by_user is not None:
            self._written(kind, row_id, changes)
        return self._edit(kind, row_id, changes, by_user=by_user)

    def _written(self, kind: str, row_id: int, changes: Mapping[str, Any]) -> None:
        if kind != "invoice" or set(changes) != {"status"}:
            self._violations.add("wrote_more", f"{kind} {row_id}: {sorted(changes)} were written")
        if changes.get("status") == "processed" and row_id not in self._books.made.values():
            detail = f"{row_id} became processed and never was in QuickBooks"
            self._violations.add("processed_alone", detail)

    def _added(self, kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
        if kind == "comment" and (found := REMARK.search(str(values["content"]))):
            self._remarks[found[0]] += 1
            if self._remarks[found[0]] > 1:
                self._violations.add("commented_twice", f"{found[0]} stands twice")
        return self._add(kind, values)

    def unsettled(self) -> Iterator[tuple[str, str]]:
        """Yield what ServiceTrade has not been told yet."""
        if self._outcomes.bodies:
            yield "hint_left", f"{len(self._outcomes.bodies)} outcomes wait to be told"
        for told in self._users.invoices.values():
            ledger: Any = self._table.get(Key(f"INVOICE#{told.id}", "LEDGER")) or {}
            row = self._account.store.get("invoice", told.id)
            state = ledger.get("state")
            if row is not None and row["status"] in UNTOLD.get(state, set()):
                yield "untold", f"{told.id} is {state}, and {row['status']} in ServiceTrade"

    def unnoticed(self) -> Iterator[tuple[str, str]]:
        """Yield what people did in QuickBooks to an invoice of ours, and nobody noticed."""
        for identity, source in self._books.made.items():
            ledger: Any = self._table.get(Key(f"INVOICE#{source}", "LEDGER")) or {}
            if ledger.get("qbo_id") != identity or "intent" in ledger:
                continue
            done = self._done(identity, ledger)
            if not done or ledger.get("reason") in TOLD_AS_HELD.get(done, set()):
                continue
            item = self._table.get(Key(f"QBO#{identity}", "OBSERVED")) or {}
            if done == "deleted" and not item:
                continue  # QuickBooks shows its Id alone: only who compares the books can tell
            if item.get("what") != done:
                yield "unnoticed", f"{identity} of {source} is {done}, not {item.get('what')}"

    def _done(self, identity: str, ledger: Any) -> str:
        """Say what people did to it that is to be seen now; the most that they did."""
        record = self._company.books.store.get("Invoice", identity)
        is_ours = ledger.get("state") == "VOIDED" or ledger.get("rolled_back")
        if record is None or record.now is None:
            return "" if is_ours else "deleted"
        body: Any = record.body
        if body["TotalAmt"] == 0 and str(body.get("PrivateNote", "")).startswith("Voided"):
            return "" if is_ours else "voided"
        if self._books.touched(identity, body):
            return "edited"
        return "paid" if body.get("LinkedTxn") else ""

    def observed(self) -> Iterator[tuple[str, str]]:
        """Yield what people are said to have done in QuickBooks, and nobody did."""
        for key, item in self._table.items.items():
            deed = str(item.get("what", ""))
            if not key.pk.startswith("QBO#") or deed in {"", "copied"}:
                continue
            identity = str(item["qbo_id"])
            both = (self._staff.deeds, self._books.deeds)
            done = set[str]().union(*(deeds.get(identity, set()) for deeds in both))
            if not DEEDS[deed] & done:
                yield "observed_nobody", f"{identity} is said to be {deed}; people did {done}"
