"""Watches every write to QuickBooks at the moment when it is done; shares no code with the sync."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from invoicesync.conditions import Key
from sandbox.quickbooks.company import Company
from tests.fakes import FakeBucket, FakeTable
from tests.simulation.people import revision_in
from tests.simulation.violations import Violations

MARK = re.compile(r"\[st:(\d+)\.(\d+)\]")
OURS = (
    "DocNumber",
    "TxnDate",
    "DueDate",
    "CustomerRef",
    "CustomerMemo",
    "SalesTermRef",
    "DepartmentRef",
    "Line",
)
MONEY = ("TxnDate", "CustomerRef", "Line")


class BooksAuditor:
    """Knows which invoices the sync made, what it last wrote to them and what people did since."""

    def __init__(
        self, company: Company, violations: Violations, note: Callable[[str], None]
    ) -> None:
        self._company = company
        self._note = note
        self._violations = violations
        self._key: str | None = None
        self._written: dict[str, dict[str, Any]] = {}
        self._sent: dict[str, set[str]] = {}
        self.made: dict[str, int] = {}
        self.live: dict[int, list[str]] = {}
        self.revision: dict[str, int] = {}
        self.people_lines: dict[str, list[str]] = {}
        self.people_numbers: set[str] = set()
        self.deeds: dict[str, set[str]] = {}
        self.writes = 0
        self.gone_at: dict[str, float] = {}
        self.numbered: dict[str, tuple[str, float]] = {}
        self.was_made: Callable[[str], object] = lambda _: None
        self.was_voided: Callable[[str, Any], object] = lambda *_: None
        self._plain_write, self._plain_act = company.write, company._act
        company.write = self._write  # type: ignore[method-assign]
        company._act = self._act  # type: ignore[method-assign]

    def _write(self, operation: str, entity: str, body: Any, **named: Any) -> Any:
        before, self._key = self._key, named.get("key")
        try:
            return self._plain_write(operation, entity, body, **named)
        finally:
            self._key = before

    def _act(self, operation: str, entity: str, body: Any, allow_duplicate: bool) -> Any:
        if entity != "Invoice":
            return self._plain_act(operation, entity, body, allow_duplicate)
        identity = str(body.get("Id"))
        found = self._company.books.store.get("Invoice", identity)
        before = None if found is None else found.body
        done: Any = self._plain_act(operation, entity, body, allow_duplicate)
        after = None if operation == "delete" else done.body
        self._number(identity if after is None else str(after["Id"]), operation, after)
        who = "person" if self._key is None else "sync"
        shown = {name: body[name] for name in OURS if name in body and name != "Line"}
        line = revision_in(body.get("Line"))
        self._note(f"{who} {operation} {(after or body).get('Id')} {shown} revision {line}")
        if self._key is None:
            self._by_person(operation, identity, before, after)
        else:
            self._by_sync(operation, body, before, after)
        return done

    def _number(self, identity: str, operation: str, after: Any) -> None:
        """Keep which number each live invoice bears, whoever made it, and since when."""
        if after is None or operation == "void":
            self.numbered.pop(identity, None)
            return
        number = str(after.get("DocNumber"))
        if self.numbered.get(identity, ("", 0.0))[0] != number:
            self.numbered[identity] = number, self._company.clock()

    def _by_person(self, operation: str, identity: str, before: Any, after: Any) -> None:
        if operation == "create":
            self.people_numbers.add(str(after.get("DocNumber")))
        if identity not in self.made:
            return
        if operation in {"void", "delete"}:
            self._gone(identity)
        elif before is not None and after is not None:
            old = set(str(before.get("PrivateNote", "")).split("\n"))
            new = [x for x in str(after.get("PrivateNote", "")).split("\n") if x not in old]
            self.deeds.setdefault(identity, set()).add("edit")
            added = [line for line in new if line.startswith("seen ")]
            self.people_lines.setdefault(identity, []).extend(added)

    def _by_sync(self, operation: str, body: Any, before: Any, after: Any) -> None:
        self.writes += 1
        identity = str(after["Id"])
        if operation == "create":
            self._created(identity, after)
        elif identity not in self.made:
            self._violations.add("foreign", f"{operation} of {identity}, which we did not make")
            return
        else:
            self._check_people(operation, identity, body, before, after)
        if operation == "void":
            self.was_voided(identity, before)
            self._gone(identity)
        else:
            self._check_order(identity, after)
            if operation != "create":
                self._back(identity)
        sent = self._sent.setdefault(identity, set())
        sent |= set(body)
        self._written[identity] = _ours(after)

    def _created(self, identity: str, after: Any) -> None:
        mark = MARK.search(str(after.get("PrivateNote", "")))
        if mark is None:
            self._violations.add("unmarked", f"invoice {identity} was made without a mark")
            return
        source = int(mark[1])
        self.made[identity] = source
        self._check_number(identity)
        live = self.live.setdefault(source, [])
        live.append(identity)
        self.was_made(identity)
        if len(live) > 1:
            detail = f"ServiceTrade invoice {source} is in QuickBooks as {live}"
            self._violations.add("duplicate", detail)

    def _check_number(self, identity: str) -> None:
        """Find invoices that we made for two of ServiceTrade's under one number.

        However short the time between them was: a loader says which number it is about to use.
        """
        number = self.numbered[identity][0].casefold()
        for other, (borne, _) in self.numbered.items():
            is_anothers = self.made.get(other, self.made[identity]) != self.made[identity]
            if is_anothers and borne.casefold() == number:
                detail = f"{identity} was made as {borne}, which {other} of ours is already"
                self._violations.add("number_twice", detail)

    def _check_order(self, identity: str, after: Any) -> None:
        revision = revision_in(after.get("Line"))
        if revision < self.revision.get(identity, 0):
            detail = f"{identity} went from revision {self.revision[identity]} to {revision}"
            self._violations.add("older_over_newer", detail)
        self.revision[identity] = revision

    def _check_people(
        self, operation: str, identity: str, body: Any, before: Any, after: Any
    ) -> None:
        now, touched = _ours(before), self.touched(identity, before)
        sent = touched if operation == "void" else touched & set(body)
        if sent:
            detail = f"{operation} of {identity} over a person's {sorted(sent)}"
            self._violations.add("person_overwritten", detail)
        note = str(after.get("PrivateNote", ""))
        lost = [line for line in self.people_lines.get(identity, []) if line not in note]
        if lost and operation != "void":
            self._violations.add("person_overwritten", f"{identity} lost {lost}: {note!r}")
        is_paid = bool(before.get("LinkedTxn"))
        is_money = operation == "void" or any(
            name in body and _ours(after)[name] != now[name] for name in MONEY
        )
        if is_paid and is_money and self._company.options.payments_move_sync_token:
            self._violations.add("paid_changed", f"{operation} of {identity} under a payment")

    def touched(self, identity: str, body: Any) -> set[str]:
        """Name the fields of ours that are not as the sync last left them."""
        last, now = self._written.get(identity, {}), _ours(body)
        return {name for name in self._sent[identity] & {*OURS} if last.get(name) != now[name]}

    def _back(self, identity: str) -> None:
        """Note that what was rolled back stands there again."""
        live = self.live.setdefault(self.made[identity], [])
        if identity not in live:
            live.append(identity)
            self.gone_at.pop(identity, None)
            if len(live) > 1:
                self._violations.add("duplicate", f"{identity} came back beside another: {live}")

    def _gone(self, identity: str) -> None:
        self.gone_at[identity] = self._company.clock()
        live = self.live.get(self.made[identity], [])
        if identity in live:
            live.remove(identity)


class NumberAuditor:
    """Looks at every invoice that is about to be made: nobody had its number when it was intended.

    ``SEEN_AFTER_SECONDS`` is more than the loader's life and the lag of QuickBooks' index: what
    bore the number that long before the intent was stored could be found. What came to bear it
    since is not looked at: a request that may have been executed is repeated all the same.
    """

    SEEN_AFTER_SECONDS = 600

    def __init__(self, books: BooksAuditor, table: FakeTable, violations: Violations) -> None:
        self._books = books
        self._table = table
        self._violations = violations

    def __call__(self, request: Any) -> None:
        """Look at one request to QuickBooks."""
        if request.method != "POST":
            return
        parts = urlsplit(request.url)
        if not parts.path.endswith("/batch"):
            return
        requestid = parse_qs(parts.query).get("requestid", [""])[0]
        journal: Any = self._table.get(Key(f"BATCH#{requestid}", "JOURNAL")) or {}
        before = float(journal.get("at", 0)) - self.SEEN_AFTER_SECONDS
        for item in json.loads(request.body)["BatchItemRequest"]:
            if item.get("operation") == "create" and "Invoice" in item:
                self._check(str(item["Invoice"].get("DocNumber")), before)

    def _check(self, number: str, before: float) -> None:
        for identity, (borne, since) in self._books.numbered.items():
            if borne == number and since < before:
                detail = f"{number} is to be made though {identity} has borne it since {since:.0f}"
                self._violations.add("number_doubled", detail)


class JournalAuditor:
    """Looks at every write as it leaves: its intent is stored, and its bytes never change."""

    def __init__(self, table: FakeTable, bucket: FakeBucket, violations: Violations) -> None:
        self._table = table
        self._bucket = bucket
        self._violations = violations
        self._bodies: dict[tuple[str, str], str] = {}

    def __call__(self, request: Any) -> None:
        """Look at one request to QuickBooks."""
        if request.method != "POST" or "requestid" not in request.url:
            return
        parts = urlsplit(request.url)
        requestid = parse_qs(parts.query).get("requestid", [""])[0]
        if not requestid:
            return
        body = json.loads(request.body)
        if parts.path.endswith("/batch"):
            for item in body["BatchItemRequest"]:
                self._write(requestid, str(item["bId"]), item)
        elif parts.path.endswith("/invoice"):
            self._write(requestid, "1", body)
        else:
            self._same(requestid, "", body)

    def _write(self, requestid: str, bid: str, item: Any) -> None:
        self._same(requestid, bid, item)
        journal = self._table.get(Key(f"BATCH#{requestid}", "JOURNAL"))
        if journal is None or f"journal/{requestid}.json" not in self._bucket.objects:
            self._violations.add("no_intent", f"{requestid} was sent without a journal")
            return
        named: Any = journal["invoices"]
        ledger: Any = self._table.get(Key(f"INVOICE#{named[bid]}", "LEDGER")) or {}
        intent = json.loads(ledger.get("intent", "{}"))
        if (intent.get("request_id"), intent.get("bid")) != (requestid, bid):
            detail = f"{requestid}/{bid} of invoice {named[bid]} was sent without its intent"
            self._violations.add("no_intent", detail)

    def _same(self, requestid: str, bid: str, item: Any) -> None:
        digest = hashlib.sha256(json.dumps(item).encode()).hexdigest()
        if self._bodies.setdefault((requestid, bid), digest) != digest:
            self._violations.add("two_bodies", f"{requestid}/{bid} was sent with two bodies")


def _ours(body: Any) -> dict[str, Any]:
    return {name: _bare(name, body.get(name)) for name in OURS}


def _bare(name: str, value: Any) -> Any:
    if name == "Line":
        return [
            (line.get("Description"), str(line.get("Amount")))
            for line in value or []
            if line.get("DetailType") != "SubTotalLineDetail"
        ]
    if isinstance(value, dict):
        return value.get("value")
    return value
