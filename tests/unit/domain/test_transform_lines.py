from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from invoicesync.domain.document import Line, Reference
from invoicesync.domain.source import Source, parse_source
from invoicesync.domain.texts import MARK
from invoicesync.domain.transform import transform
from tests.unit.domain.invoices import (
    NOON,
    a_job,
    a_mapping,
    a_source,
    an_invoice,
    an_item,
    of_lines,
)


def lines(*items: dict[str, Any], tax: str = "0", **mapping: Any) -> tuple[Line, ...]:
    made = transform(a_source(**of_lines(*items, tax=tax)), a_mapping(**mapping))

    assert made.problems == ()
    assert made.document is not None
    return made.document.lines


def line(tax: str = "0", mapping: dict[str, Any] | None = None, **changes: Any) -> Line:
    untaxed = {"taxAmount": Decimal(tax), "taxRate": None}
    (only,) = lines(an_item(**untaxed | changes), tax=tax, **mapping or {})
    return only


def problems(source: Source, **mapping: Any) -> list[tuple[str, str]]:
    made = transform(source, a_mapping(**mapping))

    assert made.document is None
    return [(problem.code.value, problem.where) for problem in made.problems]


def of(**changes: Any) -> Source:
    return a_source(**of_lines(an_item(taxAmount=0) | changes))


LIB = {"id": 77, "name": "Filter", "type": "part", "code": "F-13", "externalIds": {}}
UNKNOWN = {"id": 78, "name": "Widget", "type": "thing", "code": "W-1"}


def test_a_line_carries_quantity_price_and_their_product() -> None:
    assert line() == Line(
        description="Labor",
        amount=Decimal("480.00"),
        item=Reference(name="Labor"),
        quantity=Decimal(4),
        unit_price=Decimal(120),
        tax_code="NON",
        class_name="Mechanical",
        service_date=date(2026, 12, 1),
    )


def test_a_product_is_rounded_half_up() -> None:
    made = line(quantity="14.5", price="128.35", subtotal="1861.08")

    assert made.amount == Decimal("1861.08")
    assert made.unit_price == Decimal("128.35")


def test_where_servicetrade_is_a_cent_off_its_amount_is_sent_alone() -> None:
    made = line(quantity="14.5", price="128.35", subtotal="1861.07")

    assert made.amount == Decimal("1861.07")
    assert (made.quantity, made.unit_price) == (None, None)
    assert made.description == "Labor (14.5 x 128.35)"
    assert made.item == Reference(name="Labor")


def test_by_more_than_a_cent_the_line_is_held() -> None:
    source = of(quantity="14.5", price="128.35", subtotal="1861.06")

    assert problems(source) == [("totals_disagree", 'line 1, "Labor"')]
    (problem,) = transform(source, a_mapping()).problems
    assert problem.detail == "14.5 x 128.35 is $1,861.08, ServiceTrade says $1,861.06"


def test_quantity_and_price_stay_readable_under_a_long_description() -> None:
    made = line(description="x" * 5000, quantity="14.5", price="128.35", subtotal="1861.07")

    assert len(made.description) == 4000
    assert made.description.endswith(f"{MARK} (14.5 x 128.35)")


def test_a_cent_off_without_a_description_leaves_the_figures() -> None:
    made = line(
        description="", libItem=LIB | {"name": ""}, quantity=3, price="0.333", subtotal="1.01"
    )

    assert made.description == "(3 x 0.333)"


@pytest.mark.parametrize(("quantity", "price"), [(0, 120), (4, 0), ("0.00", "0")])
@pytest.mark.parametrize("subtotal", [0, "0.00"])
def test_a_line_of_nothing_is_a_description(quantity: Any, price: Any, subtotal: Any) -> None:
    made = line(quantity=quantity, price=price, subtotal=subtotal, libItem=UNKNOWN)

    assert made == Line("Labor", Decimal("0.00"), service_date=date(2026, 12, 1))


def test_a_line_of_nothing_needs_no_item_class_or_tax_code() -> None:
    made = line(quantity=0, subtotal=0, libItem=None, serviceLine=None, taxGroup=None)

    assert (made.item, made.class_name, made.tax_code) == (None, None, None)


@pytest.mark.parametrize("subtotal", ["0.01", 480])
def test_a_line_of_nothing_that_costs_something_is_held(subtotal: Any) -> None:
    assert problems(of(quantity=0, subtotal=subtotal)) == [("totals_disagree", 'line 1, "Labor"')]


def test_an_amount_without_quantity_or_price_is_sent_alone() -> None:
    made = line(quantity=None, price=None)

    assert (made.amount, made.quantity, made.unit_price) == (Decimal("480.00"), None, None)
    assert line(quantity=None, price=None, subtotal=0).item is None


