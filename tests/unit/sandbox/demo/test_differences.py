"""What is planted between the books, and what a reconciliation must say of it to be believed."""

from typing import Any, cast

import pytest

from sandbox.cloud.functions import Answer
from sandbox.demo.company import build
from sandbox.demo.differences import HEALABLE, named, plant, play
from sandbox.demo.stage import Stage
from sandbox.demo.world import World

NOON = 1_795_000_000.0
LISTING = 'part,Invoice\r\n"different","1, 1A"\r\n"held","7"\r\n"missing","2"\r\n'


class Cloud:
    """A cloud whose reconciler says what a test wants."""

    def __init__(self, *listings: str, closes: bool = True) -> None:
        self._listings = list(listings)
        self._closes = closes
        self._listing = ""
        self.asked: list[Any] = []
        self.sent: list[int] = []
        self.lost: list[int] = []
        self.aged: list[str] = []

    def invoke(self, function: str, event: Any) -> Answer:
        if function == "ExtractorFunction":
            self.sent += event["invoice_ids"]
            return Answer("request", {})
        assert function == "ReconcilerFunction"
        self.asked.append(event)
        if not self._listings:
            return Answer("request", {"errorType": "Broken", "errorMessage": "why"}, failed=True)
        self._listing = self._listings.pop(0)
        said = {"closes": self._closes, "verdict": "so so", "page": "p", "csv": "c"}
        return Answer("request", {**said, "asked_again": []})

    def drain(self, function: str) -> None:
        assert function == "LoaderFunction"

    def client(self, name: str) -> "Cloud":
        assert name in {"s3", "sqs", "dynamodb"}
        return self

    def purge_queue(self, **_: str) -> None:
        self.lost += self.sent

    def update_item(self, **asked: Any) -> None:
        self.aged.append(asked["Key"]["pk"]["S"])

    def ref(self, name: str) -> str:
        return name

    def get_object(self, **_: str) -> dict[str, "Cloud"]:
        return {"Body": self}

    def read(self) -> bytes:
        return self._listing.encode("utf-8-sig")


@pytest.fixture
def world() -> World:
    return build(lambda: NOON, size=80)


def loaded(world: World) -> dict[int, str]:
    """Let the invoices without anything odd be in QuickBooks."""
    item = next(world.books.company.objects("Item"))["Id"]
    ids: dict[int, str] = {}
    for identity in world.plain:
        row = world.account.show("invoice", identity)
        line = {
            "Amount": row["totalPrice"],
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {"ItemRef": {"value": item}},
        }
        body = {
            "CustomerRef": {"value": next(iter(world.books.customers.values()))},
            "DocNumber": row["invoiceNumber"],
            "Line": [line],
        }
        ids[identity] = world.books.company.create("Invoice", body)["Id"]
    return ids


def listing(found: dict[str, set[str]]) -> str:
    return "".join(f'"{kind}","{one}"\r\n' for kind, some in found.items() for one in some)


def deeds() -> dict[str, set[str]]:
    """Plant in a world of the same seed: the same invoices by the same numbers."""
    other = build(lambda: NOON, size=80)
    return plant(other, loaded(other))[0]


def played(world: World, cloud: Cloud) -> list[str]:
    stage = type("FakeStage", (), {"cloud": cloud})()
    return play(cast("Stage", stage), world, loaded(world)).faults


def test_a_listing_is_read_for_its_differences() -> None:
    assert named(LISTING.encode("utf-8-sig")) == {"different": {"1, 1A"}, "missing": {"2"}}


def test_one_of_each_kind_is_planted_and_no_invoice_twice(world: World) -> None:
    planted, lost = plant(world, loaded(world))

    assert len(planted) == 10
    assert planted.keys() > HEALABLE
    assert len(set.union(*planted.values())) == 11
    assert world.account.row("invoice", lost)["invoiceNumber"] in planted["missing"]


def test_a_message_vanishes_and_a_night_goes_by(world: World) -> None:
    cloud = Cloud()
    played(world, cloud)

    assert len(cloud.lost) == 1
    assert cloud.aged == [f"INVOICE#{cloud.lost[0]}"]


def test_a_reconciliation_that_says_what_was_done_is_believed(world: World) -> None:
    planted = deeds()
    left = {kind: some for kind, some in planted.items() if kind not in HEALABLE}

    assert played(world, Cloud(listing(planted), listing(left))) == []


def test_what_was_not_found_and_what_nobody_did_are_faults(world: World) -> None:
    planted = deeds()
    left = {kind: some for kind, some in planted.items() if kind not in HEALABLE}
    (deleted,) = planted["deleted"]

    faults = played(
        world, Cloud(listing(planted | {"deleted": {"77"}}), listing(left), closes=False)
    )

    assert faults == [
        "reconciliation 1: the bridge does not close: so so",
        "reconciliation 1: 77 is deleted and nobody did it",
        f"reconciliation 1: {deleted} is deleted and was not found",
        "reconciliation 2: the bridge does not close: so so",
    ]


def test_what_was_not_healed_is_a_fault(world: World) -> None:
    planted = deeds()

    faults = played(world, Cloud(listing(planted), listing(planted)))

    assert len(faults) == sum(len(planted[kind]) for kind in HEALABLE)
    assert all("reconciliation 2" in fault for fault in faults)


def test_a_reconciler_that_fails_is_a_fault(world: World) -> None:
    assert played(world, Cloud()) == [
        "reconciliation 1: Broken: why",
        "reconciliation 2: Broken: why",
    ]
