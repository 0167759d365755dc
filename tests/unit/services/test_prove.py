"""Every name of a mapping is looked for in QuickBooks before invoices depend on it."""

import json
from copy import deepcopy
from typing import Any

import pytest

from invoicesync.domain.mapping import parse_mapping
from invoicesync.services.prove import Proof, names_in, prove
from tests.fakes.world import World
from tests.unit.domain.invoices import MAPPING


def proofs(world: World, **changes: Any) -> dict[str, Proof]:
    plain = deepcopy(MAPPING) | {"items": {}, "classes": {}, "departments": {}, "terms": {}}
    plain |= {"customers": {}} | changes
    return {
        proof.name.path: proof for proof in prove(parse_mapping(json.dumps(plain)), world.client())
    }


@pytest.fixture
def world() -> World:
    return World()


def test_every_table_of_the_mapping_is_walked() -> None:
    plain = {
        "go_live": "2026-11-01",
        "items": {
            "by_code": {"A": "1"},
            "by_name": {"B": "2"},
            "by_type": {"C": "3"},
            "by_service_line": {"D": "4"},
            "default": "5",
        },
        "departments": {"by_office": {"E": "6"}},
        "classes": {"by_service_line": {"F": "7"}, "default": "8"},
        "terms": {"G": "9"},
        "customers": {"names": {"H": "10"}},
    }

    found = list(names_in(parse_mapping(json.dumps(plain))))

    assert sorted(int(each.name) for each in found) == list(range(1, 11))
    assert {each.entity for each in found} == {"Item", "Department", "Class", "Term", "Customer"}


def test_a_name_that_is_there_has_its_id_and_its_account(world: World) -> None:
    found = proofs(world, items={"by_code": {"LAB": "Labor"}}, terms={"Net 30": "Net 30 days"})

    labor = found["items.by_code.LAB"]
    assert (labor.problem, labor.warning) == ("", "")
    assert labor.id.isdigit()
    assert labor.account == "Sales"
    assert found["terms.Net 30"].problem == ""


def test_a_name_that_is_not_there_is_said_with_what_was_meant(world: World) -> None:
    found = proofs(world, items={"by_code": {"LAB": "Labour"}})

    problem = found["items.by_code.LAB"].problem
    assert "has no product 'Labour'" in problem
    assert "did you mean 'Labor'" in problem


def test_nothing_near_is_no_guess(world: World) -> None:
    problem = proofs(world, terms={"Net 30": "zzzzzz"})["terms.Net 30"].problem

    assert problem == "QuickBooks has no terms 'zzzzzz'"


def test_what_is_inactive_is_no_use(world: World) -> None:
    labor = next(i for i in world.company.objects("Item") if i["Name"] == "Labor")
    world.people.deactivate("Item", str(labor["Id"]))

    found = proofs(world, items={"default": "Labor"})

    assert "inactive" in found["items.default"].problem


class Lists:
    """Lists as no simulator of ours has them: two rows of one name, stock, a custom field."""

    def query(self, entity: str, **_: Any) -> list[dict[str, Any]]:
        if entity == "Customer":
            return [{"Id": "7", "DisplayName": "Acme"}, {"Id": "8", "DisplayName": "Acme"}]
        return [{"Id": "9", "Name": "Filter", "Type": "Inventory"}]

    def preferences(self) -> dict[str, Any]:
        return {"SalesFormsPrefs": {"CustomField": [{"StringValue": "P.O. Number"}]}}


def test_what_is_there_twice_is_no_use_and_stock_is_warned_of() -> None:
    plain = {
        "go_live": "2026-11-01",
        "items": {"default": "Filter"},
        "customers": {"names": {"x": "Acme"}},
        "custom_fields": {"P.O. Number": "customerPo"},
    }
    books: Any = Lists()

    found = {each.name.path: each for each in prove(parse_mapping(json.dumps(plain)), books)}

    assert found["customers.names.x"].problem == "customer 'Acme' stands there twice (ids 7, 8)"
    assert "moves stock" in found["items.default"].warning
    assert found["custom_fields.P.O. Number"].problem == ""


def test_what_cannot_be_sold_is_refused_and_inventory_warned_of(world: World) -> None:
    world.company.create("Item", {"Name": "Kits", "Type": "Category"})
    found = proofs(world, items={"by_code": {"KIT": "Kits"}})

    assert "cannot be sold" in found["items.by_code.KIT"].problem


def test_custom_fields_are_looked_for_by_name(world: World) -> None:
    found = proofs(world, custom_fields={"No Such Field": "customerPo"})

    assert "no custom field" in found["custom_fields.No Such Field"].problem