def test_quantity_and_price_without_an_amount_make_one() -> None:
    source = a_source(items=[an_item(subtotal=None)])
    made = transform(source, a_mapping()).document

    assert made is not None
    assert made.lines[0].amount == Decimal("480.00")


def test_a_line_without_any_amount_is_unreadable() -> None:
    source = a_source(items=[an_item(), an_item(subtotal=None, price=None, taxAmount=0)])

    assert problems(source) == [("unreadable_source", 'line 2, "Labor"')]
    (problem,) = transform(source, a_mapping()).problems
    assert problem.detail == "the line has no amount, quantity or price"


def test_a_tiny_price_keeps_its_decimals() -> None:
    made = line(quantity=10000, price="0.0012345", subtotal="12.35")

    assert made.unit_price == Decimal("0.0012345")
    assert made.amount == Decimal("12.35")


def test_a_line_worth_less_than_half_a_cent_is_still_sold() -> None:
    made = lines(an_item(taxAmount=0), an_item(quantity=1, price="0.001", subtotal=0, taxAmount=0))

    assert made[1].item == Reference(name="Labor")
    assert made[1].amount == 0


def test_lines_keep_servicetrades_order() -> None:
    made = lines(
        an_item(description="last", orderIndex=None, taxAmount=0),
        an_item(description="third", orderIndex="10", taxAmount=0),
        an_item(description="first", orderIndex=1, taxAmount=0),
        an_item(description="second", orderIndex=1, taxAmount=0),
    )

    assert [one.description for one in made] == ["first", "second", "third", "last"]


@pytest.mark.parametrize(
    ("sold", "service_line", "found"),
    [
        (LIB | {"externalIds": {"quickbooks": "31"}}, None, Reference(id="31")),
        (LIB | {"code": "lab"}, None, Reference(name="Labor")),
        (LIB | {"name": "LIFT  rental"}, None, Reference(name="Equipment Rental")),
        (LIB, None, Reference(name="Materials")),
        (UNKNOWN, {"id": 4, "name": "Refrigeration"}, Reference(name="Refrigeration Work")),
        (None, {"id": 4, "name": "Refrigeration"}, Reference(name="Refrigeration Work")),
        (UNKNOWN, {"id": 3, "name": "HVAC"}, Reference(name="Misc")),
        (None, None, Reference(name="Misc")),
    ],
)
def test_an_item_is_found_by_id_code_name_type_service_line_or_default(
    sold: Any, service_line: Any, found: Reference
) -> None:
    mapping = {"items": {"default": "Misc"}, "classes": {"default": "None of these"}}

    assert line(libItem=sold, serviceLine=service_line, mapping=mapping).item == found


def test_an_item_that_is_not_mapped_is_told_by_all_its_names() -> None:
    source = of(libItem=UNKNOWN, description="Widget, large")

    assert problems(source) == [("unmapped_item", 'line 1, "Widget, large"')]
    (problem,) = transform(source, a_mapping()).problems
    assert problem.detail == (
        'no QuickBooks product or service is mapped for code "W-1", name "Widget", type "thing"'
    )


def test_a_line_without_an_item_is_told_so() -> None:
    (problem,) = transform(of(libItem=None, description=""), a_mapping()).problems

    assert problem.detail.endswith("for a line without an item")
    assert problem.where == "line 1"


def test_a_negative_line_stays_a_line_of_its_own_and_is_not_taxed() -> None:
    discount = an_item(
        description="Discount",
        quantity=1,
        price=-48,
        subtotal=-48,
        taxAmount=0,
        libItem=LIB | {"code": "DISC"},
    )
    made = lines(an_item(), discount, tax="33.60")

    assert made[0].amount == Decimal("480.00")
    assert (made[1].amount, made[1].item) == (Decimal("-48.00"), Reference(name="Discount"))
    assert (made[0].tax_code, made[1].tax_code) == ("TAX", "NON")


def test_a_negative_line_does_not_hide_among_what_is_sold() -> None:
    discount = an_item(quantity=1, price=-48, subtotal=-48, taxAmount=0, libItem=LIB)
    source = a_source(**of_lines(an_item(), discount, tax="33.60"))

    assert problems(source, items={"default": "Misc"}) == [("unmapped_item", 'line 2, "Labor"')]
    (problem,) = transform(source, a_mapping()).problems
    assert problem.detail == (
        'no QuickBooks product or service is mapped for code "F-13", name "Filter", type "part"; '
        "a negative line needs one of its own, by code or name"
    )


