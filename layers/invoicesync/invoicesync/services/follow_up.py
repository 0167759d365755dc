"""Follow up what people were told: how many were added since, and what is cleared.

The loader tells of a cause the moment that it meets it. Whatever is held for the same cause within
the hour waits for the message that is sent here at the first tick after it, with whole counts: also
invoices that are never tried again by themselves, which no loader would ever offer again.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from invoicesync.domain.alerts import Letter, cleared_letter, held_letter, more_letter
from invoicesync.domain.causes import Cause
from invoicesync.domain.standing import Standing
from invoicesync.errors import BusyError, RetryableError
from invoicesync.ports import Clock, Table, Topic
from invoicesync.services.held import (
    Held,
    MailSettings,
    causes_of,
    read_held,
    row_of,
    standing,
    today,
)
from invoicesync.state.alerts import Alert, Alerts, hold_mark
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger

SETTLED_SECONDS = 120
"""How long after a message its cause may look cleared because the index lags."""
MOST_ON_THEIR_WAY = 2000


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """How many messages about causes were sent, and how many causes were told to be cleared.

    ``held`` counts by its reason what is held; nothing where nobody could look.
    """

    told: int = 0
    cleared: int = 0
    held: Mapping[str, int] = field(default_factory=dict[str, int], compare=False)


class FollowUp:
    """Tells the finance lead what became of the causes that are open."""

    def __init__(self, table: Table, clock: Clock, finance: Topic, settings: MailSettings) -> None:
        self._alerts = Alerts(table, clock)
        self._ledger = Ledger(table)
        self._clock = clock
        self._finance = finance
        self._settings = settings

    def __call__(self) -> FollowedUp:
        """Look once; where table or topic do not answer, the next tick looks again."""
        told = cleared = 0
        reasons: Counter[str] = Counter()
        try:
            now = self._clock.now()
            open_ = self._alerts.open()
            held = read_held(self._ledger, now)
            reasons.update(entry.reason for entry in held.entries)
            whole = standing(held, self._settings, now)
            causes = causes_of(held.entries)
            for cause, entries in sorted(causes.items(), key=lambda pair: pair[0]):
                told += self._tell(cause, entries, whole)
            over = self._over(open_, causes, held, now)
            cleared = self._clear(over, whole)
        except RetryableError:
            return FollowedUp(told, cleared, reasons)
        return FollowedUp(told, cleared, reasons)

    def _tell(self, cause: Cause, entries: Sequence[Entry], whole: Standing) -> bool:
        """Tell of the invoices of a cause that nobody was told of, unless it is too early."""
        added = [entry for entry in entries if entry.notified != _mark(entry)]
        if not added:
            return False
        try:
            at = self._alerts.reserve(cause.name)
        except BusyError:
            return False  # a loader is about to tell of it
        if at is None:
            return False
        letter = self._letter(added, entries, whole)
        self._finance.publish(letter.subject, letter.text)
        self._alerts.sent(cause.name, at, cause)
        for entry in added:
            self._alerts.mark(entry)
        return True

    def _letter(self, added: Sequence[Entry], entries: Sequence[Entry], whole: Standing) -> Letter:
        day = today(self._clock.now())
        new = [row_of(entry, self._settings) for entry in added]
        if len(added) == len(entries):
            return held_letter(new, whole, day)
        return more_letter(new, [row_of(entry, self._settings) for entry in entries], whole, day)

    def _over(
        self,
        open_: Sequence[Alert],
        causes: Mapping[Cause, Sequence[Entry]],
        held: Held,
        now: float,
    ) -> list[Alert]:
        """Choose the causes that hold nothing and cannot come back from what is on its way."""
        over = [
            alert
            for alert in open_
            if alert.cause not in causes and alert.sent_at < now - SETTLED_SECONDS
        ]
        if not over or not held.is_whole:
            return []
        coming: set[Cause] = set()
        for state in (State.QUEUED, State.IN_FLIGHT):
            entries = self._ledger.open_entries(state, until=now, limit=MOST_ON_THEIR_WAY)
            if len(entries) == MOST_ON_THEIR_WAY:
                return []
            coming |= causes_of(entries).keys()
        gone = [alert for alert in over if alert.cause not in coming]
        return sorted(gone, key=lambda alert: alert.cause)

    def _clear(self, over: Sequence[Alert], whole: Standing) -> int:
        """Tell of all that is cleared in one message, then note it: a crash tells it twice."""
        ours = [alert for alert in over if self._alerts.reserve_clearing(alert)]
        if not ours:
            return 0
        letter = cleared_letter([alert.cause for alert in ours], whole, today(self._clock.now()))
        self._finance.publish(letter.subject, letter.text)
        return sum(self._alerts.cleared(alert) for alert in ours)


def _mark(entry: Entry) -> str:
    return hold_mark(entry.reason, entry.seen)
