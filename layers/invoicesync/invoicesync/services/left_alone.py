"""Loaded invoices that a mapping leaves alone, and why: what a person did, or decided, stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from invoicesync.domain.echo import changed_fields, has_applied, is_voided
from invoicesync.domain.problems import ProblemCode
from invoicesync.ports import Json
from invoicesync.state.entry import Entry, State

VOIDED, ADOPTED, RESOLVED = "voided", "adopted", "resolved"
HELD, ON_ITS_WAY, ROLLED_BACK = "held", "on_its_way", ProblemCode.ROLLED_BACK.value
CHANGED_SINCE, CORRECTED_SINCE, VANISHED = "changed_since", "corrected_since", "vanished"
PAID, CLOSED_PERIOD = ProblemCode.PAYMENT_APPLIED.value, ProblemCode.CLOSED_PERIOD.value
EDITED, DELETED = (
    ProblemCode.EDITED_IN_QUICKBOOKS.value,
    ProblemCode.DELETED_IN_QUICKBOOKS.value,
)

SENTENCES: Mapping[str, str] = {
    VOIDED: "voided, which is final",
    ADOPTED: "adopted: compared, and never written",
    RESOLVED: "closed by a person",
    HELD: "held for something else; it tries itself again by the mapping in force",
    ON_ITS_WAY: "on its way; it goes by the mapping in force",
    ROLLED_BACK: "rolled back: it waits for a corrected mapping and somebody's word",
    CHANGED_SINCE: "it changed while this ran; try again",
    CORRECTED_SINCE: "a later mapping has written it since",
    VANISHED: "ServiceTrade does not show it",
    PAID: "a payment or credit is applied",
    CLOSED_PERIOD: "its period is closed",
    EDITED: "a person changed it in QuickBooks",
    DELETED: "somebody deleted it in QuickBooks",
}
"""Why, for a person; a problem of its own that a mapping would cause says so by itself."""


@dataclass(frozen=True, slots=True)
class Left:
    """One invoice that is left alone; ``why`` is a stable name."""

    entry: Entry
    why: str
    detail: str = ""

    @property
    def sentence(self) -> str:
        """Say why."""
        told = SENTENCES.get(self.why, self.why.replace("_", " "))
        if self.detail and self.why in {PAID, CLOSED_PERIOD, EDITED, DELETED}:
            return self.detail  # it says the same, and more
        return f"{told} ({self.detail})" if self.detail else told


def by_ledger(entry: Entry) -> str:
    """Say why the ledger alone leaves an invoice alone; empty where it does not."""
    if entry.adopted or entry.state is State.ADOPTED:
        return ADOPTED
    if entry.state is State.RESOLVED:
        return RESOLVED
    if entry.state is State.VOIDED or entry.is_voided:
        return VOIDED
    if entry.state in {State.QUEUED, State.IN_FLIGHT} or entry.intent is not None:
        return ON_ITS_WAY
    return ""


def by_books(entry: Entry, there: Json | None, closed_on: date | None) -> str:
    """Say why what stands in QuickBooks is left alone; empty where it is not."""
    if there is None:
        return DELETED
    if entry.rolled_back:
        is_touched = not is_voided(there) or bool(changed_fields(entry.echo_hash, there))
    else:
        is_touched = is_voided(there) or bool(changed_fields(entry.echo_hash, there))
    if is_touched or not entry.echo_hash:
        return EDITED
    if has_applied(there):
        return PAID
    return CLOSED_PERIOD if is_closed(there, closed_on) else ""


def is_closed(there: Json, closed_on: date | None) -> bool:
    """Say whether an invoice lies in closed books."""
    return closed_on is not None and str(there.get("TxnDate", "")) <= closed_on.isoformat()


def by_reason(left: Sequence[Left]) -> Mapping[str, tuple[Left, ...]]:
    """Gather them by why."""
    found: dict[str, tuple[Left, ...]] = {}
    for one in left:
        found[one.why] = (*found.get(one.why, ()), one)
    return dict(sorted(found.items()))
