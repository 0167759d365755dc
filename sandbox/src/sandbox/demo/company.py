"""Make both sides of the demo, to match: what is there before the first sync."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.demo.bookkeeping import open_books
from sandbox.demo.catalogue import CONTRACTOR
from sandbox.demo.contractor import Contractor, settle
from sandbox.demo.oddities import add_oddities
from sandbox.demo.past import plant
from sandbox.demo.world import Moments, World
from sandbox.servicetrade import Account, Options

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SEED = 20_261_101
USUAL_SIZE = 595
_GO_LIVE_DAYS = 75
_CLOSED_DAYS = 10
_OPEN_JOBS = ("scheduled", "scheduled", "new")


def build(
    clock: Callable[[], float],
    *,
    size: int = USUAL_SIZE,
    seed: int = SEED,
    switches: Mapping[str, Any] | None = None,
) -> World:
    """Make both sides, with about ``size`` ServiceTrade invoices; the same for the same day.

    The invoices of a distant past come on top.

    ``switches`` are options of QuickBooks' simulator, over those that the demo sets.
    """
    moments = Moments(clock)
    today = datetime.fromtimestamp(clock(), UTC).date()
    go_live = today - timedelta(days=_GO_LIVE_DAYS)
    closed_through = go_live + timedelta(days=_CLOSED_DAYS)
    books = open_books(moments, closed_through, switches or {})
    # A lag that nobody notices, so that what was written ahead of time is not listed yet.
    account = Account(moments, Options(late_visibility_seconds=0.001), contractor=CONTRACTOR)
    contractor = Contractor(account, random.Random(seed), today)
    settle(contractor, books)
    world = World(contractor, books, moments, go_live, closed_through)
    _add_history(world, size // 40 + 1)
    add_oddities(world)
    _add_those_that_do_not_go(world, size // 40 + 1)
    while account.store.count("invoice") < size:
        world.plain.append(int(contractor.invoice()["id"]))
    world.past = plant(world)
    books.close_past()
    return world


def _add_history(world: World, count: int) -> None:
    """Add what was invoiced before the sync was switched on, typed into QuickBooks by hand."""
    contractor, books = world.contractor, world.books
    for number in range(count):
        day = world.go_live - timedelta(days=2 + 3 * number)
        invoice = contractor.invoice(day=day)
        customer = books.customers[invoice["customer"]["name"]]
        amount = contractor.account.row("invoice", invoice["id"])["totalPrice"]
        # Every third was typed with another total, and every fourth not at all.
        if number % 4 != 3:  # noqa: PLR2004
            typed = amount + 10 if number % 3 == 1 else amount
            books.type_invoice(customer, invoice["invoiceNumber"], _open_day(world), typed)


def _open_day(world: World) -> date:
    # Books that are closed take no more; people date what is late on the first open day.
    return world.closed_through + timedelta(days=1)


def _add_those_that_do_not_go(world: World, count: int) -> None:
    """Add what waits, what is left out by name, and what is void from the start."""
    contractor = world.contractor
    for number in range(count):
        job = {"status": _OPEN_JOBS[number % len(_OPEN_JOBS)], "completedOn": None}
        world.waiting.append(int(contractor.invoice(job=job)["id"]))
        contractor.invoice(type="vendorbill")
        contractor.invoice(status="void")
        if number % 2:
            contractor.invoice(tags=["do-not-sync"])
            contractor.invoice(lines=[{"description": "Warranty call", "price": 0}])
            world.in_review.append(int(contractor.invoice(status="internal_review")["id"]))
            contractor.invoice(status="ok")
        else:
            contractor.invoice(job=job, partial=True)
