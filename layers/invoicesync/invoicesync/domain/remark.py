"""What people in ServiceTrade read on a job whose invoice cannot go to QuickBooks."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.ids import ServiceTradeId
from invoicesync.domain.problems import ProblemCode
from invoicesync.domain.texts import clean

MOST_PROBLEMS = 5
_DIGITS = 12
_COUNTED = frozenset({ProblemCode.OUTCOME_UNKNOWN, ProblemCode.CRASHES_LOADER})
"""Their detail counts tries: it changes from hour to hour, and the reason does not."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One comment. ``reason`` names what is wrong; ``mark``, in the text, tells that it was."""

    reason: str
    mark: str
    text: str


def remark_of(
    invoice_id: ServiceTradeId, number: str, problems: Sequence[Mapping[str, str]]
) -> Remark:
    """Word the reason why an invoice is held; the same problems always give the same mark."""
    said = sorted({_identity(problem) for problem in problems})
    reason = hashlib.sha256("|".join([str(invoice_id), *said]).encode()).hexdigest()[:_DIGITS]
    mark = f"[InvoiceSync {invoice_id} {reason}]"
    name = _said(number) or invoice_id
    lines = [f"InvoiceSync could not bring invoice {name} into QuickBooks:"]
    lines += [_line(problem) for problem in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        lines.append(f"- and {len(problems) - MOST_PROBLEMS} more")
    lines += ["Once that is mended it goes by itself within the hour.", mark]
    return Remark(reason, mark, "\n".join(lines))


def _identity(problem: Mapping[str, str]) -> str:
    code = problem.get("code", "")
    return code if code in _COUNTED else f"{code} {problem.get('detail', '')}"


def _line(problem: Mapping[str, str]) -> str:
    explained = EXPLANATIONS[ProblemCode(problem["code"])]
    where = f" ({_said(problem['where'])})" if problem.get("where") else ""
    what = _said(problem.get("detail", "")) or explained.sentence.rstrip(".")
    return f"- {what}{where}. {explained.fix}"


def _said(text: str) -> str:
    """Keep what somebody typed on its line, and from looking like a mark of ours."""
    return clean(text).replace("[", "(").replace("]", ")")
