"""What QuickBooks' preferences and lists must say for our invoices to arrive as they are meant."""

from collections.abc import Iterator, Sequence
from datetime import date

from invoicesync.domain.mapping import Mapping
from invoicesync.ports import Json
from invoicesync.services.prove import Proof
from invoicesync_cli.doctor.finding import Finding, advice, broken, ok, unchecked

NUMBERS = "QuickBooks: transaction numbers"
TAX = "QuickBooks: sales tax"
CLOSING = "QuickBooks: closing date"
LOCATIONS = "QuickBooks: locations"
CLASSES = "QuickBooks: classes"
FIELDS = "QuickBooks: custom fields"
MONEY = "QuickBooks: credits and currency"
NAMES = "mapping: names in QuickBooks"

_FORMS = "QuickBooks, Account and settings, Sales, Sales form content"
_ADVANCED = "QuickBooks, Account and settings, Advanced"


def numbers(preferences: Json) -> Iterator[Finding]:
    """Look at custom transaction numbers and the warning about duplicates."""
    if not _on(preferences, "SalesFormsPrefs", "CustomTxnNumbers"):
        yield advice(
            "custom transaction numbers are off: QuickBooks goes on counting from our numbers, "
            "and what people type there may take the number of a later invoice",
            NUMBERS,
            f"{_FORMS}: turn on Custom transaction numbers",
        )
    else:
        yield ok("custom transaction numbers are on", NUMBERS)
    # Nobody has written down where QuickBooks tells of it; where it does not, nothing is claimed.
    warned = _other(preferences, "WarnDuplicateInvoiceNumber")
    if warned is None:
        yield unchecked("QuickBooks does not tell whether duplicate numbers are warned of", NUMBERS)
    elif warned != "true":
        yield advice(
            "the warning about duplicate numbers is off: QuickBooks takes a number twice",
            NUMBERS,
            f"{_ADVANCED}, Other preferences: warn if a duplicate invoice number is used",
        )
    else:
        yield ok("duplicate numbers are warned of", NUMBERS)


def tax(preferences: Json, mapping: Mapping) -> Iterator[Finding]:
    """Look whether tax comes from where the mapping says."""
    if not any(rule.code == "TAX" for rule in mapping.tax.rules):
        yield ok("the mapping taxes nothing", TAX)
        return
    if not _on(preferences, "TaxPrefs", "UsingSalesTax"):
        yield broken(
            "sales tax is off: QuickBooks drops the tax of every invoice",
            TAX,
            "QuickBooks, Taxes: set up sales tax",
        )
        return
    automated = _on(preferences, "TaxPrefs", "PartnerTaxEnabled")
    if mapping.tax.authority == "quickbooks" and not automated:
        yield broken(
            "the mapping lets QuickBooks compute tax, and automated sales tax is off: "
            "taxable invoices would bear none",
            TAX,
            "QuickBooks, Taxes: turn on automated sales tax; or tax.authority: servicetrade in "
            "the mapping",
        )
        return
    who = "QuickBooks" if mapping.tax.authority == "quickbooks" else "ServiceTrade"
    yield ok(f"tax is computed by {who}, as the mapping says", TAX)


def closing_date(preferences: Json, mapping: Mapping, today: date) -> Iterator[Finding]:
    """Look whether new invoices fall into closed books."""
    told = _part(preferences, "AccountingInfoPrefs").get("BookCloseDate")
    if not told:
        yield ok("the books are open", CLOSING)
        return
    closed = date.fromisoformat(str(told)[:10])
    through = f"books are closed through {closed.isoformat()}"
    fix = f"{_ADVANCED}, Accounting: set the closing date to the last day that is really closed"
    if closed >= today:
        becomes = (
            "moved to the day after"
            if mapping.closed_period == "first_open_day"
            else "held as closed_period"
        )
        yield broken(f"{through}: every invoice of today is {becomes}", CLOSING, fix)
    elif closed >= mapping.go_live:
        yield advice(
            f"{through}, after go_live ({mapping.go_live.isoformat()}): invoices dated between "
            f"are {_between(mapping)}",
            CLOSING,
            f"{fix}, or move go_live in the mapping, or set closed_period",
        )
    else:
        yield ok(through, CLOSING)


