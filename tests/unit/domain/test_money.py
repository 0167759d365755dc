from decimal import ROUND_DOWN, Context, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicesync.domain import money


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (480, "480.00"),
        (Decimal("34.8"), "34.80"),
        ("34.8", "34.80"),
        (" 1,204.50 ", "1204.50"),
        ("-1,204,000.5", "-1204000.50"),
        ("+7.", "7.00"),
        (Decimal("34.799999999999997"), "34.80"),
        (Decimal("1861.075"), "1861.08"),
        (Decimal("-0.005"), "-0.01"),
        (Decimal("-0.001"), "0.00"),
        (Decimal("-0"), "0.00"),
        (Decimal("1E+3"), "1000.00"),
        (Decimal("1E-999999"), "0.00"),
        (Decimal("0E-999999"), "0.00"),
        (9_999_999_999, "9999999999.00"),
    ],
)
def test_money_arrives_as_a_number_or_as_text(value: object, expected: str) -> None:
    amount = money.parse(value)

    assert amount is not None
    assert str(amount) == expected


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, 1.5, float("nan"), [], {}, ()),
        *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")),
        *("", "x", "1e5", "NaN", "12,34", "1,2345", "$5", "1 000", "٣", "--1", "1.2.3", "," * 50),
        *(10**10, -(10**10), Decimal("1E+999999"), Decimal("9999999999.995")),
        *("12345678901", "9,999,999,999.999"),
    ],
)
def test_what_is_no_amount_of_money_is_not_taken_for_one(value: object) -> None:
    assert money.parse(value) is None


def test_a_number_of_thousands_of_digits_is_refused_without_being_written_out() -> None:
    assert money.parse(10**5000) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (4, "4"),
        ("4.50", "4.5"),
        (Decimal(100), "100"),
        (Decimal("1E+2"), "100"),
        (Decimal("0.33333333333"), "0.3333333"),
        (Decimal("0.00000005"), "0.0000001"),
        (0, "0"),
        ("-0.0", "0"),
    ],
)
def test_a_quantity_keeps_seven_decimals_and_no_idle_zeros(value: object, expected: str) -> None:
    number = money.parse_number(value)

    assert number is not None
    assert money.fixed(number) == expected


@pytest.mark.parametrize("value", [10**10, -(10**10), "10000000000", Decimal(10**10)])
def test_a_quantity_of_more_than_ten_digits_is_refused(value: object) -> None:
    assert money.parse_number(value) is None


@pytest.mark.parametrize("value", [10**10 - 1, 1 - 10**10])
def test_a_quantity_of_ten_digits_is_taken(value: int) -> None:
    assert money.parse_number(value) == value


@pytest.mark.parametrize(
    ("number", "text"), [("100", "100"), ("100.00", "100"), ("0.50", "0.5"), ("1E+2", "100")]
)
def test_only_zeros_after_the_point_are_idle(number: str, text: str) -> None:
    assert money.fixed(money.trimmed(Decimal(number))) == text


def test_nothing_adds_up_to_no_cents() -> None:
    assert money.fixed(money.total([])) == "0.00"


def test_a_line_is_rounded_half_up_as_quickbooks_checks_it() -> None:
    assert money.line_amount(Decimal("14.5"), Decimal("128.35")) == Decimal("1861.08")
    assert money.line_amount(Decimal("-0.5"), Decimal("0.01")) == Decimal("-0.01")


def test_a_line_is_the_same_whatever_decimal_context_the_caller_left_behind() -> None:
    with localcontext(Context(prec=4, rounding=ROUND_DOWN)):
        assert money.line_amount(Decimal("14.5"), Decimal("128.35")) == Decimal("1861.08")


def test_dollars_are_written_for_people() -> None:
    assert money.dollars(Decimal("1204.5")) == "$1,204.50"
    assert money.dollars(Decimal(-3)) == "-$3.00"
    assert money.dollars(Decimal("-0.05")) == "-$0.05"
    assert money.dollars(Decimal("0.05")) == "$0.05"
    assert money.dollars(Decimal(0)) == "$0.00"


@given(st.decimals(allow_nan=True, allow_infinity=True) | st.integers() | st.text())
def test_what_was_read_is_read_again_the_same(value: object) -> None:
    for parse in (money.parse, money.parse_number):
        once = parse(value)
        if once is not None:
            again = parse(money.fixed(once))
            assert str(again) == str(once)


@given(st.lists(st.decimals(-(10**9), 10**9, places=2)))
def test_a_total_is_exact_to_the_cent(amounts: list[Decimal]) -> None:
    cents = sum(int(amount * 100) for amount in amounts)

    assert money.total(amounts) * 100 == cents


@pytest.mark.parametrize(
    ("amount", "cents", "written"),
    [
        (Decimal("513.60"), 51_360, "513.60"),
        (Decimal("-0.05"), -5, "-0.05"),
        (Decimal("0.00"), 0, "0.00"),
        (Decimal("9999999999.99"), 999_999_999_999, "9999999999.99"),
    ],
)
def test_an_amount_is_counted_in_cents_and_written_from_them(
    amount: Decimal, cents: int, written: str
) -> None:
    assert money.to_cents(amount) == cents
    assert money.from_cents(cents) == written


def test_no_amount_is_no_cents() -> None:
    assert money.to_cents(None) == 0
