"""The log of calls, and how many there were of each kind."""

from collections import Counter, deque
from dataclasses import asdict, dataclass

from sandbox.quickbooks.wire import Body

_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Call:
    """One request and how it was answered; status 0 stands for no answer."""

    time: float
    method: str
    path: str
    operation: str
    requestid: str
    status: int
    tid: str
    fault: str


class CallLog:
    """The newest calls, and counters of all of them."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=_KEPT)
        self.counts: Counter[str] = Counter()

    def add(self, call: Call, kind: str) -> None:
        """Note a call under its kind: batch, query, read, write, void, delete, token."""
        self._calls.append(call)
        self.counts[kind] += 1
        self.counts[f"status {call.status}"] += 1

    def newest(self) -> list[Call]:
        """Return the calls that are kept, the oldest first."""
        return list(self._calls)

    def listed(self) -> list[Body]:
        """Return the calls as plain objects."""
        return [asdict(call) for call in self._calls]
