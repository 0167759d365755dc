"""What a sample of ServiceTrade's invoices tells of dates, mapping, and other ways they go."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from invoicesync.domain.dates import day_of, zone_of
from invoicesync.domain.dispatch import decide
from invoicesync.domain.echo import is_voided
from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.mapping import Mapping as InvoiceMapping
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.rendering import read_marker
from invoicesync.domain.revision import Disposition
from invoicesync.domain.source import Source, SourceInvoice
from invoicesync.domain.texts import one_line
from invoicesync.domain.transform import transform
from invoicesync.ports import Json
from invoicesync_cli.doctor.finding import Finding, advice, broken, ok, unchecked
from invoicesync_cli.phrases import invoices

DATES = "ServiceTrade: invoice dates"
MAPPED = "mapping: what ServiceTrade's invoices hold"
OTHERS = "ServiceTrade: its own QuickBooks integration"

_DAY_SECONDS = 86_400
_FEW = 3
"""Below so many a moment at midnight, or an invoice that is not ours, is chance."""
_SHOWN = 5
_STOP = (
    "switch the QuickBooks integration off in ServiceTrade (its support tells where), and let "
    "nobody type invoices by hand"
)
_ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
)
_UNMAPPED = frozenset(
    {
        ProblemCode.UNMAPPED_ITEM,
        ProblemCode.UNMAPPED_CLASS,
        ProblemCode.UNMAPPED_DEPARTMENT,
        ProblemCode.UNMAPPED_TAX,
        ProblemCode.TAX_RATE_OUT_OF_BAND,
    }
)


def dates(sample: Sequence[SourceInvoice], mapping: InvoiceMapping) -> Iterator[Finding]:
    """Look at the time of day of invoice dates, and whether any lands on the wrong day.

    ServiceTrade keeps a moment, QuickBooks a day. A moment at midnight of another zone than the
    mapping's is a day that was stored there, and would be read as the day before or after.
    """
    if not sample:
        yield unchecked("ServiceTrade shows no invoice that changed lately", DATES)
        return
    dated = [(each, each.transaction_date) for each in sample if each.transaction_date is not None]
    if undated := len(sample) - len(dated):
        yield advice(
            f"{undated} of {invoices(len(sample))} have no date and would be held as date_missing",
            DATES,
            "fill in the date of these invoices in ServiceTrade",
        )
    timed = [(each, at) for each, at in dated if at % _DAY_SECONDS]
    strange: Counter[str] = Counter()
    for each, at in timed:
        if zone := _other_midnight(at, zone_of(each, mapping)):
            strange[zone] += 1
    for zone, count in strange.most_common(1):
        if count >= _FEW:
            yield broken(
                f"{count} of {invoices(len(dated))} are dated at midnight in {zone}, and the "
                "mapping reads them in another zone, on another day",
                DATES,
                f"timezone: {zone} in the mapping, or timezones.by_office for the offices there",
            )
            return
    yield ok(_spread(len(dated), timed, mapping), DATES)


def _other_midnight(at: int, zone: ZoneInfo) -> str | None:
    """Find the zone in which a moment is midnight of another day than in ``zone``."""
    if _is_midnight(at, zone):
        return None
    for name in _ZONES:
        other = ZoneInfo(name)
        if _is_midnight(at, other) and day_of(at, other) != day_of(at, zone):
            return name
    return None


def _is_midnight(at: int, zone: ZoneInfo) -> bool:
    return f"{datetime.fromtimestamp(at, zone):%H%M%S}" == "000000"


def _spread(count: int, timed: Sequence[tuple[SourceInvoice, int]], mapping: InvoiceMapping) -> str:
    quarters: Counter[int] = Counter()
    for each, at in timed:
        quarters[datetime.fromtimestamp(at, zone_of(each, mapping)).hour // 6] += 1
    said = f"{invoices(count)}: {count - len(timed)} with a date alone"
    if timed:
        hours = ", ".join(f"{6 * each}-{6 * each + 6} h {quarters[each]}" for each in range(4))
        said += f", {len(timed)} with a time of day at their office ({hours})"
    return said


def mapped(sample: Sequence[SourceInvoice], mapping: InvoiceMapping) -> Iterator[Finding]:
    """Look which names of ServiceTrade, met in its invoices, the mapping does not know."""
    meant = [each for each in sample if _is_meant(each, mapping)]
    if not meant:
        yield unchecked("no invoice of the sample is dated since go_live", MAPPED)
        return
    found: Counter[tuple[ProblemCode, str]] = Counter()
    held = 0
    for invoice in meant:
        problems = {
            (each.code, each.detail)
            for each in transform(Source(invoice), mapping).problems
            if each.code in _UNMAPPED
        }
        held += bool(problems)
        found.update(problems)
    if not found:
        yield ok(f"all is mapped that stands in {invoices(len(meant))}", MAPPED)
        return
    judge = broken if 2 * held > len(meant) else advice
    for (code, detail), count in found.most_common(_SHOWN):
        what = f"{code.value}: {detail} ({invoices(count)} of {len(meant)})"
        yield judge(what, MAPPED, EXPLANATIONS[code].fix)
    if len(found) > _SHOWN:
        what = f"{len(found) - _SHOWN} more causes, {invoices(held)} of {len(meant)} in all"
        yield judge(what, MAPPED, "invoicesync preview names every one")


def _is_meant(invoice: SourceInvoice, mapping: InvoiceMapping) -> bool:
    return decide(Source(invoice), mapping).disposition is Disposition.DISPATCH


def others(
    sample: Sequence[SourceInvoice],
    there: Sequence[Json],
    ours: Mapping[ServiceTradeId, str],
    mapping: InvoiceMapping,
    today: date,
) -> Iterator[Finding]:
    """Look whether somebody else still brings ServiceTrade's invoices into QuickBooks.

    ``there`` are QuickBooks' invoices under numbers of the sample, ``ours`` the ids in QuickBooks
    of what we loaded. ServiceTrade's own integration leaves two traces: an invoice without our mark
    under ServiceTrade's number, and the status `processed` that we did not set.
    """
    if not sample:
        yield unchecked("ServiceTrade shows no invoice that changed lately", OTHERS)
        return
    due = [each for each in sample if _is_due(each, mapping)]
    numbers = {number_of(each, mapping) for each in due}
    strangers = [row for row in there if _is_strange(row, set(ours.values()))]
    double = [str(row["DocNumber"]) for row in strangers if row.get("DocNumber") in numbers]
    marked = [each for each in due if each.status == "processed" and each.id not in ours]
    if double:
        # One or two are somebody's typing; an integration leaves more.
        judge = broken if len(double) >= _FEW else advice
        yield judge(
            f"QuickBooks has {invoices(len(double))} under the number of one dated since go_live "
            f"({mapping.go_live.isoformat()}), and not by us: "
            f"{', '.join(sorted(double)[:_SHOWN])}",
            OTHERS,
            f"{_STOP}; void what is double",
        )
    elif marked:
        yield advice(
            f"{invoices(len(marked))} dated since go_live became processed in ServiceTrade, and "
            "not by us: its own integration may still run",
            OTHERS,
            _STOP,
        )
    elif mapping.go_live > today and strangers:
        yield advice(
            f"{invoices(len(strangers))} of the sample came into QuickBooks without us, which is "
            f"right until go_live ({mapping.go_live.isoformat()})",
            OTHERS,
            f"on that day: {_STOP}",
        )
    else:
        left = f"; {len(strangers)} from before go_live are left alone" if strangers else ""
        yield ok(f"no trace of it in {invoices(len(sample))}{left}", OTHERS)


def number_of(invoice: SourceInvoice, mapping: InvoiceMapping) -> str:
    """Write the number that an invoice has in QuickBooks."""
    return mapping.document_number.prefix + one_line(invoice.number or invoice.ref_number)


def _is_due(invoice: SourceInvoice, mapping: InvoiceMapping) -> bool:
    at = invoice.transaction_date
    return at is not None and day_of(at, zone_of(invoice, mapping)) >= mapping.go_live


def _is_strange(row: Json, ours: set[str]) -> bool:
    is_known = read_marker(row.get("PrivateNote")) is not None or str(row.get("Id")) in ours
    return not is_known and not is_voided(row)
