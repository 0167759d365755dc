"""What people know an invoice by."""

from datetime import UTC, date, datetime

from invoicesync.domain.document import Document
from invoicesync.domain.source import Source


def shown(source: Source, document: Document | None) -> dict[str, str]:
    """Write what people know an invoice by: its number, customer, date and total."""
    invoice = source.invoice
    dated = document.txn_date if document else _day(invoice.transaction_date)
    return {
        "number": invoice.number or "",
        "customer": (invoice.customer.name if invoice.customer else None) or "",
        "dated": "" if dated is None else dated.isoformat(),
        "total": "" if invoice.total_price is None else format(invoice.total_price, "f"),
    }


def _day(second: int | None) -> date | None:
    """Give a day where no mapping says in which zone; it may be one too late."""
    return None if second is None else datetime.fromtimestamp(second, UTC).date()
