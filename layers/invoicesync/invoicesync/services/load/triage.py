"""Decide, before QuickBooks is asked anything, which invoices need it at all."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from invoicesync.domain.document import Document
from invoicesync.domain.message import Message
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.revision import Disposition, Revision
from invoicesync.domain.verdict import Verdict, judge
from invoicesync.services.load.work import Result
from invoicesync.state.entry import Entry, State
from invoicesync.state.mappings import Published

STICKY = frozenset({ProblemCode.ECHO_MISMATCH.value})
"""Holds whose cause cannot go by itself: the same document is not sent again."""


@dataclass(frozen=True, slots=True)
class Proceed:
    """QuickBooks must be asked: ``void`` says whether to reverse or to bring up to date."""

    void: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Nothing is to be done in QuickBooks; the ledger is brought up to date (or left: None)."""

    result: Result
    state: State | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """A person must look at it."""

    problems: tuple[Problem, ...]


type Triage = Proceed | Close | Keep


def verdict_of(message: Message, entry: Entry, published: Published) -> tuple[Verdict, int]:
    """Return what a message says, and the serial of the mapping that says so.

    One made with an older mapping is judged anew; so is one that left dispatch while its invoice
    was loaded: dispatch no longer decides about that one.
    """
    is_stale = message.mapping_serial < published.serial
    is_left = message.document is None and not message.problems and entry.is_loaded
    if is_stale or is_left:
        verdict = judge(message.source, published.mapping, is_loaded=entry.is_loaded)
        return verdict, published.serial
    verdict = Verdict(
        message.revision.disposition, message.reason, message.document, message.problems
    )
    return verdict, message.mapping_serial


def is_resolved(revision: Revision, entry: Entry) -> bool:
    """Say whether a person has settled just this, so that only something newer reopens it."""
    return (
        entry.state is State.RESOLVED
        and entry.seen is not None
        and (entry.seen.is_same_as(revision) or entry.seen.is_after(revision))
    )


def is_superseded(revision: Revision, entry: Entry) -> bool:
    """Say whether something later, and different, was seen or applied already.

    A fence that rose with every look would let the overlap of two scans eat its own messages:
    only a look that says something else supersedes.
    """
    return any(
        other is not None and other.is_after(revision) and not other.is_same_as(revision)
        for other in (entry.seen, entry.applied)
    )


def triage(revision: Revision, verdict: Verdict, entry: Entry, asked_hash: str) -> Triage:
    """Decide from the message and the ledger alone; ``asked_hash`` is that of its document."""
    if is_superseded(revision, entry):
        return Close(Result.SUPERSEDED, None)
    if entry.adopted:
        return Close(Result.UNCHANGED, State.ADOPTED)
    if entry.is_voided:
        return Close(Result.UNCHANGED, State.VOIDED)
    if verdict.disposition is Disposition.VOID:
        if entry.is_loaded:
            return Proceed(void=True)
        return Close(Result.IGNORED, State.IGNORED, verdict.reason)
    if not entry.is_loaded and verdict.disposition is not Disposition.DISPATCH:
        waiting = verdict.disposition is Disposition.WAITING
        return (
            Close(Result.WAITING, State.WAITING, verdict.reason)
            if waiting
            else Close(Result.IGNORED, State.IGNORED, verdict.reason)
        )
    return _with_document(verdict, entry, asked_hash)


def approvable_hash(document: Document, mapping_serial: int, entry: Entry) -> str:
    """Name a document as a person may let it go; empty where the mapping is not corrected yet."""
    is_wrong = entry.rolled_back > 0 and mapping_serial <= entry.rolled_back
    return "" if is_wrong else document.hash()


def is_outdated(mapping_serial: int, entry: Entry) -> bool:
    """Say whether QuickBooks holds what a newer mapping made of the invoice.

    A loader reads the mapping before it claims its batch: meanwhile another one may have loaded a
    message of a newer mapping, and the same look at the source tells neither of them apart.
    """
    return entry.is_loaded and mapping_serial < entry.mapping_serial


def _with_rolled_back(verdict: Verdict, entry: Entry, asked_hash: str) -> Triage:
    """Leave it voided until a person lets go the very document that a corrected mapping makes."""
    is_released = bool(asked_hash) and entry.released_hash == asked_hash
    problems = _unapproved(verdict.problems) if is_released else verdict.problems
    if verdict.document is not None and is_released and not problems:
        return Proceed()
    return Keep((*problems, rolled_back(entry.rolled_back)))


def rolled_back(serial: int) -> Problem:
    """Say that an invoice stands voided in QuickBooks because its mapping was wrong."""
    return Problem(ProblemCode.ROLLED_BACK, f"mapping {serial} made it, and was rolled back")


def _unapproved(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(one for one in problems if one.code is not ProblemCode.AWAITING_RELEASE)


def _with_document(verdict: Verdict, entry: Entry, asked_hash: str) -> Triage:
    document = verdict.document
    if entry.rolled_back:
        return _with_rolled_back(verdict, entry, asked_hash)
    if entry.rollback and entry.is_loaded:
        return Proceed(void=True)
    if document is not None and entry.is_loaded and asked_hash == entry.document_hash:
        return Close(Result.UNCHANGED, State.LOADED)
    problems = verdict.problems
    if document is not None and entry.released_hash == asked_hash:
        problems = _unapproved(problems)
    if document is None or problems:
        return Keep(problems)
    if entry.reason in STICKY and entry.held_hash == asked_hash:
        return Keep(tuple(_problem(row) for row in entry.problems))
    return Proceed()


def fix_number(document: Document, entry: Entry) -> Document:
    """Keep the number that the invoice got at its first create: people have it on paper."""
    if entry.number is None or entry.number == document.number:
        return document
    return replace(document, number=entry.number)


def _problem(row: object) -> Problem:
    plain = dict(row) if isinstance(row, dict) else {}
    return Problem(
        ProblemCode(plain.get("code", ProblemCode.ECHO_MISMATCH)),
        detail=str(plain.get("detail", "")),
        where=str(plain.get("where", "")),
    )
