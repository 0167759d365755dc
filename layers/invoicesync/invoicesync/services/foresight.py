"""What stands in a preview for every part of a load that writes: each only remembers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import Problem
from invoicesync.domain.revision import Revision
from invoicesync.domain.shown import shown
from invoicesync.ports import Json
from invoicesync.services.field_changes import FieldChange, changes_of
from invoicesync.services.load.drafts import RESULTS, Draft
from invoicesync.services.load.record import Recorder
from invoicesync.services.load.send import Sender
from invoicesync.services.load.settle import Settler
from invoicesync.services.load.stored import Stored
from invoicesync.services.load.work import Result, Work
from invoicesync.services.looking import WriteRefusedError
from invoicesync.state.entry import Entry, Operation, State
from invoicesync.state.ledger import Ledger
from invoicesync.state.references import Known, References


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of one invoice.

    ``changes`` are the fields of an update, ``there`` what stands in QuickBooks before it, and
    ``approves`` names the document that would be sent, for a person to let go.
    """

    servicetrade_id: ServiceTradeId
    shown: Mapping[str, str]
    result: str
    problems: tuple[Problem, ...] = ()
    changes: tuple[FieldChange, ...] = ()
    detail: str = ""
    there: Json = field(default_factory=dict[str, Any])
    approves: str = ""


class Eyes(Recorder):
    """Remembers what would be recorded."""

    def __init__(self) -> None:
        self._seen: dict[ServiceTradeId, Foreseen] = {}

    def note(self, work: Work, result: str, **told: Any) -> None:
        """Remember what would become of a work, and let no step take it further."""
        shows = shown(work.message.source, work.verdict.document)
        self._seen[work.id] = Foreseen(work.id, shows, result, approves=work.asked_hash, **told)
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
            write, there = draft.write, draft.write.before
            is_update = write.operation is Operation.UPDATE
            changes = changes_of(draft.work.document, write.body, there) if is_update else ()
            result = RESULTS[write.operation].value
            self._eyes.note(draft.work, result, changes=changes, there=there)


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
