"""Take up what the loaders say became of invoices, a batch of messages at a time."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import RateLimitedError, RetryableError
from invoicesync.ports import Deadline, Random, Received
from invoicesync.services.acknowledge import Acknowledge
from invoicesync.services.announce import Announce
from invoicesync.state.ledger import Ledger
from invoicesync.state.told import Tellings

BASE_SECONDS = 30
LONGEST_SECONDS = 600
MARGIN_SECONDS = 25
"""An invoice is begun with this much time left: three calls of it are answered by then, or nobody
waits for them any more."""


@dataclass(frozen=True, slots=True)
class HintReport:
    """What came of a batch: the messages that shall come again, by id, and when."""

    again: Mapping[str, float] = field(default_factory=dict[str, float])
    counts: Mapping[str, int] = field(default_factory=dict[str, int])


class Hints:
    """Works off messages; each invoice once, however many of them name it."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        tellings: Tellings,
        acknowledge: Acknowledge,
        announce: Announce,
        random: Random,
    ) -> None:
        self._ledger = ledger
        self._tellings = tellings
        self._acknowledge = acknowledge
        self._announce = announce
        self._random = random

    def __call__(self, batch: Sequence[Received], deadline: Deadline) -> HintReport:
        """Tell what is to be told; a message is done when every invoice of it is.

        One that cannot be read comes again until the queue puts it aside: that rings.
        """
        counts = Counter[str]()
        named = {one.message_id: named_in(one.body) for one in batch}
        counts["unreadable"] = sum(ids is None for ids in named.values())
        ids = list(dict.fromkeys(id_ for ids in named.values() for id_ in ids or ()))
        late = self._work_off(ids, deadline)
        again: dict[str, float] = {}
        for one in batch:
            waiting = named[one.message_id]
            delays = [late[id_] for id_ in waiting or () if id_ in late]
            if waiting is None or delays:
                again[one.message_id] = max([*delays, self._backoff(one.receive_count)])
        counts += self._acknowledge.counts
        return HintReport(again, {name: number for name, number in counts.items() if number})

    def _work_off(
        self, ids: Sequence[ServiceTradeId], deadline: Deadline
    ) -> dict[ServiceTradeId, float]:
        """Tell about invoices; return those that need another try, with the wait they ask for."""
        try:
            entries = self._ledger.get_many(ids)
            told = self._tellings.get_many(ids)
        except RetryableError as error:
            return dict.fromkeys(ids, error.delay_seconds or 0)
        late: dict[ServiceTradeId, float] = {}
        try:
            late |= dict.fromkeys(self._announce(entries, told), 0.0)
        except RetryableError as error:
            late |= dict.fromkeys(ids, error.delay_seconds or 0)
        for at, id_ in enumerate(ids):
            if deadline.remaining_seconds() < MARGIN_SECONDS:
                return late | dict.fromkeys(ids[at:], 0.0)
            try:
                self._acknowledge(entries[id_], told[id_])
            except RateLimitedError as limited:
                # Whatever limit that was, the others would meet it too.
                return late | dict.fromkeys(ids[at:], limited.delay_seconds or 0)
            except RetryableError as error:
                late[id_] = error.delay_seconds or 0
        return late

    def _backoff(self, receive_count: int) -> float:
        longest = min(LONGEST_SECONDS, BASE_SECONDS * 2 ** min(receive_count, 10))
        return self._random.uniform(1, longest)


def named_in(body: str) -> list[ServiceTradeId] | None:
    """Read the invoices that a message names; None where it is no message of a loader."""
    try:
        rows = json.loads(body)["outcomes"]
        return [ServiceTradeId(int(row["invoice"])) for row in rows]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
