"""`remap`, `rollback` and `mapping diff` as people read them, before a company in memory."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from invoicesync.conditions import Update
from invoicesync.state import keys
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import State
from invoicesync_cli.answers import Exit
from invoicesync_cli.command import run_command
from invoicesync_cli.errors import DeskError
from invoicesync_cli.mapping_diff import diff
from invoicesync_cli.remapping import remap, rollback
from tests.fakes.world import World, labor
from tests.unit.cli.desk import DeskBefore, screen
from tests.unit.domain.invoices import NOON, OFFICE
from tests.unit.services.desk import ACTOR

RENTAL = {"by_code": {"LAB": "Equipment Rental"}}
UNDATED: dict[str, Any] = {"transactionDate": None}
ERIE: dict[str, Any] = {"assignedOffice": {"id": 3, "name": "Erie", "address": OFFICE}}


@pytest.fixture
def desk() -> DeskBefore:
    """Load two invoices by one mapping, and put another in force."""
    world = World()
    world.run(world.message(0), world.message(1))
    world.publish(items=RENTAL)
    return DeskBefore(world)


def test_a_dry_run_shows_each_change_and_does_nothing(desk: DeskBefore) -> None:
    writes = desk.world.writes

    answer = remap(desk, dry_run=True)

    assert (answer.exit, answer.plain["asked"], desk.extraction.asked) == (Exit.FINE, None, [])
    assert [one["changes"][0]["after"] for one in answer.plain["changes"]] == [
        "Equipment Rental"
    ] * 2
    assert [(one["count"], one["amount"]) for one in answer.plain["moves"]] == [(2, 960)]
    said = screen(answer)
    assert "line 1 product: Labor → Equipment Rental ($480.00)" in said
    assert "$960.00: product Labor → Equipment Rental (2)" in said
    assert "2 invoices would change ($1,027.20 in all), 0 would not." in said
    assert "Nothing was done: this was a dry run." in said
    assert (desk.world.writes, desk.actions.of_days(1)) == (writes, [])


def test_what_is_remapped_is_on_its_way_under_a_name(desk: DeskBefore) -> None:
    answer = remap(desk, yes=True, note="rentals")
    desk.world.drain()

    assert answer.exit is Exit.FINE
    assert answer.plain["asked"] == [desk.world.id_of(0), desk.world.id_of(1)]
    assert "2 invoices on their way" in screen(answer)
    (action,) = desk.actions.of_days(1)
    assert (action.actor, action.what, action.note) == (ACTOR, "remap", "rentals")
    again = remap(desk, yes=True)
    assert (again.plain["changes"], again.plain["unchanged"], again.plain["asked"]) == ([], 2, None)
    assert "0 invoices would change" in screen(again)


def test_what_is_left_though_it_differs_is_a_finding(desk: DeskBefore) -> None:
    desk.world.people.pay(desk.world.invoice(1)["Id"], "10.00")

    answer = remap(desk, dry_run=True)

    assert answer.exit is Exit.FOUND
    left = answer.plain["left"]["payment_applied"]
    assert (left["count"], left["amount"]) == (1, desk.world.invoice(1)["TotalAmt"])
    assert left["invoices"][0]["number"] == "10483"
    assert "a payment or credit is applied" in screen(answer)


def test_what_changed_meanwhile_and_what_could_not_be_asked_for_is_told(desk: DeskBefore) -> None:
    desk.extraction.fails = 3

    answer = remap(desk, yes=True)

    assert answer.exit is Exit.FOUND
    assert answer.plain["later"] == answer.plain["asked"]
    assert "within two hours by themselves: the function failed" in screen(answer)


def test_one_that_changed_while_the_question_stood_is_named(desk: DeskBefore) -> None:
    world = desk.world

    class Late(Actions):
        """Actions, before each of which somebody edits an invoice."""

        def record(self, action: Action) -> None:
            world.run(world.message(1, updated=NOON + 60, is_loaded=True, **labor(2)))
            super().record(action)

    desk.__dict__["actions"] = Late(world.table, world.clock, world.random)

    answer = remap(desk, yes=True)

    assert answer.plain["changed_since"] == [world.id_of(1)]
    assert "left alone: 10483. Try again." in screen(answer)


def test_nobody_is_remapped_or_voided_without_a_yes(desk: DeskBefore) -> None:
    app = typer.Typer()
    app.command("remap")(lambda: run_command(lambda: remap(desk), as_json=False))
    app.command("rollback")(
        lambda: run_command(lambda: rollback(desk, mapping_version=1), as_json=False)
    )
    runner = CliRunner()

    asked = [runner.invoke(app, [word], input="n\n") for word in ("remap", "rollback")]

    assert [each.exit_code for each in asked] == [Exit.FAILED] * 2
    assert "Send 2 invoices to QuickBooks again?" in asked[0].output
    assert "What would change" in asked[0].output
    assert "Void 2 invoices, $1,027.20 in QuickBooks?" in asked[1].output
    assert (desk.extraction.asked, desk.actions.of_days(1)) == ([], [])


def test_a_rollback_is_looked_at_first(desk: DeskBefore) -> None:
    desk.world.people.close_books("2026-12-31")
    closed = rollback(desk, mapping_version=1, dry_run=True)
    desk.world.people.open_books()

    answer = rollback(desk, mapping_version=1, dry_run=True)

    assert (closed.exit, closed.plain["left"]["closed_period"]["count"]) == (Exit.FOUND, 2)
    assert "its period is closed" in screen(closed)
    assert (answer.exit, str(answer.plain["amount"])) == (Exit.FINE, "1027.20")
    said = screen(answer)
    assert "Mapping 1 made 2 invoices that can be voided, $1,027.20: 10482, 10483." in said
    assert desk.extraction.asked == []


def test_what_is_rolled_back_is_voided_and_held_and_told(desk: DeskBefore) -> None:
    answer = rollback(desk, mapping_version=1, yes=True, note="wrong")
    desk.world.drain()

    assert answer.exit is Exit.FINE
    assert "2 invoices on their way to be voided" in screen(answer)
    assert [desk.world.entry(number).reason for number in range(2)] == ["rolled_back"] * 2
    again = rollback(desk, mapping_version=1, yes=True)
    assert (again.exit, again.plain["voidable"]) == (Exit.FINE, [])
    assert "rolled back: it waits" in screen(again)


def test_a_mapping_that_made_nothing_is_refused(desk: DeskBefore) -> None:
    desk.world.publish()

    with pytest.raises(DeskError, match="mapping 2 made no invoice"):
        rollback(desk, mapping_version=2)


def test_many_are_shown_as_some_and_their_sum() -> None:
    world = World()
    world.put(*(world.message(number) for number in range(60)))
    world.drain()
    world.publish(items=RENTAL)
    desk = DeskBefore(world)
    desk.shown.listed = [world.id_of(number) for number in range(60)]
    answer = remap(desk, dry_run=True)

    said = screen(answer)

    assert "and 10 invoices more; --json lists all." in said
    assert len(answer.plain["changes"]) == 60
    assert ", …" in screen(rollback(desk, mapping_version=1, dry_run=True))
    world.people.close_books("2026-12-31")
    assert ", …" in screen(rollback(desk, mapping_version=1, dry_run=True))


def test_a_diff_says_what_would_go_and_what_would_change(desk: DeskBefore, tmp_path: Path) -> None:
    world = desk.world
    world.run(world.message(2, transactionDate=None))
    world.run(world.message(3, **ERIE))
    desk.extraction.rows[world.id_of(2)] = UNDATED
    desk.extraction.rows[world.id_of(3)] = ERIE
    file = tmp_path / "mapping.yaml"
    plain = json.loads(world.mappings.text())
    plain["departments"]["by_office"]["Erie"] = "West"
    file.write_text(json.dumps(plain), encoding="utf-8")
    before = world.writes

    answer = diff(desk, file=file)

    assert answer.exit is Exit.FOUND
    held, loaded = answer.plain["held"], answer.plain["loaded"]
    assert [one["servicetrade_id"] for one in held["would_go"]] == [world.id_of(3)]
    assert [one["because"] for one in held["would_stay"]] == [["date_missing"]]
    assert (loaded["mapping_serial"], len(loaded["changes"])) == (3, 2)
    said = screen(answer)
    assert "Held: 1 invoice of 2 would go ($513.60): 10485." in said
    assert "What remap would change after a push" in said
    assert "Nothing was written." in said
    assert (world.writes, world.mappings.current().serial) == (before, 2)
    assert world.entry(3).state is State.HELD


def test_a_diff_of_texts_alone_reads_no_invoice(desk: DeskBefore, tmp_path: Path) -> None:
    file = tmp_path / "mapping.yaml"
    plain = json.loads(desk.world.mappings.text())
    file.write_text(json.dumps(plain), encoding="utf-8")
    same = diff(desk, file=file)
    plain["mode"] = "review"
    file.write_text(json.dumps(plain), encoding="utf-8")

    texts = diff(desk, file=file, text_only=True)

    assert (same.exit, same.plain) == (Exit.FINE, {"diff": [], "held": None, "loaded": None})
    assert "No difference." in screen(same)
    assert (texts.exit, texts.plain["loaded"]) == (Exit.FOUND, None)
    assert "-mode: auto" in screen(texts)
    assert desk.books.calls == 0


def test_an_amount_that_the_ledger_lacks_counts_as_nothing(desk: DeskBefore) -> None:
    world = desk.world
    world.table.write(Update(keys.ledger(world.id_of()), remove=("total",)))

    assert str(rollback(desk, mapping_version=1, dry_run=True).plain["amount"]) == "513.60"
