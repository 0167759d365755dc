"""The last word: what QuickBooks should hold by now, worked out from ServiceTrade alone."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from invoicesync.conditions import Key
from sandbox.quickbooks.company import Company
from sandbox.servicetrade import CLOSED, Account
from tests.fakes import FakeQueue, FakeTable, FakeTopic
from tests.simulation.books_auditor import BooksAuditor
from tests.simulation.gates import NastyQueue
from tests.simulation.people import Staff, Told, Users, invoice_in, revision_in

FINAL = frozenset({"LOADED", "VOIDED", "IGNORED", "WAITING", "HELD", "RESOLVED", "ADOPTED"})
DEEDS = {
    "edited_in_quickbooks": {"edit", "void", "copy", "note"},
    "deleted_in_quickbooks": {"delete"},
    "payment_applied": {"pay"},
    "duplicate_in_quickbooks": {"copy"},
}
"""What people do in QuickBooks that may bring a hold."""
BY_DESIGN = frozenset({"not_told", "proving_absence"})
"""What may take longer than the stated bound: one mail an hour for a cause, absence after 6 h."""
BY_THEMSELVES = frozenset({"outcome_unknown", "crashes_loader"})
"""Reasons that the weather alone can bring; every other hold needs somebody who did something."""


@dataclass(slots=True)
class Judge:
    """Compares both systems and the ledger, read raw."""

    account: Account
    company: Company
    table: FakeTable
    queue: NastyQueue
    dead: FakeQueue
    finance: FakeTopic
    users: Users
    staff: Staff
    books: BooksAuditor
    expected: frozenset[str] = frozenset()
    """Reasons that a scripted course brings about by itself."""
    rolled_back: Mapping[int, object] = field(default_factory=dict[int, object])
    """Invoices of which somebody wanted undone what a mapping had made."""

    def unsettled(self) -> Iterator[tuple[str, str]]:
        """Yield what is not yet as it should be, once nothing goes wrong any more."""
        left = [body for body in self.queue.bodies if not self._is_proving(invoice_in(body))]
        if left:
            yield "message_left", f"{len(left)} messages are still queued"
        for told in self.users.invoices.values():
            yield from self._one(told)
        for letter in self.dead.messages:
            if "reason" not in letter.attributes:
                yield "dead_without_reason", "a dead letter says no reason"

    def _one(self, told: Told) -> Iterator[tuple[str, str]]:
        ledger = self._ledger(told.id)
        state, reason = ledger.get("state"), str(ledger.get("reason", ""))
        name = f"{told.id} ({state} {reason})"
        if self._is_proving(told.id):
            yield "proving_absence", f"{name} waits for a third look in vain"
            return
        if ledger.get("lease_until", 0) and not self._is_forgotten(ledger):
            yield "lease_left", f"a lease on {name} was never given back"
        if state == "HELD":
            yield from self._held(told, ledger, name)
            return
        if "intent" in ledger:
            yield "intent_left", f"an intent on {name} is open"
        if state is None and (told.is_removed or self._is_hidden_void(told)):
            return  # it was gone, or void, before anybody saw it
        if state not in FINAL:
            yield "not_settled", f"{name} is in no final state"
            return
        yield from self._compare(told, ledger, name)

    def _is_forgotten(self, ledger: Any) -> bool:
        """Say whether a lease ended by itself, the message of its dead loader having vanished."""
        return self.queue.was_purged and ledger["lease_until"] < self.table._clock.now()

    def _ledger(self, id_: int) -> Any:
        return self.table.get(Key(f"INVOICE#{id_}", "LEDGER")) or {}

    def _is_proving(self, id_: int) -> bool:
        """Say whether a lost write was refused when it was repeated: that takes six hours more."""
        ledger = self._ledger(id_)
        return ledger.get("state") != "HELD" and bool(
            json.loads(ledger.get("intent", "{}")).get("absent")
        )

    def _is_hidden_void(self, told: Told) -> bool:
        """Say whether it was voided with a time of long ago, which no scan looks at."""
        return not told.changed_at and self.account.row("invoice", told.id)["status"] == "void"

    def _held(self, told: Told, ledger: Any, name: str) -> Iterator[tuple[str, str]]:
        reason = ledger["reason"]
        if "intent" in ledger and reason not in BY_THEMSELVES:
            yield "intent_left", f"an intent on {name} is open"
        names = {*told.numbers, str(told.id)}
        if not any(one in mail.text for mail in self.finance.mails for one in names):
            yield "not_told", f"nobody was told of {name}"
        if not self._has_cause(told, reason):
            yield "held_without_cause", f"{name}: {ledger.get('problems')}"

    def _has_cause(self, told: Told, reason: str) -> bool:
        """Say whether somebody did what may bring such a hold, or the weather alone may."""
        if reason in BY_THEMSELVES | self.expected:
            return True
        if reason in DEEDS:
            return bool(DEEDS[reason] & self._deeds(told))
        rivals = any(told.numbers & other.numbers for other in self._others(told))
        match reason:
            case "rolled_back":
                return told.id in self.rolled_back
            case "unreadable_source":
                return told.is_removed
            case "number_taken":
                return rivals or bool(told.numbers & self.books.people_numbers)
            case "duplicate_number_in_source":
                return rivals
            case _:
                return False

    def _deeds(self, told: Told) -> set[str]:
        ours = [identity for identity, source in self.books.made.items() if source == told.id]
        return {
            deed
            for identity in ours
            for deeds in (self.staff.deeds, self.books.deeds)
            for deed in deeds.get(identity, set())
        }

    def _others(self, told: Told) -> Iterator[Told]:
        return (one for one in self.users.invoices.values() if one is not told)

    def _compare(self, told: Told, ledger: Any, name: str) -> Iterator[tuple[str, str]]:
        if told.is_removed or ledger.get("adopted"):
            return  # what vanished may stand as it is, or be held; what is linked is never written
        row = self.account.row("invoice", told.id)
        live = self.books.live.get(told.id, [])
        if ledger.get("qbo_id") is None:
            if live:
                yield "unknown_to_ledger", f"{name} is in QuickBooks as {live}"
            if row["status"] != "void" and self._is_due(row):
                yield "lost", f"{name} should be in QuickBooks"
        elif row["status"] == "void":
            if live:
                yield "not_voided", f"{name} is void, but lives as {live}"
        elif ledger.get("state") == "VOIDED":
            yield "voided_alone", f"{name} is not void in ServiceTrade"
        elif ledger["qbo_id"] not in live:
            # Where a person took it away and nothing was to be written since, nobody has noticed.
            if not self._touched(ledger["qbo_id"], {"delete", "void"}):
                yield "lost", f"{name} is not in QuickBooks any more"
        else:
            yield from self._content(told, ledger, name)

    def _content(self, told: Told, ledger: Any, name: str) -> Iterator[tuple[str, str]]:
        identity = ledger["qbo_id"]
        body: Any = self.company.books.require("Invoice", identity).body
        shown = revision_in(body["Line"])
        if {shown, self.books.revision[identity]} != {told.version}:
            yield "not_newest", f"{name} shows revision {shown} of {told.version}"
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
