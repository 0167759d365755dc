"""What makes several holds one: one thing that a person mends mends all of them."""

import re
from dataclasses import dataclass

from invoicesync.domain.problems import Problem, ProblemCode

_OUTSIDE = frozenset(
    {
        ProblemCode.UNMAPPED_ITEM,
        ProblemCode.UNMAPPED_CLASS,
        ProblemCode.UNMAPPED_DEPARTMENT,
        ProblemCode.UNMAPPED_TAX,
        ProblemCode.UNMAPPED_TERM,
        ProblemCode.PO_MISSING,
        ProblemCode.CUSTOMER_MISSING,
        ProblemCode.CUSTOMER_INACTIVE,
        ProblemCode.CUSTOMER_MISMATCH,
        ProblemCode.ITEM_INACTIVE,
        ProblemCode.ADDRESS_MISSING,
        ProblemCode.CURRENCY_UNSUPPORTED,
    }
)
"""Codes whose detail names what several invoices share: a product, a customer, an office. The
detail of every other is about its one invoice: its number, its amounts, what somebody did to it."""

_REFUSAL = re.compile(r".*?: *[\w./-]+")


@dataclass(frozen=True, slots=True, order=True)
class Cause:
    """One cause of holds: a code, and which product, customer or refusal it is about."""

    code: ProblemCode
    about: str = ""

    @property
    def name(self) -> str:
        """The cause as one text; the same for as long as nothing is mended."""
        return f"{self.code.value}|{self.about}"


def cause_of(problem: Problem) -> Cause:
    """Say which cause a problem belongs to."""
    if problem.code in _OUTSIDE:
        return Cause(problem.code, problem.detail)
    if problem.code is ProblemCode.REJECTED_BY_QUICKBOOKS:
        # Up to QuickBooks' code: what follows may repeat the invoice, or the number of the call.
        refusal = _REFUSAL.match(problem.detail)
        return Cause(problem.code, refusal[0] if refusal else problem.detail)
    return Cause(problem.code)
