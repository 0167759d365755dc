"""What commands may bring about, and auditors that see every breach of it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from invoicesync.conditions import Put
from sandbox.quickbooks.people import People
from tests.simulation.correcting_auditor import HandsOff
from tests.simulation.crash_points import KNOBS
from tests.simulation.people import Told
from tests.simulation.plan import CLASSES, Plan
from tests.simulation.violations import Violations
from tests.simulation.world import START, World


class Planted:
    """A world at peace in which an invoice may be made, typed or linked by hand."""

    def __init__(self) -> None:
        self.world = World(0, plan=Plan(0, dict.fromkeys(CLASSES, 0.0), KNOBS))
        self.world.operators.publish()
        self.told = self.world.users.write()

    @property
    def kinds(self) -> list[str]:
        return [violation.kind for violation in self.world.violations.found]

    @property
    def unsettled(self) -> list[str]:
        return [kind for kind, _ in self.world.correcting.unsettled()]

    def body(self, told: Told, item: int = 2, **changes: Any) -> dict[str, Any]:
        line = {
            "Amount": told.total,
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": str(item)}},
        }
        rows = self.world.company.objects("Customer")
        named = {str(one["DisplayName"]): str(one["Id"]) for one in rows}
        customer = {"value": named[told.customer]}
        return {"CustomerRef": customer, "DocNumber": told.number, "Line": [line], **changes}

    def typed(self, **changes: Any) -> str:
        body = self.body(self.told, **changes)
        return str(self.world.company.create("Invoice", body, allow_duplicate=True)["Id"])

    def synced(self, key: str = "r1", item: int = 2) -> str:
        body = self.body(self.told, item, PrivateNote=f"[st:{self.told.id}.0]")
        done: Any = self.world.company.write("create", "Invoice", body, key=key)
        return str(done.body["Id"])

    def voided(self, identity: str) -> None:
        body = {"Id": identity, "SyncToken": "0"}
        self.world.company.write("void", "Invoice", body, key="r9")

    def ledger(self, **attributes: Any) -> None:
        item = {"pk": f"INVOICE#{self.told.id}", "sk": "LEDGER", **attributes}
        self.world.cloud.raw_table.write(Put(item))

    def wish(self, what: str) -> None:
        item: dict[str, Any] = {"pk": f"INVOICE#{self.told.id}", "sk": "EVENT#1", "what": what}
        self.world.cloud.raw_table.write(Put(item))


@pytest.fixture
def planted() -> Iterator[Planted]:
    made = Planted()
    yield made
    made.world.scheduler.end()


def test_a_link_beyond_doubt_is_no_breach(planted: Planted) -> None:
    planted.ledger(adopted=True, qbo_id=planted.typed())

    assert planted.kinds == []


def test_a_link_of_what_is_another_ones_is_noticed(planted: Planted) -> None:
    planted.ledger(adopted=True, qbo_id=planted.typed(Line=planted.body(planted.told)["Line"] * 2))

    assert planted.kinds == ["adopted_in_doubt"]


def test_a_link_where_two_were_typed_is_noticed(planted: Planted) -> None:
    identity, _ = planted.typed(), planted.typed()
    planted.world.clock.time = START + 1000

    planted.ledger(adopted=True, qbo_id=identity)

    assert planted.kinds == ["adopted_in_doubt"]


def test_a_link_beside_an_invoice_of_ours_is_noticed(planted: Planted) -> None:
    planted.synced()
    planted.ledger(adopted=True, qbo_id=planted.typed())

    assert planted.kinds == ["adopted_beside"]


def test_a_link_to_what_is_linked_already_is_noticed(planted: Planted) -> None:
    planted.world.correcting._linked[identity := planted.typed()] = 1
    planted.ledger(adopted=True, qbo_id=identity)

    assert planted.kinds == ["adopted_twice"]


def test_what_is_made_beside_its_link_is_noticed(planted: Planted) -> None:
    planted.ledger(adopted=True, qbo_id=planted.typed())
    planted.synced()

    assert planted.kinds == ["adopted_doubled"]


def test_a_void_that_nobody_asked_for_is_noticed(planted: Planted) -> None:
    planted.voided(planted.synced())

    assert planted.kinds == ["voided_unasked"]


def test_a_void_of_what_another_mapping_made_is_noticed(planted: Planted) -> None:
    planted.world.desk.rolled_back[planted.told.id] = {2}  # the body is of an odd one

    planted.voided(planted.synced())

    assert planted.kinds == ["rolled_back_other"]


def test_a_void_of_what_the_mapping_made_is_no_breach(planted: Planted) -> None:
    planted.world.desk.rolled_back[planted.told.id] = {1}

    planted.voided(planted.synced())

    assert planted.kinds == []


def test_a_wish_that_nobody_is_at_is_noticed(planted: Planted) -> None:
    planted.wish("rollback")
    planted.ledger(state="LOADED", rollback=1, qbo_id=planted.synced())

    assert planted.unsettled == ["wish_lost"]


def test_what_still_stands_as_the_older_mapping_made_it_is_noticed(planted: Planted) -> None:
    planted.wish("remap")
    planted.world.desk.remapped[planted.told.id] = 1
    planted.ledger(state="LOADED", qbo_id=planted.synced(item=1))

    assert planted.unsettled == ["not_remapped"]


def test_what_is_called_undone_and_lives_is_noticed(planted: Planted) -> None:
    planted.world.desk.rolled_back[planted.told.id] = {1}
    planted.ledger(state="HELD", reason="rolled_back", qbo_id=planted.synced())

    assert planted.unsettled == ["not_rolled_back"]


def test_an_invoice_that_comes_back_beside_another_is_noticed(planted: Planted) -> None:
    first = planted.synced()
    People(planted.world.company).void("Invoice", first)
    planted.synced("r2")
    body = {"Id": first, "SyncToken": "1", "sparse": True, "CustomerMemo": {"value": "again"}}
    planted.world.company.write("update", "Invoice", body, key="r3")

    assert planted.kinds == ["duplicate"]


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("desk remap#7", "/batch"),
        ("reconciler#7", "/invoice"),
    ],
)
def test_who_commands_or_compares_and_writes_is_noticed(who: str, path: str) -> None:
    found = Violations(lambda: 0.0, lambda _: None)
    request: Any = SimpleNamespace(method="POST", url=f"https://books.test{path}?requestid=r")

    HandsOff(lambda: who, found)(request)

    assert [violation.kind for violation in found.found] == ["wrote_alone"]


def test_who_commands_may_read_and_loaders_may_write() -> None:
    found = Violations(lambda: 0.0, lambda _: None)
    for who, path in (("desk remap#7", "/query"), ("loader#7", "/batch")):
        request: Any = SimpleNamespace(method="POST", url=f"https://books.test{path}")
        HandsOff(iter([who]).__next__, found)(request)

    assert found.found == []
