"""Judge a sync by what both simulators hold, without a look at the product's own records.

Shares no code with the product. What is to be sent is worked out anew from ServiceTrade's rows by
the rule below; what was sent is found in QuickBooks by the mark in each invoice's note. What is not
there as it should be counts as held if it lies in the dead-letter queue, where people find it too.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sandbox.quickbooks.company import Company
    from sandbox.servicetrade import Account

_MARK = re.compile(r"\[st:(\d+)\.\d+\]")
_DAY_SECONDS = 86_400
_SENDABLE = frozenset({"pending_accounting", "failed", "processed", "sent", "paid"})
_CLOSED = frozenset({"completed", "pending_invoice", "sending_invoice", "invoiced", "closed"})
_LEFT_OUT_TAG = "do-not-sync"
_ZONES = {"Sacramento": "America/Los_Angeles"}
_USUAL_ZONE = "America/New_York"


@dataclass(slots=True)
class Findings:
    """What the comparison found; ``lost``, ``doubled`` and ``differing`` are faults."""

    dispatched: int = 0
    in_quickbooks: int = 0
    held: set[int] = field(default_factory=set)
    """Dispatched invoices that are not in QuickBooks as they should be, and in front of people."""
    lost: list[int] = field(default_factory=list)
    doubled: list[int] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    """Invoices of the sync in QuickBooks for which ServiceTrade has none that is to be there."""
    servicetrade_total: Decimal = Decimal()
    quickbooks_total: Decimal = Decimal()
    """Totals of the invoices that are in QuickBooks and not held, on each side."""
    held_total: Decimal = Decimal()

    @property
    def is_clean(self) -> bool:
        """Say whether nothing is lost, doubled, different or out of place."""
        return not (self.lost or self.doubled or self.differing or self.strangers)


def compare(
    account: Account,
    company: Company,
    *,
    go_live: date,
    past: frozenset[str],
    letters: frozenset[int],
) -> Findings:
    """Compare what ServiceTrade says now with what QuickBooks holds now.

    ``past`` are the Ids of what people had typed before the sync; ``letters`` the ServiceTrade ids
    in the dead-letter queue, those of invoices that have been mended since among them.
    """
    sent = sent_by_mark(company, past)
    found = Findings()
    known = set()
    for row in account.all("invoice"):
        identity = int(row["id"])
        known.add(identity)
        copies = sent.get(identity, [])
        live = [copy for copy in copies if not is_void(copy)]
        if len(live) > 1:
            found.doubled.append(identity)
        if row["status"] == "void":
            if live and identity in letters:
                found.held.add(identity)
                found.held_total += _money(row["totalPrice"])
            elif live:
                found.differing.append(f"{row['invoiceNumber']} is void in ServiceTrade only")
        elif is_to_be_sent(row, _job_status(account, row), go_live) or live:
            _judge(found, row, live, has_letter=identity in letters)
        elif copies and identity not in letters:
            found.strangers.append(f"{row['invoiceNumber']} was void and is not to be sent")
    found.strangers += [f"mark of {identity}" for identity in sent if identity not in known]
    return found


def is_to_be_sent(row: Mapping[str, Any], job_status: str | None, go_live: date) -> bool:
    """Say whether an invoice shall be in QuickBooks, or in front of a person.

    ``job_status`` is None where there is no job to be found; somebody has to look at that too.
    """
    if row["type"] != "invoice" or row["status"] not in _SENDABLE:
        return False
    if row["transactionDate"] is not None and _day(row) < go_live:
        return False
    if any(tag["name"] == _LEFT_OUT_TAG for tag in row["tags"]):
        return False
    if not row["totalPrice"] and not any(item["subtotal"] for item in row["items"]):
        return False
    is_open = job_status is not None and job_status not in _CLOSED and job_status != "canceled"
    return not is_open or bool(row["partial"])


def held_in(messages: Iterable[Mapping[str, Any]]) -> frozenset[int]:
    """Read the invoices out of dead letters: an attribute of each names its invoice."""
    attributes = (message.get("MessageAttributes", {}) for message in messages)
    named = (each["invoice"]["StringValue"] for each in attributes if "invoice" in each)
    return frozenset(int(value) for value in named)


def _judge(
    found: Findings, row: Mapping[str, Any], live: list[Mapping[str, Any]], *, has_letter: bool
) -> None:
    found.dispatched += 1
    differing = [what for copy in live[:1] for what in _differences(row, copy)]
    if has_letter and (differing or not live):
        found.held.add(int(row["id"]))
        found.held_total += _money(row["totalPrice"])
        return
    if not live:
        found.lost.append(int(row["id"]))
        return
    found.in_quickbooks += 1
    found.servicetrade_total += _money(row["totalPrice"])
    found.quickbooks_total += _money(live[0]["TotalAmt"])
    found.differing += differing


def _differences(row: Mapping[str, Any], copy: Mapping[str, Any]) -> Iterator[str]:
    total, booked = _money(row["totalPrice"]), _money(copy["TotalAmt"])
    if booked != total:
        yield f"{row['invoiceNumber']}: {total} and {booked}"
    if copy.get("DocNumber") != row["invoiceNumber"]:
        yield f"{row['invoiceNumber']} is called {copy.get('DocNumber')}"


def sent_by_mark(company: Company, past: frozenset[str]) -> dict[int, list[Mapping[str, Any]]]:
    """Find what the sync made in QuickBooks, by the invoice in ServiceTrade that each is of."""
    sent: dict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for invoice in company.objects("Invoice"):
        marked = _MARK.search(str(invoice.get("PrivateNote", "")))
        if marked and str(invoice["Id"]) not in past:
            sent[int(marked[1])].append(invoice)
    return sent


def is_void(invoice: Mapping[str, Any]) -> bool:
    """Say whether an invoice in QuickBooks is void."""
    return not invoice["TotalAmt"] and str(invoice.get("PrivateNote", "")).startswith("Voided")


def _job_status(account: Account, row: Mapping[str, Any]) -> str | None:
    job = account.store.get("job", row["job"]["id"]) if row["job"] else None
    return None if job is None else str(job["status"])


def _day(row: Mapping[str, Any]) -> date:
    second = int(row["transactionDate"])
    if second % _DAY_SECONDS == 0:
        return datetime.fromtimestamp(second, UTC).date()
    office = (row["assignedOffice"] or {}).get("name", "")
    return datetime.fromtimestamp(second, ZoneInfo(_ZONES.get(office, _USUAL_ZONE))).date()


def _money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))
