"""Names in documents and their ids in QuickBooks: cached, gone, made, taken."""

from typing import Any

import pytest

from invoicesync.domain.message import Message
from invoicesync.state.entry import State
from tests.fakes.world import BATCH, Lifeline, World, results
from tests.unit.domain.invoices import ADDRESS, NOON, a_job, an_item

CUSTOMER = "POST *customer"


def from_company(world: World, name: str, number: int = 0, **changes: Any) -> Message:
    """Make the message of an invoice to another company."""
    company: dict[str, Any] = {"id": 8, "name": name, "status": "active", "externalIds": {}}
    row: dict[str, Any] = {"customer": company, "job": a_job(customer=company), **changes}
    return world.message(number, **row)


def customers(world: World, name: str) -> list[dict[str, Any]]:
    return [one for one in world.company.objects("Customer") if one["DisplayName"] == name]


def creating(world: World) -> None:
    world.publish(customers={"create_missing": True})


def test_ids_that_are_cached_cost_no_query(world: World) -> None:
    world.run(world.message(0))
    queries = world.calls("query")

    world.run(world.message(1))

    assert world.calls("query") == queries + 1  # whether the number is free
    # Another loader finds them in the table, a day later they are asked for again.
    world.run(world.message(2), load=world.loader())
    assert world.calls("query") == queries + 2
    world.pass_seconds(86_500)
    world.run(world.message(3))
    assert world.calls("query") == queries + 3 + 5


@pytest.mark.parametrize("code", ["2500", "610"])
def test_an_item_that_became_inactive_is_asked_for_once_more_then_held(code: str) -> None:
    world = World(inactive_reference_code=code)
    world.run(world.message(0))
    world.people.deactivate("Item", "1")

    assert results(world.run(world.message(1))) == ["held"]

    entry = world.entry(1)
    assert (entry.reason, entry.intent) == ("item_inactive", None)
    assert entry.problems[0]["where"] == "line 1, 'Labor'"
    assert world.calls("batch") == 2
    world.people.activate("Item", "1")
    assert results(world.run(world.message(1))) == ["created"]


def test_an_item_that_was_made_anew_under_its_name_is_used_at_once(world: World) -> None:
    world.run(world.message(0))
    world.people.deactivate("Item", "1")
    body = {"Name": "Labor", "Type": "Service", "IncomeAccountRef": {"value": "1"}}
    made = world.company.create("Item", body)

    assert results(world.run(world.message(1))) == ["created"]

    line = world.invoice(1)["Line"][0]
    assert line["SalesItemLineDetail"]["ItemRef"]["value"] == made["Id"]


def test_a_customer_that_became_inactive_is_held(world: World) -> None:
    world.run(world.message(0))
    world.people.deactivate("Customer", "1")

    assert results(world.run(world.message(1))) == ["held"]
    assert world.entry(1).reason == "customer_inactive"


@pytest.mark.parametrize(
    ("entity", "identity", "code"),
    [
        ("Department", "1", "unmapped_department"),
        ("Class", "5000000000000000001", "unmapped_class"),
        ("Term", "1", "unmapped_term"),
    ],
)
def test_what_is_inactive_is_said_by_its_name_on_the_screen(
    world: World, entity: str, identity: str, code: str
) -> None:
    world.people.deactivate(entity, identity)

    assert results(world.run(world.message())) == ["held"]

    (problem,) = world.entry().problems
    assert problem["code"] == code
    shown = "location" if entity == "Department" else entity.lower()
    assert problem["detail"].startswith(shown)
    assert problem["detail"].endswith("is inactive in QuickBooks")


def test_all_that_is_missing_is_told_at_once(world: World) -> None:
    world.publish(
        items={"by_code": {"LAB": "Labour"}},
        terms={"Net 30": "Net 31"},
        departments={"by_office": {"Pittsburgh": "North"}},
        classes={"by_service_line": {"HVAC": "Mech"}},
    )

    assert results(world.run(from_company(world, "Keystone Foodz"))) == ["held"]

    assert [(one["code"], one["detail"]) for one in world.entry().problems] == [
        (
            "customer_missing",
            "no customer 'Keystone Foodz' in QuickBooks; nearest: 'Keystone Foods, Inc.'",
        ),
        ("unmapped_item", "no product 'Labour' in QuickBooks"),
        ("unmapped_class", "class 'Mech' does not exist in QuickBooks"),
        ("unmapped_term", "term 'Net 31' does not exist in QuickBooks"),
        ("unmapped_department", "location 'North' does not exist in QuickBooks"),
    ]


def test_a_category_is_not_sold(world: World) -> None:
    world.company.create("Item", {"Name": "Work", "Type": "Category"})
    world.publish(items={"by_code": {"LAB": "Work"}})

    assert results(world.run(world.message())) == ["held"]
    assert "category" in world.entry().problems[0]["detail"]


# External ids


def with_id(identity: str, name: str = "Keystone Foods") -> dict[str, Any]:
    return {"id": 7, "name": name, "status": "active", "externalIds": {"quickbooks": identity}}


