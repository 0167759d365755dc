"""The last word: what QuickBooks should hold by now, worked out from ServiceTrade alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from invoicesync.conditions import Key
from sandbox.quickbooks.company import Company
from sandbox.servicetrade import CLOSED, Account
from tests.fakes import FakeQueue, FakeTable
from tests.simulation.books_auditor import BooksAuditor
from tests.simulation.people import Staff, Told, Users, revision_in

FINAL = frozenset({"LOADED", "VOIDED", "IGNORED", "WAITING", "HELD", "RESOLVED", "ADOPTED"})
BY_THEMSELVES = frozenset({"outcome_unknown", "crashes_loader"})
"""Reasons that the weather alone can bring; every other hold needs somebody who did something."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Compares both systems and the ledger, read raw."""

    account: Account
    company: Company
    table: FakeTable
    queue: FakeQueue
    dead: FakeQueue
    users: Users
    staff: Staff
    books: BooksAuditor

    def unsettled(self) -> Iterator[tuple[str, str]]:
        """Yield what is not yet as it should be, once nothing goes wrong any more."""
        if self.queue.bodies:
            yield "message_left", f"{len(self.queue.bodies)} messages are still queued"
        for told in self.users.invoices.values():
            yield from self._one(told)
        for letter in self.dead.messages:
            if "reason" not in letter.attributes:
                yield "dead_without_reason", "a dead letter says no reason"

    def _one(self, told: Told) -> Iterator[tuple[str, str]]:
        ledger: Any = self.table.get(Key(f"INVOICE#{told.id}", "LEDGER")) or {}
        state, reason = ledger.get("state"), str(ledger.get("reason", ""))
        name = f"{told.id} ({state} {reason})"
        if ledger.get("lease_until", 0):
            yield "lease_left", f"a lease on {name} was never given back"
        if state == "HELD":
            yield from self._held(told, ledger, name)
            return
        if "intent" in ledger:
            yield "intent_left", f"an intent on {name} is open"
        if state not in FINAL:
            yield "not_settled", f"{name} is in no final state"
            return
        yield from self._compare(told, ledger, name)

    def _held(self, told: Told, ledger: Any, name: str) -> Iterator[tuple[str, str]]:
        reason = ledger["reason"]
        if "intent" in ledger and reason not in BY_THEMSELVES:
            yield "intent_left", f"an intent on {name} is open"
        if not self._has_cause(told, reason, ledger):
            yield "held_without_cause", f"{name}: {ledger.get('problems')}"

    def _has_cause(self, told: Told, reason: str, ledger: Any) -> bool:
        deeds = {
            deed
            for identity, source in self.books.made.items()
            if source == told.id
            for deed in self.staff.deeds.get(identity, set())
        }
        match reason:
            case "edited_in_quickbooks":
                return bool(deeds & {"edit", "void", "copy", "note"})
            case "deleted_in_quickbooks":
                return "delete" in deeds
            case "payment_applied":
                return "pay" in deeds
            case "duplicate_in_quickbooks":
                return "copy" in deeds
            case "number_taken":
                return bool(told.numbers & self.staff.numbers) or self._has_rival(told)
            case "duplicate_number_in_source":
                return self._has_rival(told)
            case "customer_missing":
                return not self._customer_may_be_made()
            case "crashes_loader" | "outcome_unknown":
                return True
            case _:
                return False

    def _customer_may_be_made(self) -> bool:
        return sum(1 for _ in self.company.objects("Customer")) >= 3

    def _has_rival(self, told: Told) -> bool:
        others = (one for one in self.users.invoices.values() if one is not told)
        return any(told.numbers & other.numbers for other in others)

    def _compare(self, told: Told, ledger: Any, name: str) -> Iterator[tuple[str, str]]:
        row = self.account.row("invoice", told.id)
        identity = ledger.get("qbo_id")
        live = self.books.live.get(told.id, [])
        if identity is None:
            if live:
                yield "unknown_to_ledger", f"{name} is in QuickBooks as {live}"
            if row["status"] != "void" and self._is_due(row):
                yield "lost", f"{name} should be in QuickBooks"
            return
        if row["status"] == "void":
            if live:
                yield "not_voided", f"{name} is void, but lives as {live}"
            return
        if ledger.get("state") == "VOIDED":
            yield "voided_alone", f"{name} is not void in ServiceTrade"
            return
        record = self.company.books.store.get("Invoice", identity)
        if record is None or identity not in live:
            # A person took it away, and nothing was to be written since: nobody has noticed.
            if not self._touched(identity, {"delete", "void"}):
                yield "lost", f"{name} is not in QuickBooks any more"
            return
        body: Any = record.body
        if self.books.revision[identity] != told.version:
            detail = f"{name} is at revision {self.books.revision[identity]} of {told.version}"
            yield "not_newest", detail
        if revision_in(body["Line"]) != told.version:
            yield "not_newest", f"{name} shows revision {revision_in(body['Line'])}"
        amounts = {body["TotalAmt"], Decimal(ledger["total"]), Decimal(told.total)}
        if len(amounts) > 1:
            yield "money", f"{name}: {sorted(amounts)} are to be the same"
        if body["DocNumber"] != ledger["number"] and not self._touched(identity, {"edit"}):
            yield "number", f"{name}: {body['DocNumber']} is not {ledger['number']}"

    def _is_due(self, row: Any) -> bool:
        shown = self.account.show("invoice", row["id"])
        tags = {tag["name"] for tag in shown.get("tags") or []}
        job = self.account.row("job", row["jobId"])
        return "do-not-sync" not in tags and job["status"] in CLOSED

    def _touched(self, identity: str, deeds: set[str]) -> bool:
        return bool(self.staff.deeds.get(identity, set()) & deeds)
