"""Plant a difference of each kind between the books, and judge what a reconciliation says of them.

Shares no code with the product: what is planted is known here by number, and what was found is
read from the listing that people get.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.demo.second_act import reprice
from sandbox.quickbooks.people import People

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.demo.stage import Stage
    from sandbox.demo.world import World

HEALABLE = frozenset({"missing", "stale", "unreversed"})
"""Differences that a message from ServiceTrade mends; people must decide about the others."""

NIGHT_SECONDS = 8 * 3600

_DIFFERENCES = HEALABLE | {
    "deleted",
    "voided",
    "different",
    "duplicate",
    "ambiguous",
    "by_others",
    "other_period",
    "only_in_quickbooks",
}

type Named = dict[str, set[str]]
"""Invoice numbers by the row of the bridge in which they stand."""


@dataclass(slots=True)
class Compared:
    """What was planted, what two reconciliations came to, and what of it is wrong."""

    planted: Named = field(default_factory=dict)
    answers: list[Mapping[str, Any]] = field(default_factory=list)
    page: bytes = b""
    listing: bytes = b""
    faults: list[str] = field(default_factory=list)


def play(stage: Stage, world: World, loaded: Mapping[int, str]) -> Compared:
    """Plant, reconcile, let what was asked for again arrive, and reconcile once more."""
    planted, lost = plant(world, loaded)
    compared = Compared(planted)
    _lose(stage, world, lost)
    _reconcile(stage, world, compared, 1, compared.planted)
    stage.cloud.drain("LoaderFunction")
    left = {kind: some for kind, some in compared.planted.items() if kind not in HEALABLE}
    _reconcile(stage, world, compared, 2, left)
    if compared.answers and compared.answers[-1].get("asked_again"):
        compared.faults.append("the second reconciliation asked for something once more")
    return compared


def plant(world: World, loaded: Mapping[int, str]) -> tuple[Named, int]:
    """Let people make a difference of each kind; ``loaded`` are QuickBooks' Ids by ours.

    Returns them, and a new invoice whose message is to vanish.
    """
    account, contractor = world.account, world.contractor
    people, which = People(world.books.company), _untouched(world, loaded)
    edited, deleted, voided, copied, removed, stale, void = (next(which) for _ in range(7))
    taken, typed, late, lost = (contractor.invoice(updated=account.now) for _ in range(4))
    numbers = {
        kind: {str(account.row("invoice", int(identity))["invoiceNumber"])}
        for kind, identity in {
            "different": edited,
            "deleted": deleted,
            "voided": voided,
            "duplicate": copied,
            "only_in_quickbooks": removed,
            "stale": stale,
            "unreversed": void,
            "ambiguous": taken["id"],
            "by_others": typed["id"],
            "missing": late["id"],
        }.items()
    }
    numbers["missing"].add(lost["invoiceNumber"])
    people.edit("Invoice", loaded[edited], {"TxnDate": contractor.today.isoformat()})
    people.delete("Invoice", loaded[deleted])
    people.void("Invoice", loaded[voided])
    people.copy(loaded[copied])
    account.remove("invoice", removed)
    reprice(world, stale)
    account.void(void)
    customers = world.books.customers
    own = customers[taken["customer"]["name"]]
    other = next(id_ for id_ in customers.values() if id_ != own)
    people.type_invoice(other, taken["invoiceNumber"], 7)
    people.type_invoice(customers[typed["customer"]["name"]], typed["invoiceNumber"], 8)
    return numbers, int(lost["id"])


def _lose(stage: Stage, world: World, identity: int) -> None:
    """Send an invoice, purge its message from the queue, and let a night go by since.

    Until it is open for some hours nobody need look for it, so its item is made that old.
    """
    cloud = stage.cloud
    cloud.invoke("ExtractorFunction", {"invoice_ids": [identity], "actor": "the demo"})
    cloud.client("sqs").purge_queue(QueueUrl=cloud.ref("InvoiceQueue"))
    cloud.client("dynamodb").update_item(
        TableName=cloud.ref("StateTable"),
        Key={"pk": {"S": f"INVOICE#{identity}"}, "sk": {"S": "LEDGER"}},
        UpdateExpression="SET open_since = :since",
        ExpressionAttributeValues={":since": {"N": str(int(world.account.now) - NIGHT_SECONDS)}},
    )


def _untouched(world: World, loaded: Mapping[int, str]) -> Iterator[int]:
    """Yield invoices that nobody has done anything with, each once; the plain ones first."""
    company = world.books.company
    odd = {identity for some in world.odd.values() for identity in some}
    for identity in dict.fromkeys([*reversed(world.plain), *sorted(loaded)]):
        if identity not in loaded or identity in odd:
            continue
        copy = company.read("Invoice", loaded[identity])
        if copy["SyncToken"] == "0" and world.account.row("invoice", identity)["status"] != "void":
            yield identity


def _reconcile(
    stage: Stage, world: World, compared: Compared, number: int, expected: Named
) -> None:
    last = world.contractor.today + timedelta(days=1)
    days = {"from": world.go_live.isoformat(), "to": last.isoformat()}
    event = {"job": "reconcile", "actor": "the demo", "settle_seconds": 0, **days}
    answer = stage.cloud.invoke("ReconcilerFunction", event)
    where = f"reconciliation {number}"
    if answer.failed:
        compared.faults.append(f"{where}: {answer.error}")
        return
    said = answer.payload
    compared.answers.append(said)
    s3, bucket = stage.cloud.client("s3"), stage.cloud.ref("Bucket")
    compared.page, compared.listing = (
        s3.get_object(Bucket=bucket, Key=said[part])["Body"].read() for part in ("page", "csv")
    )
    if not said["closes"]:
        compared.faults.append(f"{where}: the bridge does not close: {said['verdict']}")
    found = named(compared.listing)
    for kind in sorted(found.keys() | expected.keys()):
        there, planted = found.get(kind, set()), expected.get(kind, set())
        compared.faults += [
            f"{where}: {one} is {kind} and nobody did it" for one in there - planted
        ]
        compared.faults += [
            f"{where}: {one} is {kind} and was not found" for one in planted - there
        ]


def named(listing: bytes) -> Named:
    """Read the differences from a listing, as whoever opens it does."""
    found: Named = {}
    for row in csv.reader(io.StringIO(listing.decode("utf-8-sig"))):
        if row and row[0] in _DIFFERENCES:
            found.setdefault(row[0], set()).add(row[1])
    return found


def figures_of(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Put the figures of one reconciliation together."""
    return {
        "verdict": answer["verdict"],
        "closes": answer["closes"],
        "bridge": answer["bridge"],
        "differences": answer["differences"],
        "asked_again": len(answer["asked_again"]),
    }