def locations(preferences: Json, mapping: Mapping) -> Iterator[Finding]:
    """Look whether QuickBooks takes the departments (its "locations") that the mapping names."""
    settings = mapping.departments
    if settings.required and not settings.by_office:
        yield broken(
            "departments are required and none is mapped: every invoice is held",
            LOCATIONS,
            "departments.by_office in the mapping: name the location of each office",
        )
    used = settings.required or bool(settings.by_office)
    if used and not _on(preferences, "AccountingInfoPrefs", "TrackDepartments"):
        yield broken(
            "the mapping sets locations, and QuickBooks does not track them",
            LOCATIONS,
            f"{_ADVANCED}, Categories: turn on Track locations; or take departments out of the "
            "mapping",
        )
    else:
        yield ok("tracked" if used else "the mapping uses none", LOCATIONS)


def classes(preferences: Json, mapping: Mapping) -> Iterator[Finding]:
    """Look whether QuickBooks takes a class for each line."""
    used = bool(mapping.classes.by_service_line) or mapping.classes.default is not None
    if used and not _on(preferences, "AccountingInfoPrefs", "ClassTrackingPerTxnLine"):
        yield broken(
            "the mapping gives each line a class, and QuickBooks does not track classes by line",
            CLASSES,
            f"{_ADVANCED}, Categories: turn on Track classes, one to each row; or take classes "
            "out of the mapping",
        )
    else:
        yield ok("tracked by line" if used else "the mapping uses none", CLASSES)


def custom_fields(preferences: Json, mapping: Mapping) -> Iterator[Finding]:
    """Look whether each custom field of the mapping is one that sales forms use."""
    if not mapping.custom_fields:
        yield ok("the mapping uses none", FIELDS)
        return
    rows = list(_field_rows(preferences))
    ids = {
        str(row.get("StringValue", "")).casefold(): _digits(row)
        for row in rows
        if "SalesCustomName" in str(row.get("Name"))
    }
    unused = {
        _digits(row)
        for row in rows
        if "UseSalesCustom" in str(row.get("Name")) and row.get("BooleanValue") is False
    }
    lacking = [
        name
        for name in mapping.custom_fields
        if name.casefold() not in ids or ids[name.casefold()] in unused
    ]
    for name in lacking:
        yield broken(
            f"sales forms have no custom field {name!r}: invoices that fill it are held",
            FIELDS,
            f"QuickBooks, Custom fields: add {name!r} for invoices; or take it out of the mapping",
        )
    if not lacking:
        yield ok(f"all {len(mapping.custom_fields)} are there", FIELDS)


def credits_and_currency(preferences: Json) -> Iterator[Finding]:
    """Look at credits that apply themselves, and at the currency of the books."""
    if _on(preferences, "SalesFormsPrefs", "AutoApplyCredit"):
        yield advice(
            "credits apply themselves to new invoices: a later correction of such an invoice is "
            "held as payment_applied",
            MONEY,
            f"{_ADVANCED}, Automation: turn off Automatically apply credits",
        )
    home = _part(_part(preferences, "CurrencyPrefs"), "HomeCurrency").get("value", "USD")
    if home != "USD":
        yield broken(
            f"the books are kept in {home}: InvoiceSync knows US dollars only",
            MONEY,
            "connect a company that keeps its books in US dollars",
        )
    else:
        yield ok("the books are kept in US dollars", MONEY)


def names(proofs: Sequence[Proof]) -> Iterator[Finding]:
    """Tell which names of the mapping QuickBooks does not have, and which are unusual."""
    failed = [each for each in proofs if each.problem]
    for each in failed:
        yield broken(
            f"{each.name.path}: {each.problem}",
            NAMES,
            "add or activate it in QuickBooks, or correct the mapping: invoicesync mapping pull, "
            "edit, invoicesync mapping push",
        )
    for each in proofs:
        if each.warning:
            what = f"{each.name.path}: {each.name.name!r} is {each.warning}"
            yield advice(what, NAMES, "map a service or a non-inventory product instead")
    if not failed:
        yield ok(f"all {len(proofs)} names are something in QuickBooks", NAMES)


def _between(mapping: Mapping) -> str:
    moved = mapping.closed_period == "first_open_day"
    return "dated on the first open day" if moved else "held"


def _part(whole: Json, name: str) -> Json:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _on(preferences: Json, part: str, name: str) -> bool:
    return _part(preferences, part).get(name) in {True, "true"}


def _other(preferences: Json, name: str) -> str | None:
    rows = _part(preferences, "OtherPrefs").get("NameValue")
    for row in rows if isinstance(rows, list) else []:
        if row.get("Name") == name:
            return str(row.get("Value")).lower()
    return None


def _field_rows(preferences: Json) -> Iterator[Json]:
    groups = _part(preferences, "SalesFormsPrefs").get("CustomField")
    for group in groups if isinstance(groups, list) else []:
        yield from group.get("CustomField", [])


def _digits(row: Json) -> str:
    return "".join(each for each in str(row.get("Name")) if each.isdigit())
