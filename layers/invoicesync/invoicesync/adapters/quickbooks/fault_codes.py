"""What each documented fault code proves, and which wordings of code 6000 prove anything.

The list is Intuit's own (developer.intuit.com, "Error codes"). A code that is not here proves
nothing: the write may have landed.
"""

import re
from collections.abc import Mapping

from invoicesync.ports.books import FaultKind

THROTTLED = frozenset({"3001"})
UNAUTHENTICATED = frozenset({"3200", "3201", "3202"})
TOO_LARGE = frozenset({"1040"})

_REFUSED = (
    # links, parents, size and type of a request
    *("620", "700", "800", "900", "1040", "1050"),
    # properties, formats and values
    *("2000", "2010", "2020", "2030", "2040", "2050", "2060", "2070", "2080", "2090"),
    *("2100", "2110", "2120", "2140", "2150", "2160", "2170", "2180", "2190"),
    *("2200", "2210", "2220", "2230", "2240", "2250", "2260", "2270", "2280", "2290", "2300"),
    *("2600", "3000"),
    # queries
    *("4000", "4001", "4002", "10100"),
    # permissions and features
    *("5000", "5020", "5030"),
    # rules of business that have a code of their own
    *("6070", "6080", "6090", "6100", "6130", "6150", "6160", "6170", "6180", "6230", "6270"),
    *("6420", "6430", "6440", "6460", "6470", "6480", "6520"),
)

KINDS: Mapping[str, FaultKind] = {
    **dict.fromkeys(_REFUSED, FaultKind.REFUSED),
    "610": FaultKind.NOT_FOUND,
    "2500": FaultKind.INVALID_REFERENCE,
    "5010": FaultKind.STALE,
    "6140": FaultKind.DUPLICATE_NUMBER,
    "6200": FaultKind.CLOSED_PERIOD,
    "6210": FaultKind.CLOSED_PERIOD,
    "6240": FaultKind.DUPLICATE_NAME,
    "6250": FaultKind.INACTIVE_CUSTOMER,
    "6450": FaultKind.SETTLED,
    "6540": FaultKind.SETTLED,
    "3100": FaultKind.BLOCKED,
    "6190": FaultKind.BLOCKED,
    "10200": FaultKind.BLOCKED,
    # A gateway's refusal of the whole request; inside one batch item it was never seen.
    "3001": FaultKind.UNKNOWN,
    "3200": FaultKind.UNKNOWN,
    "3201": FaultKind.UNKNOWN,
    "3202": FaultKind.UNKNOWN,
    # The key was used before (600, 2130), or the service itself failed: it may have been done.
    "500": FaultKind.UNKNOWN,
    "600": FaultKind.UNKNOWN,
    "2130": FaultKind.UNKNOWN,
    "6002": FaultKind.UNKNOWN,
    "10000": FaultKind.UNKNOWN,
    # Only its text says more: see below.
    "6000": FaultKind.UNKNOWN,
}

# The one code that says nothing by itself. Each text was seen to mean that nothing was stored; the
# same code with "unexpected internal error" has been seen on invoices that were stored.
BUSINESS_REFUSALS = tuple(
    re.compile(text, re.IGNORECASE)
    for text in (
        r"\b(GST/HST|GST|HST|VAT) rate\b.*\bbefore you save\b",
        r"exemption ?reason|\breason\b.*\bexempt",
        r"\b(request_?id\b.*\b50 char|50 char.*\brequest_?id\b)",
        r"\bneed to activate this item\b",
    )
)

# Wordings of contention and trouble on the other side: whatever else the text says, look first.
BUSINESS_DOUBTS = re.compile(
    r"same time|finished before|one name at a time|wait (a few|some)|few minutes|try again|"
    r"unexpected|internal error|went wrong|encountered an error|\(-\d+\)",
    re.IGNORECASE,
)


def kind_of(code: str, text: str = "") -> FaultKind:
    """Say what a fault proves; ``text`` counts only for 6000, which has nothing else."""
    if code == "6000" and not BUSINESS_DOUBTS.search(text):
        refused = any(wording.search(text) for wording in BUSINESS_REFUSALS)
        return FaultKind.REFUSED if refused else FaultKind.UNKNOWN
    return KINDS.get(code, FaultKind.UNKNOWN)
