"""Read page numbers out of a Link header without ever following it.

A link counts only if scheme, host, port and path are those of the request that it answers; then
the numbers of ``page`` and ``limit`` are taken and nothing else. The next address is built anew.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qsl

from invoicesync.adapters.origin import address_of

LONGEST_HEADER = 16_384

_LINK = re.compile(r'<([^<>"]*)>\s*;\s*rel="?([a-z]+)"?\s*(?:,\s*|$)')
_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


class LinkedPage(NamedTuple):
    """The numbers that a link names; ``limit`` is None where it names none."""

    page: int
    limit: int | None


def linked_pages(header: str, *, asked: str) -> dict[str, LinkedPage]:
    """Return the trustworthy links of a header by their relation.

    ``asked`` is the address of the request. One link that is not of the same resource, or a
    header that cannot be read to its end, discredits the whole header.
    """
    pages: dict[str, LinkedPage] = {}
    end = 0
    while end < len(header) <= LONGEST_HEADER:
        link = _LINK.match(header, end)
        page = None if link is None else linked_page(link[1], asked=asked)
        if link is None or page is None or link[2] in pages:
            return {}
        pages[link[2]] = page
        end = link.end()
    return pages


def linked_page(url: str, *, asked: str) -> LinkedPage | None:
    """Return the numbers in ``url`` if it leads where ``asked`` led; None otherwise."""
    link, request = address_of(url), address_of(asked)
    if link is None or request is None:
        return None
    if (link.origin, link.path) != (request.origin, request.path):
        return None
    pairs = parse_qsl(link.query, keep_blank_values=True)
    numbers: dict[str, int] = {}
    for name, text in pairs:
        if name not in {"page", "limit"}:
            continue
        if name in numbers or not _NUMBER.fullmatch(text):
            return None
        numbers[name] = int(text)
    if "page" not in numbers:
        return None
    return LinkedPage(numbers["page"], numbers.get("limit"))