def test_a_tax_that_no_rule_fits_is_told_of_its_line() -> None:
    source = a_source(**of_lines(an_item(taxAmount=0, taxRate=0)))

    assert problems(source, tax={"rules": []}) == [("unmapped_tax", 'line 1, "Labor"')]


def test_what_is_wrong_with_several_lines_is_told_of_each() -> None:
    lost = an_item(taxAmount=0, libItem=UNKNOWN)

    assert problems(a_source(**of_lines(lost, an_item(taxAmount=0), lost))) == [
        ("unmapped_item", 'line 1, "Labor"'),
        ("unmapped_item", 'line 3, "Labor"'),
    ]


def test_a_line_of_less_than_half_a_cent_is_sold_like_any_other() -> None:
    free = {"quantity": 1, "price": "0.001", "subtotal": 0, "taxAmount": 0}
    lost = an_item(**free, libItem=UNKNOWN, serviceLine=None)

    made = lines(
        an_item(taxAmount=0), an_item(**free, libItem=LIB), classes={"by_service_line": {}}
    )
    (problem,) = transform(
        a_source(**of_lines(an_item(taxAmount=0), lost)),
        a_mapping(classes={"by_service_line": {}}),
    ).problems

    assert made[1].item == Reference(name="Materials")
    assert problem.detail.endswith('type "thing"')


def test_an_invoice_whose_total_cannot_be_read_is_told_once() -> None:
    for field in ("subtotal", "totalPrice"):
        assert problems(a_source(**{field: 480.5})) == [("unreadable_source", f"invoice.{field}")]


@pytest.mark.parametrize(
    ("service_line", "what"),
    [
        (None, "a line without a service line"),
        ({"id": 9, "name": "Sprinkler"}, 'the service line "Sprinkler"'),
    ],
)
def test_once_one_class_is_mapped_every_line_needs_one(service_line: Any, what: str) -> None:
    source = of(serviceLine=service_line)

    assert problems(source) == [("unmapped_class", 'line 1, "Labor"')]
    (problem,) = transform(source, a_mapping()).problems
    assert problem.detail == f"no class is mapped for {what}"
    assert line(serviceLine=service_line, mapping={"classes": {"default": "X"}}).class_name == "X"


def test_without_classes_no_line_needs_one() -> None:
    assert line(mapping={"classes": {"by_service_line": {}}}).class_name is None


def test_the_service_date_is_when_it_was_used_else_when_the_job_was_done() -> None:
    assert line(jobItem={"usedOn": NOON}).service_date == date(2026, 12, 2)
    assert line(jobItem=None).service_date == date(2026, 11, 30)
    ten_at_night = 1_796_266_800  # the next day in London
    assert line(jobItem={"usedOn": ten_at_night}).service_date == date(2026, 12, 2)
    jobless = transform(
        parse_source(an_invoice(job=None, items=[an_item(jobItem=None)]), None), a_mapping()
    ).document
    assert jobless is not None
    assert jobless.lines[0].service_date is None
    source = a_source(job=a_job(completedOn=None), items=[an_item(jobItem=None)])
    made = transform(source, a_mapping()).document
    assert made is not None
    assert made.lines[0].service_date is None


@pytest.mark.parametrize(
    ("description", "sold", "text"),
    [
        ("Two\nlines", LIB, "Two\nlines"),
        ("", LIB, "Filter"),
        (None, None, "Line 1"),
        ("x" * 4001, LIB, "x" * (4000 - len(MARK)) + MARK),
    ],
)
def test_a_line_always_says_something(description: Any, sold: Any, text: str) -> None:
    made = line(description=description, libItem=sold, mapping={"items": {"default": "Misc"}})

    assert made.description == text


def test_lines_must_add_up_to_the_subtotal() -> None:
    source = a_source(subtotal=500, totalPrice=Decimal("533.60"))

    assert problems(source) == [("totals_disagree", "totals")]
    (problem,) = transform(source, a_mapping()).problems
    assert problem.detail == "the lines add up to $480.00, the invoice's subtotal is $500.00"


def test_subtotal_and_tax_must_be_the_total() -> None:
    source = a_source(totalPrice=514)

    assert problems(source) == [("totals_disagree", "totals")]
    (problem,) = transform(source, a_mapping()).problems
    assert problem.detail == "$480.00 and $33.60 of tax are not $514.00"


def test_an_invoice_without_lines_does_not_add_up() -> None:
    assert problems(a_source(items=[], taxAmount=0, totalPrice=480)) == [
        ("totals_disagree", "totals")
    ]


def test_a_line_of_some_cents_is_sold_like_any_other() -> None:
    assert line(quantity=1, price="0.5", subtotal="0.5", libItem=LIB).item == Reference(
        name="Materials"
    )
