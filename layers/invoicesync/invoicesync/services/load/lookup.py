"""Look at what QuickBooks holds for an invoice, and say whose it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from invoicesync.domain.echo import is_voided
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.rendering import read_marker
from invoicesync.ports import Books, Comparison, Json
from invoicesync.state.entry import Entry


@dataclass(frozen=True, slots=True)
class Found:
    """What bears an invoice's number or mark: ours that live, ours voided, and other people's."""

    live: tuple[Json, ...] = ()
    voided: tuple[Json, ...] = ()
    others: tuple[Json, ...] = ()

    @property
    def first(self) -> Json:
        """The one of ours that was made first: whatever a person copied came later."""
        return min(self.live, key=lambda row: (len(str(row["Id"])), str(row["Id"])))


def by_numbers(books: Books, numbers: Iterable[str]) -> dict[str, list[Json]]:
    """Fetch every invoice that bears one of ``numbers``: one query for a whole batch."""
    wanted = sorted(set(numbers))
    rows = books.query("Invoice", where=[Comparison("DocNumber", "IN", wanted)]) if wanted else []
    found: dict[str, list[Json]] = {number.casefold(): [] for number in wanted}
    for row in rows:
        found.setdefault(str(row.get("DocNumber", "")).casefold(), []).append(row)
    return found


def by_body(books: Books, body: dict[str, Any]) -> list[Json]:
    """Fetch what a create may have made: by its number, and by customer and date.

    The second finds an invoice that a person renumbered since; the mark tells it from others.
    """
    by_number = by_numbers(books, [str(body["DocNumber"])])
    rows = [row for group in by_number.values() for row in group]
    seen = {str(row["Id"]) for row in rows}
    rows += [
        row
        for row in books.query(
            "Invoice",
            where=[
                Comparison("CustomerRef", "=", str(body["CustomerRef"]["value"])),
                Comparison("TxnDate", "=", str(body["TxnDate"])),
            ],
        )
        if str(row["Id"]) not in seen
    ]
    return rows


def sort_out(entry: Entry, rows: Sequence[Json]) -> Found:
    """Tell ours from other people's: the mark names this id at a generation that we have made."""
    live: list[Json] = []
    voided: list[Json] = []
    others: list[Json] = []
    for row in rows:
        if not _is_ours(entry.servicetrade_id, entry.generation, row):
            others.append(row)
        elif is_voided(row):
            voided.append(row)
        else:
            live.append(row)
    return Found(tuple(live), tuple(voided), tuple(others))


def obstacle(invoice_id: ServiceTradeId, number: str, found: Found) -> Problem | None:
    """Say why an invoice of this number cannot be made, if it cannot."""
    if len(found.live) > 1:
        ids = ", ".join(str(row["Id"]) for row in found.live)
        detail = f"invoice {number} is in QuickBooks {len(found.live)} times (ids {ids})"
        return Problem(ProblemCode.DUPLICATE_IN_QUICKBOOKS, detail)
    if found.live or found.voided:
        return None
    for row in found.others:
        mark = read_marker(row.get("PrivateNote"))
        if mark is not None and mark[0] != invoice_id:
            return same_number(number, mark[0])
        whose = "another invoice" if mark is None else "a later making of this invoice"
        detail = f"number {number} belongs to {whose} in QuickBooks (id {row['Id']})"
        return Problem(ProblemCode.NUMBER_TAKEN, detail)
    return None


def same_number(number: str, other: int) -> Problem:
    """Say that two invoices of ServiceTrade bear one number, of which the other came first."""
    detail = f"number {number} is also the number of ServiceTrade invoice {other}"
    return Problem(ProblemCode.DUPLICATE_NUMBER_IN_SOURCE, detail)


def _is_ours(invoice_id: ServiceTradeId, generation: int, row: Json) -> bool:
    mark = read_marker(row.get("PrivateNote"))
    return mark is not None and mark[0] == invoice_id and mark[1] <= generation
