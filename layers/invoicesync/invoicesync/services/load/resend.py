"""Send a write again whose outcome is unknown: its own bytes, its own key, nothing new."""

from collections.abc import Sequence

from invoicesync.domain.ids import RequestId
from invoicesync.errors import (
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    RealmBlockedError,
    RefusedError,
    RetryableError,
)
from invoicesync.ports import BatchAnswer, Written
from invoicesync.services.load.backoff import delay_for
from invoicesync.services.load.drafts import BATCH_ITEMS, batch_body
from invoicesync.services.load.evidence import body_of, next_look_seconds, read_back, with_absence
from invoicesync.services.load.findings import Findings, OpenIntent
from invoicesync.services.load.kit import Kit
from invoicesync.services.load.send import Sender
from invoicesync.services.load.unknown import Unknowns
from invoicesync.state.entry import Intent, Operation

TOGETHER_UNKNOWN = 1
"""How often a batch may end unknown before its items are sent one by one."""
LOOK_AGAIN_SECONDS = 60


class Resender:
    """Sends pinned writes again, and takes in what comes back."""

    def __init__(self, kit: Kit, unknowns: Unknowns, sender: Sender) -> None:
        self._kit = kit
        self._unknowns = unknowns
        self._sender = sender
        self._findings = Findings(kit)

    def resend(self, request_id: RequestId, absent: Sequence[OpenIntent]) -> None:
        """Send what was looked for and not found."""
        for group in in_groups(absent, BATCH_ITEMS):
            if self._sender.has_time([one.entry for one in group]):
                self._resend(request_id, group)
                continue
            for one in group:
                if one.work is not None:
                    one.work.retry(0, "no_time")

    def _resend(self, request_id: RequestId, group: Sequence[OpenIntent]) -> None:
        for one in group:
            one.is_given_back = True  # whatever comes now, only the end of its lease frees it
            if one.work is not None:
                one.work.keeps_lease = True
        try:
            answer = self._send_again(request_id, group)
        except OutcomeUnknownError as unknown:
            for one in group:
                self._unknown(one, unknown)
            return
        except (NotSentError, RateLimitedError, RealmBlockedError) as error:
            # Nothing was done now; the first send stays as unknown as it was.
            for one in group:
                delay = delay_for(one.work, error, self._kit.random) if one.work else 0
                self._give_back(one, delay, type(error).__name__)
            return
        except RefusedError:
            for one in group:
                self._still_absent(one)
            return
        for one in group:
            self._answered(one, answer.items.get(one.intent.bid))

    def _send_again(self, request_id: RequestId, group: Sequence[OpenIntent]) -> BatchAnswer:
        if group[0].intent.operation is Operation.VOID:
            written, tid = self._kit.books.void(group[0].text.encode(), request_id=request_id)
            return BatchAnswer({group[0].intent.bid: written}, tid)
        body = batch_body([one.text for one in group])
        return self._kit.books.batch(body, request_id=request_id)

    def _answered(self, one: OpenIntent, written: Written | None) -> None:
        if written is None or (written.entity is None and written.fault is None):
            self._unknown(one)
            return
        if written.entity is None:
            self._still_absent(one)
            return
        body = body_of(one.intent, one.text)
        try:
            found = read_back(self._kit.books, one.intent, body, written.entity)
        except (RetryableError, RealmBlockedError):
            # It was answered, so its first send is over; what became of it shows the next look.
            self._give_back(one, LOOK_AGAIN_SECONDS, "not_read_back")
            return
        if found is None:
            self._unknown(one)
            return
        if one.work is not None:
            one.work.keeps_lease = False
        self._findings.record(one, found)

    def _unknown(self, one: OpenIntent, unknown: OutcomeUnknownError | None = None) -> None:
        if one.work is not None:
            self._unknowns.note([one.work], unknown)
        else:
            self._unknowns.count(one.entry)

    def _still_absent(self, one: OpenIntent) -> None:
        """Note one more look in vain: a fault now proves nothing about the first send.

        Three of these over six hours are what a new key needs.
        """
        now = self._kit.clock.now()
        intent = with_absence(one.intent, now)
        self._give_back(one, next_look_seconds(intent, now), "absent", intent)

    def _give_back(
        self, one: OpenIntent, delay: float, code: str, intent: Intent | None = None
    ) -> None:
        self._findings.give_back(one, {} if intent is None else {"intent": intent.written()})
        if one.work is not None:
            one.work.keeps_lease = False
            one.work.retry(delay, code)


def in_groups(absent: Sequence[OpenIntent], size: int) -> list[list[OpenIntent]]:
    """Group resends: together at first, one by one after two unknown outcomes; voids alone."""
    groups: list[list[OpenIntent]] = []
    together: list[OpenIntent] = []
    for one in absent:
        if one.intent.operation is Operation.VOID or one.intent.unknown > TOGETHER_UNKNOWN:
            groups.append([one])
        else:
            together.append(one)
    return groups + [together[i : i + size] for i in range(0, len(together), size)]
