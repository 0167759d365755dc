"""One invoice on its way through a load, and what comes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from invoicesync.domain.document import Document
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.message import Message
from invoicesync.domain.problems import Problem
from invoicesync.domain.rendering import Resolved
from invoicesync.domain.verdict import Verdict
from invoicesync.ports import Received
from invoicesync.services.load.lookup import Found
from invoicesync.state.entry import Entry


class Result(StrEnum):
    """How one message ended."""

    CREATED = "created"
    UPDATED = "updated"
    VOIDED = "voided"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    WAITING = "waiting"
    IGNORED = "ignored"
    HELD = "held"
    UNREADABLE = "unreadable"
    RETRY = "retry"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one message; only RETRY goes back to the queue."""

    message_id: str
    receipt: str
    result: Result
    code: str = ""
    delay_seconds: float = 0.0


@dataclass(slots=True)
class Work:
    """One invoice of a batch: its newest message, its ledger entry, and what is known so far.

    A work with a ``result`` is finished; the steps of a load pass it over. One that ``keeps_lease``
    has a write on its way, or one whose outcome is unknown: nobody may touch it before the lease
    has ended. One that ``is_untried`` was claimed and left alone. ``asked_hash`` is that of the
    document as it was asked for, before its date was moved out of closed books. An ``is_suspect``
    was in a batch of which QuickBooks refused something; which of them it was is not known.
    One that ``has_arrived`` was found in QuickBooks, where an earlier load had brought it.
    ``strange`` names an answer about it that nobody documents, ``evidence`` where that lies.
    """

    message: Message
    received: Sequence[Received]
    entry: Entry
    verdict: Verdict
    mapping_serial: int
    problems: tuple[Problem, ...] = ()
    resolved: Resolved | None = None
    found: Found = field(default_factory=Found)
    result: Result | None = None
    code: str = ""
    delay_seconds: float = 0.0
    asked_hash: str = ""
    keeps_lease: bool = False
    is_untried: bool = False
    is_suspect: bool = False
    is_second_try: bool = False
    wants_second_try: bool = False
    has_arrived: bool = False
    strange: str = ""
    evidence: str = ""

    @property
    def id(self) -> ServiceTradeId:
        """The ServiceTrade invoice."""
        return self.message.servicetrade_id

    @property
    def document(self) -> Document:
        """The document that is to be loaded; only asked for where there is one."""
        if self.verdict.document is None:
            raise LookupError(f"invoice {self.id} has no document")
        return self.verdict.document

    @property
    def ready(self) -> Resolved:
        """QuickBooks' ids for the document; only asked for once they were found."""
        if self.resolved is None:
            raise LookupError(f"the names of invoice {self.id} are not resolved")
        return self.resolved

    def set_document(self, document: Document) -> None:
        """Load this document instead: its number was fixed, or its date moved."""
        self.verdict = replace(self.verdict, document=document)

    @property
    def is_open(self) -> bool:
        """Say whether nothing has been decided yet."""
        return self.result is None

    def finish(self, result: Result, code: str = "") -> None:
        """Decide what became of it."""
        self.result, self.code = result, code

    def retry(self, delay_seconds: float, code: str) -> None:
        """Send its messages back to the queue."""
        self.result, self.code, self.delay_seconds = Result.RETRY, code, delay_seconds

    def met(self, strange: str, evidence: str) -> None:
        """Note an answer that nobody documents; empty: it was none."""
        self.strange, self.evidence = strange, evidence

    def outcomes(self) -> list[Outcome]:
        """Give the same outcome to every message that this work stands for."""
        result = self.result or Result.RETRY
        return [
            Outcome(one.message_id, one.receipt, result, self.code, self.delay_seconds)
            for one in self.received
        ]


@dataclass(frozen=True, slots=True)
class Hold:
    """An invoice that a person must look at, as an alert tells of it."""

    servicetrade_id: ServiceTradeId
    number: str
    customer: str
    dated: str
    total: str
    problems: tuple[Problem, ...]
    job: ServiceTradeId | None = None
