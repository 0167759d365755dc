"""Invoices: what they show, how they add up, what can be written to them."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sandbox.servicetrade import STRICT
from tests.unit.sandbox.servicetrade.world import LINE, World

INVOICE_KEYS = {
    *("id", "uri", "name", "type", "status", "substatus", "invoiceNumber", "refNumber"),
    *("subtotal", "taxAmount", "totalPrice", "totalPaidAmount", "paid", "sent", "partial"),
    *("transactionDate", "dueDate", "paymentTerms", "terms", "customer", "vendor", "location"),
    *("job", "assignedUser", "assignedOffice", "contract", "customerPo", "notes", "visibility"),
    *("tags", "items", "created", "updated"),
}
ITEM_KEYS = {
    *("id", "uri", "description", "quantity", "price", "subtotal", "taxGroup", "taxRate"),
    *("taxRateDetails", "taxAmount", "totalPrice", "orderIndex", "libItem", "serviceLine"),
    *("jobItem", "serviceRequest"),
}


def test_an_invoice_shows_the_observed_keys_and_no_others(world: World) -> None:
    made = world.invoice(jobId=world.job()["id"], paymentTerms="Net 30", tags=["rush"])

    shown = world.data(f"/invoice/{made['id']}")

    assert set(shown) == INVOICE_KEYS
    assert set(shown["items"][0]) == ITEM_KEYS
    assert set(shown["job"]) == {
        *("id", "uri", "number", "name", "customName", "type", "primaryContact", "isProject")
    }
    assert shown["paymentTerms"]["name"] == "Net 30"
    assert [tag["name"] for tag in shown["tags"]] == ["rush"]
    assert shown == world.data("/invoice")["invoices"][0]


def test_an_invoice_takes_over_from_its_job(world: World) -> None:
    job = world.job(assignedOfficeId=world.account.office_id, customerPo="PO-7")

    shown = world.invoice(jobId=job["id"])

    for key in ("customer", "location", "contract"):
        assert shown[key]["id"] == job[key]["id"]
    assert shown["assignedOffice"]["name"] == "Main office"
    assert (shown["customerPo"], shown["vendor"]["name"]) == ("PO-7", "Example Mechanical")


def test_lines_and_tax_add_up(world: World) -> None:
    shown = world.invoice(items=[LINE, {"quantity": "3", "price": "0.335", "taxRate": "7.25"}])

    second = shown["items"][1]
    assert (second["subtotal"], second["taxAmount"]) == (1.01, 0.07)
    assert (shown["subtotal"], shown["taxAmount"], shown["totalPrice"]) == (481.01, 34.87, 515.88)


@pytest.mark.parametrize(
    ("how", "price", "total"),
    [("number", 1200, 1287.05), ("string", "1200", "1287.05"), ("grouped", "1,200", "1,287.05")],
)
def test_numbers_come_in_three_ways(
    world_with: Callable[..., World], how: str, price: object, total: object
) -> None:
    line = {"quantity": 1, "price": "1200", "taxAmount": "87.05"}

    shown = world_with(numbers=how).invoice(items=[line])

    assert (shown["items"][0]["price"], shown["totalPrice"]) == (price, total)


def test_a_tax_rate_is_a_percentage_or_a_fraction(world_with: Callable[..., World]) -> None:
    percent, fraction = (
        world_with(tax_rate=unit).invoice()["items"][0]["taxRate"]
        for unit in ("percent", "fraction")
    )

    assert (percent, fraction) == (7.25, 0.0725)


@pytest.mark.parametrize(("shape", "empty"), [("object", {}), ("array", [])])
def test_an_empty_map_may_be_an_empty_list(
    world_with: Callable[..., World], shape: str, empty: object
) -> None:
    world = world_with(empty_map=shape)
    known = world.account.add("company", {"name": "K", "externalIds": {"quickbooks": "412"}})

    assert world.job()["customer"]["externalIds"] == empty
    assert known["externalIds"] == {"quickbooks": "412"}


@pytest.mark.parametrize(
    ("how", "kept"),
    [
        ("as_given", 1_790_000_000),  # 2026-09-21 10:13:20 in New York
        ("utc_midnight", 1_789_948_800),
        ("local_midnight", 1_789_963_200),
    ],
)
def test_a_date_may_be_kept_as_a_midnight(
    world_with: Callable[..., World], how: str, kept: int
) -> None:
    assert world_with(dates=how).invoice()["transactionDate"] == kept


def test_the_lines_alone_show_more(world: World) -> None:
    made = world.invoice()

    items = world.data(f"/invoice/{made['id']}/item")["invoiceItems"]

    more = {"invoice", "invoiceRecurrence", "windowStart", "windowEnd", "created", "updated"}
    assert set(items[0]) == ITEM_KEYS | more
    assert items[0]["invoice"]["id"] == made["id"]


def test_a_put_changes_what_it_names_and_moves_updated(world: World) -> None:
    made = world.invoice(status="pending_accounting", notes="Thanks")
    world.clock.seconds += 5

    body = {"status": "processed", "invoiceNumber": "QB-1", "totalPrice": 1, "colour": "red"}
    answer = world.call("PUT", f"/invoice/{made['id']}", json=body)

    changed = {"status": "processed", "invoiceNumber": "QB-1", "updated": made["updated"] + 5}
    assert answer.status_code == 200
    assert answer.json()["data"] == {**made, **changed}
    assert world.data(f"/invoice/{made['id']}") == {**made, **changed}


@pytest.mark.parametrize(("moves", "seconds"), [(True, 5), (False, 0)])
def test_a_put_that_changes_nothing_may_move_updated(
    world_with: Callable[..., World], *, moves: bool, seconds: int
) -> None:
    world = world_with(idle_put_moves_updated=moves)
    made = world.invoice()
    world.clock.seconds += 5

    after = world.call("PUT", f"/invoice/{made['id']}", json={"status": "ok"}).json()["data"]

    assert after["updated"] - made["updated"] == seconds


@pytest.mark.parametrize(("refusal", "status"), [(400, 400), (409, 409)])
def test_void_is_final(world_with: Callable[..., World], refusal: int, status: int) -> None:
    world = world_with(transition_refusal=refusal)
    made = world.invoice(status="void")

    answer = world.call("PUT", f"/invoice/{made['id']}", json={"status": "processed"})

    assert answer.status_code == status
    assert "void" in answer.json()["messages"]["error"][0]
    assert world.data(f"/invoice/{made['id']}")["status"] == "void"


def test_a_strict_account_takes_accounting_results_only_from_the_queue(
    world_with: Callable[..., World],
) -> None:
    world = world_with(transitions=STRICT)
    ready, fresh = world.invoice(status="pending_accounting"), world.invoice(status="ok")
    done = {"status": "processed"}

    assert world.call("PUT", f"/invoice/{ready['id']}", json=done).status_code == 200
    assert world.call("PUT", f"/invoice/{fresh['id']}", json=done).status_code == 400


@pytest.mark.parametrize(
    ("shape", "messages"),
    [
        ("list", {"validation": ["status: status 'Completed' is not valid"]}),
        ("map", {"validation": {"status": "status 'Completed' is not valid"}}),
        ("bare", ["status 'Completed' is not valid"]),
    ],
)
def test_validation_comes_in_three_shapes(
    world_with: Callable[..., World], shape: str, messages: object
) -> None:
    world = world_with(validation_shape=shape)
    made = world.invoice()

    answer = world.call("PUT", f"/invoice/{made['id']}", json={"status": "Completed"})

    assert (answer.status_code, answer.json()["messages"]) == (400, messages)


def test_the_draft_status_has_a_name_of_the_accounts_choosing(
    world_with: Callable[..., World],
) -> None:
    world = world_with(draft_status="in_draft")
    made = world.invoice()

    answer = world.call("PUT", f"/invoice/{made['id']}", json={"status": "in_draft"})

    assert answer.json()["data"]["status"] == "in_draft"


@pytest.mark.parametrize("status", [200, 201])
def test_an_invoice_can_be_made_from_a_job_with_lines_of_its_own(
    world_with: Callable[..., World], status: int
) -> None:
    world = world_with(post_status=status)
    body = {"jobId": world.job()["id"], "items": [LINE], "notes": "Thanks"}

    answer = world.call("POST", "/invoice", json=body)

    made = answer.json()["data"]
    assert (answer.status_code, made["totalPrice"], made["notes"]) == (status, 514.8, "Thanks")
    assert world.data(f"/invoice/{made['id']}") == made


def test_lines_may_come_from_the_job_and_then_need_its_contract(world: World) -> None:
    job = world.job()
    part = {"jobId": job["id"], "name": "Filter", "quantity": 2, "price": "9.50"}
    world.account.add("jobitem", part)
    other = world.account.add("company", {"name": "Other"})
    strange = world.account.add("contract", {"name": "Theirs", "customerId": other["id"]})

    without = world.call("POST", "/invoice", json={"jobId": job["id"]})
    wrong = world.call("POST", "/invoice", json={"jobId": job["id"], "contractId": strange["id"]})
    right = world.call(
        "POST", "/invoice", json={"jobId": job["id"], "contractId": job["contract"]["id"]}
    )

    assert (without.status_code, wrong.status_code, right.status_code) == (400, 409, 200)
    assert right.json()["data"]["items"][0]["description"] == "Filter"
    assert right.json()["data"]["totalPrice"] == 19


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"locationId": 1, "items": []},
        {"jobId": 5, "items": []},
        {"jobId": "nine", "items": []},
    ],
)
def test_an_invoice_needs_a_job_or_three_ids(world: World, body: dict[str, Any]) -> None:
    assert world.call("POST", "/invoice", json=body).status_code == 400


def test_nonsense_in_a_body_is_400(world: World) -> None:
    job = world.job()["id"]

    texts = [b"{", b"[1]", b'{"jobId": %d, "items": [{"price": "dear"}]}' % job]

    for text in texts:
        assert world.call("POST", "/invoice", data=text).status_code == 400


@pytest.mark.parametrize("verb", ["PATCH", "DELETE"])
def test_invoices_are_neither_patched_nor_deleted(world: World, verb: str) -> None:
    made = world.invoice()

    answer = world.call(verb, f"/invoice/{made['id']}", json={"status": "void"})

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, PUT")
    assert world.data(f"/invoice/{made['id']}") == made


@pytest.mark.parametrize("path", ["/invoices", "/invoice/7", "/invoice/x", "/v1/invoice", "/"])
def test_what_is_not_there_is_404(world: World, path: str) -> None:
    assert world.get(path).status_code == 404


@pytest.mark.parametrize(("allowed", "kept"), [(True, "PO-9"), (False, "")])
def test_some_fields_may_not_be_writable(
    world_with: Callable[..., World], *, allowed: bool, kept: str
) -> None:
    world = world_with(writable_extras=allowed)
    made = world.invoice()

    answer = world.call("PUT", f"/invoice/{made['id']}", json={"customerPo": "PO-9"})

    assert answer.json()["data"]["customerPo"] == kept


def test_money_is_kept_exactly(world: World) -> None:
    line = {"quantity": 1, "price": "0.1", "subtotal": "0.1"}
    made = world.invoice(items=[line] * 3)

    assert world.account.row("invoice", made["id"])["subtotal"] == Decimal("0.3")
