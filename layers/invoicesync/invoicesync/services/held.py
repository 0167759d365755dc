"""Everything that is held, read from the ledger for mails to people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from invoicesync.domain.alerts import Row
from invoicesync.domain.causes import Cause, cause_of
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.standing import Standing, standing_of
from invoicesync.services.load.work import Hold
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger

MOST_HELD = 2000


@dataclass(frozen=True, slots=True)
class MailSettings:
    """What mails need to know of the company.

    ``link`` is the address of an invoice's page in ServiceTrade, with ``{invoice}`` or ``{job}``
    where the id belongs; ``close_day`` the day of the month on which the books of the month
    before are closed, 0 where nobody said.
    """

    link: str = ""
    close_day: int = 0

    def link_of(self, invoice: ServiceTradeId, job: ServiceTradeId | None) -> str:
        """Return the address of an invoice's page; empty where it cannot be named."""
        if "{job}" in self.link and job is None:
            return ""
        return self.link.replace("{invoice}", str(invoice)).replace("{job}", str(job))


@dataclass(frozen=True, slots=True)
class Held:
    """The invoices that are held; ``is_whole``: there are no more than these."""

    entries: tuple[Entry, ...]
    is_whole: bool


def read_held(ledger: Ledger, now: float) -> Held:
    """Read what is held now, as far as the index knows it."""
    found = ledger.open_entries(State.HELD, until=now, limit=MOST_HELD)
    return Held(tuple(found), len(found) < MOST_HELD)


def standing(
    held: Held, settings: MailSettings, now: float, *, besides: Collection[Hold] = ()
) -> Standing:
    """Add up what is held; ``besides`` was held just now, and the index may not know it yet."""
    known = {entry.servicetrade_id for entry in held.entries}
    rows = [
        (
            entry.shown.get("dated", ""),
            amount_of(entry.shown.get("total", "")),
            int(now - entry.open_since),
        )
        for entry in held.entries
    ]
    rows += [
        (hold.dated, amount_of(hold.total), 0)
        for hold in besides
        if hold.servicetrade_id not in known
    ]
    return standing_of(rows, close_day=settings.close_day, is_whole=held.is_whole)


def row_of(entry: Entry, settings: MailSettings) -> Row:
    """Write a held invoice as a mail lists it."""
    shown = entry.shown
    return Row(
        name=shown.get("number") or str(entry.servicetrade_id),
        customer=shown.get("customer", ""),
        dated=shown.get("dated", ""),
        amount=amount_of(shown.get("total", "")),
        problem=problem_of(entry),
        link=settings.link_of(entry.servicetrade_id, entry.job_id),
    )


def row_of_hold(hold: Hold, settings: MailSettings) -> Row:
    """Write an invoice that is being held as a mail lists it."""
    return Row(
        name=hold.number or str(hold.servicetrade_id),
        customer=hold.customer,
        dated=hold.dated,
        amount=amount_of(hold.total),
        problem=hold.problems[0],
        link=settings.link_of(hold.servicetrade_id, hold.job),
    )


def problem_of(entry: Entry) -> Problem:
    """Read the first of the problems that an invoice is, or was just now, held for."""
    first = entry.problems[0]
    return Problem(ProblemCode(first["code"]), first.get("detail", ""), first.get("where", ""))


def causes_of(entries: Collection[Entry]) -> dict[Cause, list[Entry]]:
    """Group invoices by their cause."""
    causes: dict[Cause, list[Entry]] = {}
    for entry in entries:
        if entry.problems:
            causes.setdefault(cause_of(problem_of(entry)), []).append(entry)
    return causes


def today(now: float) -> date:
    """Say which day it is, in UTC."""
    return datetime.fromtimestamp(now, UTC).date()


def amount_of(text: str) -> Decimal:
    """Read an amount; what is none counts as nothing."""
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)
