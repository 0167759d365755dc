"""Defences of what compares, links, remaps and rolls back, and how each is taken out."""

from typing import Any

from invoicesync.conditions import Absent
from invoicesync.domain.comparison import Finding
from invoicesync.domain.observation import Kept
from invoicesync.services import adopt, observe, rollback, wishes
from invoicesync.services.reconcile import standings
from invoicesync.services.reconcile.reconcile import Reconcile
from invoicesync.state.entry import Entry
from tests.simulation.ablation.removal import Defence, by


def _without_our_mark(finding: Finding) -> bool:
    return not finding.live[0].is_ours


def _loaded_at_all(entry: Entry, _: int) -> str:
    return "" if entry.is_loaded else "deleted"


def _kept_whatever_is_open(entry: Entry) -> Any:
    if entry.qbo_id is None:
        return None
    is_voided = entry.is_voided or entry.rolled_back > 0
    return Kept(entry.qbo_id, entry.sync_token, entry.echo_hash, entry.total, is_voided)


CORRECTING = (
    Defence(
        "healing",
        "what the comparison misses is asked for again",
        (by(standings, "HEALABLE", frozenset()),),
        needs=("unseen",),
    ),
    Defence(
        "look by Id",
        "what no query shows is read by the Id that the ledger has",
        (by(Reconcile, "_looked_for", lambda *_: ([], [])),),
        needs=("reconcile",),
    ),
    Defence(
        "link beyond doubt",
        "only what agrees in customer and money is linked",
        (by(adopt, "_is_beyond_doubt", _without_our_mark),),
        needs=("typed_past",),
    ),
    Defence(
        "conditional link",
        "a pair is linked only while nothing of ours is in QuickBooks or on its way",
        (by(adopt, "_as_it_was_read", lambda *_: Absent("nothing")),),
        needs=("typed_past",),
    ),
    Defence(
        "a wish is open work",
        "what a person wants is asked for by the tick should its command die",
        (by(wishes, "state_change", lambda *_: ({}, ())),),
        needs=("remap", "rollback"),
    ),
    Defence(
        "corrected since",
        "what another mapping has written since is not rolled back",
        (by(rollback, "_why_by_ledger", _loaded_at_all),),
        needs=("rollback",),
    ),
    Defence(
        "open intents are the loader's",
        "the observer leaves alone what a loader is writing",
        (by(observe, "_kept", _kept_whatever_is_open),),
        needs=("observe",),
    ),
)
