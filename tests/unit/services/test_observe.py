"""What people do in QuickBooks to invoices of ours: noticed, told once, kept, never overwritten."""

from collections.abc import Sequence
from typing import Any

import pytest

from invoicesync.conditions import Item
from invoicesync.domain.ids import QuickBooksId
from invoicesync.errors import RealmBlockedError, RetryableError, TransientReadError
from invoicesync.ports import Changes, Comparison, Json
from invoicesync.services import changes
from invoicesync.services.load.paced import PacedBooks, Paces
from invoicesync.services.noticed import ROWS
from invoicesync.services.notify import Notifier
from invoicesync.services.observe import OVERLAP_SECONDS, Observe, ObserveResult
from invoicesync.state import keys
from invoicesync.state.pace import Pace
from tests.fakes import FakeClock, FakeDeadline, FakeTopic
from tests.fakes.world import KilledError, Lifeline, World, labor
from tests.unit.services.desk import ACTOR, Desk

HOUR = 3600
DAY = 24 * HOUR
PACE = Pace("reconciler", per_minute=60, burst=2)


class Watched(World):
    """A loader's world with somebody who looks at QuickBooks every hour."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.mail = FakeTopic()

    def observer(self, line: Lifeline | None = None, books: Any = None) -> Observe:
        guard = (line or Lifeline()).guard
        paces = Paces(requests=PACE, batches=PACE)
        paced = PacedBooks(self.client(), self.realm, self.refresher, paces)
        table = guard(self.table, "table")
        notifier = Notifier(table, self.clock, finance=guard(self.mail, "mail"), ops=FakeTopic())
        return Observe(
            books=books or guard(paced, "books"),
            realm=self.realm,
            table=table,
            clock=self.clock,
            tell=notifier.finance,
        )

    def look(self, *, seconds: float = 900, books: Any = None) -> ObserveResult:
        self.pass_seconds(HOUR)
        return self.observer(books=books)(FakeDeadline(self.clock, seconds))

    def loaded(self, number: int = 0, **values: Any) -> str:
        """Load an invoice and let an hour's look see that it is ours; return QuickBooks' Id."""
        self.run(self.message(number, **values))
        self.look()
        return str(self.invoice(number)["Id"])

    def kept(self, qbo_id: str) -> Item:
        item: Item = self.table.get(keys.observed(QuickBooksId(qbo_id)))
        return item

    def happened(self, qbo_id: str) -> list[str]:
        place = keys.observed(QuickBooksId(qbo_id))
        return [str(row["what"]) for row in self.table.query(place.pk, prefix="EVENT#")]

    def edit(self, qbo_id: str, **change: Any) -> None:
        self.people.edit("Invoice", qbo_id, change)


@pytest.fixture
def world() -> Watched:
    return Watched()


def test_what_we_write_ourselves_is_no_news(world: Watched) -> None:
    world.run(world.message())
    first = world.look()
    world.run(world.message(updated=world.entry().applied.updated + 9, is_loaded=True, **labor(5)))  # type: ignore[union-attr]
    second = world.look()
    world.run(world.message(updated=world.entry().applied.updated + 9, status="void"))  # type: ignore[union-attr]
    third = world.look()

    assert [(one.is_complete, one.ours, one.deeds) for one in (first, second, third)] == [
        (True, 1, {})
    ] * 3
    assert world.events().count("updated") == world.events().count("voided") == 1
    assert world.mail.mails == []


@pytest.mark.parametrize(
    ("change", "word", "fields"),
    [
        ({"DueDate": "2027-09-09"}, "due date", ["DueDate"]),
        ({"DocNumber": "X-1"}, "number", ["DocNumber"]),
        ({"PrivateNote": "ours no more"}, "our mark in the memo", ["PrivateNote"]),
        ({"CustomerMemo": {"value": "Pay soon."}}, "message", ["CustomerMemo"]),
    ],
)
def test_an_edit_of_our_fields_is_told_and_kept_and_left_alone(
    world: Watched, change: dict[str, Any], word: str, fields: list[str]
) -> None:
    qbo_id = world.loaded()
    world.edit(qbo_id, **change)
    writes, ledger = world.writes, world.table.get(keys.ledger(world.id_of()))

    result = world.look()

    assert result.deeds == {"edited": 1}
    [mail] = world.mail.mails
    assert mail.subject == "InvoiceSync: 1 invoice changed by people in QuickBooks"
    assert f"10482             $513.60  changed ({word}) (QuickBooks id {qbo_id})" in mail.text
    assert world.kept(qbo_id)["fields"] == fields
    assert world.happened(qbo_id) == ["edited"]
    assert world.writes == writes
    assert world.table.get(keys.ledger(world.id_of())) == ledger


def test_more_lines_are_told_with_the_total_that_comes_of_them(world: Watched) -> None:
    qbo_id = world.loaded(**labor(4))
    line = world.invoice()["Line"][0]
    detail = {**line["SalesItemLineDetail"], "UnitPrice": 125}
    world.edit(qbo_id, Line=[{**line, "Amount": 500, "SalesItemLineDetail": detail}])

    world.look()

    assert world.kept(qbo_id)["fields"] == ["Line", "TotalAmt"]
    assert "$480.00 -> $500.00  changed (lines, total)" in world.mail.mails[0].text


def test_the_same_edit_is_told_once_and_another_one_again(world: Watched) -> None:
    qbo_id = world.loaded()
    world.edit(qbo_id, DueDate="2027-09-09")
    assert world.look().deeds == {"edited": 1}

    world.edit(qbo_id, DueDate="2027-09-10")
    assert world.look().deeds == {}
    world.edit(qbo_id, CustomerMemo={"value": "Pay soon."})
    assert world.look().deeds == {"edited": 1}

    assert len(world.mail.mails) == 2


def test_an_edit_that_was_taken_back_is_forgotten(world: Watched) -> None:
    qbo_id = world.loaded()
    due = world.invoice()["DueDate"]
    world.edit(qbo_id, DueDate="2027-09-09")
    world.look()

    world.edit(qbo_id, DueDate=due)

    assert world.look().deeds == {}
    assert "what" not in world.kept(qbo_id)


def test_what_is_not_ours_in_an_invoice_is_no_news(world: Watched) -> None:
    qbo_id = world.loaded()
    world.edit(qbo_id, BillEmail={"Address": "a@b.example"})

    assert world.look().deeds == {}
    assert world.mail.mails == []


def test_a_payment_is_kept_and_nobody_is_mailed(world: Watched) -> None:
    qbo_id = world.loaded()
    world.people.pay(qbo_id, 100)
    assert world.look().deeds == {"paid": 1}
    world.people.pay(qbo_id)
    assert world.look().deeds == {"paid": 1}

    assert world.kept(qbo_id)["balance"] == "0"
    assert world.happened(qbo_id) == ["paid", "paid"]
    assert world.mail.mails == []


def test_voided_deleted_and_copied_invoices_are_told_in_one_mail(world: Watched) -> None:
    for number in range(3):
        world.run(world.message(number))
    world.look()
    voided, deleted, copied = (str(world.invoice(number)["Id"]) for number in range(3))
    world.people.void("Invoice", voided)
    world.people.delete("Invoice", deleted)
    copy = str(world.people.copy(copied, "20001")["Id"])

    result = world.look()

    assert result.deeds == {"voided": 1, "deleted": 1, "copied": 1}
    [mail] = world.mail.mails
    assert "10482             $513.60  voided" in mail.text
    assert "10483             $513.60  deleted" in mail.text
    assert f"copied: two invoices bear our mark (QuickBooks id {copy})" in mail.text
    assert world.kept(copy)["servicetrade_id"] == world.id_of(2)


def test_what_became_of_a_copy_is_nobodys_concern(world: Watched) -> None:
    qbo_id = world.loaded()
    voided = str(world.people.copy(qbo_id, "20001")["Id"])
    deleted = str(world.people.copy(qbo_id, "20002")["Id"])
    world.look()

    world.people.void("Invoice", voided)
    world.people.delete("Invoice", deleted)

    assert world.look().deeds == {}


def test_invoices_of_others_are_read_and_left_out(world: Watched) -> None:
    customer = world.company.create("Customer", {"DisplayName": "Somebody"})["Id"]
    typed = str(world.people.type_invoice(customer, "7")["Id"])
    world.look()
    world.people.delete("Invoice", typed)

    result = world.look()

    assert (result.rows, result.ours, result.deeds) == (1, 0, {})


def test_a_write_whose_outcome_is_open_is_the_loaders(world: Watched) -> None:
    world.fail("answer_lost", "POST *batch")
    world.run(world.message())
    assert world.entry().intent is not None

    result = world.look()

    assert (result.rows, result.ours) == (1, 0)
    assert world.mail.mails == []


def test_an_update_whose_outcome_is_open_is_the_loaders(world: Watched) -> None:
    world.loaded()
    world.fail("answer_lost", "POST *batch")
    world.run(world.message(updated=world.entry().applied.updated + 9, is_loaded=True, **labor(5)))  # type: ignore[union-attr]
    assert world.entry().intent is not None
    assert world.invoice()["SyncToken"] == "1"

    assert world.look().deeds == {}
    world.drain()
    assert world.look().deeds == {}


def test_a_row_from_before_our_last_write_is_left_to_the_next_look(world: Watched) -> None:
    world.loaded()
    now = {"LastUpdatedTime": changes._stamp(int(world.clock.now()) + HOUR)}
    row = dict(world.invoice(), DueDate="2020-01-01", MetaData=now)
    world.run(world.message(updated=world.entry().applied.updated + 9, is_loaded=True, **labor(5)))  # type: ignore[union-attr]

    result = world.look(books=Told([row], world.clock))

    assert (result.rows, result.deeds) == (1, {})


def test_what_a_held_invoice_has_told_already_is_not_told_again(world: Watched) -> None:
    qbo_id = world.loaded()
    world.edit(qbo_id, DocNumber="X-1")
    world.run(world.message(updated=world.entry().applied.updated + 9, is_loaded=True, **labor(5)))  # type: ignore[union-attr]
    assert world.entry().reason == "edited_in_quickbooks"

    world.look()

    assert world.mail.mails == []


def test_many_are_told_in_one_mail_that_stays_short(world: Watched) -> None:
    for number in range(ROWS + 2):
        world.put(world.message(number))
    world.deliver()
    world.look()
    for number in range(ROWS + 2):
        world.people.void("Invoice", str(world.invoice(number)["Id"]))

    world.look()

    [mail] = world.mail.mails
    assert "(+2 more)" in mail.text
    assert f"{ROWS + 2} invoices" in mail.subject


# How far back, and how far it came.


def test_a_look_begins_before_the_last_one_ended(world: Watched) -> None:
    world.look()
    until = world.table.get(keys.CHANGES)["until"]
    told = Told([], world.clock)

    world.look(books=told)

    assert told.asked == [until - OVERLAP_SECONDS]


def test_the_first_look_and_one_after_a_long_rest_begin_29_days_ago(world: Watched) -> None:
    told = Told([], world.clock)
    first = world.look(books=told)
    world.pass_seconds(40 * DAY)
    late = world.look(books=told)

    assert [round(world.clock.now() - told.asked[-1])] == [29 * DAY]
    assert first.missed_seconds == 0
    assert late.missed_seconds == pytest.approx(11 * DAY + HOUR, abs=2)


def test_a_look_never_takes_the_checkpoint_back(world: Watched) -> None:
    world.look()
    until = world.table.get(keys.CHANGES)["until"]

    world.look(books=Told([], world.clock, behind=2 * HOUR))

    assert world.table.get(keys.CHANGES)["until"] == until


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (TransientReadError("no answer"), "TransientReadError"),
        (RealmBlockedError("suspended"), "RealmBlockedError"),
    ],
)
def test_a_look_that_fails_says_so_and_is_made_again(
    world: Watched, error: Exception, why: str
) -> None:
    qbo_id = world.loaded()
    world.edit(qbo_id, DueDate="2027-09-09")

    failed = world.look(books=Told([], world.clock, error=error))

    assert (failed.is_complete, failed.why) == (False, why)
    assert world.look().deeds == {"edited": 1}


def test_quickbooks_is_left_alone_while_the_breaker_is_open(world: Watched) -> None:
    world.pass_seconds(HOUR)
    world.realm.open("blocked: 3100")
    told = Told([], world.clock)

    result = world.observer(books=told)(FakeDeadline(world.clock, 900))

    assert (result.is_complete, result.why, told.asked) == (False, "breaker_open", [])


def test_what_there_is_no_time_for_is_looked_at_the_next_time(world: Watched) -> None:
    qbo_id = world.loaded()
    world.edit(qbo_id, DueDate="2027-09-09")

    result = world.look(seconds=10)

    assert (result.is_complete, result.why) == (False, "out_of_time")
    assert world.look().deeds == {"edited": 1}


@pytest.mark.parametrize("before", [True, False])
def test_a_death_at_any_call_loses_no_deed(before: bool) -> None:
    for at in range(1, 60):
        world = Watched()
        qbo_id = world.loaded()
        world.edit(qbo_id, DueDate="2027-09-09")
        line = Lifeline()
        line.die_at, line.die_before = at, before
        world.pass_seconds(HOUR)
        try:
            world.observer(line)(FakeDeadline(world.clock, 900))
        except KilledError:
            world.look()
        else:
            assert at > 5
            return
        assert world.kept(qbo_id)["what"] == "edited"
        assert world.mail.mails
        assert world.happened(qbo_id).count("edited") >= 1
    raise AssertionError("it never came to its end")


def test_a_mail_that_cannot_be_sent_keeps_the_deed_for_the_next_look(world: Watched) -> None:
    qbo_id = world.loaded()
    world.edit(qbo_id, DueDate="2027-09-09")
    line = Lifeline()

    def fails() -> None:
        raise RetryableError("the topic does not answer")

    line.instead["mail.publish"] = [fails]
    world.pass_seconds(HOUR)
    failed = world.observer(line)(FakeDeadline(world.clock, 900))
    again = world.look()

    assert (failed.is_complete, failed.why) == (False, "RetryableError")
    assert again.deeds == {"edited": 1}
    assert len(world.mail.mails) == 1


# Answers that are cut.


def test_what_a_rollback_voided_is_no_deed_of_a_person() -> None:
    world = Watched()
    qbo_id = world.loaded()
    world.publish()
    desk = Desk(world)
    desk.rollback(desk.rollback.find(1), actor=ACTOR)
    world.drain()
    found = world.look()

    assert (found.is_complete, found.deeds) == (True, {})
    note = f"Mine now [st:{world.id_of()}.0]"
    world.people.edit("Invoice", qbo_id, {"PrivateNote": note, "DueDate": "2027-05-01"})
    assert world.look().deeds == {"edited": 1}


class Told:
    """QuickBooks as a list of rows; an answer holds ``cap`` of them, the oldest or the newest."""

    def __init__(
        self,
        rows: Sequence[Json],
        clock: FakeClock,
        *,
        cap: int = changes.FULL,
        oldest: bool = True,
        behind: float = 0,
        error: Exception | None = None,
    ) -> None:
        self.rows, self.clock, self.cap, self.oldest = rows, clock, cap, oldest
        self.behind, self.error = behind, error
        self.asked: list[float] = []

    def changes(self, entity: str, *, since: float) -> Changes:
        assert entity == "Invoice"
        if self.error is not None:
            raise self.error
        self.asked.append(since)
        found = [row for row in self.rows if changes._second(row) >= since]
        shown = found[: self.cap] if self.oldest else found[-self.cap :]
        return Changes(shown, len(found) >= self.cap, self.clock.now() - self.behind)

    def query(
        self, entity: str, *, where: Sequence[Comparison] = (), limit: int = 1000
    ) -> list[Json]:
        assert entity == "Invoice"
        low, high = (seconds(one.value) for one in where)
        live = [row for row in self.rows if row.get("status") != "Deleted"]
        found = [row for row in live if low <= changes._second(row) < high]
        assert limit in {changes.FULL, 100 * changes.FULL}
        return found[:limit]


def seconds(text: Any) -> int:
    return changes._second({"MetaData": {"LastUpdatedTime": text}})


def row(number: int, second: int, *, deleted: bool = False) -> Json:
    meta = {"LastUpdatedTime": changes._stamp(second)}
    state = {"status": "Deleted"} if deleted else {"SyncToken": "0"}
    return {"Id": str(number), "MetaData": meta, **state}


@pytest.mark.parametrize("oldest", [True, False])
def test_every_row_of_a_stretch_that_was_cut_is_read_once(oldest: bool) -> None:
    clock = FakeClock()
    start = int(clock.now()) - HOUR
    rows = [row(number, start + number) for number in range(2500)]

    found = list(changes.windows(Told(rows, clock, oldest=oldest), start))

    assert [one["Id"] for window in found for one in window.rows] == [row["Id"] for row in rows]
    assert [window.until for window in found] == sorted(window.until for window in found)
    assert found[-1].until == int(clock.now())
    assert all(len(window.rows) < changes.FULL for window in found)


def test_deletions_among_the_oldest_are_all_seen() -> None:
    clock = FakeClock()
    start = int(clock.now()) - HOUR
    rows = [row(number, start + number, deleted=number % 900 == 0) for number in range(2500)]

    found = list(changes.windows(Told(rows, clock), start))

    gone = [one["Id"] for window in found for one in window.rows if one.get("status")]
    assert list(dict.fromkeys(gone)) == ["0", "900", "1800"]


def test_a_second_that_fills_an_answer_is_turned_over_page_by_page() -> None:
    clock = FakeClock()
    start = int(clock.now()) - 60
    rows = [row(number, start + 7) for number in range(1500)]

    found = list(changes.windows(Told(rows, clock), start))

    assert sum(len(window.rows) for window in found) == 1500


def test_a_row_without_its_time_cannot_be_placed() -> None:
    rows = [{"Id": str(number), "MetaData": {}} for number in range(1000)]

    class Timeless(Told):
        def changes(self, entity: str, *, since: float) -> Changes:
            return Changes(rows, is_cut=bool(entity), at=since)

    books = Timeless([], FakeClock())

    with pytest.raises(TransientReadError, match="invoice 0 does not tell when it changed"):
        list(changes.windows(books, 0))
