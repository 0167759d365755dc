"""What the ledger knows of the invoices of which the books do not agree."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from invoicesync.domain.bridging import Standing
from invoicesync.domain.comparison import ERRORS, Finding, Kind
from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.ids import QuickBooksId, ServiceTradeId
from invoicesync.domain.problems import ProblemCode
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger

STUCK_SECONDS = 6 * 3600
"""The extractor takes up what is open for two hours; what still is after six, somebody must see."""

HEALABLE = frozenset({Kind.MISSING, Kind.STALE, Kind.UNREVERSED})
"""What a newer message from ServiceTrade mends; anything else is a person's to decide."""


@dataclass(frozen=True, slots=True)
class Known:
    """The ledger's entries of some invoices, as they stood at ``now``."""

    entries: Mapping[ServiceTradeId, Entry]
    now: float

    @property
    def standings(self) -> dict[ServiceTradeId, Standing]:
        """Say who has each of them in hand; those that nobody has are left out."""
        found = {id_: self._standing(entry) for id_, entry in self.entries.items()}
        return {id_: standing for id_, standing in found.items() if standing is not None}

    @property
    def details(self) -> dict[ServiceTradeId, str]:
        """Say of each what is wrong and what mends it, or what a person decided."""
        return {id_: text for id_, entry in self.entries.items() if (text := _told(entry))}

    @property
    def linked(self) -> frozenset[QuickBooksId]:
        """The invoices of QuickBooks that are ours by the ledger, marked or not."""
        ids = (entry.qbo_id for entry in self.entries.values())
        return frozenset(id_ for id_ in ids if id_ is not None)

    @property
    def held(self) -> list[Entry]:
        """List what is in front of a person."""
        return [entry for entry in self.entries.values() if entry.state is State.HELD]

    def healable(self, findings: Iterable[Finding]) -> list[ServiceTradeId]:
        """Choose what to ask the extractor for: nothing that a loader or a person is at."""
        sources = (each.source for each in findings if each.kind in HEALABLE)
        return [source.id for source in sources if source is not None and self._is_free(source.id)]

    def _is_free(self, invoice_id: ServiceTradeId) -> bool:
        entry = self.entries[invoice_id]
        is_at_work = entry.lease_until >= self.now or entry.intent is not None
        return self._standing(entry) is None and not is_at_work

    def _standing(self, entry: Entry) -> Standing | None:
        match entry.state:
            case State.HELD:
                return Standing.HELD
            case State.RESOLVED:
                is_accepted = entry.resolved.get("as") == "accepted-difference"
                return Standing.ACCEPTED if is_accepted else Standing.RESOLVED
            case State.WAITING:
                return Standing.ON_ITS_WAY
            case State.QUEUED | State.IN_FLIGHT:
                is_stuck = self.now - entry.open_since > STUCK_SECONDS
                return None if is_stuck else Standing.ON_ITS_WAY
            case _:
                return None


def look_up(ledger: Ledger, findings: Iterable[Finding], *, now: float) -> Known:
    """Read the entries of whatever does not simply agree."""
    ids = [one.id for each in findings if _is_asked_for(each) for one in each.sources]
    return Known(ledger.get_many(ids), now)


def _is_asked_for(finding: Finding) -> bool:
    if finding.kind in _DOUBTFUL:
        return True
    # Without a mark only the ledger can tell whether it was adopted.
    return bool(finding.sources) and any(not one.is_ours for one in finding.live)


_DOUBTFUL: Collection[Kind] = ERRORS | {Kind.UNSETTLED}


def _told(entry: Entry) -> str:
    if entry.state is State.RESOLVED:
        words = (entry.resolved.get("as", ""), entry.resolved.get("note", ""))
        return ": ".join(part for part in words if part)
    if entry.state is State.HELD and entry.reason in set(ProblemCode):
        explained = EXPLANATIONS[ProblemCode(entry.reason)]
        return f"{explained.sentence} Fix: {explained.fix}"
    return entry.reason if entry.state is State.HELD else ""
