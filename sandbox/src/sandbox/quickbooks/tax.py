"""Sales tax of a document: computed from the place (automated), or from a tax code (by hand)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.quickbooks import refusals
from sandbox.quickbooks.books import Books, cleared
from sandbox.quickbooks.options import Jurisdiction
from sandbox.quickbooks.refusals import Refusal
from sandbox.quickbooks.store import Record
from sandbox.quickbooks.wire import ZERO, Body, decimal_of, mapping, money, rate


@dataclass(frozen=True, slots=True)
class _Rate:
    identity: str
    percent: Decimal


def detail_of(books: Books, sent: Body, taxable: Decimal, place: Body | None) -> Body:
    """Return the TxnTaxDetail of a document.

    ``sent`` is what the client sent, ``taxable`` the sum that tax is due on, ``place`` the address
    that decides the rate when the company uses automated sales tax.
    """
    wanted = cleared(sent)
    if not books.preference("TaxPrefs", "UsingSalesTax"):
        return {"TotalTax": ZERO}
    supplied = money(wanted["TotalTax"]) if "TotalTax" in wanted else None
    forced = wanted.get("UseAutomatedSalesTax") in {True, "true"}
    if books.preference("TaxPrefs", "PartnerTaxEnabled"):
        if forced or not books.options.tax_override_allowed:
            supplied = None
        return _automated(books, taxable, place, supplied)
    return _by_hand(books, wanted, taxable, supplied)


def _automated(
    books: Books, taxable: Decimal, place: Body | None, supplied: Decimal | None
) -> Body:
    found = list(_jurisdictions(books, place))
    if not taxable or not found:
        return {"TotalTax": ZERO}
    rates = [_Rate(_rate_record(books, each).identity, each.percent) for each in found]
    amounts = [money(taxable * each.percent / 100) for each in rates]
    if supplied is not None:
        amounts = _spread(supplied, [each.percent for each in rates])
    code = _code_record(books, found, rates)
    return {
        "TxnTaxCodeRef": {"value": code.identity},
        "TotalTax": sum(amounts, ZERO),
        "TaxLine": [
            _tax_line(each, amount, taxable) for each, amount in zip(rates, amounts, strict=True)
        ],
    }


def _by_hand(books: Books, wanted: Body, taxable: Decimal, supplied: Decimal | None) -> Body:
    code = mapping(wanted.get("TxnTaxCodeRef")).get("value")
    if code == "CustomSalesTax":
        detail = "The CustomSalesTax id can not be used to create a transaction"
        raise Refusal("6160", "Invalid TaxCodeRef Error", detail)
    if code is None:
        return {"TotalTax": ZERO} if supplied is None else {"TotalTax": supplied}
    record = books.reference("TaxCode", wanted["TxnTaxCodeRef"], "TxnTaxCodeRef")
    listed = mapping(record.body.get("SalesTaxRateList")).get("TaxRateDetail", [])
    rates = [_rate_of(books, mapping(each)) for each in listed]
    amounts = [money(taxable * each.percent / 100) for each in rates]
    if supplied is not None:
        amounts = _spread(supplied, [each.percent for each in rates])
    lines = [_tax_line(each, amount, taxable) for each, amount in zip(rates, amounts, strict=True)]
    total = supplied if supplied is not None else sum(amounts, ZERO)
    return {"TxnTaxCodeRef": {"value": record.identity}, "TotalTax": total, "TaxLine": lines}


def _rate_of(books: Books, detail: Body) -> _Rate:
    record = books.reference("TaxRate", detail.get("TaxRateRef"), "TaxRateRef")
    return _Rate(record.identity, decimal_of(record.body.get("RateValue", 0)))


def _tax_line(each: _Rate, amount: Decimal, taxable: Decimal) -> Body:
    return {
        "Amount": amount,
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": {"value": each.identity},
            "PercentBased": True,
            "TaxPercent": rate(each.percent),
            "NetAmountTaxable": taxable,
        },
    }


def _spread(total: Decimal, weights: list[Decimal]) -> list[Decimal]:
    whole = sum(weights, ZERO)
    if not weights:
        return []
    if not whole:
        return [total] + [ZERO] * (len(weights) - 1)
    parts = [money(total * weight / whole) for weight in weights]
    parts[0] += total - sum(parts, ZERO)
    return parts


def _jurisdictions(books: Books, place: Body | None) -> Iterable[Jurisdiction]:
    where = place or books.require("CompanyInfo", "1").body["LegalAddr"]
    state = str(where.get("CountrySubDivisionCode", "")).upper()
    city = str(where.get("City", "")).casefold()
    for each in books.options.jurisdictions:
        if each.state == state and (each.city is None or each.city.casefold() == city):
            yield each


def _rate_record(books: Books, jurisdiction: Jurisdiction) -> Record:
    for record in books.store.having("TaxRate", "Name", jurisdiction.name) or ():
        return record
    agency = {"value": "1"}
    return books.store.insert(
        "TaxRate",
        {
            "Name": jurisdiction.name,
            "Description": jurisdiction.name,
            "Active": True,
            "RateValue": rate(jurisdiction.percent),
            "AgencyRef": agency,
            "SpecialTaxType": "NONE",
            "DisplayType": "ReadOnly",
        },
    )


def _code_record(books: Books, found: list[Jurisdiction], rates: list[_Rate]) -> Record:
    name = ", ".join(each.name for each in found)
    for record in books.store.having("TaxCode", "Name", name) or ():
        return record
    details = [
        {"TaxRateRef": {"value": each.identity}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}
        for each in rates
    ]
    return books.store.insert(
        "TaxCode",
        {
            "Name": name,
            "Description": name,
            "Active": True,
            "Hidden": True,
            "Taxable": True,
            "TaxGroup": True,
            "SalesTaxRateList": {"TaxRateDetail": details},
            "PurchaseTaxRateList": {"TaxRateDetail": []},
            "TaxCodeConfigType": "SYSTEM_GENERATED",
        },
    )


def check_exempt(books: Books, customer: Body) -> None:
    """Refuse an untaxed customer without a reason, where tax is automated."""
    untaxed = customer.get("Taxable") is False
    if (
        untaxed
        and books.preference("TaxPrefs", "PartnerTaxEnabled")
        and not customer.get("TaxExemptionReasonId")
    ):
        raise refusals.business("Select a reason why this customer is exempt from sales tax.")
