"""A report as a test may want it."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from invoicesync.domain.bridge import Bridge, Cause, Step, Sum, build
from invoicesync.services.report.listing import digest, write_csv
from invoicesync.services.report.model import (
    WORDS,
    Column,
    Day,
    HeldFor,
    Period,
    Report,
    Table,
    Trend,
)

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))
COLUMNS = (Column("Invoice"), Column("Customer"), Column("ServiceTrade", is_number=True))
HOSTILE = '<script>alert("1")</script> & Sons'


FACTS = {"Mapping": "version 4", "Zero-touch rate": "97.10 %"}


def a_step(cause: Cause, count: int, amount: str, number: str = "10482") -> Step:
    change = Sum(count, Decimal(amount))
    return Step(cause, change, None, number, HOSTILE, "2026-10-05", detail="says why")


def a_bridge(*steps: Step, planted: str = "0.00", reported: bool = True) -> Bridge:
    """Build a bridge over 40 equal invoices, one of a stranger, and what the steps account for."""
    equal = [Decimal("312.25")] * 40
    less = [-step.change.amount for step in steps if step.change.count < 0]
    more = [step.change.amount for step in steps if step.change.count > 0]
    variance = sum((s.change.amount for s in steps if not s.change.count), Decimal(planted))
    ours = [*equal[1:], equal[0] + variance, *more]
    own = Sum(len(ours) + 1, sum(ours, Decimal(55)))
    return build(
        source=[*equal, *less],
        steps=steps,
        ours=ours,
        others=[Decimal(55)],
        reported=own if reported else None,
    )


def a_report(*steps: Step, bridge: Bridge | None = None, **changes: Any) -> Report:
    """Make a report with something of everything."""
    bridge = bridge or a_bridge(*steps)
    tables = tuple(
        Table(
            row.cause.value,
            WORDS[row.cause].label.capitalize(),
            WORDS[row.cause].says,
            COLUMNS,
            tuple((s.number, s.customer, -s.change.amount) for s in row.steps),
        )
        for row in bridge.rows
    )
    content = write_csv(bridge, tables, FACTS)
    report = Report(
        company="Keystone <Mechanical>",
        period=OCTOBER,
        number=2,
        made_at=1_793_600_000,
        bridge=bridge,
        differences=sum(len(row.steps) for row in bridge.differences),
        healed=0,
        facts=FACTS,
        tables=tables,
        days=tuple(
            Day(date(2026, 10, day), Decimal(900 + day), Decimal(900)) for day in range(1, 32)
        ),
        held=(
            HeldFor("unmapped_item", 12, Decimal("4412.37")),
            HeldFor("customer_missing", 3, Decimal("1099.00")),
        ),
        trend=(Trend(1_793_500_000, 1700), Trend(1_793_586_400, 0)),
        csv_name="2026-10.0002.csv",
        csv_sha256=digest(content),
    )
    return replace(report, **changes)
