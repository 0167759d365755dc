"""What the mails to people say: plain text, one line a thing, readable on a telephone.

Everything in it comes from the two systems, so nothing in it may break a line or a terminal.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from invoicesync.domain.causes import Cause
from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.money import dollars, total
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.standing import Standing
from invoicesync.domain.texts import clean

ROWS = 20
PROSE_WIDTH = 88
LINE_WIDTH = 110
CUSTOMER_WIDTH = 28
WHERE_WIDTH = 24
DETAIL_WIDTH = 160
NAME = "InvoiceSync"
_PLAIN = re.compile(r"\w[\w.-]*", re.ASCII)
"""A number that a shell takes for a word and no option: commands in mails are copied."""
_WORD = re.compile(r"\(or: invoicesync [^)]*\)\S*|\S+")
"""What stands on one line: a word, or a command that somebody may copy."""
_IF_MORE_COME = (
    "Then: nothing, if it stays the only one. If more come, send the evidence and its intuit_tid "
    "to Intuit's developer support."
)


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail; the subject is ASCII and under 100 characters."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """One held invoice as a mail lists it; ``dated`` is an ISO date or empty."""

    name: str
    customer: str
    dated: str
    amount: Decimal
    problem: Problem
    link: str = ""


@dataclass(frozen=True, slots=True)
class Strange:
    """An answer that Intuit's documentation does not know, masked, and whose invoices it was.

    ``answer`` names its status and code, ``evidence`` where the whole of it lies.
    """

    answer: str
    evidence: str
    invoices: Sequence[str]


def held_letter(rows: Sequence[Row], standing: Standing | None, today: date) -> Letter:
    """Tell of invoices that are held for one cause, for the first time in a while."""
    count, money = _invoices(len(rows)), dollars(total(row.amount for row in rows))
    code = rows[0].problem.code
    first = f"{count} ({money}) {_are(len(rows))} held: {_why(rows)}"
    return Letter(
        subject_of(f"{NAME}: {count} held, {money} - {_words(code)}"),
        _text(first, _body(rows, today), _ending(code, standing, today)),
    )


def more_letter(
    added: Sequence[Row], rows: Sequence[Row], standing: Standing, today: date
) -> Letter:
    """Tell what was added to a cause since the last mail about it, and what it comes to now."""
    code = rows[0].problem.code
    money = dollars(total(row.amount for row in added))
    whole = dollars(total(row.amount for row in rows))
    first = (
        f"{len(added):,} more ({money}) since the last message; now {_invoices(len(rows))} "
        f"({whole}) {_are(len(rows))} held: {_why(rows)}"
    )
    return Letter(
        subject_of(
            f"{NAME}: {len(added):,} more held, now {len(rows):,}, {whole} - {_words(code)}"
        ),
        _text(first, _body(added, today), _ending(code, standing, today)),
    )


def cleared_letter(causes: Sequence[Cause], standing: Standing, today: date) -> Letter:
    """Tell which causes hold nothing any more, one line each."""
    names = ", ".join(dict.fromkeys(_words(cause.code) for cause in causes))
    lines = [
        f"  {_words(cause.code)}{_about(cause)}: nothing is held for it any more."
        for cause in causes
    ]
    return Letter(
        subject_of(f"{NAME}: cleared - {names}"),
        _text("Cleared, and nothing to do:", lines, [standing.sentence(today)]),
    )


def strange_letter(strange: Strange) -> Letter:
    """Tell the operator of an answer that nobody documents."""
    names = [clean(name) for name in strange.invoices]
    invoices = ", ".join(names[:ROWS])
    rest = len(strange.invoices) - ROWS
    return Letter(
        subject_of(f"{NAME}: an answer of QuickBooks that is not documented - {strange.answer}"),
        _text(
            f"QuickBooks answered a write with {strange.answer}, which Intuit does not document. "
            "Whether it was done is not known: it is looked for before anything is sent again, "
            "and nothing is made twice.",
            [f"  Invoices: {invoices}{f' (+{rest} more)' if rest > 0 else ''}"],
            [
                f"Evidence, names and texts masked: {_where(strange)}",
                f"Show it: invoicesync evidence {names[0] if _PLAIN.fullmatch(names[0]) else 'ID'}",
                _IF_MORE_COME,
            ],
        ),
    )


def subject_of(text: str) -> str:
    """Make a subject that every mail system takes."""
    plain = unicodedata.normalize("NFKD", clean(text)).encode("ascii", "ignore").decode()
    return plain[:99]


def _where(strange: Strange) -> str:
    return f"{strange.evidence} in the stack's bucket" if strange.evidence else "it was not kept"


def _text(first: str, lines: Sequence[str], last: Sequence[str]) -> str:
    parts = [*_wrapped(clean(first)), "", *lines, ""]
    parts += [line for sentence in last if sentence for line in _wrapped(clean(sentence))]
    return "\n".join(parts)


def _ending(code: ProblemCode, standing: Standing | None, today: date) -> list[str]:
    explained = EXPLANATIONS[code]
    then = explained.then or (
        "nothing. They go by themselves within the hour "
        f"(or: invoicesync redrive --reason {code.value})"
    )
    last = "" if standing is None else standing.sentence(today)
    return [f"Fix: {explained.fix}", f"Then: {then}", last]


def _why(rows: Sequence[Row]) -> str:
    """Say the cause once, where all rows share it; else what its code means."""
    details = {clean(row.problem.detail) for row in rows}
    detail = details.pop() if len(details) == 1 else ""
    if not detail:
        return EXPLANATIONS[rows[0].problem.code].sentence
    return detail if detail.endswith(".") else f"{detail}."


def _body(rows: Sequence[Row], today: date) -> list[str]:
    """List invoices; the link stands in the line where it fits, else beneath."""
    shown = rows[:ROWS]
    is_one = len({clean(row.problem.detail) for row in rows}) == 1
    names = [clean(row.name) for row in shown]
    customers = [clean(row.customer)[:CUSTOMER_WIDTH] for row in shown]
    days = [_day(row.dated, today) for row in shown]
    amounts = [dollars(row.amount) for row in shown]
    places = [clean(row.problem.where)[:WHERE_WIDTH] for row in shown]
    widths = [max(map(len, column)) for column in (names, customers, days, amounts, places)]
    lines: list[str] = []
    for row, *cells in zip(shown, names, customers, days, amounts, places, strict=True):
        line = "".join(
            f"  {cell:{side}{width}}"
            for cell, side, width in zip(cells, "<<<><", widths, strict=True)
            if width
        )
        link = clean(row.link)
        under = " " * (widths[0] + 4)
        fits = link and len(f"{line}  {link}") <= LINE_WIDTH
        lines.append(f"{line}  {link}" if fits else line.rstrip())
        if not is_one:
            lines += _wrapped(clean(row.problem.detail)[:DETAIL_WIDTH], under)
        if link and not fits:
            lines.append(f"{under}{link}")
    if len(rows) > ROWS:
        lines.append(f"  (+{len(rows) - ROWS:,} more: invoicesync held)")
    return lines


def _about(cause: Cause) -> str:
    return f" ({clean(cause.about)[:DETAIL_WIDTH]})" if cause.about else ""


def _words(code: ProblemCode) -> str:
    """Name a code as people would: unmapped_item is 'item not mapped'."""
    words = code.value.replace("_", " ")
    return (
        f"{words.removeprefix('unmapped ')} not mapped" if words.startswith("unmapped ") else words
    )


def _wrapped(line: str, indent: str = "") -> list[str]:
    parts: list[str] = []
    for word in _WORD.findall(line):
        if parts and len(parts[-1]) + 1 + len(word) <= PROSE_WIDTH:
            parts[-1] = f"{parts[-1]} {word}"
        else:
            parts.append(f"{indent}{word}")
    return parts


def _invoices(count: int) -> str:
    return f"{count:,} invoice{'' if count == 1 else 's'}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _day(iso: str, today: date) -> str:
    """Write a day as 10/28; with its year where that is another one than today's."""
    year, _, rest = iso.partition("-")
    short = rest.replace("-", "/")
    return short if year == str(today.year) or not rest else f"{short}/{year}"
