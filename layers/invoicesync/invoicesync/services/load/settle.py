"""Settle writes whose outcome was never recorded: look first, then at most the same bytes again.

A journal is settled whole: whoever meets one open intent claims its siblings, so that a crash
leaves nothing that only one message could mend.
"""

from collections.abc import Mapping, Sequence

from invoicesync.domain.ids import RequestId
from invoicesync.errors import NewerReleaseError
from invoicesync.services.load.evidence import Finding, Look, is_absent_for_good, look
from invoicesync.services.load.findings import Findings, OpenIntent
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.resend import Resender
from invoicesync.services.load.send import SEND_SECONDS
from invoicesync.services.load.unknown import Unknowns
from invoicesync.services.load.work import Work
from invoicesync.state.entry import Entry

JOURNALS_AT_ONCE = 3
SIBLING_BUSY_SECONDS = 60
LATER_SECONDS = 30
LOOK_SECONDS = 15
"""What one look may take: two queries, each after its turn."""


class Settler:
    """Settles open intents, journal by journal."""

    def __init__(self, kit: Kit, unknowns: Unknowns, resender: Resender) -> None:
        self._kit = kit
        self._unknowns = unknowns
        self._resender = resender
        self._findings = Findings(kit)

    def settle(self, works: Sequence[Work]) -> None:
        """Settle the intents of ``works``; those still open afterwards go back to the queue."""
        journals: dict[RequestId, list[Work]] = {}
        for work in works:
            if work.is_open and work.entry.intent is not None:
                journals.setdefault(work.entry.intent.request_id, []).append(work)
        for position, (request_id, met) in enumerate(journals.items()):
            if position < JOURNALS_AT_ONCE:
                self._settle(request_id, met)
            else:
                self._later(met, LATER_SECONDS, "too_many_journals")

    def _settle(self, request_id: RequestId, works: Sequence[Work]) -> None:
        texts = self._kit.journal.texts(request_id)
        siblings = self._siblings(request_id, works)
        if siblings is None:
            self._later(works, SIBLING_BUSY_SECONDS, "sibling_busy")
            return
        opened = [
            *_opened([(work.entry, work) for work in works], texts),
            *_opened([(entry, None) for entry in siblings], texts),
        ]
        try:
            self._resender.resend(request_id, self._absent(opened))
        finally:
            # A sibling that was left as it was must not wait for the end of a lease, nor look as
            # if it had ended its loader.
            for one in opened:
                if one.work is None and not one.is_given_back:
                    self._findings.give_back(one)
        for work in works:
            if work.is_open and work.entry.intent is not None:
                # Its text is gone from the bucket: nothing can be proved any more.
                self._unknowns.hold(work)
        if all(work.entry.intent is None for work in works):
            self._kit.journal.close(request_id)

    def _siblings(self, request_id: RequestId, works: Sequence[Work]) -> list[Entry] | None:
        """Claim the other invoices of the request; None while one of them is somebody else's."""
        ours = {work.id for work in works}
        others = [id_ for id_ in self._kit.journal.invoices(request_id) if id_ not in ours]
        try:
            found = self._kit.ledger.get_many(others)
        except NewerReleaseError:
            return None
        waiting = {
            id_: entry
            for id_, entry in found.items()
            if entry.intent is not None and entry.intent.request_id == request_id
        }
        if not waiting:
            return []
        claims = self._kit.leases.claim(list(waiting), lease_seconds=self._kit.lease_seconds)
        entries = list(claims.entries.values())
        # One of them may have been settled between the read and the claim.
        open_ = [one for one in entries if one.intent and one.intent.request_id == request_id]
        settled = [one for one in entries if one not in open_]
        self._kit.leases.release(settled if claims.are_whole else entries)
        return open_ if claims.are_whole else None

    def _absent(self, opened: Sequence[OpenIntent]) -> list[OpenIntent]:
        """Look for each write, but keep the time to send again what was not found.

        A batch of thirty takes sixty queries: all of them first, and none would ever be sent.
        """
        absent: list[OpenIntent] = []
        for one in (each for each in opened if each.text):
            left = self._kit.deadline.remaining_seconds()
            if absent and left < SEND_SECONDS + LOOK_SECONDS:
                if one.work is not None:
                    one.work.retry(0, "no_time")
            elif self._is_absent(one):
                absent.append(one)
        return absent

    def _is_absent(self, one: OpenIntent) -> bool:
        """Look, record what was found, and say whether the write must be sent again."""
        found = look(self._kit.books, one.entry, one.intent, one.text)
        if found.finding is not Finding.ABSENT:
            self._findings.record(one, found)
            return False
        if is_absent_for_good(one.intent, self._kit.clock.now()):
            self._findings.record(one, Look(Finding.DEAD))
            return False
        if self._unknowns.is_hopeless(one.intent):
            if one.work is not None:
                self._unknowns.hold(one.work)
            return False
        return True

    def _later(self, works: Sequence[Work], delay: float, code: str) -> None:
        for work in works:
            # Two loaders that hold each other's siblings must not meet again in step.
            work.retry(delay + self._kit.random.uniform(0, delay), code)


def _opened(
    entries: Sequence[tuple[Entry, Work | None]], texts: Mapping[str, str]
) -> list[OpenIntent]:
    return [
        OpenIntent(entry, entry.intent, texts.get(entry.intent.bid, ""), work)
        for entry, work in entries
        if entry.intent is not None
    ]
