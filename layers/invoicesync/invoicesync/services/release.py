"""Let go what waits for somebody's approval: exactly the document that was looked at."""

from collections.abc import Sequence
from dataclasses import dataclass

from invoicesync.conditions import Equals, Update, all_of
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import ProblemCode
from invoicesync.errors import ConditionFailedError
from invoicesync.ports import Extractor, Table
from invoicesync.services.again import Asked, ask_again
from invoicesync.state import keys
from invoicesync.state.actions import Action, Actions
from invoicesync.state.entry import Entry, State

LET_GO_BY_A_PERSON = frozenset({ProblemCode.AWAITING_RELEASE.value, ProblemCode.ROLLED_BACK.value})


@dataclass(frozen=True, slots=True)
class Released:
    """What was let go. ``others`` are held for something else too, or by an uncorrected mapping."""

    ids: tuple[ServiceTradeId, ...]
    others: tuple[ServiceTradeId, ...]
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Releases held invoices."""

    table: Table
    extractor: Extractor
    actions: Actions

    def __call__(self, entries: Sequence[Entry], *, actor: str) -> Released:
        """Release what awaits it among ``entries``; a document that changed since stays held."""
        awaiting = [entry for entry in entries if awaits_release(entry)]
        # A document that has other problems besides was never made, and one of a mapping that was
        # rolled back is wrong: there is nothing to approve.
        ready = [entry for entry in awaiting if entry.held_hash]
        let_go = [entry.servicetrade_id for entry in ready if self._let_go(entry)]
        others = [entry.servicetrade_id for entry in awaiting if not entry.held_hash]
        if let_go:
            self.actions.record(Action(actor, "release", invoices=let_go))
        asked = ask_again(self.extractor, let_go, actor=actor)
        return Released(tuple(let_go), tuple(others), asked)

    def _let_go(self, entry: Entry) -> bool:
        try:
            self.table.write(
                Update(
                    keys.ledger(entry.servicetrade_id),
                    set={"released_hash": entry.held_hash},
                    condition=all_of(
                        Equals("state", State.HELD.value), Equals("held_hash", entry.held_hash)
                    ),
                )
            )
        except ConditionFailedError:
            return False
        return True


def awaits_release(entry: Entry) -> bool:
    """Say whether an invoice waits for somebody's approval, besides whatever else."""
    codes = {problem.get("code") for problem in entry.problems}
    return not codes.isdisjoint(LET_GO_BY_A_PERSON)
