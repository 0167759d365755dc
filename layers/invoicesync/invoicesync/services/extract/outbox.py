"""Sends what loaders must hear of, and remembers what was seen.

Enqueue before mark: who dies in between sends it twice; the other way round nobody sends it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from invoicesync.domain.revision import Disposition
from invoicesync.errors import RetryableError
from invoicesync.ports import Clock, Outgoing, Parallel, Queue, Random
from invoicesync.services.extract.result import Tally
from invoicesync.services.extract.sights import Sight
from invoicesync.state.claimchecks import ClaimChecks
from invoicesync.state.entry import State
from invoicesync.state.looks import Looks

SENDS = 3

_COUNTED_AS = {
    Disposition.DISPATCH: "dispatched",
    Disposition.WAITING: "waiting",
    Disposition.IGNORED: "ignored",
    Disposition.VOID: "voided",
}


class UnconfirmedError(RetryableError):
    """The queue did not confirm every message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Delivers sights."""

    queue: Queue
    claims: ClaimChecks
    looks: Looks
    clock: Clock
    random: Random
    parallel: Parallel

    def deliver(
        self, sights: Sequence[Sight], *, group: str, tally: Tally, even_unchanged: bool = False
    ) -> None:
        """Send and mark what is new; with ``even_unchanged`` send the rest too.

        Raises `UnconfirmedError` where the queue took only some; those are marked, the others are
        as if they had not been seen.
        """
        new = [sight for sight in sights if sight.is_new]
        for sight in new:
            tally.add(_COUNTED_AS[sight.revision.disposition])
        tally.add("fresh", len(new))
        tally.add("unreadable", sum(bool(sight.source.unreadable) for sight in new))
        tally.add("unchanged", len(sights) - len(new))
        quiet = [sight for sight in new if not sight.needs_message and not even_unchanged]
        settled = self.parallel.map(self._settle, quiet)
        done = {id(sight) for sight, ok in zip(quiet, settled, strict=True) if ok}
        loud = [sight for sight in (sights if even_unchanged else new) if id(sight) not in done]
        self._send(loud, group, tally)

    def _settle(self, sight: Sight) -> bool:
        waiting = sight.revision.disposition is Disposition.WAITING
        state = State.WAITING if waiting else State.IGNORED
        return self.looks.settle_unsent(sight.look(state), sight.entry)

    def _send(self, sights: Sequence[Sight], group: str, tally: Tally) -> None:
        left = list(sights)
        for attempt in range(SENDS):
            if not left:
                return
            if attempt:
                self.clock.sleep(self.random.uniform(0, 2.0**attempt))
            confirmed = self.queue.send([self._packed(sight, group) for sight in left])
            sent = [sight for sight, ok in zip(left, confirmed, strict=True) if ok]
            tally.add("enqueued", len(sent))
            self.looks.mark([sight.look(State.QUEUED) for sight in sent if sight.is_new])
            left = [sight for sight, ok in zip(left, confirmed, strict=True) if not ok]
        if left:
            raise UnconfirmedError(f"the queue did not confirm {len(left)} of {len(sights)}")

    def _packed(self, sight: Sight, group: str) -> Outgoing:
        body = self.claims.pack(sight.entry.servicetrade_id, sight.message().encode())
        return Outgoing(body, group=group)
