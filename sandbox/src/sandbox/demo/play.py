"""Play the demo: a first sync, what people do meanwhile, a second sync, and a third for nothing."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.demo.acknowledged import Acknowledged, judge
from sandbox.demo.check import Findings, compare, held_in
from sandbox.demo.differences import Compared, figures_of
from sandbox.demo.differences import play as play_differences
from sandbox.demo.look_back import Looked, look_back
from sandbox.demo.second_act import play as play_second_act
from sandbox.demo.standing import Standing, read_standing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.cloud.batches import Delivery
    from sandbox.demo.stage import Stage
    from sandbox.demo.world import World

_WRITES = ("batch", "create", "update", "void", "delete", "send", "write")
_READS = ("query", "read", "cdc", "report")
# A message that must come again comes within a minute or two; nothing here needs longer.
_PATIENCE_SECONDS = 90.0
_VISIBLE_AGAIN_SECONDS = 20


class Screen(Protocol):
    """Where the audience looks."""

    def act(self, title: str) -> None:
        """Announce what comes next."""

    def begin(self, total: int) -> None:
        """Begin to count messages up to ``total``."""

    def advance(self, messages: int) -> None:
        """Count some more."""

    def end(self) -> None:
        """Stop counting."""


@dataclass(slots=True)
class Run:
    """One sync: what the extractor said, what was delivered, what QuickBooks was asked for."""

    extracted: Mapping[str, Any]
    seconds: float
    created: int
    updated: int
    voided: int
    calls: dict[str, int]
    errors: tuple[str, ...]
    hidden: int

    @property
    def writes(self) -> int:
        """Count the calls that may change QuickBooks."""
        return sum(self.calls.get(kind, 0) for kind in _WRITES)

    @property
    def all_calls(self) -> int:
        """Count every call to QuickBooks but those for tokens."""
        return self.writes + sum(self.calls.get(kind, 0) for kind in _READS)


@dataclass(slots=True)
class Played:
    """The whole demo, for the screen, the page and the summary."""

    runs: list[Run] = field(default_factory=list)
    deeds: dict[str, int] = field(default_factory=dict)
    findings: list[Findings] = field(default_factory=list)
    standing: Standing | None = None
    acknowledged: Acknowledged = field(default_factory=Acknowledged)
    compared: Compared = field(default_factory=Compared)
    looked: Looked = field(default_factory=Looked)
    faults: list[str] = field(default_factory=list)
    """What went wrong; empty when the demo is as it should be."""


def play(stage: Stage, world: World, screen: Screen) -> Played:
    """Play all three acts on a stage that has started and is mapped."""
    played = Played()
    screen.act("First sync: everything since go-live")
    _sync(stage, world, screen, played)
    screen.act("People at work: edits, voids, closed jobs, and meddling in QuickBooks")
    played.deeds = play_second_act(world, dict(read_standing(stage.cloud, world).ids))
    screen.act("Second sync: what changed")
    _sync(stage, world, screen, played)
    screen.act("Third sync: the same data once more")
    _sync(stage, world, screen, played)
    played.standing = read_standing(stage.cloud, world)
    played.faults += faults_of(played, world)
    screen.act("Both books compared: a difference of each kind is planted, and found")
    played.compared = play_differences(stage, world, dict(played.standing.ids))
    played.faults += played.compared.faults
    if world.past is not None:
        screen.act("Looking back: the invoices that were typed by hand before go-live")
        played.looked = look_back(stage, world.past)
        played.faults += played.looked.faults
    return played


def _sync(stage: Stage, world: World, screen: Screen, played: Played) -> None:
    company = world.books.company
    before, changes = Counter(company.calls.counts), len(company.books.store.changes)
    began = time.monotonic()
    (answer,) = stage.cloud.scheduler.fire("ExtractorFunction").values()
    errors = (f"extractor: {answer.error}",) if answer.failed else ()
    screen.begin(sum(stage.cloud.mapping("LoaderFunction").depth()))

    def count(delivery: Delivery) -> None:
        screen.advance(delivery.messages - delivery.returned)

    drained = stage.cloud.drain("LoaderFunction", patience_seconds=_PATIENCE_SECONDS, watch=count)
    told = stage.cloud.drain("AcknowledgerFunction", patience_seconds=_PATIENCE_SECONDS)
    screen.end()
    seconds = time.monotonic() - began
    verbs = Counter(
        change.verb
        for change in company.books.store.changes[changes:]
        if change.entity == "Invoice"
        and (change.verb == "Create" or change.identity not in world.by_other_apps)
    )
    played.runs.append(
        Run(
            extracted=answer.payload if not answer.failed else {},
            seconds=seconds,
            created=verbs["Create"],
            updated=verbs["Update"],
            voided=verbs["Void"],
            calls=dict(Counter(company.calls.counts) - before),
            errors=(*errors, *drained.errors, *told.errors),
            hidden=drained.hidden + told.hidden,
        )
    )
    found = compare(
        world.account,
        company,
        go_live=world.go_live,
        past=world.books.past,
        letters=held_in(_dead_letters(stage)),
    )
    played.findings.append(found)
    held = {each.servicetrade_id for each in read_standing(stage.cloud, world).held}
    where = f"after sync {len(played.runs)}"
    # Not a part of the judgement: the product's own record is held against what was judged.
    played.faults += [f"{where} the ledger does not hold {each}" for each in found.held - held]
    played.faults += [f"{where} the ledger alone holds {each}" for each in held - found.held]
    played.acknowledged = judge(world.account, company, past=world.books.past)
    played.faults += [f"{where} {fault}" for fault in played.acknowledged.faults]


def _dead_letters(stage: Stage) -> list[dict[str, Any]]:
    """Look at every dead letter and leave it where it is."""
    sqs, url = stage.cloud.client("sqs"), stage.cloud.ref("InvoiceDLQ")
    found: list[dict[str, Any]] = []
    receipts: list[str] = []
    while messages := sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=10,
        MessageAttributeNames=["All"],
        VisibilityTimeout=_VISIBLE_AGAIN_SECONDS,
    ).get("Messages", []):
        found += messages
        receipts += [message["ReceiptHandle"] for message in messages]
    for receipt in receipts:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=receipt, VisibilityTimeout=0)
    return found


def faults_of(played: Played, world: World) -> list[str]:
    """List what was not as it should be, each in one line."""
    faults = [error for run in played.runs for error in run.errors]
    for number, (run, found) in enumerate(zip(played.runs, played.findings, strict=True), start=1):
        where = f"after sync {number}"
        if run.hidden:
            faults.append(f"{where} {run.hidden} messages were still on their way")
        faults += [f"{where} invoice {identity} is lost" for identity in found.lost]
        faults += [f"{where} invoice {identity} is there twice" for identity in found.doubled]
        faults += [f"{where} {what}" for what in (*found.differing, *found.strangers)]
    if played.runs[-1].writes:
        faults.append(f"the third sync wrote to QuickBooks {played.runs[-1].writes} times")
    assert played.standing is not None  # noqa: S101  (read after the last sync)
    missing = sorted(set(world.odd) - set(played.standing.held_by_code()))
    return faults + [f"nothing is held for {code}" for code in missing]


def summary(played: Played, world: World) -> dict[str, Any]:
    """Put the figures together as build/demo/summary.json has them."""
    standing, found = played.standing, played.findings[-1]
    assert standing is not None  # noqa: S101  (read after the last sync)
    return {
        "source_invoices": world.account.store.count("invoice"),
        "created": sum(run.created for run in played.runs),
        "updated": sum(run.updated for run in played.runs),
        "voided": sum(run.voided for run in played.runs),
        "waiting": sum(standing.waiting.values()),
        "ignored": sum(standing.ignored.values()),
        "held": standing.held_by_code(),
        "lost": len(found.lost),
        "duplicates": len(found.doubled),
        "money": {
            "servicetrade": f"{found.servicetrade_total:.2f}",
            "quickbooks": f"{found.quickbooks_total:.2f}",
            "held": f"{found.held_total:.2f}",
        },
        "quickbooks_calls": sum(run.all_calls for run in played.runs),
        "told_servicetrade": {
            "processed": played.acknowledged.processed,
            "failed": played.acknowledged.failed,
            "comments": played.acknowledged.comments,
        },
        "waiting_by_reason": dict(standing.waiting),
        "ignored_by_reason": dict(standing.ignored),
        "dispatched": found.dispatched,
        "in_quickbooks": found.in_quickbooks,
        "between_first_and_second_run": played.deeds,
        "runs": [_figures(run) for run in played.runs],
        "reconciliations": [figures_of(said) for said in played.compared.answers],
        "typed_before_go_live": played.looked.figures(),
        "faults": played.faults,
    }


def _figures(run: Run) -> dict[str, Any]:
    return {
        "created": run.created,
        "updated": run.updated,
        "voided": run.voided,
        "rows_read": run.extracted.get("rows", 0),
        "messages": run.extracted.get("enqueued", 0),
        "quickbooks_calls": run.all_calls,
        "quickbooks_writes": run.writes,
        "seconds": round(run.seconds, 1),
    }


def write_json(path: Path, figures: Mapping[str, Any]) -> None:
    """Write the summary for machines."""
    path.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
