"""Small courses of events, each of which a process may die in at any of its calls."""

from collections.abc import Callable
from typing import Any

from tests.simulation.correcting import Past, write_unseen
from tests.simulation.crash_points import Course, Stage
from tests.simulation.people import Told, line_of

BATCH = "POST *batch"
VOID = "POST *operation=void"
LATER = 1500.0
"""Seconds after which the first load is surely over."""

type Script = Callable[[Stage], object]
COURSES: dict[str, Course] = {}
PAIRED: list[str] = []


def course(
    *expected: str, paired: bool = False, **knobs: Any
) -> Callable[[Callable[[Stage], object]], Callable[[Stage], object]]:
    """Register a course under the name of its function."""

    def register(script: Script) -> Script:
        name = script.__name__.replace("_", " ")
        COURSES[name] = Course(name, script, frozenset(expected), dict(knobs))
        if paired:
            PAIRED.append(name)
        return script

    return register


def _edit(stage: Stage, told: Told, **changes: Any) -> None:
    stage.users._revise(told, **changes)


def _only(stage: Stage) -> Told:
    (told,) = stage.users.invoices.values()
    return told


def _live(stage: Stage) -> str:
    (identity,) = stage.books.live[_only(stage).id]
    return identity


@course(paired=True)
def one_new_invoice(stage: Stage) -> None:
    stage.users.write()


@course(paired=True)
def three_new_invoices_in_one_batch(stage: Stage) -> None:
    for _ in range(3):
        stage.users.write()


@course()
def an_edit_after_the_load(stage: Stage) -> None:
    told = stage.users.write()
    stage.at(LATER, lambda: _edit(stage, told))


@course()
def a_void_after_the_load(stage: Stage) -> None:
    told = stage.users.write()
    stage.at(LATER, lambda: _edit(stage, told, status="void"))


@course()
def an_edit_and_a_revert(stage: Stage) -> None:
    told = stage.users.write()

    def revert() -> None:
        told.version += 1
        told.changed_at = stage.account.now
        items = [line_of(told.version, told.total // 120)]
        stage.account.edit("invoice", told.id, {"items": items})

    stage.at(LATER, lambda: _edit(stage, told))
    stage.at(LATER + 700, revert)


@course(loaders=1)
def the_same_invoice_twice_in_a_batch(stage: Stage) -> None:
    told = stage.users.write()
    stage.at(1, lambda: stage.functions.by_id([told.id]))


@course()
def a_create_whose_answer_is_lost(stage: Stage) -> None:
    stage.users.write()
    stage.fail("answer_lost", BATCH)


@course()
def a_create_that_lands_late(stage: Stage) -> None:
    stage.users.write()
    stage.fail("commit_late", BATCH, seconds=100)


@course()
def a_create_that_never_arrived(stage: Stage) -> None:
    stage.users.write()
    stage.fail("request_lost", BATCH)


@course()
def an_update_whose_answer_is_lost(stage: Stage) -> None:
    told = stage.users.write()
    stage.fail("answer_lost", BATCH, skip=1)
    stage.at(LATER, lambda: _edit(stage, told))


@course()
def a_void_whose_answer_is_lost(stage: Stage) -> None:
    told = stage.users.write()
    stage.fail("answer_lost", VOID)
    stage.at(LATER, lambda: _edit(stage, told, status="void"))


@course("number_too_long", paired=True)
def one_of_three_is_held(stage: Stage) -> None:
    told = [stage.users.write() for _ in range(3)]
    _rename(stage, told[0])


def _rename(stage: Stage, told: Told) -> None:
    told.number = "X" * 22
    told.numbers.add(told.number)
    _edit(stage, told, invoiceNumber=told.number)


@course("number_too_long")
def held_and_then_mended(stage: Stage) -> None:
    told = stage.users.write()
    _rename(stage, told)

    def mend() -> None:
        told.number = "10001"
        _edit(stage, told, invoiceNumber=told.number)

    stage.at(LATER, mend)


@course()
def a_job_that_closes(stage: Stage) -> None:
    told = stage.users.write("scheduled")
    stage.at(LATER, lambda: stage.account.close_job(told.job))


@course()
def left_out_and_then_sent_after_all(stage: Stage) -> None:
    told = stage.users.write()
    stage.account.tag("invoice", told.id, "do-not-sync")
    stage.at(LATER, lambda: stage.account.edit("invoice", told.id, {"tags": []}))


@course(create_missing=True, paired=True)
def a_customer_to_be_made(stage: Stage) -> None:
    stage.users.write()


@course()
def a_token_that_is_refused(stage: Stage) -> None:
    stage.users.write()
    stage.fail("expire_tokens", BATCH)


@course()
def a_limit_that_is_met(stage: Stage) -> None:
    stage.users.write()
    stage.fail("throttle_xml", BATCH)


@course()
def a_batch_without_one_of_its_answers(stage: Stage) -> None:
    for _ in range(2):
        stage.users.write()
    stage.fail("batch_item_missing", BATCH, items=[0])


@course(page_size=2)
def a_scan_of_several_pages(stage: Stage) -> None:
    for _ in range(5):
        stage.users.write()


@course()
def a_backfill_beside_the_live_scan(stage: Stage) -> None:
    stage.users.write()
    stage.at(1, stage.operators.look_back)


@course(paired=True)
def a_mapping_published_in_between(stage: Stage) -> None:
    stage.users.write()
    stage.at(10, stage.operators.publish)


@course("payment_applied")
def an_edit_under_a_payment(stage: Stage) -> None:
    told = stage.users.write()
    stage.at(LATER, lambda: stage.staff._pay(_live(stage)))
    stage.at(LATER + 1, lambda: _edit(stage, told))


@course("deleted_in_quickbooks")
def an_edit_of_what_was_deleted(stage: Stage) -> None:
    told = stage.users.write()
    stage.at(LATER, lambda: stage.staff._delete(_live(stage)))
    stage.at(LATER + 1, lambda: _edit(stage, told))


@course("number_too_long")
def a_redrive_of_what_is_held(stage: Stage) -> None:
    told = stage.users.write()
    _rename(stage, told)
    stage.at(LATER, stage.operators.redrive)
    stage.at(LATER + 1, lambda: stage.functions.by_id([told.id]))


@course()
def a_remap_of_what_is_loaded(stage: Stage) -> None:
    for _ in range(2):
        stage.users.write()
    stage.at(LATER, stage.operators.publish)
    stage.at(LATER + 1, stage.desk.remap)


@course()
def a_rollback_and_the_remap_after_it(stage: Stage) -> None:
    stage.users.write()
    stage.at(LATER, stage.operators.publish)
    stage.at(LATER + 1, lambda: stage.desk.undo(1))
    stage.at(2 * LATER, stage.desk.remap)


@course()
def a_past_that_is_linked_while_loaders_are_at_it(stage: Stage) -> None:
    told = stage.users.write()
    Past.type(stage.company, told.customer, told.number, told.total)
    stage.at(1, stage.desk.adopt)


@course()
def an_invoice_that_only_a_comparison_comes_upon(stage: Stage) -> None:
    stage.users.write()
    stage.at(LATER, lambda: write_unseen(stage.users, stage.account))
    for nights in (0, 1):  # who dies in the first is followed by the second
        stage.at(LATER + 1 + nights * LATER, lambda: stage.reconcilers.compare(0))
