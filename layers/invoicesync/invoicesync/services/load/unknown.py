"""Note that a write's outcome is not known, and say when to look again."""

from collections.abc import Sequence
from dataclasses import replace

from invoicesync.conditions import Item
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.errors import OutcomeUnknownError
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.work import Work
from invoicesync.state.entry import Entry, Intent
from invoicesync.state.leases import Change

UNKNOWN_SENDS = 5
UNKNOWN_SECONDS = 86_400


class Unknowns:
    """Keeps intent and lease of writes whose outcome is unknown."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def note(self, works: Sequence[Work], unknown: OutcomeUnknownError | None = None) -> None:
        """Count an unknown send; the lease is kept, for Intuit may still be executing it."""
        for work in works:
            if unknown is not None:
                work.met(unknown.strange, unknown.evidence)
            entry = self.count(work.entry)
            if entry is None:
                work.retry(60, "lease_lost")
                continue
            work.entry = entry
            if self.is_hopeless(entry.intent_or_raise):
                self.hold(work)
            else:
                self.wait(work)

    def count(self, entry: Entry) -> Entry | None:
        """Write one more unknown send; None where the lease was lost."""
        now, sent = int(self._kit.clock.now()), entry.intent_or_raise
        intent = replace(
            sent, unknown=sent.unknown + 1, unknown_since=sent.unknown_since or now, absent=()
        )
        event: Item = {"what": "unknown", "request_id": intent.request_id, "count": intent.unknown}
        change = Change(entry, set={"intent": intent.written(), "claims": 0}, event=event)
        if self._kit.leases.change([change]):
            return None
        return replace(entry, intent=intent)

    def is_hopeless(self, intent: Intent) -> bool:
        """Say whether it has been unknown five times over a day."""
        return (
            intent.unknown >= UNKNOWN_SENDS
            and self._kit.clock.now() - intent.unknown_since >= UNKNOWN_SECONDS
        )

    def hold(self, work: Work) -> None:
        """Put it before a person; the intent stays, for nothing was proved."""
        count = work.entry.intent_or_raise.unknown
        detail = f"QuickBooks gave no usable answer to {count} tries of the same request"
        problem = Problem(ProblemCode.OUTCOME_UNKNOWN, detail)
        self._kit.recorder.held(work, [problem], clears_intent=False)

    def wait(self, work: Work) -> None:
        """Send its messages back until its lease has ended."""
        left = max(0.0, work.entry.lease_until - self._kit.clock.now())
        work.keeps_lease = True
        work.retry(left + self._kit.random.uniform(1, 30), "outcome_unknown")
