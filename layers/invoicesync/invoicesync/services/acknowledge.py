"""Tell ServiceTrade what became of its invoices: a status, and why one cannot go, as a comment.

    hint      an outcome says which invoice to look at, nothing else: it may be old, doubled, early
    read      the ledger, then the invoice as ServiceTrade shows it now
    comment   the reason, on the job, once: an intent, a look for our mark, the comment, the record
    status    `processed` or `failed`, and only from what accounting may still change
    read      the ledger again: what was told must be what it says after, not only before

Nothing that is written here is an edit of the invoice: status, time of change and comments are in
no fingerprint, and a status that the mapping does not list is not written.
"""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.remark import Remark, remark_of
from invoicesync.domain.source import read_job_id
from invoicesync.errors import (
    MisconfiguredError,
    OutcomeUnknownError,
    RefusedError,
    RetryableError,
)
from invoicesync.ports import Json, SourceWriter
from invoicesync.services.notify import Notifier
from invoicesync.state.entry import Entry, State
from invoicesync.state.ledger import Ledger
from invoicesync.state.told import REMARK_SECONDS, Tellings, Told

OURS_TO_CHANGE = frozenset({"ok", "pending_accounting", "failed", "processed"})
"""Statuses that accounting may change; void, paid, sent, and what is in review are people's."""
CHANGED_SECONDS = 5
LANDED_SECONDS = 180
"""By then a write whose answer was lost has been done, or never will be."""
FORBIDDEN = 403
FORBIDDEN_SECONDS = 900


class Mode(StrEnum):
    """What ServiceTrade is told."""

    OFF = "off"
    ON = "on"
    COMMENTS_ONLY = "comments-only"


@dataclass(frozen=True, slots=True)
class Wish:
    """What ServiceTrade shall show of an invoice."""

    status: str
    remark: Remark | None = None


def wish_of(entry: Entry) -> Wish | None:
    """Say what ServiceTrade shall show; None where it is not to be told, or not yet.

    One that waits for its release has not failed. What was adopted or resolved is people's own.
    """
    if entry.state is State.LOADED:
        return Wish("processed")
    if entry.state is not State.HELD or entry.reason == ProblemCode.AWAITING_RELEASE.value:
        return None
    number = entry.shown.get("number", "")
    problems = entry.problems
    remark = remark_of(entry.servicetrade_id, number, problems) if problems else None
    return Wish("failed", remark)


class Acknowledge:
    """Acknowledges invoices one by one; ``counts`` tells what came of them."""

    def __init__(
        self,
        *,
        source: SourceWriter,
        ledger: Ledger,
        tellings: Tellings,
        notifier: Notifier,
        statuses: Callable[[], Collection[str]],
        mode: Mode,
    ) -> None:
        """Take ``statuses`` as those that the mapping in force lists."""
        self._source = source
        self._ledger = ledger
        self._tellings = tellings
        self._notifier = notifier
        self._statuses = statuses
        self._mode = mode
        self.counts = Counter[str]()

    def __call__(self, entry: Entry, told: Told) -> None:
        """Tell ServiceTrade about one invoice; raise `RetryableError` for another try."""
        wish = None if self._mode is Mode.OFF else wish_of(entry)
        if wish is None:
            return
        row = self._source.invoice(entry.servicetrade_id)
        if row is None:
            self.counts["gone"] += 1
            return
        if wish.remark is not None and wish.remark.reason not in told.remarks:
            self._comment(entry, row, wish.remark)
        if self._mode is Mode.ON:
            self._set_status(entry, row, wish.status, told)

    def _comment(self, entry: Entry, row: Json, remark: Remark) -> None:
        job_id = entry.job_id or read_job_id(row.get("job"))
        if job_id is None:
            self.counts["without_job"] += 1
            return
        nonce = self._tellings.intend(entry.servicetrade_id, remark.reason)
        if nonce is None:
            return
        try:
            # Whoever intended it before us may have written it, and died.
            if not any(remark.mark in text for text in self._source.comments(job_id)):
                self._source.comment(job_id, remark.text)
                self.counts["commented"] += 1
        except OutcomeUnknownError as error:
            # The intent stays: until it has run out nobody can tell whether the comment stands.
            raise RetryableError(f"{error}", delay_seconds=REMARK_SECONDS + 1) from error
        except RefusedError as refused:
            self._tellings.give_up(entry.servicetrade_id, nonce)
            self._report("a comment on a job", entry.servicetrade_id, refused)
        except (RetryableError, MisconfiguredError):
            # Certainly not written. Whatever else ends this leaves the intent to run out.
            self._tellings.give_up(entry.servicetrade_id, nonce)
            raise
        self._tellings.remarked(entry.servicetrade_id, remark.reason, nonce)

    def _set_status(self, entry: Entry, row: Json, status: str, told: Told) -> None:
        current = str(row.get("status"))
        if current == status:
            return
        if current not in OURS_TO_CHANGE:
            self.counts["left_to_people"] += 1
            return
        if status not in self._statuses():
            self.counts["status_not_listed"] += 1
            return
        change = f"{current} to {status}"
        if told.refused == change:
            self.counts["refused_before"] += 1
            return
        try:
            self._source.set_status(entry.servicetrade_id, status)
        except RefusedError as refused:
            self._report(f"a change from {change}", entry.servicetrade_id, refused)
            self._tellings.refused(entry.servicetrade_id, change)
            return
        except OutcomeUnknownError as error:
            # It may still land, over whatever is written meanwhile: look again when it has.
            raise RetryableError(f"{error}", delay_seconds=LANDED_SECONDS) from error
        self.counts[status] += 1
        after = wish_of(self._ledger.get(entry.servicetrade_id))
        if after is None or after.status != status:
            raise RetryableError("the ledger has moved on", delay_seconds=CHANGED_SECONDS)

    def _report(self, what: str, invoice_id: ServiceTradeId, refused: RefusedError) -> None:
        """Tell the operator, once an hour; what only lacks a right is tried again for hours."""
        self.counts["refused"] += 1
        self._notifier.ops(
            f"ServiceTrade refuses {what}",
            f"ServiceTrade refused {what}, for invoice {invoice_id} and perhaps for others.\n"
            f"({refused})\n\n"
            "QuickBooks and the ledger are right; what ServiceTrade shows of it is out of date.\n\n"
            "What to do: see docs/runbooks/outcome-dead-letters.md.",
            cause=f"acknowledge {what}",
        )
        if refused.status == FORBIDDEN:
            raise RetryableError(f"{refused}", delay_seconds=FORBIDDEN_SECONDS) from refused
