from decimal import Decimal
from typing import Any

import pytest

from invoicesync.domain.source import Source
from invoicesync.domain.transform import transform
from tests.unit.domain.invoices import ADDRESS, a_mapping, a_source, an_item, of_lines


def location(state: str = "PA", *, taxable: bool | None = True) -> dict[str, Any]:
    address = ADDRESS | {"state": state}
    return {"id": 15, "name": "Store 3", "address": address, "taxable": taxable}


def taxed(tax: Any, state: str = "PA", rate: Any = None, **changes: Any) -> Source:
    item = an_item(taxAmount=tax, taxRate=rate, **changes)
    return a_source(**of_lines(item, tax=str(tax or 0)), location=location(state))


def code(source: Source, **mapping: Any) -> str | None:
    made = transform(source, a_mapping(**mapping))

    assert made.problems == ()
    assert made.document is not None
    return made.document.lines[0].tax_code


def problem(source: Source, **mapping: Any) -> tuple[str, str]:
    (only,) = transform(source, a_mapping(**mapping)).problems
    return only.code.value, only.detail


def test_a_taxed_line_is_tax_and_an_untaxed_one_is_not() -> None:
    assert code(taxed("33.60")) == "TAX"
    assert code(taxed("0")) == "NON"


@pytest.mark.parametrize("rate", ["7.25", "0.0725", None])
def test_the_unit_of_the_stated_rate_does_not_matter_where_there_is_money(rate: Any) -> None:
    assert code(taxed("34.80", state="ca", rate=rate)) == "TAX"


def test_a_rate_alone_is_a_percentage() -> None:
    source = a_source(items=[an_item(taxAmount=None, taxRate=7)])

    assert code(source) == "TAX"


def test_without_any_word_on_the_line_the_invoices_tax_counts() -> None:
    source = a_source(items=[an_item(taxAmount=None, taxRate=None)])

    assert code(source) == "TAX"


@pytest.mark.parametrize(
    ("tax", "state", "said"),
    [
        ("0.35", "PA", "tax of $0.35 on $480.00 is 0.0729 %; 6 to 8 % is expected in PA"),
        ("33.60", "CA", "tax of $33.60 on $480.00 is 7 %; 7.25 to 11.25 % is expected in CA"),
        ("39.00", "PA", "tax of $39.00 on $480.00 is 8.125 %; 6 to 8 % is expected in PA"),
    ],
)
def test_a_rate_that_the_state_cannot_have_is_caught(tax: str, state: str, said: str) -> None:
    assert problem(taxed(tax, state)) == ("tax_rate_out_of_band", said)


def test_a_stated_rate_is_held_to_the_band_exactly_where_it_is_all_there_is() -> None:
    def stated(rate: str) -> Source:
        return a_source(items=[an_item(taxAmount=None, taxRate=rate)])

    assert code(stated("8")) == "TAX"
    assert problem(stated("8.01"))[0] == "tax_rate_out_of_band"
    assert problem(stated("0.07")) == (
        "tax_rate_out_of_band",
        "a tax rate of 0.07 %; 6 to 8 % is expected in PA",
    )


@pytest.mark.parametrize("tax", ["0.09", "0.05"])
def test_on_a_small_line_a_cent_of_rounding_is_no_wrong_rate(tax: str) -> None:
    assert code(taxed(tax, price="0.25", subtotal="1.00")) == "TAX"


def test_a_wrong_rate_on_a_line_of_some_cents_is_caught() -> None:
    source = taxed("0.50", quantity=1, price="0.5", subtotal="0.50")

    assert problem(source)[0] == "tax_rate_out_of_band"


def test_the_bounds_of_the_band_are_in_it() -> None:
    assert code(taxed("28.80")) == "TAX"
    assert code(taxed("38.40")) == "TAX"


def test_a_rule_without_a_band_believes_any_rate() -> None:
    assert code(taxed("200"), tax={"rules": [{"code": "TAX"}]}) == "TAX"


def test_a_band_without_a_state_is_told_without_one() -> None:
    rules = [{"code": "TAX", "rate_percent": [1, 2]}]

    assert problem(taxed("33.60"), tax={"rules": rules})[1].endswith("1 to 2 % is expected")


def test_an_untaxed_line_has_no_rate_to_be_wrong() -> None:
    rules = [{"code": "NON", "rate_percent": [6, 8]}]

    assert code(taxed("0"), tax={"rules": rules}) == "NON"


def test_tax_of_a_document_without_a_subtotal_has_no_rate() -> None:
    item = an_item(taxAmount=None, taxRate=None)
    source = a_source(items=[item], subtotal=0, totalPrice=Decimal("33.60"))
    found = transform(source, a_mapping()).problems

    assert [one.code.value for one in found] == ["totals_disagree"]


def test_the_first_rule_that_fits_decides() -> None:
    rules = [
        {"code": "NON", "tax_group": "Exempt"},
        {"code": "TAX", "tax_group": "PGH"},
        {"code": "NON"},
    ]

    assert code(taxed("33.60", taxGroup={"id": 1, "name": "pgh"}), tax={"rules": rules}) == "TAX"
    assert code(taxed("33.60", taxGroup={"id": 1, "code": "PGH"}), tax={"rules": rules}) == "TAX"
    assert code(taxed("33.60"), tax={"rules": rules}) == "NON"


