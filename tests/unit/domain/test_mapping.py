from contextlib import suppress
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync.domain.mapping_settings import Tax, TaxRule
from invoicesync.domain.mapping_values import key
from invoicesync.errors import MisconfiguredError
from tests.unit.domain.invoices import a_mapping

DEMO = Path(__file__).parents[3] / "sandbox/src/sandbox/demo/mapping.yaml"


def refusal(text: str) -> str:
    with pytest.raises(MisconfiguredError) as caught:
        parse_mapping(text)
    return str(caught.value)


def refusal_of(settings: str) -> str:
    return refusal(f"go_live: 2026-11-01\n{settings}")


def test_a_day_that_is_none_is_told_by_its_path() -> None:
    assert "  go_live: " in refusal("go_live: 2026-13-01")


def test_only_go_live_has_to_be_set() -> None:
    mapping = parse_mapping("go_live: 2026-11-01")

    assert mapping.go_live == date(2026, 11, 1)
    assert mapping.mode == "review"
    assert mapping.customers.create_missing is False
    assert mapping.tax.authority == "quickbooks"
    assert "ok" not in mapping.dispatch.statuses
    assert "scheduled" not in mapping.dispatch.job_statuses


def test_every_setting_can_be_set() -> None:
    mapping = parse_mapping(
        """
        go_live: 2026-11-01
        mode: auto
        review_over: 50000
        timezone: America/Chicago
        timezones: {by_office: {Sacramento: America/Los_Angeles}}
        dispatch:
          statuses: [ok, paid]
          job_statuses: [closed]
          exclude_tags: [a]
          include_tags: [b]
          allow_partials: true
          allow_jobless: true
        document_number: {prefix: ST-}
        customers:
          level: location
          levels: {Acme: job}
          create_missing: true
          names: {Acme: "Acme, Inc."}
          bill_to:
            Acme:
              email: ap@acme.example
              address: {street: 1 Way, city: Erie, state: PA, postal_code: "16501"}
        items:
          by_code: {LAB: Labor}
          by_name: {Work: Labor}
          by_type: {part: Materials}
          by_service_line: {HVAC: Service}
          default: Other
        departments: {required: true, by_office: {Erie: North}}
        classes: {by_service_line: {HVAC: Mechanical}, default: Other}
        terms: {Net 30: Net 30 days}
        custom_fields: {"P.O. Number": customerPo, Rep: job.sales, Job: job.number}
        po_required_for: [Acme]
        ship_from:
          by_office: {Erie: {street: 1 Way, city: Erie, state: PA, postal_code: "16501"}}
          default: {street: 2 Way, city: Erie, state: PA, postal_code: "16501"}
        closed_period: first_open_day
        online_payment: false
        tax:
          authority: servicetrade
          tolerance: 0.05
          rules:
            - {code: TAX, state: PA, tax_group: PGH, taxable: true, rate_percent: [6, 8.5]}
            - {code: TAX, negative: true}
        """
    )

    assert mapping.review_over == Decimal("50000.00")
    assert mapping.tax.tolerance == Decimal("0.05")
    assert mapping.tax.rules[0].rate_percent == (Decimal(6), Decimal("8.5"))
    assert mapping.customers.levels_by_key == {"acme": "job"}
    assert set(Mapping.model_fields) == mapping.model_fields_set


def test_the_demos_mapping_is_a_mapping() -> None:
    mapping = parse_mapping(DEMO.read_text(encoding="utf-8"))

    assert mapping.mode == "auto"
    assert mapping.tax.rules


