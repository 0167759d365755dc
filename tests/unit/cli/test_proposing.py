"""A draft names what a mapping lacks, sets what is sure, and touches nothing that it says."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoicesync.domain.mapping import parse_mapping
from invoicesync.ports import SourceList
from invoicesync_cli.drafting import draft_remarks
from invoicesync_cli.mapping_text import write_mapping
from invoicesync_cli.proposing import Both, Proposed, Rules, accepted, propose, tax_rules
from tests.unit.domain.invoices import a_mapping

EMPTY = parse_mapping("go_live: 2026-11-01")
NAMES = st.text(max_size=12)


def named(*names: str, field: str = "Name") -> list[dict[str, Any]]:
    return [{"Id": str(at), field: name} for at, name in enumerate(names, start=1)]


def both(quickbooks: Mapping[str, Any], **servicetrade: list[dict[str, Any]]) -> Both:
    lists = {SourceList[name.upper()]: rows for name, rows in servicetrade.items()}
    return Both(lists, quickbooks)


def told(proposed: Proposed) -> dict[str, str | None]:
    return {
        f"{'.'.join(each.place)}.{each.name}": each.match.name if each.match else None
        for each in proposed.proposals
    }


def draft(proposed: Proposed, above: float = 1.0) -> str:
    plain = accepted(EMPTY, proposed.proposals, above)
    return write_mapping(plain, draft_remarks(proposed.proposals, above, Rules.KEPT))


def test_every_table_gets_its_partners() -> None:
    lists = both(
        {
            "Item": [{"Id": "1", "Name": "Labor", "Sku": "LAB", "Type": "Service"}],
            "Department": named("Pittsburgh"),
            "Class": named("Mechanical"),
            "Term": named("Net 30"),
            "Customer": named("Keystone Foods, Inc.", field="DisplayName"),
        },
        library_items=[{"name": "Regular labor", "code": "LAB"}, {"name": "labor"}],
        offices=[{"name": "Pittsburgh"}],
        service_lines=[{"name": "mechanical"}],
        terms=[{"name": "Net 30"}],
        customers=[{"name": "Keystone Foods"}],
    )

    assert told(propose(EMPTY, lists)) == {
        "items.by_code.LAB": "Labor",
        "items.by_name.labor": "Labor",
        "departments.by_office.Pittsburgh": "Pittsburgh",
        "classes.by_service_line.mechanical": "Mechanical",
        "terms.Net 30": "Net 30",
        "customers.names.Keystone Foods": "Keystone Foods, Inc.",
    }


def test_what_is_mapped_linked_inactive_or_named_alike_gets_no_entry() -> None:
    lists = both(
        {
            "Item": [{"Id": "1", "Name": "Labor"}],
            "Department": named("West"),
            "Customer": [
                *named("Keystone Foods, Inc.", "Summit", field="DisplayName"),
                {"Id": "9", "DisplayName": "Store 3", "Job": True},
            ],
        },
        library_items=[
            {"name": "Labor", "code": "lab"},
            {"name": "Pump", "externalIds": {"quickbooks": "7"}},
            {"name": "Old", "status": "inactive", "externalIds": []},
        ],
        offices=[{"name": "Pittsburgh"}],
        customers=[
            {"name": "Keystone  Foods"},
            {"name": "summit"},
            {"name": "Other", "externalIds": {"quickbooks": "2"}},
        ],
    )

    found = propose(a_mapping(), lists)

    assert found.proposals == []
    assert found.settled == {"items": 2, "departments.by_office": 1, "customers": 3}


def test_a_customer_of_another_is_nobodys_partner() -> None:
    lists = both(
        {"Customer": named("Smith Foods", field="DisplayName")},
        customers=[{"name": "Smith Foods"}, {"name": "Smith Food"}],
    )

    assert told(propose(EMPTY, lists)) == {"customers.names.Smith Food": None}


def test_a_sub_customer_is_nobodys_partner() -> None:
    lists = both(
        {"Customer": [{"Id": "9", "DisplayName": "Smith Foods, Inc.", "Job": True}]},
        customers=[{"name": "Smith Foods"}],
    )

    assert told(propose(EMPTY, lists)) == {"customers.names.Smith Foods": None}


def test_what_is_no_product_or_stands_in_no_mapping_is_no_partner() -> None:
    lists = both(
        {"Item": [*named("Labor\nall: wrong"), {"Id": "2", "Name": "Labor", "Type": "Category"}]},
        library_items=[{"name": "Labor"}, {"name": "Bell\x07"}],
    )

    found = propose(EMPTY, lists)

    assert told(found) == {"items.by_name.Labor": None}
    assert len(found.unnameable) == 2


def test_a_type_is_never_sure_and_only_asked_for_what_has_no_partner_of_its_own() -> None:
    lists = both(
        {"Item": [{"Id": "1", "Name": "Part"}, {"Id": "2", "Name": "Labor"}]},
        library_items=[{"name": "Zzyzx", "type": "part"}, {"name": "Labor", "type": "labor"}],
    )

    found = propose(EMPTY, lists)

    assert told(found)["items.by_type.part"] == "Part"
    assert "items.by_type.labor" not in told(found)
    (kind,) = [each for each in found.proposals if each.place[-1] == "by_type"]
    assert not kind.is_accepted(0.9)


def test_a_company_without_classes_has_none_to_map() -> None:
    assert told(propose(EMPTY, both({}, service_lines=[{"name": "HVAC"}]))) == {}


def test_what_is_likely_is_a_line_to_be_uncommented() -> None:
    lists = both(
        {"Customer": named("Keystone Foods, Inc.", field="DisplayName"), "Term": named("Net 30")},
        customers=[{"name": "Keystone Foods"}, {"name": "Zzyzx"}],
        terms=[{"name": "Net 30"}],
    )
    found = propose(EMPTY, lists)

    text = draft(found)

    assert parse_mapping(text) == parse_mapping("{go_live: 2026-11-01, terms: {Net 30: Net 30}}")
    assert "    # Zzyzx:  # nothing in QuickBooks is like it" in text
    opened = [line for line in text.splitlines() if "Zzyzx" not in line and "go_live" not in line]
    wanted = [line.replace("# ", "", 1) for line in opened if line.lstrip(" #").find(":") > 0]
    opened_text = "go_live: 2026-11-01\n" + "\n".join(wanted[-5:])
    assert parse_mapping(opened_text).customers.names == {"Keystone Foods": "Keystone Foods, Inc."}
    assert parse_mapping(draft(found, 0.9)).customers.names == {
        "Keystone Foods": "Keystone Foods, Inc."
    }


def test_rules_are_drafted_where_quickbooks_has_the_codes_and_the_mapping_none() -> None:
    codes = {"TaxCode": [{"Id": "TAX"}, {"Id": "NON"}]}

    drafted, rules = tax_rules(EMPTY, both(codes))
    assert (drafted, [rule["code"] for rule in rules]) == (Rules.DRAFTED, ["TAX", "NON"])
    assert tax_rules(EMPTY, both({})) == (Rules.MISSING, [])
    assert tax_rules(a_mapping(), both(codes)) == (Rules.KEPT, [])


@pytest.mark.parametrize(
    ("rules", "said"),
    [(Rules.KEPT, ""), (Rules.DRAFTED, "lacks the bands"), (Rules.MISSING, "nothing was drafted")],
)
def test_a_draft_says_where_its_tax_rules_come_from(rules: Rules, said: str) -> None:
    head = " ".join(draft_remarks([], 1.0, rules).head)

    assert said in head
    assert ("tax.rules" in head) is (rules is not Rules.KEPT)


@given(
    st.lists(st.tuples(NAMES, NAMES), max_size=6),
    st.lists(st.tuples(NAMES, NAMES), max_size=6),
    st.sampled_from([0.6, 0.9, 1.0]),
)
def test_whatever_the_lists_hold_the_draft_is_a_mapping_that_says_what_was_accepted(
    sold: list[tuple[str, str]], wanted: list[tuple[str, str]], above: float
) -> None:
    lists = both(
        {
            "Item": [{"Id": "1", "Name": name, "Sku": code} for name, code in sold],
            "Customer": named(*(name for name, _ in sold), field="DisplayName"),
            "Term": named(*(name for name, _ in sold)),
        },
        library_items=[{"name": name, "code": code} for name, code in wanted],
        customers=[{"name": name} for name, _ in wanted],
        terms=[{"name": name} for name, _ in wanted],
    )
    found = propose(EMPTY, lists)

    mapping = parse_mapping(draft(found, above))

    entries = {**mapping.items.by_code, **mapping.items.by_name}
    entries |= {**mapping.customers.names, **mapping.terms}
    for each in found.proposals:
        assert each.name in entries or not each.is_accepted(above)
    assert len(mapping.terms) == sum(
        each.is_accepted(above) for each in found.proposals if each.place == ("terms",)
    )
