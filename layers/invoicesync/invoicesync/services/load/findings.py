"""Record what a look at QuickBooks says about a write whose outcome was not known."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from invoicesync.conditions import Value
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.ports import Json
from invoicesync.services.load.drafts import RESULTS
from invoicesync.services.load.evidence import Finding, Look, body_of
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.stored import Bound, Stored, bound_change, loaded_change
from invoicesync.services.load.work import Work
from invoicesync.state.entry import Entry, Intent, State
from invoicesync.state.leases import Change

LEASE_LOST_SECONDS = 60

_TOLD_OF = frozenset({State.LOADED, State.VOIDED})
"""States that people and other programs hear of."""


@dataclass(slots=True)
class OpenIntent:
    """One open intent under our lease, and the exact text of its write.

    Without ``work`` it is a sibling: claimed to be settled, then given back.
    """

    entry: Entry
    intent: Intent
    text: str
    work: Work | None
    is_given_back: bool = False


class Findings:
    """Writes findings to the ledger: a work goes on under its lease, a sibling is given back."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def record(self, one: OpenIntent, found: Look) -> None:
        """Record a finding that ends an intent, one way or another."""
        entity, body = found.entity, body_of(one.intent, one.text)
        match found.finding:
            case Finding.TWICE if entity is not None:
                self._twice(one, entity)
            case Finding.DONE if entity is not None:
                stored = Stored(entity, one.intent, RESULTS[one.intent.operation], body)
                self._apply(one, loaded_change(one.entry, stored))
            case Finding.BOUND if entity is not None:
                self._apply(one, bound_change(one.entry, entity, body))
            case _:
                self._apply(one, Change(one.entry, state=State.QUEUED, remove=("intent",)))

    def give_back(self, one: OpenIntent, values: Mapping[str, Value] | None = None) -> None:
        """End the lease on an intent that stays open, with what else is to be noted of it."""
        closed = {"lease_until": 0, "claims": 0, **(values or {})}
        self._kit.leases.change([Change(one.entry, set=closed)])
        one.is_given_back = True

    def _twice(self, one: OpenIntent, entity: Json) -> None:
        if one.work is None:
            self.give_back(one)
            return
        detail = "our mark stands on more than one live invoice in QuickBooks"
        problem = Problem(ProblemCode.DUPLICATE_IN_QUICKBOOKS, detail)
        # Bound all the same: under another number it would be looked for in vain, and made anew.
        self._kit.recorder.held(one.work, [problem], bound=Bound(entity))

    def _apply(self, one: OpenIntent, change: Change) -> None:
        if one.work is None:
            closed = {**change.set, "lease_until": 0, "claims": 0}
            # Its outcome goes out with its own message. Should that have vanished, the tick asks
            # for it again as for all that is open: for what is LOADED or VOIDED nobody would.
            state = State.QUEUED if change.state in _TOLD_OF else change.state
            self._kit.leases.change([replace(change, set=closed, state=state)])
            one.is_given_back = True
            return
        kept = {name: value for name, value in change.set.items() if name != "lease_until"}
        if self._kit.leases.change([replace(change, set=kept)]):
            one.work.retry(LEASE_LOST_SECONDS, "lease_lost")
            return
        one.work.entry = self._kit.ledger.get(one.work.id)
        one.work.has_arrived = bool(change.ready_at)
