"""What one look at an invoice comes to under one mapping: the road every invoice takes.

The extractor asks when it looks, the loader asks again when the mapping has changed since.
"""

from dataclasses import dataclass

from invoicesync.domain.dispatch import decide
from invoicesync.domain.document import Document
from invoicesync.domain.mapping import Mapping
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.revision import Disposition
from invoicesync.domain.source import Source
from invoicesync.domain.transform import transform


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of an invoice, and the document or the problems that come of it."""

    disposition: Disposition
    reason: str
    document: Document | None
    problems: tuple[Problem, ...]


def judge(source: Source, mapping: Mapping, *, is_loaded: bool) -> Verdict:
    """Decide about one look.

    Once an invoice is loaded, dispatch no longer decides: edits follow, and only a void reverses.
    """
    decision = decide(source, mapping)
    disposition = decision.disposition
    if disposition is Disposition.VOID:
        return Verdict(disposition, decision.reason, None, ())
    if disposition is not Disposition.DISPATCH and not is_loaded:
        return Verdict(disposition, decision.reason, None, ())
    if source.unreadable:
        unreadable = Problem(ProblemCode.UNREADABLE_SOURCE, detail=", ".join(source.unreadable))
        return Verdict(disposition, decision.reason, None, (unreadable,))
    transformed = transform(source, mapping)
    problems = (*decision.problems, *transformed.problems)
    document = transformed.document if not decision.problems else None
    return Verdict(disposition, decision.reason, document, problems)
