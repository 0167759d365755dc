"""A preview says what a load would do, by the load's own steps, and writes nothing anywhere."""

from typing import Any

import pytest

from invoicesync.conditions import Update
from invoicesync.domain.ids import RequestId, ServiceTradeId
from invoicesync.ports import InvoiceFilter, Json, SourcePage
from invoicesync.services.foresight import Foreseen, Remembered
from invoicesync.services.looking import BehindLoaders, ReadOnlyBooks, WriteRefusedError
from invoicesync.services.preview import Preview
from invoicesync.state import keys
from invoicesync.state.entry import Intent, Operation
from invoicesync.state.ledger import Ledger
from invoicesync.state.references import References
from tests.fakes.world import World, labor
from tests.unit.domain.invoices import NOON, a_job, an_invoice


class Shown:
    """What ServiceTrade shows: rows of invoices, two to a page, and the job behind them."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def invoices(self, bounds: InvoiceFilter, *, page: int, limit: int) -> SourcePage:
        assert (bounds.updated_after, limit) == (NOON, 200)
        some = self.rows[2 * page - 2 : 2 * page]
        return SourcePage(some, page, (len(self.rows) + 1) // 2, NOON)

    def count(self, bounds: InvoiceFilter) -> int | None:
        raise NotImplementedError(f"nobody counts {bounds}")

    def invoice(self, invoice_id: ServiceTradeId) -> tuple[Json, int] | None:
        found = [row for row in self.rows if row["id"] == invoice_id]
        return (found[0], NOON) if found else None

    def jobs(self, job_ids: Any) -> list[Json]:
        assert job_ids
        return [a_job()]


class ReadOnly:
    """A port whose writes fail the test."""

    def __init__(self, port: Any, *reads: str) -> None:
        self._port, self._reads = port, reads

    def __getattr__(self, name: str) -> Any:
        assert name in self._reads, f"a preview called {name}"
        return getattr(self._port, name)


class Desk:
    def __init__(self) -> None:
        self.world = World()
        self.shown = Shown()

    def add(self, number: int, **changes: Any) -> None:
        row = {"id": int(self.world.id_of(number)), "invoiceNumber": str(10_482 + number)}
        self.shown.rows.append(an_invoice(**{**row, **changes}))

    def preview(self) -> Preview:
        world = self.world
        table: Any = ReadOnly(world.table, "get", "get_many", "query", "by_state")
        books: Any = ReadOnly(world.client(), "query", "read_invoice", "preferences")
        return Preview(
            source=self.shown,
            books=ReadOnlyBooks(books, BehindLoaders(world.realm, 420)),
            ledger=Ledger(table),
            references=References(table, world.clock, world.company.realm_id),
            published=world.mappings.current(),
            clock=world.clock,
            random=world.random,
        )

    def foreseen(self) -> dict[int, Foreseen]:
        before = self._everything()
        found = self.preview().since(NOON)
        assert self._everything() == before
        return {each.servicetrade_id - self.world.id_of(): each for each in found}

    def _everything(self) -> tuple[Any, ...]:
        """Take down all that there is, but for the slots that its reads take from the pace."""
        world = self.world
        table = {key: row for key, row in world.table.items.items() if key.sk != "RATE#calls"}
        return table, world.writes, len(world.bucket.objects)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_what_is_new_would_be_created_and_what_is_wrong_held(desk: Desk) -> None:
    desk.add(0)
    desk.add(1, transactionDate=None)
    desk.add(2)

    found = desk.foreseen()

    assert [found[n].result for n in range(3)] == ["created", "held", "created"]
    (problem,) = found[1].problems
    assert problem.code == "date_missing"
    assert found[0].shown["number"] == "10482"


def test_an_edit_is_told_field_by_field(desk: Desk) -> None:
    desk.world.run(desk.world.message(0))
    desk.add(0, updated=NOON + 60, **labor(2))

    found = desk.foreseen()[0]

    assert found.result == "updated"
    told = {(change.field, change.before, change.after) for change in found.changes}
    assert {("quantity", "4", "2"), ("amount", "480", "240")} <= told


def test_what_is_there_as_it_should_be_changes_nothing(desk: Desk) -> None:
    desk.world.run(desk.world.message(0))
    desk.add(0)

    assert desk.foreseen()[0].result == "unchanged"


def test_what_is_there_though_the_ledger_thinks_otherwise_changes_nothing(desk: Desk) -> None:
    desk.world.run(desk.world.message(0))
    other = {"document_hash": "of another document"}
    desk.world.table.write(Update(keys.ledger(desk.world.id_of()), set=other))
    desk.add(0)

    assert desk.foreseen()[0].result == "unchanged"


def test_voids_waits_and_what_is_left_out_are_told(desk: Desk) -> None:
    desk.world.run(desk.world.message(0))
    desk.add(0, status="void", updated=NOON + 60)
    desk.add(1, type="vendorbill")
    desk.add(2, status="ok")

    found = desk.foreseen()

    assert [found[n].result for n in range(3)] == ["voided", "ignored", "waiting"]


def test_a_missing_customer_that_may_be_made_is_made_only_in_words(desk: Desk) -> None:
    desk.world.publish(customers={"create_missing": True, "names": {}})
    desk.add(0)

    foreseen = desk.foreseen()[0]

    assert (foreseen.result, foreseen.problems) == ("created", ())
    assert "its customer" in foreseen.detail
    names = [row["DisplayName"] for row in desk.world.company.objects("Customer")]
    assert "Keystone Foods" not in names


def test_an_open_write_is_told_and_left(desk: Desk) -> None:
    desk.world.run(desk.world.message(0, transactionDate=None))
    seen = desk.world.entry().seen
    assert seen is not None
    intent = Intent(RequestId("r"), "1", Operation.CREATE, seen, "hash", 1).written()
    desk.world.table.write(Update(keys.ledger(desk.world.id_of()), set={"intent": intent}))
    desk.add(0)

    foreseen = desk.foreseen()[0]

    assert (foreseen.result, "looked for first" in foreseen.detail) == ("settled first", True)


def test_some_invoices_can_be_asked_for(desk: Desk) -> None:
    desk.add(0)

    found = desk.preview().of([desk.world.id_of(0), desk.world.id_of(9)])

    assert [each.result for each in found] == ["created"]


def test_an_invoice_without_a_job_is_looked_at_too(desk: Desk) -> None:
    desk.add(0, job=None)

    assert desk.foreseen()[0].problems[0].code == "missing_job"


def test_every_write_to_quickbooks_is_refused(desk: Desk) -> None:
    books = ReadOnlyBooks(desk.world.client(), BehindLoaders(desk.world.realm, 420))

    with pytest.raises(WriteRefusedError):
        books.batch(b"{}", request_id=RequestId("r"))
    with pytest.raises(WriteRefusedError):
        books.void(b"{}", request_id=RequestId("r"))
    with pytest.raises(WriteRefusedError):
        books.create("Customer", b"{}", request_id=RequestId("r"))
    with pytest.raises(WriteRefusedError):
        Remembered(References(desk.world.table, desk.world.clock, "1")).drop("Item", ["x"])
