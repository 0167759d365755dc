"""Seeds in which ServiceTrade is told and QuickBooks watched, and auditors that are not blind."""

from collections.abc import Iterator
from typing import Any

import pytest

from invoicesync.conditions import Put
from invoicesync.ports import Outgoing
from tests.simulation.crash_points import KNOBS
from tests.simulation.plan import CLASSES, Plan
from tests.simulation.world import World


@pytest.fixture
def world() -> Iterator[World]:
    rates = dict.fromkeys(CLASSES, 0.0) | {"acknowledge": 1.0, "observe": 1.0}
    made = World(0, plan=Plan(0, rates, KNOBS))
    made._tellers()
    made.users.write()
    yield made
    made.scheduler.end()


def test_what_is_processed_before_it_is_in_quickbooks_is_noticed(world: World) -> None:
    (invoice,) = world.users.invoices
    world.account.edit("invoice", invoice, {"status": "processed"}, by_user=1)

    assert [violation.kind for violation in world.violations.found] == ["processed_alone"]


def test_what_is_written_beside_the_status_is_noticed(world: World) -> None:
    (invoice,) = world.users.invoices
    world.account.edit("invoice", invoice, {"notes": "ours"}, by_user=1)

    assert [violation.kind for violation in world.violations.found] == ["wrote_more"]


def test_a_reason_that_stands_twice_is_noticed(world: World) -> None:
    (told,) = world.users.invoices.values()
    comment = {"entityType": 3, "entityId": told.job, "content": f"why [InvoiceSync {told.id} 7a]"}
    for _ in range(2):
        world.account.add("comment", comment)

    assert [violation.kind for violation in world.violations.found] == ["commented_twice"]


def test_what_was_never_told_is_noticed(world: World) -> None:
    (invoice,) = world.users.invoices
    item: dict[str, Any] = {"pk": f"INVOICE#{invoice}", "sk": "LEDGER", "state": "LOADED"}
    world.cloud.raw_table.write(Put(item))

    assert world.telling is not None
    assert [kind for kind, _ in world.telling.unsettled()] == ["untold"]


def test_an_outcome_that_nobody_takes_up_is_noticed(world: World) -> None:
    world.cloud.raw_outcomes.send([Outgoing("{}")])

    assert world.telling is not None
    assert [kind for kind, _ in world.telling.unsettled()] == ["hint_left"]


def test_a_deed_that_nobody_did_is_noticed(world: World) -> None:
    item: dict[str, Any] = {"pk": "QBO#7", "sk": "OBSERVED", "what": "voided", "qbo_id": "7"}
    world.cloud.raw_table.write(Put(item))

    assert world.telling is not None
    assert [kind for kind, _ in world.telling.observed()] == ["observed_nobody"]


@pytest.mark.parametrize(
    ("deed", "reason"), [("void", "edited_in_quickbooks"), ("delete", "deleted_in_quickbooks")]
)
def test_a_deed_that_nobody_noticed_is_noticed(world: World, deed: str, reason: str) -> None:
    (told,) = world.users.invoices.values()
    line = {
        "Amount": 100,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
    }
    body = {"CustomerRef": {"value": "1"}, "Line": [line], "PrivateNote": f"[st:{told.id}.0]"}
    made: Any = world.company.write("create", "Invoice", body, key="r")
    identity = str(made.body["Id"])
    ledger: dict[str, Any] = {"pk": f"INVOICE#{told.id}", "sk": "LEDGER", "qbo_id": identity}
    world.cloud.raw_table.write(Put(ledger))
    assert world.telling is not None
    assert list(world.telling.unnoticed()) == []

    world.staff.act_on(identity, deed)

    seen: dict[str, Any] = {"pk": f"QBO#{identity}", "sk": "OBSERVED", "servicetrade_id": told.id}
    world.cloud.raw_table.write(Put(seen))
    assert [kind for kind, _ in world.telling.unnoticed()] == ["unnoticed"]
    world.cloud.raw_table.write(Put({**ledger, "reason": reason}))
    assert list(world.telling.unnoticed()) == []