def test_an_external_id_counts_if_it_bears_the_name(world: World) -> None:
    assert results(world.run(world.message(customer=with_id("1")))) == ["created"]


def test_an_external_id_of_somebody_else_is_a_mismatch(world: World) -> None:
    made = world.company.create("Customer", {"DisplayName": "Allegheny Dental"})

    assert results(world.run(world.message(customer=with_id(made["Id"])))) == ["held"]
    assert [one["code"] for one in world.entry().problems] == ["customer_mismatch"]


def test_an_external_id_that_is_not_there_leaves_the_name(world: World) -> None:
    assert results(world.run(world.message(customer=with_id("99")))) == ["created"]


def test_an_external_id_of_an_item_counts_before_any_name(world: World) -> None:
    item = an_item()
    item["libItem"]["externalIds"] = {"quickbooks": "5"}

    assert results(world.run(world.message(items=[item]))) == ["created"]

    line = world.invoice()["Line"][0]
    assert line["SalesItemLineDetail"]["ItemRef"]["name"] == "Materials"


def test_an_external_id_of_an_item_that_is_not_there_is_a_problem(world: World) -> None:
    world.publish(items={"by_code": {}, "by_type": {}, "by_name": {}})
    item = an_item()
    item["libItem"]["externalIds"] = {"quickbooks": "55"}

    assert results(world.run(world.message(items=[item]))) == ["held"]
    assert world.entry().problems[0]["detail"] == "no product 'id 55' in QuickBooks"


def test_a_location_that_is_a_customer_by_its_id_alone_must_be_there(world: World) -> None:
    world.publish(customers={"level": "location"})
    location = {
        "id": 15,
        "name": "Store 3",
        "address": ADDRESS,
        "taxable": True,
        "externalIds": {"quickbooks": "77"},
    }

    assert results(world.run(world.message(location=location))) == ["held"]
    (problem,) = world.entry().problems
    assert problem["code"] == "customer_missing"
    assert "77" in problem["detail"]


def test_tax_for_a_customer_who_pays_none_is_held(world: World) -> None:
    world.company.create(
        "Customer",
        {"DisplayName": "Holy Ghost School", "Taxable": False, "TaxExemptionReasonId": "9"},
    )

    assert results(world.run(from_company(world, "Holy Ghost School"))) == ["held"]
    assert world.entry().reason == "taxability_differs"


# Customers that are made


def test_a_missing_customer_is_made_where_the_mapping_allows_it(world: World) -> None:
    creating(world)

    assert results(world.run(from_company(world, "Erie Cold Storage"))) == ["created"]

    (made,) = customers(world, "Erie Cold Storage")
    assert world.invoice()["CustomerRef"]["value"] == made["Id"]
    assert [key for key in world.table.items if "Creating" in key.pk] == []


def test_a_missing_location_is_made_below_its_company(world: World) -> None:
    world.publish(customers={"create_missing": True, "level": "location"})

    assert results(world.run(world.message())) == ["created"]

    (made,) = customers(world, "Keystone Foods - Store 3 (L-3)")
    assert made["ParentRef"]["value"] == "1"


def test_no_location_is_made_below_a_company_that_is_missing_or_in_doubt(world: World) -> None:
    world.publish(customers={"create_missing": True, "level": "location"})
    other = world.company.create("Customer", {"DisplayName": "Allegheny Dental"})

    world.run(from_company(world, "Erie Cold Storage", 0))
    world.run(world.message(1, customer=with_id(other["Id"])))

    assert [world.entry(at).reason for at in range(2)] == ["customer_missing", "customer_mismatch"]
    assert len(list(world.company.objects("Customer"))) == 2


@pytest.mark.parametrize("at", range(1, 40, 3))
def test_two_loaders_that_miss_one_customer_make_one(at: int) -> None:
    world = World()
    creating(world)
    world.put(from_company(world, "Erie Cold Storage", 0))
    world.line.pause_at = at
    second = from_company(world, "Erie Cold Storage", 1)
    world.line.meanwhile = lambda: world.run(second, load=world.loader(Lifeline()))

    world.deliver()
    world.line.live()
    world.drain()

    assert len(customers(world, "Erie Cold Storage")) == 1
    assert [world.entry(at).state for at in range(2)] == [State.LOADED] * 2


@pytest.mark.parametrize("fault", ["answer_lost", "request_lost", "commit_late"])
def test_a_customer_whose_making_is_not_known_is_made_once(world: World, fault: str) -> None:
    creating(world)
    world.fail(fault, CUSTOMER)
    world.put(from_company(world, "Erie Cold Storage", 0))
    (outcome,) = world.deliver()
    assert outcome.code == "OutcomeUnknownError"

    world.drain()

    assert len(customers(world, "Erie Cold Storage")) == 1
    assert (world.entry().state, world.dead.bodies) == (State.LOADED, [])


def test_one_whose_customer_is_in_doubt_does_not_stop_the_others(world: World) -> None:
    creating(world)
    world.fail("answer_lost", CUSTOMER)

    outcomes = world.run(from_company(world, "Erie Cold Storage", 0), world.message(1))

    assert results(outcomes) == ["retry", "created"]


