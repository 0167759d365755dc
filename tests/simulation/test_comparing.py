"""What a reconciliation finds is held against both simulators, and every lie of it is noticed."""

import logging
from collections.abc import Generator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.domain.bridge import Sum
from invoicesync.domain.comparison import Finding, Kind
from sandbox.quickbooks.people import People
from tests.simulation.comparing import Compared
from tests.simulation.crash_points import KNOBS, Course, Stage


@pytest.fixture(autouse=True)
def _quiet() -> Generator[None]:
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


def _two_invoices(stage: Stage) -> None:
    for _ in range(2):
        stage.users.write()
    stage.at(1500, lambda: stage.reconcilers.compare(0))


@pytest.fixture
def stage() -> Stage:
    stage = Stage(Course("two invoices", _two_invoices, knobs=KNOBS))
    assert stage.run().violations == ()
    assert len(stage.reconcilers.done) == 1
    return stage


def kinds(stage: Stage, compared: Compared) -> list[str]:
    return [kind for kind, _ in stage.comparing.judged(compared)]


def found(stage: Stage, **changes: Any) -> Compared:
    """Give what was found, with another comparison or bridge."""
    (done,) = stage.reconcilers.done
    material = done.material
    if "findings" in changes:
        comparison = replace(material.comparison, findings=tuple(changes["findings"]))
        material = replace(material, audited=replace(material.audited, comparison=comparison))
    if "bridge" in changes:
        material = replace(material, bridge=replace(material.bridge, **changes["bridge"]))
    return replace(done, material=material)


def findings(stage: Stage) -> list[Finding]:
    (done,) = stage.reconcilers.done
    return list(done.material.comparison.findings)


def live(stage: Stage) -> str:
    return next(identity for ids in stage.books.live.values() for identity in ids)


def test_books_that_agree_are_found_to_agree(stage: Stage) -> None:
    assert kinds(stage, found(stage)) == []


def only(stage: Stage, compared: Compared, *but: str) -> list[str]:
    """Tell the kinds without those of the bridge, whose ends move with every invoice."""
    return [kind for kind in kinds(stage, compared) if kind not in {"bridge_wrong", *but}]


def test_a_difference_that_was_not_found_is_noticed(stage: Stage) -> None:
    People(stage.company).delete("Invoice", live(stage))

    assert only(stage, found(stage)) == ["difference_missed"]


def test_a_difference_of_another_kind_is_noticed(stage: Stage) -> None:
    stage.staff.act_on(identity := live(stage), "edit")
    People(stage.company).edit("Invoice", identity, {"TxnDate": "2026-12-24"})
    wrong = [
        replace(each, kind=Kind.VOIDED) if each.books[0].id == identity else each
        for each in findings(stage)
    ]

    assert only(stage, found(stage, findings=wrong), "difference_left") == ["difference_mistaken"]


def test_a_difference_that_is_none_is_noticed(stage: Stage) -> None:
    one, other = findings(stage)

    invented = [replace(one, kind=Kind.MISSING), other]

    assert only(stage, found(stage, findings=invented)) == ["difference_invented"]


def test_a_difference_that_nobody_has_to_decide_about_is_noticed(stage: Stage) -> None:
    told = next(iter(stage.users.invoices.values()))
    stage.account.edit("invoice", told.id, {"status": "void"})
    left = [
        replace(each, kind=Kind.UNREVERSED) if each.sources[0].id == told.id else each
        for each in findings(stage)
    ]

    assert only(stage, found(stage, findings=left)) == ["difference_left"]


def test_a_bridge_between_other_ends_is_noticed(stage: Stage) -> None:
    assert kinds(stage, found(stage, bridge={"source": Sum(1, Decimal(1))})) == ["bridge_wrong"]


def test_a_bridge_that_does_not_close_is_noticed(stage: Stage) -> None:
    assert kinds(stage, found(stage, bridge={"unexplained": Sum(0, Decimal(1))})) == ["bridge_open"]


def test_books_that_are_never_compared_to_the_end_are_noticed() -> None:
    stage = Stage(Course("one invoice", lambda stage: stage.users.write(), knobs=KNOBS))
    stage.plan.rates["reconcile"] = 1.0
    stage.reconcilers.compare = lambda *_: None  # type: ignore[assignment,method-assign]

    assert [violation.kind for violation in stage.run().violations] == ["not_closed"]