def test_a_line_that_no_rule_fits_is_told_by_what_was_asked() -> None:
    group = {"id": 1, "name": "Columbus"}
    by_code = taxed("0", "OH", taxGroup={"id": 1, "code": "CMH"})

    assert problem(taxed("33.60", "OH")) == (
        "unmapped_tax",
        "no tax rule fits a taxed line in OH",
    )
    assert problem(taxed("0", "OH", taxGroup=group), tax={"rules": []}) == (
        "unmapped_tax",
        "no tax rule fits an untaxed line in OH, tax group Columbus",
    )
    assert problem(by_code, tax={"rules": []})[1].endswith("tax group CMH")


def test_without_a_state_the_address_is_the_only_problem() -> None:
    source = a_source(location=location("") | {"taxable": True})

    assert problem(source)[0] == "address_missing"
    assert problem(a_source(location=None))[0] == "address_missing"


def test_a_negative_line_is_taxed_only_by_a_rule_for_negative_lines() -> None:
    discount = an_item(quantity=1, price=-48, subtotal=-48, taxAmount=Decimal("-3.36"))
    source = a_source(**of_lines(an_item(), discount, tax="30.24"))
    rules = [
        {"code": "TAX", "taxable": True},
        {"code": "TAX", "negative": True, "state": "PA", "rate_percent": [1, 2]},
    ]
    without = transform(source, a_mapping())
    by_rule = transform(source, a_mapping(tax={"rules": rules}))

    assert without.document is not None
    assert [line.tax_code for line in without.document.lines] == ["TAX", "NON"]
    assert by_rule.document is not None
    assert [line.tax_code for line in by_rule.document.lines] == ["TAX", "TAX"]


def test_tax_at_a_place_that_is_not_taxable_is_a_contradiction() -> None:
    source = a_source(location=location(taxable=False))

    assert problem(source) == (
        "taxability_differs",
        "$33.60 of tax at a service location that is marked as not taxable",
    )


def test_the_lines_tax_must_be_the_invoices() -> None:
    source = a_source(taxAmount=35, totalPrice=515)

    assert problem(source) == (
        "totals_disagree",
        "the lines' tax adds up to $33.60, the invoice's is $35.00",
    )


def test_a_cent_a_line_of_rounding_is_no_contradiction() -> None:
    source = a_source(taxAmount=Decimal("33.61"), totalPrice=Decimal("513.61"))

    assert code(source) == "TAX"


@pytest.mark.parametrize(("tax", "agrees"), [("33.62", True), ("33.63", False)])
def test_of_two_lines_two_cents_of_rounding_are_none(tax: str, *, agrees: bool) -> None:
    half = an_item(quantity=2, subtotal=240, taxAmount=Decimal("16.8"))
    found = transform(a_source(**of_lines(half, half, tax=tax)), a_mapping()).problems

    assert [(one.code.value, one.where) for one in found] == (
        [] if agrees else [("totals_disagree", "tax")]
    )


def test_the_invoices_tax_is_judged_by_the_invoices_subtotal() -> None:
    item = an_item(taxAmount=None, taxRate=None)
    source = a_source(**of_lines(item, tax="0.35"))

    assert problem(source) == (
        "tax_rate_out_of_band",
        "tax of $0.35 on $480.00 is 0.0729 %; 6 to 8 % is expected in PA",
    )


def test_a_line_that_comes_to_nothing_is_no_negative_one_and_has_no_rate_to_be_wrong() -> None:
    free = {"quantity": 1, "price": "0.001", "subtotal": 0, "taxAmount": None}
    untaxed, taxed_by_rate = an_item(**free, taxRate=0), an_item(**free, taxRate=50)

    assert code(a_source(**of_lines(untaxed))) == "NON"
    assert code(a_source(**of_lines(taxed_by_rate))) == "TAX"
    assert problem(a_source(**of_lines(untaxed)), tax={"rules": []})[0] == "unmapped_tax"


def test_lines_that_do_not_show_their_tax_are_not_added_up() -> None:
    half = {"quantity": 2, "subtotal": 240}
    items = [an_item(**half, taxAmount=Decimal("16.8")), an_item(**half, taxAmount=None)]
    source = a_source(**of_lines(*items, tax="33.60"))

    assert code(source) == "TAX"


@pytest.mark.parametrize(
    ("tax", "taxable", "expected"),
    [
        ("33.60", True, True),
        ("33.60", None, True),
        ("0", False, False),
        ("0", True, None),
        ("0", None, None),
    ],
)
def test_the_document_says_what_the_invoice_takes_its_customer_for(
    *, tax: str, taxable: bool | None, expected: bool | None
) -> None:
    item = an_item(taxAmount=Decimal(tax), taxRate=None)
    source = a_source(**of_lines(item, tax=tax), location=location(taxable=taxable))
    made = transform(source, a_mapping()).document

    assert made is not None
    assert made.customer.taxable is expected


def test_an_invoice_that_says_nothing_of_tax_has_none() -> None:
    item = an_item(taxAmount=0, taxRate=None)
    source = a_source(items=[item], taxAmount=None, totalPrice=480)

    assert code(source) == "NON"
