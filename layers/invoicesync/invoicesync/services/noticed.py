"""What a finance lead reads about invoices of ours that people changed in QuickBooks."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from invoicesync.domain.ids import QuickBooksId
from invoicesync.domain.observation import Deed, Observation
from invoicesync.state.entry import Entry

ROWS = 20

_SAID = {
    Deed.EDITED: "changed",
    Deed.VOIDED: "voided",
    Deed.DELETED: "deleted",
    Deed.COPIED: "copied: two invoices bear our mark",
    Deed.PAID: "paid",
}
_WORDS = {
    "CustomerMemo": "message",
    "CustomerRef": "customer",
    "DepartmentRef": "location",
    "DocNumber": "number",
    "DueDate": "due date",
    "Line": "lines",
    "PrivateNote": "our mark in the memo",
    "SalesTermRef": "terms",
    "TotalAmt": "total",
    "TxnDate": "date",
}


@dataclass(frozen=True, slots=True)
class Noticed:
    """One deed, and the invoice as the ledger knows it."""

    entry: Entry
    seen: Observation
    qbo_id: QuickBooksId


def message(noticed: Sequence[Noticed]) -> tuple[str, str]:
    """Write the subject and the text of one mail about all of them."""
    count = f"{len(noticed)} invoice{'' if len(noticed) == 1 else 's'}"
    lines = [
        f"In QuickBooks somebody changed {count} that InvoiceSync had made:",
        "",
        *(_row(one) for one in noticed[:ROWS]),
    ]
    if len(noticed) > ROWS:
        lines.append(f"  (+{len(noticed) - ROWS} more)")
    lines += [
        "",
        "InvoiceSync leaves them as they are: nothing of what people write is overwritten.",
        "",
        "Fix: none, if it was meant so. If it was not, put it right in QuickBooks. Should",
        "ServiceTrade change such an invoice later, it is held, and a mail asks you what to do.",
    ]
    return f"InvoiceSync: {count} changed by people in QuickBooks", "\n".join(lines)


def _row(one: Noticed) -> str:
    number = one.entry.number or one.entry.shown.get("number") or str(one.entry.servicetrade_id)
    fields = ", ".join(_WORDS.get(name, "a custom field") for name in one.seen.fields)
    said = _SAID[one.seen.deed] + (f" ({fields})" if fields else "")
    before = _dollars(one.entry.total)
    total = f"{before} -> {_dollars(one.seen.total)}" if "TotalAmt" in one.seen.fields else before
    return f"  {number:<12} {total:>12}  {said} (QuickBooks id {one.qbo_id})"


def _dollars(amount: str) -> str:
    return f"${Decimal(amount or 0):,.2f}"
