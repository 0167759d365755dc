"""An audit as one page that needs nothing else, and as a file for a spreadsheet."""

import csv
import io

from jinja2 import Environment, PackageLoader, StrictUndefined

from invoicesync.services.audit import Audited
from invoicesync_cli.audit.lines import money, sections, tallies, total
from invoicesync_cli.csv_file import guarded
from invoicesync_cli.phrases import when

COLUMNS = (
    "what",
    "numbers",
    "customer",
    "dated",
    "ServiceTrade",
    "QuickBooks",
    "difference",
    "detail",
    "ids",
)


def as_html(audited: Audited) -> bytes:
    """Render the page; everything that comes from the two systems is escaped."""
    environment = Environment(
        loader=PackageLoader("invoicesync_cli.audit", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"money": money, "when": when}
    comparison = audited.comparison
    rows = tallies(comparison)
    page = environment.get_template("audit.html.j2").render(
        comparison=comparison,
        tallies=[row for row in rows if row[1].findings],
        total=total(rows),
        sections=list(sections(audited)),
        is_found=audited.is_found,
    )
    return page.encode()


def as_csv(audited: Audited) -> bytes:
    """Write a line each; no cell can be taken for a formula, and amounts stay numbers."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for _, lines in sections(audited):
        for line in lines:
            texts = (line.what, line.numbers, line.customer, line.dated)
            amounts = (line.servicetrade, line.quickbooks, line.difference)
            writer.writerow(
                [
                    *map(guarded, texts),
                    *map(_amount, amounts),
                    guarded(line.detail),
                    guarded(line.ids),
                ]
            )
    return text.getvalue().encode("utf-8-sig")


def _amount(cents: int | None) -> str:
    if cents is None:
        return ""
    dollars, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{dollars}.{rest:02d}"
