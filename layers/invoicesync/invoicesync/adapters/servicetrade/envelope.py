"""Read the envelope of an answer: ``data``, its rows, and where this page stands among all.

What is inside a row is the domain's to judge; here only the frame must hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from invoicesync.adapters.servicetrade.exchange import Answer
from invoicesync.adapters.servicetrade.links import linked_pages
from invoicesync.ports.source import Json


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of rows.

    ``total_pages`` is None where nothing trustworthy tells; ``is_exact`` is False where only a
    next page is known and there may be more.
    """

    rows: Sequence[Json]
    page: int
    total_pages: int | None
    is_exact: bool = True


def content_of(answer: Answer) -> Mapping[str, Any]:
    """Return ``data`` of a good answer, or raise what its status, or its body, means."""
    error = answer.error()
    if error is not None:
        raise error
    if answer.body is None:
        raise answer.unusable("without a JSON object")
    # An error may come with 200; then whatever else is there is not what was asked for.
    messages = answer.body.get("messages")
    if isinstance(messages, list) and messages:
        raise answer.unusable("with messages instead of content")
    if isinstance(messages, Mapping) and (messages.get("error") or messages.get("validation")):
        raise answer.unusable("with an error in its body")
    content = answer.body.get("data")
    if not isinstance(content, dict):
        raise answer.unusable("without data")
    return content


def listed(answer: Answer, plural: str, *, page: int, limit: int, asked: str) -> Listed:
    """Return the rows under ``plural`` and the paging, from the body or else the Link header."""
    content = content_of(answer)
    rows = content.get(plural)
    if not isinstance(rows, list):
        raise answer.unusable(f"without a list of {plural}")
    # A row that is no object must stay a row, or a count would not add up.
    objects = [row if isinstance(row, dict) else {} for row in rows]
    said = _whole(content.get("page"))
    total = _whole(content.get("totalPages"))
    place = page if said is None else said
    if total is not None:
        return Listed(objects, place, total)
    header = answer.headers.get("Link", "")
    links = linked_pages(header, asked=asked)
    # Pages larger than asked for are counted in other units than ours.
    if not links or any(link.limit is not None and link.limit > limit for link in links.values()):
        return Listed(objects, place, None)
    if "last" in links:
        return Listed(objects, place, links["last"].page)
    following = links.get("next")
    if following is None:
        return Listed(objects, place, place)
    # A next page that is not further on would be walked for ever.
    total = following.page if following.page > place else None
    return Listed(objects, place, total, is_exact=False)


def _whole(value: object) -> int | None:
    """Read a count that may have come as a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:  # noqa: PLR2004
        value = int(value)
    return value if isinstance(value, int) and value >= 0 else None
