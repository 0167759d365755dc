"""What we write to ServiceTrade is no edit: the real extractor over the real simulator."""

from typing import Any

import pytest

from invoicesync.adapters.servicetrade.credentials import UserCredentials
from invoicesync.adapters.servicetrade.writer import ServiceTradeWriter
from invoicesync.domain.ids import ServiceTradeId
from sandbox.http import InProcessAdapter
from sandbox.servicetrade import create_app
from tests.unit.services.extract.world import BASE, World


def writer_of(world: World) -> ServiceTradeWriter:
    return ServiceTradeWriter(
        BASE,
        credentials=lambda: UserCredentials("sync@example.test", "let-me-in"),
        clock=world.clock,
        adapter=InProcessAdapter(create_app(world.account)),
    )


@pytest.mark.parametrize("status", ["processed", "failed"])
@pytest.mark.parametrize(
    "options", [{}, {"job_moves_invoice": True, "idle_put_moves_updated": True}]
)
def test_a_status_and_a_comment_of_ours_lead_to_no_message(
    status: str, options: dict[str, Any]
) -> None:
    world = World(**options)
    job = world.job()
    invoice = world.invoice(job)
    world.tick()
    assert world.sent == [invoice]
    seen = world.ledger.get(invoice).seen
    moved = world.account.row("invoice", invoice)["updated"]
    writer = writer_of(world)

    world.clock.advance(60)
    writer.set_status(invoice, status)
    writer.comment(ServiceTradeId(job), "why")
    world.account.edit("job", job, {"description": "noted"})
    first = world.tick()
    second = world.look_at(invoice)

    assert world.account.row("invoice", invoice)["updated"] > moved
    assert first.rows >= 1
    assert (first.enqueued, world.sent.count(invoice)) == (0, 1 + second.enqueued)
    assert world.ledger.get(invoice).seen == seen


def test_an_edit_of_people_beside_our_status_is_seen(world: World) -> None:
    invoice = world.invoice()
    world.tick()
    writer_of(world).set_status(invoice, "processed")
    world.edit(invoice, notes="Please call first.")

    world.tick()

    assert world.sent == [invoice, invoice]
