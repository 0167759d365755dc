"""What can be wrong with one invoice: a stable code, what is wrong with this one, and where.

What a code means to a finance lead, and what mends it, stands in `explanations`.
"""

from dataclasses import dataclass
from enum import StrEnum


class ProblemCode(StrEnum):
    """Stable codes; never renamed, for they stand in ledgers and reports."""

    MISSING_JOB = "missing_job"
    JOB_NOT_FOUND = "job_not_found"
    JOB_MISMATCH = "job_mismatch"
    JOB_CANCELED = "job_canceled"
    UNMAPPED_ITEM = "unmapped_item"
    UNMAPPED_CLASS = "unmapped_class"
    UNMAPPED_DEPARTMENT = "unmapped_department"
    UNMAPPED_TAX = "unmapped_tax"
    TAX_RATE_OUT_OF_BAND = "tax_rate_out_of_band"
    TAXABILITY_DIFFERS = "taxability_differs"
    UNMAPPED_TERM = "unmapped_term"
    PO_MISSING = "po_missing"
    CUSTOMER_MISSING = "customer_missing"
    CUSTOMER_INACTIVE = "customer_inactive"
    CUSTOMER_MISMATCH = "customer_mismatch"
    ITEM_INACTIVE = "item_inactive"
    ADDRESS_MISSING = "address_missing"
    NUMBER_MISSING = "number_missing"
    NUMBER_TOO_LONG = "number_too_long"
    NUMBER_TAKEN = "number_taken"
    DUPLICATE_NUMBER_IN_SOURCE = "duplicate_number_in_source"
    DUPLICATE_IN_QUICKBOOKS = "duplicate_in_quickbooks"
    DATE_MISSING = "date_missing"
    CLOSED_PERIOD = "closed_period"
    TOTALS_DISAGREE = "totals_disagree"
    CREDIT_MEMO_NEEDED = "credit_memo_needed"
    CURRENCY_UNSUPPORTED = "currency_unsupported"
    AWAITING_RELEASE = "awaiting_release"
    EDITED_IN_QUICKBOOKS = "edited_in_quickbooks"
    DELETED_IN_QUICKBOOKS = "deleted_in_quickbooks"
    PAYMENT_APPLIED = "payment_applied"
    ECHO_MISMATCH = "echo_mismatch"
    OUTCOME_UNKNOWN = "outcome_unknown"
    CRASHES_LOADER = "crashes_loader"
    REJECTED_BY_QUICKBOOKS = "rejected_by_quickbooks"
    UNREADABLE_SOURCE = "unreadable_source"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: ``detail`` says what, ``where`` in which part of the invoice."""

    code: ProblemCode
    detail: str = ""
    where: str = ""

    def plain(self) -> dict[str, str]:
        """Render for messages and the ledger."""
        return {"code": self.code.value, "detail": self.detail, "where": self.where}
