"""Which tax code a line carries, and whether the tax on it can be true."""

from dataclasses import dataclass
from decimal import Decimal

from invoicesync.domain.mapping import Mapping
from invoicesync.domain.mapping_settings import TaxRule
from invoicesync.domain.mapping_values import key
from invoicesync.domain.money import CENT, ZERO, dollars, fixed, total, trimmed
from invoicesync.domain.problems import Problem, ProblemCode
from invoicesync.domain.source import SourceInvoice, SourceItem

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class TaxEvidence:
    """What ServiceTrade says about the tax of one line: an amount on a base, or a bare rate."""

    tax: Decimal
    base: Decimal
    exact: bool = False

    @property
    def is_taxed(self) -> bool:
        """Whether there is any tax."""
        return bool(self.tax)

    def fits(self, lowest: Decimal, highest: Decimal) -> bool:
        """Say whether the rate can lie within the band, in percent.

        The rate is taken from money where there is money, because nobody has said whether
        ServiceTrade's `taxRate` is 7.25 or 0.0725. A cent either way is rounding.
        """
        slack = ZERO if self.exact else CENT
        least = (self.tax - slack) * _HUNDRED
        most = (self.tax + slack) * _HUNDRED
        return least <= highest * self.base and most >= lowest * self.base

    def __str__(self) -> str:
        if self.exact:
            return f"a tax rate of {fixed(self.tax)} %"
        percent = trimmed((self.tax * _HUNDRED / self.base).quantize(Decimal("0.0001")))
        return f"tax of {dollars(self.tax)} on {dollars(self.base)} is {fixed(percent)} %"


def tax_evidence(invoice: SourceInvoice, item: SourceItem, amount: Decimal) -> TaxEvidence:
    """Find the best word on a line's tax: its amount, else its rate, else the invoice's tax."""
    if item.tax_amount is not None:
        return TaxEvidence(item.tax_amount, amount)
    if item.tax_rate is not None:
        return TaxEvidence(item.tax_rate, _HUNDRED, exact=True)
    return TaxEvidence(invoice.tax_amount or ZERO, invoice.subtotal or ZERO)


def tax_code(
    invoice: SourceInvoice, item: SourceItem, amount: Decimal, mapping: Mapping
) -> tuple[str | None, Problem | None]:
    """Find the code of a line by the mapping's rules, or say what is wrong.

    Neither is found where the state is unknown: then the address is the problem.
    """
    address = invoice.location.address if invoice.location else None
    if address is None or not address.state:
        return None, None
    evidence = tax_evidence(invoice, item, amount)
    for rule in mapping.tax.rules:
        if _fits(rule, item, address.state, is_taxed=evidence.is_taxed, is_negative=amount < 0):
            return rule.code, _out_of_band(rule, evidence, amount)
    if amount < 0:
        return "NON", None
    line = "a taxed line" if evidence.is_taxed else "an untaxed line"
    group = f", tax group {item.tax_group.name or item.tax_group.code}" if item.tax_group else ""
    return None, Problem(
        ProblemCode.UNMAPPED_TAX, f"no tax rule fits {line} in {address.state}{group}"
    )


def _fits(
    rule: TaxRule, item: SourceItem, state: str, *, is_taxed: bool, is_negative: bool
) -> bool:
    group = item.tax_group
    names = set() if group is None else {key(group.name), key(group.code)}
    return (
        rule.negative == is_negative
        and (rule.state is None or key(rule.state) == key(state))
        and (rule.tax_group is None or key(rule.tax_group) in names)
        and (rule.taxable is None or rule.taxable == is_taxed)
    )


def _out_of_band(rule: TaxRule, evidence: TaxEvidence, amount: Decimal) -> Problem | None:
    band = rule.rate_percent
    if band is None or amount <= 0 or not evidence.is_taxed or evidence.base <= 0:
        return None
    if evidence.fits(*band):
        return None
    place = f" in {rule.state}" if rule.state else ""
    return Problem(
        ProblemCode.TAX_RATE_OUT_OF_BAND,
        f"{evidence}; {fixed(band[0])} to {fixed(band[1])} % is expected{place}",
    )


def tax_problems(invoice: SourceInvoice) -> list[Problem]:
    """Say where ServiceTrade contradicts itself about the tax of the whole invoice."""
    problems = []
    tax = invoice.tax_amount or ZERO
    if tax and invoice.location is not None and invoice.location.taxable is False:
        problems.append(
            Problem(
                ProblemCode.TAXABILITY_DIFFERS,
                f"{dollars(tax)} of tax at a service location that is marked as not taxable",
            )
        )
    by_line = [item.tax_amount for item in invoice.items if item.tax_amount is not None]
    # Rounded line by line, tax may differ from its sum by up to a cent a line.
    if len(by_line) == len(invoice.items) and abs(total(by_line) - tax) > CENT * len(by_line):
        problems.append(
            Problem(
                ProblemCode.TOTALS_DISAGREE,
                f"the lines' tax adds up to {dollars(total(by_line))}, the invoice's is "
                f"{dollars(tax)}",
                "tax",
            )
        )
    return problems


def taxable(invoice: SourceInvoice) -> bool | None:
    """Say what the invoice takes its customer for; None where that cannot be told.

    An invoice without tax at a taxable place may be all labor, so it proves nothing.
    """
    if invoice.tax_amount:
        return True
    if invoice.location is not None and invoice.location.taxable is False:
        return False
    return None
