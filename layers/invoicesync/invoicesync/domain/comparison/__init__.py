"""The two books compared: every invoice of ServiceTrade and of QuickBooks, classified exactly once.

Pure. Nothing here knows the ledger: each side is read anew from its own system, turned into compact
records (`source_record`, `books_record`), and stamped with the time at which it was read
(`Population`). Then

    comparison = compare(source, books, window=Window(first, last), rules=Rules(...))

gives a `Comparison`, whose ``findings`` hold every record of both populations in exactly one
`Finding`. The same records in any order give the same answer. Money is whole cents.

How invoices find each other, each step only among what the steps before left over:

1. by our marker in QuickBooks' PrivateNote, which says whose invoice it is;
2. by number, where the customer or the total agrees too;
3. by customer, total and date, the dates no more than three days apart.

Nobody guesses: where several could be meant, all of them stand together in one finding
(`Kind.AMBIGUOUS`; `Kind.DOUBLE` for several invoices of QuickBooks and one of ServiceTrade).

What every `Finding` says:

- ``kind``: what was found (`Kind`, each with its meaning);
- ``sources`` and ``books``: its records; ``source`` and ``live`` for the usual case of one each;
- ``by``: how they were paired (`By`);
- ``differences``: which fields differ, from what to what, and money by how much (`Difference`);
- ``source_cents``, ``books_cents`` and ``excess_cents`` (QuickBooks' less ServiceTrade's). Summed
  over all findings they are the totals of the two populations, so that a bridge from the one to the
  other closes; the excess of a pair is its differences in amount and tax, and `tax_cents` what is
  within tolerance;
- ``resembles``: for a foreign invoice, the ServiceTrade invoice that it may be a second copy of.

Why an invoice of ServiceTrade is not to be in QuickBooks stands in its record (``absence``, `why`),
decided by the dispatch rules of the mapping; ``obstacle`` names what stops one that is to be there.
An invoice with an ``absence`` that stands in QuickBooks all the same (typed by hand before go-live,
or loaded before its tag was set) is matched or differing like any other.

What only the ledger can tell, the caller tells: ``deleted`` are the ServiceTrade ids of invoices
that were read by their Id and are gone, for a query does not show deleted ones.

Records outside the window may be passed along (the readers read some days more on both sides, and
some by id): they can be paired with one inside. A finding with no record inside is `Kind.OUTSIDE`.
"""

from invoicesync.domain.comparison.books_record import books_record
from invoicesync.domain.comparison.compare import Comparison, Rules, Tally, compare
from invoicesync.domain.comparison.differences import Difference, Field
from invoicesync.domain.comparison.finding import ERRORS, Finding, Kind
from invoicesync.domain.comparison.pairing import DAYS_APART, By
from invoicesync.domain.comparison.records import (
    Absence,
    BooksRecord,
    Party,
    Population,
    SourceRecord,
    Window,
    party,
)
from invoicesync.domain.comparison.source_record import source_record

__all__ = [
    "DAYS_APART",
    "ERRORS",
    "Absence",
    "BooksRecord",
    "By",
    "Comparison",
    "Difference",
    "Field",
    "Finding",
    "Kind",
    "Party",
    "Population",
    "Rules",
    "SourceRecord",
    "Tally",
    "Window",
    "books_record",
    "compare",
    "party",
    "source_record",
]
