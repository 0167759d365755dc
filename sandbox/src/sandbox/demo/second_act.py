"""The second act: what people do in both systems while the sync is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.quickbooks.people import People

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.demo.world import World

_SHARE = 40


def play(world: World, loaded: dict[int, str]) -> dict[str, int]:
    """Edit, void, close, revert and meddle; return how many of each.

    ``loaded`` are QuickBooks' Ids of what the first run sent, by ServiceTrade's id.
    """
    account = world.account
    taxless = _plainest(world, loaded)
    many = max(2, len(loaded) // _SHARE)
    edited = [reprice(world, next(taxless)) for _ in range(many)]
    noted = [next(taxless) for _ in range(many)]
    for identity in noted:
        account.edit("invoice", identity, {"notes": "Second visit, no charge: parts in warranty."})
    reverted = [_edit_and_revert(world, next(taxless)) for _ in range(2)]
    voided = [next(taxless) for _ in range(many)]
    for identity in voided:
        account.void(identity)
    closed = world.waiting[: max(2, len(world.waiting) * 2 // 3)]
    for identity in closed:
        account.close_job(int(account.show("invoice", identity)["job"]["id"]))
    approved = world.in_review[: max(1, len(world.in_review) // 2)]
    for identity in approved:
        account.edit("invoice", identity, {"status": "pending_accounting"})
    arrived = [int(world.contractor.invoice(updated=account.now)["id"]) for _ in range(many)]
    mended = _mend(world)
    meddled = _meddle(world, loaded, taxless)
    return {
        "edited": len(edited) + len(noted),
        "edited and reverted": len(reverted),
        "voided": len(voided),
        "jobs closed": len(closed),
        "approved": len(approved),
        "new": len(arrived),
        "mended": mended,
        "touched by people in QuickBooks": meddled,
    }


def _plainest(world: World, loaded: dict[int, str]) -> Iterator[int]:
    """Yield invoices that were sent and that nothing is odd about, each once."""
    for identity in world.plain:
        if identity in loaded:
            yield identity


def reprice(world: World, identity: int) -> int:
    """Add an hour of labor, which is not taxed."""
    row = world.account.row("invoice", identity)
    extra: dict[str, Any] = {
        "description": "One more hour, as agreed on site",
        "quantity": 1,
        "price": "128.00",
        "libItem": {"name": "Technician labor", "code": "LAB", "type": "labor"},
        "serviceLine": "HVAC",
        "taxRate": 0,
        "taxAmount": 0,
    }
    world.account.edit("invoice", identity, {"items": [*row["items"], extra]})
    return identity


def _edit_and_revert(world: World, identity: int) -> int:
    before = world.account.row("invoice", identity)["notes"]
    world.account.edit("invoice", identity, {"notes": "Oops, wrong invoice."})
    world.account.edit("invoice", identity, {"notes": before})
    return identity


def _mend(world: World) -> int:
    """Mend some of what is held, where it is wrong."""
    account, books = world.account, world.books
    undated = world.odd["date_missing"][0]
    account.edit("invoice", undated, {"transactionDate": account.now})
    unequal = world.odd["totals_disagree"][0]
    account.edit("invoice", unequal, {"items": account.row("invoice", unequal)["items"]})
    unknown = world.odd["customer_missing"][0]
    books.customer(str(account.show("invoice", unknown)["customer"]["name"]))
    account.edit("invoice", unknown, {"notes": "Customer entered in QuickBooks."})
    return 3


def _meddle(world: World, loaded: dict[int, str], which: Iterator[int]) -> int:
    """Do in QuickBooks what makes a later change of ServiceTrade's a matter for people."""
    people = People(world.books.company)
    edited, deleted, paid, paid_and_void, annotated = (next(which) for _ in range(5))
    people.edit("Invoice", loaded[edited], {"TxnDate": world.contractor.today.isoformat()})
    reprice(world, edited)
    people.delete("Invoice", loaded[deleted])
    reprice(world, deleted)
    people.pay(loaded[paid])
    reprice(world, paid)
    people.pay(loaded[paid_and_void])
    world.account.void(paid_and_void)
    # A word of theirs in the note is nobody's business but theirs.
    note = world.books.company.read("Invoice", loaded[annotated])["PrivateNote"]
    people.edit("Invoice", loaded[annotated], {"PrivateNote": f"{note}\nCalled AP on Monday."})
    reprice(world, annotated)
    for code, identity in (
        ("edited_in_quickbooks", edited),
        ("deleted_in_quickbooks", deleted),
        ("payment_applied", paid),
        ("payment_applied", paid_and_void),
    ):
        world.odd.setdefault(code, []).append(identity)
    return 5
