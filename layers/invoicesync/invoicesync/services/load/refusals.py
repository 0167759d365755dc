"""What to do after a definite no to a first send: one table from kind of fault to next step."""

from enum import StrEnum

from invoicesync.domain.problems import ProblemCode
from invoicesync.ports import Fault, FaultKind


class Refusal(StrEnum):
    """What follows, where it is not a hold."""

    TRY_AGAIN = "try_again"
    """Once, from a fresh look: references, preferences, number and content are read anew."""
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


_FIRST: dict[FaultKind, Refusal | ProblemCode] = {
    FaultKind.STALE: Refusal.TRY_AGAIN,
    FaultKind.NOT_FOUND: Refusal.TRY_AGAIN,
    FaultKind.INVALID_REFERENCE: Refusal.TRY_AGAIN,
    FaultKind.INACTIVE_CUSTOMER: Refusal.TRY_AGAIN,
    FaultKind.DUPLICATE_NUMBER: Refusal.TRY_AGAIN,
    FaultKind.DUPLICATE_NAME: ProblemCode.REJECTED_BY_QUICKBOOKS,
    FaultKind.CLOSED_PERIOD: Refusal.TRY_AGAIN,
    FaultKind.SETTLED: ProblemCode.PAYMENT_APPLIED,
    FaultKind.REFUSED: ProblemCode.REJECTED_BY_QUICKBOOKS,
    FaultKind.BLOCKED: Refusal.BLOCKED,
    FaultKind.UNKNOWN: Refusal.UNKNOWN,
}
_SECOND: dict[FaultKind, ProblemCode] = {
    FaultKind.STALE: ProblemCode.EDITED_IN_QUICKBOOKS,
    FaultKind.NOT_FOUND: ProblemCode.REJECTED_BY_QUICKBOOKS,
    FaultKind.INVALID_REFERENCE: ProblemCode.REJECTED_BY_QUICKBOOKS,
    FaultKind.INACTIVE_CUSTOMER: ProblemCode.CUSTOMER_INACTIVE,
    FaultKind.DUPLICATE_NUMBER: ProblemCode.NUMBER_TAKEN,
    FaultKind.CLOSED_PERIOD: ProblemCode.CLOSED_PERIOD,
}


def after(fault: Fault, *, is_second_try: bool) -> Refusal | ProblemCode:
    """Decide what follows a fault that certainly wrote nothing (or, UNKNOWN, may have)."""
    first = _FIRST[fault.kind]
    if first is Refusal.TRY_AGAIN and is_second_try:
        return _SECOND[fault.kind]
    return first
