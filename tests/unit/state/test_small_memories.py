"""References, mappings, claim checks, journals: what is kept, for how long, and who may."""

import json

import pytest

from invoicesync.domain.ids import RequestId, ServiceTradeId
from invoicesync.errors import MisconfiguredError
from invoicesync.state import keys
from invoicesync.state.claimchecks import LARGEST_BODY, ClaimChecks, MissingClaimError
from invoicesync.state.journal import Journal
from invoicesync.state.leases import Leases
from invoicesync.state.mappings import Mappings
from invoicesync.state.references import CREATION_SECONDS, FRESH_SECONDS, Known, References
from tests.fakes import FakeBucket, FakeClock, FakeTable, SeededRandom
from tests.unit.domain.invoices import MAPPING


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def table(clock: FakeClock) -> FakeTable:
    return FakeTable(clock)


def references(table: FakeTable, clock: FakeClock) -> References:
    return References(table, clock, "1")


LABOR = Known("7", "Labor", "Service", None)


def test_what_one_loader_found_another_knows_for_a_day(table: FakeTable, clock: FakeClock) -> None:
    references(table, clock).keep("Item", {"LABOR": LABOR})

    other = references(table, clock)
    assert other.find("Item", ["labor", "Parts"]) == {"labor": LABOR}
    clock.advance(FRESH_SECONDS + 1)
    assert references(table, clock).find("Item", ["Labor"]) == {}
    assert other.find("Item", ["Labor"]) == {}
    assert other.find("Item", []) == {}


def test_what_is_in_memory_is_not_read_again_for_ten_minutes(
    table: FakeTable, clock: FakeClock
) -> None:
    ours = references(table, clock)
    ours.keep("Customer", {"Acme": Known("1", "Acme", taxable=True)})
    references(table, clock).drop("Customer", ["ACME"])

    assert ours.find("Customer", ["acme"]) == {"acme": Known("1", "Acme", taxable=True)}
    clock.advance(601)
    assert ours.find("Customer", ["acme"]) == {}
    ours.keep("Customer", {"Acme": LABOR})
    ours.drop("Customer", ["acme", "Acme"])
    assert ours.find("Customer", ["Acme"]) == {}


def test_one_customer_is_made_by_one_and_repeated_by_the_next(
    table: FakeTable, clock: FakeClock
) -> None:
    ours = references(table, clock)

    assert ours.start_creating("Acme", "a", "body a") == ("a", "body a")
    assert ours.start_creating("ACME", "a", "body a") == ("a", "body a")  # our own, retried below
    assert ours.start_creating("acme", "b", "body b") is None

    clock.advance(CREATION_SECONDS + 1)
    assert ours.start_creating("acme", "b", "body b") == ("a", "body a")
    assert ours.start_creating("acme", "c", "body c") is None
    ours.end_creating("Acme")
    assert ours.start_creating("acme", "c", "body c") == ("c", "body c")


def mappings(table: FakeTable, clock: FakeClock, bucket: FakeBucket) -> Mappings:
    return Mappings(table, bucket, clock)


def test_serials_rise_and_the_newest_is_in_force(table: FakeTable, clock: FakeClock) -> None:
    bucket = FakeBucket()
    ours = mappings(table, clock, bucket)
    with pytest.raises(MisconfiguredError, match="publish one"):
        ours.current()

    first = ours.publish(json.dumps(MAPPING))
    second = mappings(table, clock, bucket).publish(json.dumps(MAPPING | {"mode": "review"}))

    assert (first.serial, second.serial) == (1, 2)
    assert ours.current() == second
    assert len(bucket.objects) == 2
    bucket.objects.clear()
    assert ours.current() == second  # from memory
    with pytest.raises(MisconfiguredError, match="mapping 2 is missing"):
        mappings(table, clock, bucket).current()


def test_of_two_who_publish_at_once_one_is_told(table: FakeTable, clock: FakeClock) -> None:
    bucket = FakeBucket()
    ours, theirs = mappings(table, clock, bucket), mappings(table, clock, bucket)
    put = bucket.put

    def overtaken(key: str, body: bytes) -> None:
        bucket.put = put  # type: ignore[method-assign]
        theirs.publish(json.dumps(MAPPING | {"mode": "review"}))
        put(key, body)

    bucket.put = overtaken  # type: ignore[method-assign]

    with pytest.raises(MisconfiguredError, match="somebody else published mapping 1"):
        ours.publish(json.dumps(MAPPING))
    assert ours.current().mapping.mode == "review"


def test_a_body_travels_by_itself_until_it_is_too_large() -> None:
    bucket = FakeBucket()
    claims = ClaimChecks(bucket)
    largest, larger = "n" * LARGEST_BODY, "n" * (LARGEST_BODY + 1)

    assert claims.pack(ServiceTradeId(1), largest) == largest
    check = claims.pack(ServiceTradeId(1), larger)

    assert len(check) < 200
    assert claims.unpack(largest) == largest
    assert claims.unpack(check) == larger
    bucket.objects.clear()
    with pytest.raises(MissingClaimError, match="invoice 1") as missing:
        claims.unpack(check)
    assert missing.value.invoice_id == 1


def test_a_journal_that_is_gone_names_nobody(table: FakeTable, clock: FakeClock) -> None:
    leases = Leases(table, clock, SeededRandom())
    journal = Journal(table, FakeBucket(), clock, leases)

    assert journal.invoices(RequestId("r")) == ()
    assert journal.texts(RequestId("r")) == {}
    journal.close(RequestId("r"))
    item = table.get(keys.journal(RequestId("r")))
    assert item is not None
    assert item["expires_at"] == int(clock.now()) + 90 * 86_400


def test_every_version_of_a_mapping_is_kept_with_who_and_why() -> None:
    clock = FakeClock()
    mappings = Mappings(FakeTable(clock), FakeBucket(), clock)
    first, second = json.dumps(MAPPING), json.dumps(MAPPING | {"mode": "review"})
    mappings.publish(first, actor="kim", note="a start")
    mappings.publish(second, actor="lee", note="look first")

    assert [(each.serial, each.actor, each.note) for each in mappings.history()] == [
        (2, "lee", "look first"),
        (1, "kim", "a start"),
    ]
    assert mappings.text() == mappings.text(2) == second
    assert mappings.text(1) == first


@pytest.mark.parametrize("serial", [None, 3])
def test_a_version_that_was_never_published_cannot_be_read(serial: int | None) -> None:
    clock = FakeClock()
    mappings = Mappings(FakeTable(clock), FakeBucket(), clock)

    with pytest.raises(MisconfiguredError, match="published"):
        mappings.text(serial)
