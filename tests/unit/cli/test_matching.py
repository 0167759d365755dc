"""Only what leaves no choice is sure; what is likely says so, and what is unlike is not named."""

from hypothesis import given
from hypothesis import strategies as st

from invoicesync_cli.matching import LEAST, SURE, Candidates, Match, Named, likeness

NAMES = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=20)


def among(*names: str, code: str = "", name: str = "") -> Match | None:
    rows = [Named(*each.split(" = ")) for each in names]
    return Candidates(rows).match(Named(name, code))


def test_the_same_code_is_sure() -> None:
    found = among("Labor = LAB", "Materials = MAT", name="Labor, regular", code="lab")

    assert found == Match("Labor", SURE, "same code lab")


def test_the_same_code_of_quite_another_thing_is_not_sure() -> None:
    found = among("Extinguisher = 100", name="Overtime", code="100")

    assert found is not None
    assert (found.name, found.is_sure, found.confidence) == ("Extinguisher", False, 0.9)


def test_a_code_and_a_name_that_point_apart_are_in_doubt() -> None:
    found = among("Labor = LAB", "Labor regular", name="Labor Regular", code="LAB")

    assert found is not None
    assert (found.name, found.is_sure, found.near) == ("Labor", False, ("Labor regular",))


def test_the_same_name_is_sure_whatever_its_case_accents_and_punctuation() -> None:
    found = among("Café & Fire-Safety", "Fire", name="CAFE AND FIRE SAFETY")

    assert found == Match("Café & Fire-Safety", SURE, "same name")


def test_two_that_bear_the_name_are_nobodys_sure_partner() -> None:
    found = among("Trip-Charge", "Trip Charge", name="trip charge")

    assert found is not None
    assert (found.is_sure, found.near) == (False, ("Trip Charge",))


def test_what_stands_twice_in_quickbooks_cannot_be_meant() -> None:
    assert among("Labor", "labor", name="Labor") is None


def test_a_legal_form_is_likely_and_not_sure() -> None:
    found = among("Keystone Foods, Inc.", "Summit Foods", name="Keystone Foods")

    assert found == Match("Keystone Foods, Inc.", 0.95, "same name but for the legal form")


def test_two_legal_forms_of_one_name_are_left_to_a_person() -> None:
    found = among("Keystone Foods, Inc.", "Keystone Foods LLC", name="Keystone Foods")

    assert found is not None
    assert found.confidence < 0.9
    assert len(found.near) == 1


def test_a_code_that_is_somebodys_name_is_likely() -> None:
    found = among("FLT", "Pump", name="Filter MERV", code="flt")

    assert found == Match("FLT", 0.95, "bears the code flt as name")


def test_a_slip_of_the_pen_is_likely() -> None:
    found = among("Preventive Maintenance", "Labor", name="Preventative Maintenance")

    assert found is not None
    assert found.name == "Preventive Maintenance"
    assert 0.9 <= found.confidence < SURE


def test_a_part_of_a_name_is_less_likely() -> None:
    found = among("Overtime Labor", "Pump", name="Labor")

    assert found is not None
    assert (found.name, found.confidence) == ("Overtime Labor", 0.85)


def test_other_numbers_are_other_things() -> None:
    assert among("Net 15", "Filter 20x25", name="Net 30") is None
    assert likeness("Net 30", "Net 15") == 0
    assert likeness("Net 30", "Net 30 days") > LEAST


def test_nothing_like_it_is_no_partner() -> None:
    assert among("Labor", "Materials", name="Zzyzx") is None
    assert among(name="Labor") is None


@given(st.lists(NAMES, max_size=8), NAMES)
def test_a_partner_is_one_of_the_candidates_and_sure_only_by_its_name(
    names: list[str], wanted: str
) -> None:
    found = among(*(each for each in names if " = " not in each), name=wanted)

    if found is not None:
        assert found.name in names
        assert LEAST <= found.confidence <= SURE
        assert not found.is_sure or found.why == "same name"
        assert found.name not in found.near


@given(st.lists(NAMES, max_size=8), NAMES, st.randoms())
def test_the_order_of_quickbooks_rows_changes_no_sure_partner(
    names: list[str], wanted: str, random: object
) -> None:
    rows = [Named(name) for name in names]
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    one, other = (Candidates(each).match(Named(wanted)) for each in (rows, shuffled))

    assert (one is not None and one.is_sure) == (other is not None and other.is_sure)
