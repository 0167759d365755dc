"""Which day a moment of ServiceTrade's is on."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_values import key
from invoicesync.domain.source import SourceInvoice

_DAY_SECONDS = 86_400


def zone_of(invoice: SourceInvoice, mapping: Mapping) -> ZoneInfo:
    """Find the zone in which the invoice's office keeps its days."""
    office = invoice.assigned_office
    by_office = None if office is None else mapping.timezones.by_key.get(key(office.name))
    return ZoneInfo(by_office or mapping.timezone)


def day_of(seconds: int, zone: ZoneInfo) -> date:
    """Find the day of a moment.

    Midnight in UTC to the second is how a date without a time arrives; moved into a zone west of
    Greenwich it would become the day before.
    """
    is_date = seconds % _DAY_SECONDS == 0
    return datetime.fromtimestamp(seconds, UTC if is_date else zone).date()


def transaction_day(invoice: SourceInvoice, mapping: Mapping) -> date | None:
    """Find the day that the invoice is dated; None where it has no date."""
    if invoice.transaction_date is None:
        return None
    return day_of(invoice.transaction_date, zone_of(invoice, mapping))
