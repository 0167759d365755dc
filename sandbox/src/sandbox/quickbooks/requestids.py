"""The memory that makes a repeated request answer as the first did, without doing it again."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.quickbooks import refusals
from sandbox.quickbooks.options import Options
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.store import Snapshot

LONGEST = 50


@dataclass(frozen=True, slots=True)
class Deleted:
    """The answer to a delete: the object is gone, only its id is left."""

    entity: str
    identity: str


type Outcome = Snapshot | Deleted


@dataclass(frozen=True, slots=True)
class _Entry:
    until: float
    digest: bytes
    outcome: Outcome | Refusal


class RequestIds:
    """What each requestid of a realm was answered."""

    def __init__(self, clock: Callable[[], float], options: Options) -> None:
        self._clock = clock
        self._options = options
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self.replays = 0

    def once(self, key: str | None, content: str, act: Callable[[], Outcome]) -> Outcome:
        """Do ``act`` unless this key was used before; then answer as it was answered.

        ``content`` is compared with what came first under the same key; whether a difference
        matters is one of the switches.
        """
        if not key:
            return act()
        if len(key) > LONGEST:
            raise refusals.business(
                f"request_id can not be more than {LONGEST} characters. Supplied value:{key}"
            )
        self._forget()
        digest = hashlib.blake2b(content.encode(), digest_size=16).digest()
        entry = self._entries.get(key)
        if entry is not None:
            return self._repeat(entry, digest)
        try:
            outcome = act()
        except Refusal as refusal:
            if self._options.requestid_replays_faults:
                self._keep(key, digest, refusal)
            raise
        self._keep(key, digest, outcome)
        return outcome

    def _repeat(self, entry: _Entry, digest: bytes) -> Outcome:
        if entry.digest != digest:
            if self._options.requestid_mismatch == "6000":
                raise refusals.business("The request_id was used with another request")
            if self._options.requestid_mismatch == "600":
                detail = "The request id has been used before"
                raise Refusal("600", "Duplicate Request ID", detail)
        self.replays += 1
        if isinstance(entry.outcome, Refusal):
            raise entry.outcome.with_traceback(None)
        return entry.outcome

    def _keep(self, key: str, digest: bytes, outcome: Outcome | Refusal) -> None:
        until = self._clock() + self._options.requestid_retention_seconds
        self._entries[key] = _Entry(until, digest, outcome)

    def _forget(self) -> None:
        now = self._clock()
        while self._entries:
            key = next(iter(self._entries))
            if self._entries[key].until > now:
                return
            del self._entries[key]
