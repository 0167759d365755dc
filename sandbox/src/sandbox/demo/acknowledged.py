"""Judge what ServiceTrade was told, by what it shows and what QuickBooks holds."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sandbox.demo.check import is_void, sent_by_mark

if TYPE_CHECKING:
    from sandbox.quickbooks.company import Company
    from sandbox.servicetrade import Account

_REMARK = re.compile(r"\[InvoiceSync \d+ \w+\]")
_UNTOLD = frozenset({"ok", "pending_accounting"})


@dataclass(slots=True)
class Acknowledged:
    """Invoices by what ServiceTrade was told of them, the comments on jobs, and what is wrong."""

    processed: int = 0
    failed: int = 0
    comments: int = 0
    faults: list[str] = field(default_factory=list)


def judge(account: Account, company: Company, *, past: frozenset[str]) -> Acknowledged:
    """Look whether ServiceTrade was told the truth, of everything, and each reason once."""
    sent = sent_by_mark(company, past)
    told = Acknowledged()
    for row in account.all("invoice"):
        number, status = row["invoiceNumber"], row["status"]
        is_there = any(not is_void(copy) for copy in sent.get(int(row["id"]), []))
        told.processed += status == "processed"
        told.failed += status == "failed"
        if status == "processed" and not is_there:
            told.faults.append(f"{number} is processed and not in QuickBooks")
        if is_there and status in _UNTOLD:
            told.faults.append(f"{number} is in QuickBooks and {status} in ServiceTrade")
    remarks = Counter(
        found[0] for row in account.all("comment") if (found := _REMARK.search(str(row["content"])))
    )
    told.comments = sum(remarks.values())
    told.faults += [
        f"{remark} was told {times} times" for remark, times in remarks.items() if times > 1
    ]
    return told
