"""What each problem code means to a finance lead, and what mends it.

Each code also has a paragraph in docs/runbooks/held-invoices.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from invoicesync.domain.problems import ProblemCode


@dataclass(frozen=True, slots=True)
class Explanation:
    """One sentence on what is wrong, one on what mends it, and what is to be done after that.

    An empty ``then``: nothing, for it is tried again by itself.
    """

    sentence: str
    fix: str
    then: str = ""


EXPLANATIONS: Mapping[ProblemCode, Explanation] = MappingProxyType(
    {
        ProblemCode.MISSING_JOB: Explanation(
            "The invoice belongs to no job, and only invoices of closed jobs are sent.",
            "Make the invoice from its job in ServiceTrade, or set dispatch.allow_jobless in the "
            "mapping.",
        ),
        ProblemCode.JOB_NOT_FOUND: Explanation(
            "The invoice names a job that ServiceTrade does not give out.",
            "See in ServiceTrade whether the job was deleted or is hidden from our user; void the "
            "invoice or restore the job.",
        ),
        ProblemCode.JOB_MISMATCH: Explanation(
            "The job is another customer's or at another service location than the invoice.",
            "Correct the customer or the service location of the job or of the invoice in "
            "ServiceTrade.",
        ),
        ProblemCode.JOB_CANCELED: Explanation(
            "The job was canceled, yet it has an invoice.",
            "Void the invoice in ServiceTrade, or reopen and complete the job.",
        ),
        ProblemCode.UNMAPPED_ITEM: Explanation(
            "A line sells something that has no product or service in QuickBooks.",
            "Add its code or name under items in the mapping, or enter its QuickBooks id in "
            "ServiceTrade's price book.",
        ),
        ProblemCode.UNMAPPED_CLASS: Explanation(
            "A line's service line has no class in QuickBooks.",
            "Add the service line under classes in the mapping, or give classes a default.",
        ),
        ProblemCode.UNMAPPED_DEPARTMENT: Explanation(
            "The office has no Location in QuickBooks.",
            "Add the office under departments in the mapping, or set the office on the invoice in "
            "ServiceTrade.",
        ),
        ProblemCode.UNMAPPED_TAX: Explanation(
            "No tax rule says which tax code a line gets.",
            "Add a rule under tax.rules for the state, the tax group and whether the line is "
            "taxed.",
        ),
        ProblemCode.TAX_RATE_OUT_OF_BAND: Explanation(
            "The tax on a line is not a rate that the state can have.",
            "Correct the tax group or the rate in ServiceTrade; if the rate is right, widen "
            "rate_percent of the rule in the mapping.",
        ),
        ProblemCode.TAXABILITY_DIFFERS: Explanation(
            "The invoice and its customer or service location disagree on whether tax is due.",
            "Make the customer's tax setting in QuickBooks and the location's in ServiceTrade "
            "agree, then correct the invoice.",
        ),
        ProblemCode.UNMAPPED_TERM: Explanation(
            "The payment terms do not exist in QuickBooks.",
            "Add the terms to QuickBooks under that name, or name the right ones under terms in "
            "the mapping.",
        ),
        ProblemCode.PO_MISSING: Explanation(
            "The customer asks for a purchase order number and the invoice has none.",
            "Enter the customer PO on the invoice in ServiceTrade.",
        ),
        ProblemCode.CUSTOMER_MISSING: Explanation(
            "The customer is not in QuickBooks under this name.",
            "Add the customer to QuickBooks, name the right one under customers.names, or set "
            "customers.create_missing.",
        ),
        ProblemCode.CUSTOMER_INACTIVE: Explanation(
            "The customer is inactive in QuickBooks.",
            "Make the customer active again in QuickBooks, or name the right one under "
            "customers.names.",
        ),
        ProblemCode.CUSTOMER_MISMATCH: Explanation(
            "ServiceTrade's QuickBooks id points to a customer of another name.",
            "Correct the external id of the company in ServiceTrade, or name the QuickBooks "
            "customer under customers.names.",
        ),
        ProblemCode.ITEM_INACTIVE: Explanation(
            "A product or service of a line is inactive in QuickBooks.",
            "Make it active again in QuickBooks, or map the line to another one.",
        ),
        ProblemCode.ADDRESS_MISSING: Explanation(
            "The address that sales tax goes by is not complete.",
            "Complete the address of the service location or the office in ServiceTrade; an "
            "office's can also stand under ship_from.",
        ),
        ProblemCode.NUMBER_MISSING: Explanation(
            "The invoice has no number.",
            "Give the invoice a number in ServiceTrade.",
        ),
        ProblemCode.NUMBER_TOO_LONG: Explanation(
            "The invoice number is longer than the 21 characters that QuickBooks takes.",
            "Shorten the number in ServiceTrade, or the prefix under document_number in the "
            "mapping.",
        ),
        ProblemCode.NUMBER_TAKEN: Explanation(
            "QuickBooks has another invoice under this number.",
            "Change the number of one of the two; if they are the same invoice, close ours with "
            "invoicesync resolve --as entered:NUMBER.",
        ),
        ProblemCode.DUPLICATE_NUMBER_IN_SOURCE: Explanation(
            "Two invoices in ServiceTrade bear this number.",
            "Give one of them another number in ServiceTrade, or void the one that is wrong.",
        ),
        ProblemCode.DUPLICATE_IN_QUICKBOOKS: Explanation(
            "QuickBooks holds this invoice more than once.",
            "Void or delete all but one in QuickBooks.",
        ),
        ProblemCode.DATE_MISSING: Explanation(
            "The invoice has no date.",
            "Enter the invoice date in ServiceTrade.",
        ),
        ProblemCode.CLOSED_PERIOD: Explanation(
            "The books are closed for the invoice's date.",
            "Open the period in QuickBooks, change the date in ServiceTrade, or set closed_period "
            "to first_open_day in the mapping.",
        ),
        ProblemCode.TOTALS_DISAGREE: Explanation(
            "The amounts of the invoice do not add up.",
            "Open the invoice in ServiceTrade, save it again so that it is recomputed, and compare "
            "the amounts.",
        ),
        ProblemCode.CREDIT_MEMO_NEEDED: Explanation(
            "The invoice is a credit, which is not sent as an invoice.",
            "Enter a credit memo in QuickBooks with the lines shown, then close this with "
            "invoicesync resolve --as entered:<number>.",
            "nothing more once it is closed.",
        ),
        ProblemCode.CURRENCY_UNSUPPORTED: Explanation(
            "The invoice is not in US dollars.",
            "Enter it in QuickBooks by hand, then close this with invoicesync resolve --as "
            "entered:<number>.",
            "nothing more once it is closed.",
        ),
        ProblemCode.AWAITING_RELEASE: Explanation(
            "The invoice is ready and waits for somebody to let it go.",
            "Look at it with invoicesync preview, then let it go with invoicesync release.",
            "nothing more: what is released goes at once.",
        ),
        ProblemCode.EDITED_IN_QUICKBOOKS: Explanation(
            "Somebody changed the invoice in QuickBooks, and ServiceTrade changed it too.",
            "Decide which is right: undo the change in QuickBooks, or close this with invoicesync "
            "resolve --as accepted-difference.",
        ),
        ProblemCode.DELETED_IN_QUICKBOOKS: Explanation(
            "Somebody deleted or voided the invoice in QuickBooks.",
            "Void it in ServiceTrade too, or make it anew with invoicesync redrive --recreate.",
            "nothing more once one of the two is done; it is not tried again by itself.",
        ),
        ProblemCode.PAYMENT_APPLIED: Explanation(
            "Money is applied to the invoice, and the change would alter what was paid.",
            "Unlink the payment or credit in QuickBooks, let the change through, and apply it "
            "again; or enter a credit memo.",
        ),
        ProblemCode.ECHO_MISMATCH: Explanation(
            "QuickBooks stored something else than was sent.",
            "Compare the invoice in QuickBooks with ServiceTrade, correct it there, then close "
            "this with invoicesync resolve.",
            "nothing more once it is closed.",
        ),
        ProblemCode.OUTCOME_UNKNOWN: Explanation(
            "QuickBooks never said whether it stored the invoice, and it cannot be found since.",
            "Look for the invoice in QuickBooks by number and customer; then close this or make it "
            "anew with invoicesync redrive --recreate.",
            "nothing more once one of the two is done; it is not tried again by itself.",
        ),
        ProblemCode.CRASHES_LOADER: Explanation(
            "Sending this invoice broke down several times without an answer.",
            "Give the invoice and the log to whoever looks after InvoiceSync; send it again with "
            "invoicesync redrive once it is mended.",
            "nothing more once it was redriven; it is not tried again by itself.",
        ),
        ProblemCode.REJECTED_BY_QUICKBOOKS: Explanation(
            "QuickBooks refused the invoice for the reason shown.",
            "Mend what the reason names, in ServiceTrade, in QuickBooks or in the mapping.",
        ),
        ProblemCode.UNREADABLE_SOURCE: Explanation(
            "ServiceTrade sent something in this invoice that makes no sense.",
            "Open the invoice in ServiceTrade, correct the field that is named, and save it.",
        ),
        ProblemCode.ROLLED_BACK: Explanation(
            "It was made by a mapping that was rolled back, so it stands voided in QuickBooks.",
            "Once a corrected mapping is in force, look with invoicesync remap --dry-run, then let "
            "it go with invoicesync remap or invoicesync release.",
        ),
    }
)
