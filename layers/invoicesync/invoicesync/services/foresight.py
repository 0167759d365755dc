"""What stands in a preview for every part of a load that writes: each only remembers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from invoicesync.domain.ids import RequestId, ServiceTradeId
from invoicesync.domain.problems import Problem
from invoicesync.domain.revision import Revision
from invoicesync.errors import InvoiceSyncError
from invoicesync.ports import BatchAnswer, Books, Written
from invoicesync.services.extract.sights import shown
from invoicesync.services.load.drafts import RESULTS, Draft
from invoicesync.services.load.paced import PacedBooks
from invoicesync.services.load.record import Recorder
from invoicesync.services.load.send import Sender
from invoicesync.services.load.settle import Settler
from invoicesync.services.load.stored import Stored
from invoicesync.services.load.work import Result, Work
from invoicesync.state.entry import Entry, Operation, State
from invoicesync.state.ledger import Ledger
from invoicesync.state.references import Known, References

OF_THE_WRITE = frozenset({"Id", "SyncToken", "sparse"})
"""Fields of an update that change nothing."""


class WriteRefusedError(InvoiceSyncError):
    """Something wanted to write during a preview: a fault of ours, and nothing was written."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of one invoice. ``changes`` are the fields of an update."""

    servicetrade_id: ServiceTradeId
    shown: Mapping[str, str]
    result: str
    problems: tuple[Problem, ...] = ()
    changes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    detail: str = ""


class ReadOnlyBooks(PacedBooks):
    """QuickBooks without its writes, and without a pace: a preview is one person's."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self.calls = 0

    def _call[T](self, call: Callable[[], T]) -> T:
        self.calls += 1
        return call()

    def batch(self, body: bytes, *, request_id: RequestId) -> BatchAnswer:
        """Refuse."""
        raise WriteRefusedError(f"a preview does not write ({len(body)} bytes, {request_id})")

    def void(self, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """Refuse."""
        raise WriteRefusedError(f"a preview does not write ({len(body)} bytes, {request_id})")

    def create(self, entity: str, body: bytes, *, request_id: RequestId) -> tuple[Written, str]:
        """Refuse."""
        raise WriteRefusedError(f"a preview makes no {entity} ({len(body)} bytes, {request_id})")


class Eyes(Recorder):
    """Remembers what would be recorded."""

    def __init__(self) -> None:
        self._seen: dict[ServiceTradeId, Foreseen] = {}

    def note(self, work: Work, result: str, **told: Any) -> None:
        """Remember what would become of a work, and let no step take it further."""
        self._seen[work.id] = Foreseen(
            work.id, shown(work.message.source, work.verdict.document), result, **told
        )
        work.finish(Result.UNCHANGED)

    def of(self, work: Work) -> Foreseen:
        """Tell what would become of a work."""
        if work.id in self._seen:
            return self._seen[work.id]
        # Whose customer is not there and may be made goes once that customer was made.
        detail = "and its customer, who is not in QuickBooks yet"
        return Foreseen(
            work.id,
            shown(work.message.source, work.verdict.document),
            Result.CREATED.value,
            detail=detail,
        )

    def loaded(self, done: Sequence[tuple[Work, Stored]]) -> None:
        """Remember what is there already."""
        for work, stored in done:
            self.note(work, stored.result.value)

    def closed(self, work: Work, result: Result, state: State | None, reason: str) -> None:
        """Remember what needs nothing in QuickBooks."""
        self.note(work, result.value, detail=reason or (state or ""))

    def held(self, work: Work, problems: Sequence[Problem], **_: Any) -> None:
        """Remember a hold."""
        self.note(work, Result.HELD.value, problems=tuple(problems))


class Unsent(Sender):
    """Remembers what would be sent."""

    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes

    def send(self, drafts: Sequence[Draft]) -> None:
        """Remember writes."""
        for draft in drafts:
            operation, body = draft.write.operation, draft.write.body
            is_update = operation is Operation.UPDATE
            changes = {k: v for k, v in body.items() if is_update and k not in OF_THE_WRITE}
            self._eyes.note(draft.work, RESULTS[operation].value, changes=changes)


class Unsettled(Settler):
    """Tells of writes whose outcome is not known, and leaves them."""

    def __init__(self, eyes: Eyes) -> None:
        self._eyes = eyes

    def settle(self, works: Sequence[Work]) -> None:
        """Leave what is open."""
        for work in works:
            if work.entry.intent is not None:
                detail = "an earlier write has no outcome yet; it is looked for first"
                self._eyes.note(work, "settled first", detail=detail)


class SeenOnly(Ledger):
    """A ledger that notes nothing."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger._table)  # noqa: SLF001 - the same ledger, without its one write

    def raise_seen(self, entry: Entry, revision: Revision, *, now: float) -> Entry:
        """Say what the entry would be."""
        del now
        return replace(entry, seen=revision)


class Remembered(References):
    """References that are read from the table and kept in memory alone."""

    def __init__(self, references: References) -> None:
        self.__dict__.update(references.__dict__)

    def keep(self, entity: str, rows: Mapping[str, Known]) -> None:
        """Remember rows."""
        for name, known in rows.items():
            self._remember(entity, name.casefold(), known)

    def drop(self, entity: str, names: Sequence[str]) -> None:
        """Refuse: only what QuickBooks refused is ever dropped."""
        raise WriteRefusedError(f"a preview forgets no {entity} ({len(names)} names)")

    def start_creating(self, name: str, request_id: str, body: str) -> None:
        """Let nobody be made: whoever asks is told that somebody else is at it."""
