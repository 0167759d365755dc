"""Batches: independent items, each answered under its bId."""

from typing import Any

from sandbox.quickbooks import batch
from sandbox.quickbooks.company import Company
from sandbox.quickbooks.wire import parse, render
from tests.unit.sandbox.quickbooks.world import Client, Open, invoice, refused


def item(bid: str, operation: str = "create", **entity: Any) -> dict[str, Any]:
    return {"bId": bid, "operation": operation, **(entity or {"Invoice": invoice()})}


def run(company: Company, *items: dict[str, Any], requestid: str | None = None) -> list[Any]:
    answer = batch.run(company, {"BatchItemRequest": list(items)}, requestid)
    plain = parse(render(answer).encode())
    assert isinstance(plain, dict)
    rows: list[Any] = plain["BatchItemResponse"]
    return rows


def test_one_bad_item_leaves_the_others_done(company: Company) -> None:
    answers = run(company, item("a"), item("b", Invoice={}), item("c"))

    assert [each["bId"] for each in answers] == ["a", "b", "c"]
    assert answers[1]["Fault"]["Error"][0]["code"] == "2020"
    assert answers[1]["Fault"]["Error"][0]["element"] == "CustomerRef"
    assert len(list(company.objects("Invoice"))) == 2


def test_a_fault_without_an_element_has_an_empty_one(company: Company) -> None:
    gone = {"Id": "99", "SyncToken": "0"}

    answers = run(company, item("a", "delete", Invoice=gone))

    assert answers[0]["Fault"]["Error"][0]["element"] == ""
    assert answers[0]["Fault"]["type"] == "ValidationFault"


def test_updates_and_deletes_go_through_a_batch(company: Company) -> None:
    made = [company.create("Invoice", invoice()) for _ in range(2)]
    note = {"Id": made[0]["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "x"}

    answers = run(
        company,
        item("a", "update", Invoice=note),
        item("b", "delete", Invoice={"Id": made[1]["Id"], "SyncToken": "0"}),
    )

    assert answers[0]["Invoice"]["PrivateNote"] == "x"
    assert answers[1]["Invoice"]["status"] == "Deleted"


def test_items_do_not_see_each_other(company: Company) -> None:
    answers = run(
        company,
        item("a", Invoice=invoice(DocNumber="A")),
        {"bId": "q", "Query": "select * from Invoice where DocNumber = 'A'"},
    )

    assert answers[1] == {"QueryResponse": {}, "bId": "q"}


def test_thirty_items_are_the_most(company: Company) -> None:
    items = [item(str(number)) for number in range(31)]

    assert len(run(company, *items[:30])) == 30
    with refused("1040", "30"):
        run(company, *items)
    assert len(list(company.objects("Invoice"))) == 30


def test_a_requestid_holds_for_each_item_by_its_bid(company: Company) -> None:
    run(company, item("a"), requestid="R")

    again = run(company, item("a"), item("b"), requestid="R")

    assert [each["Invoice"]["Id"] for each in again] == ["1", "2"]


def test_requestid_and_bid_are_joined_and_fifty_characters_long_at_most(company: Company) -> None:
    answers = run(company, item("b" * 10), item("b" * 19), requestid="r" * 32)

    assert "Invoice" in answers[0]
    assert answers[1]["Fault"]["Error"][0]["code"] == "6000"
    assert "50 characters" in answers[1]["Fault"]["Error"][0]["Detail"]


def test_an_item_without_a_bid_or_with_a_strange_entity_is_refused(company: Company) -> None:
    answers = run(
        company,
        {"operation": "create", "Invoice": invoice()},
        item("b", Gadget={}),
        item("c", "void", Invoice={"Id": "1", "SyncToken": "0"}),
        item("d", Invoice=invoice(), Customer={}),
    )

    codes = [each["Fault"]["Error"][0]["code"] for each in answers]
    assert codes == ["2020", "2000", "2170", "2000"]


def test_a_used_number_can_be_insisted_on_in_an_item(company: Company) -> None:
    company.create("Invoice", invoice(DocNumber="A"))
    again = item("a", Invoice=invoice(DocNumber="A"))

    answers = run(company, again, {**again, "bId": "b", "optionsData": "allowduplicatedocnum"})

    assert answers[0]["Fault"]["Error"][0]["code"] == "6140"
    assert "Invoice" in answers[1]


def test_the_order_of_answers_is_not_promised(opened: Open) -> None:
    answers = run(opened(batch_order="reversed"), item("a"), item("b"))

    assert [each["bId"] for each in answers] == ["b", "a"]
    assert answers[0]["Invoice"]["Id"] == "1"


def test_changes_can_be_asked_for_in_an_item(company: Company) -> None:
    company.create("Invoice", invoice())
    asked = {"ChangedSince": "2026-09-20", "Entities": "Invoice"}

    answers = run(company, {"bId": "a", "CDCQuery": asked})

    assert answers[0]["CDCResponse"][0]["QueryResponse"][0]["maxResults"] == 1


def test_an_empty_batch_is_refused_as_a_whole(client: Client) -> None:
    answer = client.post("batch", {"BatchItemRequest": []})

    assert answer.status_code == 400
    assert answer.json()["Fault"]["Error"][0]["code"] == "2020"


def test_a_batch_over_http_carries_its_requestid(client: Client) -> None:
    body = {"BatchItemRequest": [item("a"), item("b")]}

    first, second = (client.post("batch?requestid=R", body).json() for _ in range(2))

    assert first["BatchItemResponse"] == second["BatchItemResponse"]
    assert len(list(client.company.objects("Invoice"))) == 2