def test_every_mistake_is_told_with_its_path_the_choices_and_a_guess() -> None:
    said = refusal(
        """
        go_liv: 2026-11-01
        mode: atuo
        timezone: America/NewYork
        customers: {level: zip, bill_to: {Acme: {adress: x}}}
        custom_fields: {PO: custmerPo}
        tax: {rules: [{cod: TAX}, {code: TAX, rate_percent: [8, 6]}], tolerance: a lot}
        """
    )
    lines = {line.strip().partition(": ")[0]: line for line in said.splitlines()[1:]}

    assert said.startswith("the mapping has mistakes:\n")
    assert lines["go_live"] == "  go_live: is required"
    assert lines["go_liv"].startswith(
        "  go_liv: is no setting (choose from classes, closed_period, "
    )
    assert lines["go_liv"].endswith(", timezone, timezones); did you mean go_live?")
    assert lines["mode"] == (
        "  mode: is none of the choices (choose from review, auto); did you mean auto?"
    )
    assert lines["timezone"] == ("  timezone: is no time zone; write it as in America/New_York")
    assert lines["customers.level"] == (
        "  customers.level: is none of the choices (choose from company, location, job)"
    )
    assert "did you mean address?" in lines["customers.bill_to.Acme.adress"]
    assert "did you mean customerPo?" in lines["custom_fields.PO"]
    assert "did you mean code?" in lines["tax.rules[0].cod"]
    assert lines["tax.rules[0].code"] == "  tax.rules[0].code: is required"
    assert lines["tax.rules[1]"] == (
        "  tax.rules[1]: rate_percent must be written [lowest, highest]"
    )
    assert lines["tax.tolerance"] == (
        '  tax.tolerance: is no amount of money; write it as in "0.02"'
    )


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("items: {by_code: {100: Labor}}", "items.by_code[100]: must be text: put it in quotes"),
        ("items: {by_code: {LAB: 5}}", "items.by_code.LAB: must be text: put it in quotes"),
        (
            "terms: {net 30: a, Net  30: b}",
            ": names 'net 30' and 'Net  30', which differ only in case or spacing",
        ),
        ("terms: {x: ''}", "terms.x: must be one line of text without blanks around it"),
        ('terms: {x: "a\\nb"}', "one line of text"),
        ("terms: {x: ' a'}", "one line of text"),
        ("terms: {x: 'a '}", "one line of text"),
        ('terms: {x: "\\ud800"}', "invalid Unicode character"),
        ("timezone: ../../etc/passwd", "is no time zone; write it as in America/New_York"),
        ("timezone: America", "is no time zone"),
        ("review_over: -1", "review_over: Input should be greater than or equal to 0"),
        ("review_over: .inf", "is no amount of money"),
        ("document_number: {prefix: 12345678901}", "must be text"),
        ("document_number: {prefix: 'a b'}", "document_number.prefix"),
        (
            "tax: {rules: [{code: TAX, rate_percent: [six, 7]}]}",
            ": is no rate in percent; write it as in 7.25",
        ),
        ("tax: {rules: [{code: TAX, rate_percent: [6, 700]}]}", "less than or equal to 100"),
        ("tax: {rules: [{code: VAT}]}", "choose from TAX, NON"),
        ("dispatch: {statuses: [void]}", "dispatch.statuses[0]: is none of the choices"),
        ("customers: {bill_to: {A: {email: nobody}}}", "customers.bill_to.A.email"),
        ("customers: x", "customers"),
        ("go_live: 2026-11-01", "'go_live' is written twice"),
        (
            "terms: {a: b, a: c}",
            "the mapping is not readable YAML in line 2, column 15: 'a' is written twice",
        ),
        ("terms: {[a]: b}", " in line 2, column 9: a name must be plain text"),
        ("terms: [", "line 3"),
        ("terms: &x [*x]", " in line 2, column 12: references (*name) are not supported"),
        ("terms: " + "[" * 20, " in line 2, column 27: nested deeper than 20"),
        ("terms: " + "[" * 19 + "]" * 19, "terms: Input should be a valid dictionary"),
        ("terms: [" + "{}, " * 30 + "]", "terms: Input should be a valid dictionary"),
        ("terms: !!python/name:os.system ''", "could not determine a constructor"),
        ("terms: \x01", "not readable YAML"),
        ("closed_period: 2026-13-45", "  closed_period: is none of the choices"),
    ],
)
def test_a_mistake_is_refused_in_plain_words(settings: str, said: str) -> None:
    assert said in refusal_of(settings)


@pytest.mark.parametrize("text", ["", "x", "[]", "5"])
def test_what_is_no_table_is_no_mapping(text: str) -> None:
    said = "the mapping is not a table of settings; it starts with go_live:"
    assert refusal(text) == said


def test_a_mapping_has_a_size() -> None:
    assert refusal("#" * 1_000_001) == "the mapping is longer than 1,000,000 characters"
    assert "not a table" in refusal("#" * 1_000_000)


def test_a_value_is_never_repeated() -> None:
    said = refusal_of("client_secret: hunter2hunter2\nmode: hunter2\nterms: hunter2\nx: [hunter2")

    assert "hunter2" not in said
    assert "hunter2" not in refusal_of("client_secret: hunter2hunter2\nmode: hunter2")
    assert "client_secret: is no setting" in refusal_of("client_secret: hunter2")


@pytest.mark.parametrize(
    "settings", ["mode: [x]", f"mode: 0x{'f' * 5000}", "closed_period: {}", "1: 2", "? []\n: x"]
)
def test_a_value_of_another_kind_is_refused_as_well(settings: str) -> None:
    assert refusal_of(settings)


settings_anywhere = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.dates()
    | st.text()
    | st.sampled_from(["PA", "TAX", "auto", "7.25", "America/New_York"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*Mapping.model_fields, *Tax.model_fields, *TaxRule.model_fields])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(
    st.dictionaries(
        st.sampled_from(list(Mapping.model_fields)) | st.text(), settings_anywhere, max_size=5
    )
)
def test_no_settings_whatever_break_the_reader(plain: dict[str, Any]) -> None:
    text = yaml.safe_dump({"go_live": date(2026, 11, 1), **plain}, allow_unicode=True)

    with suppress(MisconfiguredError):
        assert "go_live" in parse_mapping(text).model_fields_set


@given(st.text())
def test_no_text_whatever_breaks_the_reader(text: str) -> None:
    with pytest.raises(MisconfiguredError):
        parse_mapping(text)


def test_a_zone_that_is_nearly_one_is_guessed() -> None:
    assert refusal_of("timezone: America/Chicgo").endswith(
        "timezone: is no time zone; write it as in America/Chicago"
    )


def test_names_are_compared_with_one_blank_between_words_and_in_small_letters() -> None:
    assert key(" Net  30\tDAYS ") == "net 30 days"


def test_a_band_may_be_a_single_rate() -> None:
    rule = {"code": "TAX", "rate_percent": [6, 6]}

    assert a_mapping(tax={"rules": [rule]}).tax.rules[0].rate_percent == (Decimal(6), Decimal(6))


def test_a_mapping_does_not_change_after_it_was_read() -> None:
    with pytest.raises(ValidationError):
        a_mapping().mode = "review"  # type: ignore[misc] # that is the point
