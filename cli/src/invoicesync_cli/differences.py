"""How changes of invoices, and invoices that are left alone, are shown."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table

from invoicesync.services import left_alone
from invoicesync.services.field_changes import FieldChange
from invoicesync.services.foresight import Foreseen
from invoicesync.services.left_alone import Left
from invoicesync.services.remap import Compared
from invoicesync.services.wishes import Granted
from invoicesync.state.entry import Entry
from invoicesync_cli.answers import Exit
from invoicesync_cli.phrases import amount_of, dollars, invoices

WIDEST = 60
MOST_SHOWN = 50
"""Invoices that a screen shows one by one; the sums count all, and so does --json."""

_AS_IT_SHOULD_BE = frozenset(
    {
        *(left_alone.VOIDED, left_alone.ADOPTED, left_alone.RESOLVED, left_alone.HELD),
        *(left_alone.ON_ITS_WAY, left_alone.ROLLED_BACK, left_alone.CORRECTED_SINCE),
    }
)
"""Reasons that ask nothing of a person: it was decided, or it goes by itself."""


def number_of(entry: Entry) -> str:
    """Say by what people know an invoice."""
    return entry.number or entry.shown.get("number") or str(entry.servicetrade_id)


def money_of(entry: Entry) -> Decimal:
    """Say what an invoice comes to: in QuickBooks, else in ServiceTrade."""
    return amount_of(entry.total or entry.shown.get("total"))


def said(change: FieldChange) -> str:
    """Word one change."""
    where = f"line {change.line} " if change.line else ""
    old, new = (text[:WIDEST] or "nothing" for text in (change.before, change.after))
    money = "" if change.amount is None else f" ({dollars(change.amount)})"
    return f"{where}{change.field}: {old} → {new}{money}"


def plain_change(change: FieldChange) -> dict[str, Any]:
    """Write one change for programs."""
    return {
        "field": change.field,
        "line": change.line,
        "before": change.before,
        "after": change.after,
        "amount": change.amount,
    }


def moves_of(foreseen: Sequence[Foreseen]) -> list[dict[str, Any]]:
    """Add up which money goes where: one row for what changes alike, the largest first."""
    rows: dict[tuple[str, str, str], tuple[int, Decimal]] = {}
    for change in (change for one in foreseen for change in one.changes):
        if change.amount is not None:
            key = (change.field, change.before, change.after)
            count, amount = rows.get(key, (0, Decimal(0)))
            rows[key] = count + 1, amount + change.amount
    return [
        {"field": field, "before": old, "after": new, "count": count, "amount": amount}
        for (field, old, new), (count, amount) in sorted(
            rows.items(), key=lambda row: (-abs(row[1][1]), row[0])
        )
    ]


def plain_compared(compared: Compared) -> dict[str, Any]:
    """Write a comparison for programs."""
    foreseen = [one.foreseen for one in compared.differences]
    return {
        "mapping_serial": compared.serial,
        "changes": [
            {
                "servicetrade_id": one.entry.servicetrade_id,
                "number": number_of(one.entry),
                "customer": one.foreseen.shown.get("customer", ""),
                "dated": one.foreseen.shown.get("dated", ""),
                "total": money_of(one.entry),
                "changes": [plain_change(change) for change in one.foreseen.changes],
            }
            for one in compared.differences
        ],
        "moves": moves_of(foreseen),
        "left": plain_left(compared.left),
        "unchanged": compared.same,
    }


def plain_left(left: Sequence[Left]) -> dict[str, Any]:
    """Write what is left alone for programs, by reason."""
    return {
        why: {
            "count": len(some),
            "amount": _sum(some),
            "invoices": [
                {
                    "servicetrade_id": one.entry.servicetrade_id,
                    "number": number_of(one.entry),
                    "total": money_of(one.entry),
                    "because": one.sentence,
                }
                for one in some
            ],
        }
        for why, some in left_alone.by_reason(left).items()
    }


def plain_granted(granted: Granted | None) -> dict[str, Any]:
    """Write what was asked for, for programs; None: it was only looked at."""
    if granted is None:
        return {"asked": None, "changed_since": [], "later": [], "why": []}
    return {
        "asked": list(granted.wished),
        "changed_since": [entry.servicetrade_id for entry in granted.changed],
        "later": list(granted.asked.left),
        "why": list(granted.asked.why),
    }


def exit_of(left: Sequence[Left], granted: Granted | None) -> Exit:
    """Say whether a person has to look: at what is left though it should not be, or not asked."""
    is_left = any(one.why not in _AS_IT_SHOULD_BE for one in left)
    is_late = granted is not None and bool(granted.changed or granted.asked.left)
    return Exit.FOUND if is_left or is_late else Exit.FINE


def show_compared(console: Console, compared: Compared, title: str) -> None:
    """Show what would change: each invoice, then the money that moves, then what is left."""
    if compared.differences:
        table = Table(title=title, title_justify="left")
        for heading in ("invoice", "customer", "dated", "what changes"):
            table.add_column(heading)
        for one in compared.differences[:MOST_SHOWN]:
            shown = one.foreseen.shown
            changes = "\n".join(said(change) for change in one.foreseen.changes)
            row = (number_of(one.entry), shown.get("customer", ""), shown.get("dated", ""), changes)
            table.add_row(*row)
        console.print(table)
        if (more := len(compared.differences) - MOST_SHOWN) > 0:
            console.print(f"and {invoices(more)} more; --json lists all.")
        for move in moves_of([one.foreseen for one in compared.differences]):
            words = f"{move['field']} {move['before'] or 'nothing'} → {move['after'] or 'nothing'}"
            console.print(f"{dollars(move['amount'])}: {words} ({move['count']})")
    money = sum((money_of(one.entry) for one in compared.differences), Decimal(0))
    console.print(
        f"{invoices(len(compared.differences))} would change ({dollars(money)} in all), "
        f"{compared.same:,} would not."
    )
    show_left(console, compared.left)


def show_left(console: Console, left: Sequence[Left]) -> None:
    """Show what is left alone, by reason."""
    if not left:
        return
    table = Table(title="Left alone", title_justify="left")
    for heading in ("because", "invoices", "money", "which"):
        table.add_column(heading, justify="right" if heading == "money" else "left")
    for why, some in left_alone.by_reason(left).items():
        named = ", ".join(number_of(one.entry) for one in some[: MOST_SHOWN // 5])
        more = "" if len(some) <= MOST_SHOWN // 5 else ", …"
        sentence = some[0].sentence if len(some) == 1 else left_alone.SENTENCES.get(why, why)
        cells = (sentence, str(len(some)), dollars(_sum(some)), f"{named}{more}")
        table.add_row(*cells)
    console.print(table)


def show_granted(console: Console, granted: Granted | None, done: str) -> None:
    """Say what was asked for, and what was not."""
    if granted is None:
        console.print("Nothing was done: this was a dry run.")
        return
    console.print(f"{invoices(len(granted.wished))} {done}: invoicesync status shows the rest.")
    if granted.changed:
        named = ", ".join(number_of(entry) for entry in granted.changed[:MOST_SHOWN])
        console.print(f"Changed while this ran, and left alone: {named}. Try again.")
    if granted.asked.left:
        why = "; ".join(granted.asked.why)
        console.print(
            f"{invoices(len(granted.asked.left))} could not be asked for just now and will go "
            f"within two hours by themselves: {why}",
        )


def _sum(left: Sequence[Left]) -> Decimal:
    return sum((money_of(one.entry) for one in left), Decimal(0))
