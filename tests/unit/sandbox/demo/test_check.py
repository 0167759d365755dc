"""The check that judges a sync must see whatever can be wrong with one."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.demo.check import Findings, compare, held_in, is_to_be_sent
from sandbox.demo.company import build
from sandbox.demo.world import World
from sandbox.quickbooks.people import People

NOON = 1_795_000_000.0


@pytest.fixture
def world() -> World:
    world = build(lambda: NOON, size=100)
    world.books.company.after_write = None
    return world


def status_of(world: World, row: dict[str, Any]) -> str | None:
    job = world.account.store.get("job", row["job"]["id"]) if row["job"] else None
    return None if job is None else job["status"]


def to_be_sent(world: World) -> list[dict[str, Any]]:
    return [
        row for row in world.invoices() if is_to_be_sent(row, status_of(world, row), world.go_live)
    ]


def sync(world: World) -> dict[int, str]:
    """Do by hand what the product shall do: every plain invoice is sent, the others are held."""
    made = {}
    for row in to_be_sent(world):
        if row["id"] in world.plain and row["invoiceNumber"] != "DUP-100":
            customer = world.books.customers[row["customer"]["name"]]
            made[row["id"]] = world.books.type_invoice(
                customer,
                row["invoiceNumber"],
                world.contractor.today,
                Decimal(str(row["totalPrice"])),
                note=f"Job 1\n[st:{row['id']}.0]",
            )
    return made


def judge(world: World, made: dict[int, str], letters: frozenset[int] = frozenset()) -> Findings:
    others = frozenset(row["id"] for row in to_be_sent(world)) - set(made)
    return compare(
        world.account,
        world.books.company,
        go_live=world.go_live,
        past=world.books.past,
        letters=letters | others,
    )


def test_a_sync_that_sent_or_held_everything_is_clean(world: World) -> None:
    made = sync(world)

    found = judge(world, made)

    assert found.is_clean
    assert found.in_quickbooks == len(made) > 20
    assert len(found.held) == found.dispatched - len(made) > 20
    assert found.servicetrade_total == found.quickbooks_total > 0


def _delete(world: World, _: dict[str, Any], identity: str) -> None:
    People(world.books.company).delete("Invoice", identity)


def _copy(world: World, _: dict[str, Any], identity: str) -> None:
    People(world.books.company).copy(identity, number="COPY-1")


def _reprice(world: World, row: dict[str, Any], _: str) -> None:
    world.account.edit("invoice", row["id"], {"totalPrice": row["totalPrice"] + 1})


def _renumber(world: World, _: dict[str, Any], identity: str) -> None:
    People(world.books.company).edit("Invoice", identity, {"DocNumber": "OTHER-1"})


def _void_here(world: World, row: dict[str, Any], _: str) -> None:
    world.account.void(row["id"])


def _void_there(world: World, _: dict[str, Any], identity: str) -> None:
    world.books.company.void("Invoice", identity)


@pytest.mark.parametrize(
    ("break_it", "fault"),
    [
        (_delete, "lost"),
        (_void_there, "lost"),
        (_copy, "doubled"),
        (_reprice, "differing"),
        (_renumber, "differing"),
        (_void_here, "differing"),
    ],
)
def test_each_broken_promise_is_seen(
    world: World, break_it: Callable[[World, dict[str, Any], str], None], fault: str
) -> None:
    made = sync(world)
    identity, quickbooks_id = next(iter(made.items()))

    break_it(world, world.account.show("invoice", identity), quickbooks_id)
    found = judge(world, made)

    assert not found.is_clean
    assert len(getattr(found, fault)) == 1


@pytest.mark.parametrize("break_it", [_delete, _void_there, _reprice, _renumber, _void_here])
def test_what_is_broken_and_in_front_of_people_is_held(
    world: World, break_it: Callable[[World, dict[str, Any], str], None]
) -> None:
    made = sync(world)
    identity, quickbooks_id = next(iter(made.items()))

    break_it(world, world.account.show("invoice", identity), quickbooks_id)
    found = judge(world, made, frozenset({identity}))

    assert found.is_clean
    assert identity in found.held


def test_an_old_letter_of_what_is_mended_holds_nothing(world: World) -> None:
    made = sync(world)
    mended = next(iter(made))

    found = judge(world, made, frozenset({mended}))

    assert mended not in found.held
    assert found.in_quickbooks == len(made)


def test_a_mark_of_no_invoice_is_a_stranger(world: World) -> None:
    made = sync(world)
    customer = world.books.customers["Steel City Gym"]
    world.books.type_invoice(customer, "X-1", world.contractor.today, Decimal(1), "[st:12.0]")

    assert judge(world, made).strangers == ["mark of 12"]


def test_dead_letters_name_their_invoices() -> None:
    messages = [
        {"MessageAttributes": {"invoice": {"StringValue": "12"}, "reason": {"StringValue": "x"}}},
        {"MessageAttributes": {"invoice": {"StringValue": "13"}}},
        {},
    ]

    assert held_in(messages) == {12, 13}


@pytest.mark.parametrize(
    ("changes", "job_status", "expected"),
    [
        ({}, "completed", True),
        ({}, "canceled", True),
        ({}, None, True),
        ({}, "scheduled", False),
        ({"partial": True}, "scheduled", True),
        ({"type": "vendorbill"}, "completed", False),
        ({"status": "void"}, "completed", False),
        ({"status": "internal_review"}, "completed", False),
        ({"tags": [{"name": "do-not-sync"}]}, "completed", False),
        ({"totalPrice": 0, "items": []}, "completed", False),
        ({"transactionDate": 0}, "completed", False),
        ({"transactionDate": None}, "completed", True),
    ],
)
def test_what_is_to_be_sent(
    world: World, changes: dict[str, Any], job_status: str | None, *, expected: bool
) -> None:
    row = {**world.account.show("invoice", world.plain[1]), **changes}

    assert is_to_be_sent(row, job_status, world.go_live) is expected