@pytest.mark.parametrize(
    ("entity", "body", "words"),
    [
        ("Vendor", {}, "is a vendor in QuickBooks"),
        ("Employee", {"GivenName": "E", "FamilyName": "C"}, "is an employee in QuickBooks"),
    ],
)
def test_a_name_that_somebody_else_bears_is_told(
    world: World, entity: str, body: dict[str, Any], words: str
) -> None:
    creating(world)
    world.company.create(entity, {**body, "DisplayName": "Erie Cold Storage"})

    assert results(world.run(from_company(world, "Erie Cold Storage"))) == ["held"]

    (problem,) = world.entry().problems
    assert problem["code"] == "customer_missing"
    assert problem["detail"] == f"'Erie Cold Storage' {words}"


def test_a_customer_that_was_made_meanwhile_is_taken(world: World) -> None:
    creating(world)
    made: list[Any] = []
    world.line.meanwhile = lambda: made.append(
        world.company.create("Customer", {"DisplayName": "Erie Cold Storage"})
    )
    names = calls_of_one_with_a_new_customer()
    world.line.live()
    world.line.pause_at = names.index("books.create") + 1

    assert results(world.run(from_company(world, "Erie Cold Storage"))) == ["created"]
    assert world.invoice()["CustomerRef"]["value"] == made[0]["Id"]


def test_an_inactive_customer_is_not_made_again(world: World) -> None:
    creating(world)
    made = world.company.create("Customer", {"DisplayName": "Erie Cold Storage"})
    world.people.deactivate("Customer", made["Id"])

    assert results(world.run(from_company(world, "Erie Cold Storage"))) == ["held"]
    assert world.entry().reason == "customer_inactive"


def test_a_customer_that_quickbooks_refuses_is_told_with_its_reason(world: World) -> None:
    creating(world)

    assert results(world.run(from_company(world, "Erie: Cold Storage"))) == ["held"]
    assert "QuickBooks refused customer" in world.entry().problems[0]["detail"]


def test_references_go_inactive_under_the_batch(world: World) -> None:
    world.fail("inactive_reference", BATCH, entity="Customer")

    assert results(world.run(world.message())) == ["held"]
    assert world.entry().reason == "customer_inactive"


def test_a_refused_question_is_asked_of_each_alone(world: World) -> None:
    world.fail("fault_in_200", "* *query", code="4001", times=1)
    world.put(world.message(0), world.message(1), world.message(2, status="void"))

    outcomes = world.deliver()
    again = [one for one in outcomes if one.result == "retry"]
    assert [one.code for one in again] == ["refused_question"] * 2
    world.drain()

    assert [world.entry(at).state for at in range(2)] == [State.LOADED] * 2
    assert world.dead.bodies == []


def test_an_invoice_whose_question_is_refused_is_held_with_the_reason(world: World) -> None:
    world.fail("fault_in_200", "* *query", code="4001", times=1)

    assert results(world.run(world.message(updated=NOON + 1))) == ["held"]
    assert "refused a question" in world.entry().problems[0]["detail"]


def calls_of_one_with_a_new_customer() -> list[str]:
    world = World()
    creating(world)
    world.line.live()
    world.run(from_company(world, "Erie Cold Storage"))
    return world.line.names


def test_of_two_customers_with_one_name_nobody_guesses(world: World) -> None:
    group = world.company.create("Customer", {"DisplayName": "Tri-State Group"})
    below = {"Job": True, "ParentRef": {"value": group["Id"]}}
    first = world.company.create("Customer", {"DisplayName": "Allegheny Dental"})
    second = world.company.create("Customer", {"DisplayName": "Allegheny Dental", **below})

    assert results(world.run(from_company(world, "Allegheny Dental"))) == ["held"]

    entry = world.entry()
    assert entry.reason == "customer_mismatch"
    assert f"(ids {first['Id']}, {second['Id']})" in entry.problems[0]["detail"]
    world.people.rename("Customer", second["Id"], "Allegheny Dental East")
    assert results(world.run(from_company(world, "Allegheny Dental"))) == ["created"]


@pytest.mark.parametrize(
    ("entity", "name", "below", "reason", "words"),
    [
        ("Item", "Labor", {"SubItem": True}, "unmapped_item", "several products are named 'Labor'"),
        ("Class", "Mechanical", {"SubClass": True}, "unmapped_class", "stands more than once"),
    ],
)
def test_of_two_rows_of_one_name_nobody_guesses(
    world: World, entity: str, name: str, below: dict[str, bool], reason: str, words: str
) -> None:
    there = next(one for one in world.company.objects(entity) if one["Name"] == name)
    kept = ("Name", "Type", "IncomeAccountRef")
    body: dict[str, Any] = {str(key): there[key] for key in kept if key in there}
    parent = world.company.create(entity, {**body, "Name": "Elsewhere"})
    ref = {"ParentRef": {"value": parent["Id"]}}
    world.company.create(entity, {**body, **below, **ref})

    assert results(world.run(world.message())) == ["held"]

    entry = world.entry()
    assert entry.reason == reason
    assert words in entry.problems[0]["detail"]
    assert world.writes == 0
