"""Where each thing lies in the one table."""

from invoicesync.conditions import Key
from invoicesync.domain.ids import QuickBooksId, RequestId, ServiceTradeId

EPOCH = Key("CHECKPOINT#invoice", "EPOCH")
LIVE = Key("CHECKPOINT#invoice", "LIVE")
CHANGES = Key("CHECKPOINT#books", "CHANGES")
MAPPING = Key("MAPPING", "CURRENT")
LEDGER = "LEDGER"
"""The sk of every invoice's permanent item."""


def backfill(name: str) -> Key:
    """Return the checkpoint of one backfill."""
    return Key("CHECKPOINT#invoice", f"BACKFILL#{name}")


def mapping_version(serial: int) -> Key:
    """Return what is known of one version of the mapping; sorts by serial."""
    return Key(MAPPING.pk, f"VERSION#{serial:06d}")


def ledger(invoice_id: ServiceTradeId) -> Key:
    """Return the permanent item of one ServiceTrade invoice."""
    return Key(f"INVOICE#{invoice_id}", LEDGER)


def event(invoice_id: ServiceTradeId, at: float, fence: int) -> Key:
    """Return the item of one thing that happened to an invoice; sorts by time."""
    return Key(f"INVOICE#{invoice_id}", f"EVENT#{int(at * 1000):014d}.{fence:06d}")


def journal(request_id: RequestId) -> Key:
    """Return the item of one request to QuickBooks."""
    return Key(f"BATCH#{request_id}", "JOURNAL")


def number(number: str) -> Key:
    """Return what says for which invoice a number was last to be used in QuickBooks."""
    return Key(f"NUMBER#{number.casefold()}", "NAMED")


def reference(realm_id: str, entity: str, name: str) -> Key:
    """Return the cached id of one name in one QuickBooks list."""
    return Key(f"REF#{realm_id}#{entity}", name.casefold())


def realm(realm_id: str, part: str) -> Key:
    """Return one part (`RATE#…`, `BREAKER`, `PAUSED`, `TOKEN`) of a QuickBooks company's state."""
    return Key(f"REALM#{realm_id}", part)


def adopted(qbo_id: QuickBooksId) -> Key:
    """Return what says to which invoice one of QuickBooks was linked: to no other then."""
    return Key(f"ADOPTED#{qbo_id}", "LINK")


def alert(fingerprint: str) -> Key:
    """Return the item that says that an alert was sent."""
    return Key(f"ALERT#{fingerprint}", "SENT")


def run(day: str, at: str) -> Key:
    """Return the record of one run."""
    return Key(f"RUN#{day}", at)


def action(day: str, at: str) -> Key:
    """Return the record of one thing that an operator did."""
    return Key(f"ACTION#{day}", at)


def observed(invoice_id: QuickBooksId) -> Key:
    """Return what was last seen of one of our invoices in QuickBooks, beside the ledger."""
    return Key(f"QBO#{invoice_id}", "OBSERVED")


def observation(invoice_id: QuickBooksId, at: float) -> Key:
    """Return the record of one thing that people did to it there; sorts by time."""
    return Key(f"QBO#{invoice_id}", f"EVENT#{int(at * 1000):014d}")


def acknowledged(invoice_id: ServiceTradeId) -> Key:
    """Return what ServiceTrade and other programs were told of one invoice."""
    return Key(f"TOLD#{invoice_id}", "TOLD")


def report(period: str, part: str) -> Key:
    """Return what is remembered of the reports of one period: `NUMBER`, `FIRST`."""
    return Key(f"REPORT#{period}", part)


def reconciled(month: str, at: str) -> Key:
    """Return the record of one reconciliation, by the month in which it was made."""
    return Key(f"RECONCILED#{month}", at)
