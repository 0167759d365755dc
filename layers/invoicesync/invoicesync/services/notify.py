"""Tell people: one message a cause, not one an invoice, and at most one an hour for one cause.

A cause is told under a reservation of a minute: two loaders that meet it at once send one message,
and one that dies while sending leaves it to the next, so whoever meets a reservation of which no
message came yet tries again, and acknowledges nothing on the strength of it. Invoices that come
within the hour are not told of yet: they are tried again hourly, and the next message tells of
them.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from invoicesync.conditions import Absent, Less, Update, all_of, any_of
from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem
from invoicesync.errors import BusyError, ConditionFailedError
from invoicesync.ports import Clock, Table, Topic
from invoicesync.services.load.work import Hold
from invoicesync.state import keys

HOUR_SECONDS = 3600
RESERVED_SECONDS = 60
ROWS = 20
WIDTH = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One held invoice under one of its causes."""

    hold: Hold
    problem: Problem


class Notifier:
    """Writes to the finance lead and to the operator."""

    def __init__(self, table: Table, clock: Clock, *, finance: Topic, ops: Topic) -> None:
        self._table = table
        self._clock = clock
        self._finance = finance
        self._ops = ops

    def __call__(self, holds: Sequence[Hold]) -> Collection[ServiceTradeId]:
        """Tell the finance lead about held invoices; return those that were told of.

        Raises `BusyError` where somebody else is about to tell of the same cause.
        """
        causes: dict[tuple[str, str], list[Row]] = {}
        for hold in holds:
            problem = hold.problems[0]
            causes.setdefault((problem.code.value, problem.detail), []).append(Row(hold, problem))
        told: set[ServiceTradeId] = set()
        for (code, detail), rows in sorted(causes.items(), key=lambda pair: pair[0]):
            if self._tell(self._finance, f"{code}|{detail}", *_message(rows)):
                told |= {row.hold.servicetrade_id for row in rows}
        return told

    def ops(self, subject: str, text: str, *, cause: str) -> bool:
        """Tell the operator; False where the same cause is being told or was within the hour."""
        try:
            return self._tell(self._ops, f"ops|{cause}", f"InvoiceSync: {subject}", text)
        except BusyError:
            return False

    def finance(self, subject: str, text: str, *, cause: str) -> bool:
        """Tell the finance lead of something else; False where that was told within the hour.

        Raises `BusyError` where somebody else is about to tell of the same cause.
        """
        return self._tell(self._finance, f"finance|{cause}", subject, text)

    def _tell(self, topic: Topic, cause: str, subject: str, text: str) -> bool:
        key = keys.alert(hashlib.sha256(cause.encode()).hexdigest()[:32])
        now = int(self._clock.now())
        is_due = any_of(Absent("sent_at"), Less("sent_at", now - HOUR_SECONDS))
        is_free = any_of(Absent("reserved_until"), Less("reserved_until", now))
        reservation = {"reserved_until": now + RESERVED_SECONDS}
        try:
            self._table.write(Update(key, set=reservation, condition=all_of(is_due, is_free)))
        except ConditionFailedError as failed:
            sent_at = (failed.found or {}).get("sent_at")
            if isinstance(sent_at, int) and sent_at >= now - HOUR_SECONDS:
                return False
            raise BusyError("somebody else is about to tell of this cause") from None
        topic.publish(_subject(subject), text)
        self._table.write(Update(key, set={"sent_at": now, "expires_at": now + 2 * HOUR_SECONDS}))
        return True


def _message(rows: Sequence[Row]) -> tuple[str, str]:
    problem = rows[0].problem
    explained = EXPLANATIONS[problem.code]
    amount = _dollars(sum((_amount(row.hold.total) for row in rows), Decimal(0)))
    count = _invoices(len(rows))
    why = _clean(problem.detail) or explained.sentence
    lines = [
        f"{count} ({amount}) cannot go to QuickBooks as things are:",
        why,
        "",
        *(_row(row) for row in rows[:ROWS]),
    ]
    if len(rows) > ROWS:
        lines.append(f"  (+{len(rows) - ROWS} more)")
    lines += [
        "",
        f"Fix: {explained.fix}",
        "",
        "Then there is nothing more to do: held invoices are tried again within the hour.",
    ]
    subject = f"InvoiceSync: {count} held, {amount} - {problem.code.value.replace('_', ' ')}"
    return subject, "\n".join(part for line in lines for part in _wrapped(line))


def _row(row: Row) -> str:
    hold = row.hold
    where = _clean(row.problem.where)
    return (
        f"  {_clean(hold.number) or hold.servicetrade_id!s:<12} {_clean(hold.customer)[:36]:<36}"
        f" {_day(hold.dated):<10} {_dollars(_amount(hold.total)):>12}  {where[:24]}"
    ).rstrip()


def _wrapped(line: str) -> list[str]:
    if len(line) <= WIDTH:
        return [line]
    parts: list[str] = [""]
    for word in line.split(" "):
        if parts[-1] and len(parts[-1]) + 1 + len(word) > WIDTH:
            parts.append(word)
        else:
            parts[-1] = f"{parts[-1]} {word}".lstrip() if parts[-1] else word
    return parts


def _subject(text: str) -> str:
    plain = unicodedata.normalize("NFKD", _clean(text)).encode("ascii", "ignore").decode()
    return plain[:99]


def _clean(text: str) -> str:
    """Take out what could break a mail or a terminal: line breaks and control characters."""
    return " ".join(
        "".join(" " if unicodedata.category(one)[0] == "C" else one for one in text).split()
    )


def _invoices(count: int) -> str:
    return f"{count} invoice{'' if count == 1 else 's'}"


def _amount(text: str) -> Decimal:
    try:
        return Decimal(text or "0")
    except InvalidOperation:
        return Decimal(0)


def _dollars(amount: Decimal) -> str:
    return f"${amount:,.2f}"


def _day(iso: str) -> str:
    year, _, rest = iso.partition("-")
    return f"{rest.replace('-', '/')}/{year}" if rest else ""
