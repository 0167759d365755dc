"""Filters, pages and order of the lists."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.sandbox.servicetrade.world import World


def named(world: World, *names: str, **more: Any) -> list[int]:
    return [int(world.invoice(name=name, **more)["id"]) for name in names]


def test_a_list_tells_its_page_and_the_number_of_pages(world: World) -> None:
    ids = named(world, "a", "b", "c")

    first = world.data("/invoice", page=1, limit=2)
    second = world.data("/invoice", page=2, limit=2)

    assert (first["page"], first["totalPages"], second["page"]) == (1, 2, 2)
    assert [row["id"] for row in first["invoices"] + second["invoices"]] == ids


def test_a_limit_of_one_counts(world: World) -> None:
    named(world, "a", "b", "c")

    assert world.data("/invoice", limit=1)["totalPages"] == 3


@pytest.mark.parametrize(
    ("kind", "plural", "page"), [("location", "locations", 10), ("invoice", "invoices", 2000)]
)
def test_each_resource_has_its_own_page_size(
    world: World, kind: str, plural: str, page: int
) -> None:
    for number in range(page + 5):
        world.account.add(kind, {"name": f"{number:05}"})

    assert len(world.data(f"/{kind}")[plural]) == page


def test_bounds_are_inclusive(world: World) -> None:
    ids = [world.invoice(updated=at, created=at - 50)["id"] for at in (100, 200, 300)]

    found = world.ids("invoice", "invoices", updatedAfter=200)
    both = world.ids("invoice", "invoices", updatedAfter=100, updatedBefore=200)
    created = world.ids("invoice", "invoices", createdAfter=250)

    assert (found, both, created) == (ids[1:], ids[:2], ids[2:])


def test_filters_hold_together(world: World) -> None:
    job = world.job()
    wanted = world.invoice(jobId=job["id"], status="pending_accounting")["id"]
    world.invoice(jobId=job["id"], status="ok")
    world.invoice(status="pending_accounting")

    found = world.ids("invoice", "invoices", jobId=job["id"], status="pending_accounting,failed")

    assert found == [wanted]


def test_tags_must_all_be_there(world: World) -> None:
    both = world.invoice(tags=["rush", "tax exempt"])["id"]
    world.invoice(tags=["rush"])

    assert world.ids("invoice", "invoices", tag="rush,tax exempt") == [both]
    assert world.ids("invoice", "invoices", tag="rush,unheard of") == []


def test_void_invoices_are_listed_unless_a_status_is_asked_for(world: World) -> None:
    void = world.invoice(status="void")["id"]

    assert world.ids("invoice", "invoices") == [void]
    assert world.ids("invoice", "invoices", status="ok,paid") == []


def test_jobs_are_the_scheduled_ones_unless_a_status_or_a_number_is_asked_for(world: World) -> None:
    scheduled = world.job()
    closed = world.job(status="completed")
    canceled = world.job(status="canceled")
    ids = [job["id"] for job in (scheduled, closed, canceled)]
    by_id = ",".join(str(job_id) for job_id in ids)

    assert world.ids("job", "jobs") == ids[:1]
    assert world.ids("job", "jobs", jobIds=by_id) == ids[:1]
    assert world.ids("job", "jobs", jobIds=by_id, status="*") == ids
    assert world.ids("job", "jobs", status="all") == ids[:2]
    assert world.ids("job", "jobs", number=closed["number"]) == ids[1:2]


def test_a_job_is_invoiced_by_a_final_invoice_that_is_not_void(world: World) -> None:
    job = world.job()
    invoice = world.invoice(jobId=job["id"])

    assert world.ids("job", "jobs", isInvoiced="true") == [job["id"]]
    world.account.void(invoice["id"])
    assert world.ids("job", "jobs", isInvoiced="true") == []


def test_the_order_is_by_name_or_by_invoice_date(world: World) -> None:
    late, early = named(world, "a", transactionDate=200), named(world, "b", transactionDate=100)

    assert world.ids("invoice", "invoices") == late + early
    assert world.ids("invoice", "invoices", sort="transactionDate") == early + late
    assert world.ids("invoice", "invoices", sort="name", sortOrder="desc") == early + late


@pytest.mark.parametrize(("ties", "same"), [("id", True), ("newest", True), ("shuffled", False)])
def test_rows_of_one_name_may_change_places_between_two_looks(
    world_with: Callable[..., World], ties: str, *, same: bool
) -> None:
    world = world_with(sort_ties=ties)
    named(world, *["same"] * 20)

    looks = {tuple(world.ids("invoice", "invoices")) for _ in range(4)}

    assert (len(looks) == 1) is same


def test_what_cannot_be_read_is_400(world: World) -> None:
    for query in ({"page": "0"}, {"limit": "ten"}, {"updatedAfter": "today"}, {"paid": "maybe"}):
        answer = world.get("/invoice", **query)
        assert answer.status_code == 400
        assert next(iter(query)) in answer.json()["messages"]["validation"][0]


@pytest.mark.parametrize(
    ("policy", "status", "rows"), [("clamp", 200, 2), ("honour", 200, 3), ("reject", 400, 0)]
)
def test_a_limit_over_the_greatest(
    world_with: Callable[..., World], policy: str, status: int, rows: int
) -> None:
    world = world_with(limit_over_max=policy, limits={"invoice": (2, 2)})
    named(world, "a", "b", "c")

    answer = world.get("/invoice", limit=3)

    assert answer.status_code == status
    assert len(answer.json().get("data", {}).get("invoices", [])) == rows


@pytest.mark.parametrize(
    ("policy", "status", "rows"), [("empty", 200, 0), ("last", 200, 1), ("not_found", 404, 0)]
)
def test_a_page_past_the_last(
    world_with: Callable[..., World], policy: str, status: int, rows: int
) -> None:
    world = world_with(page_past_last=policy)
    named(world, "a", "b", "c")

    answer = world.get("/invoice", limit=2, page=9)

    assert answer.status_code == status
    assert len(answer.json().get("data", {}).get("invoices", [])) == rows


@pytest.mark.parametrize("pages", [0, 1])
def test_no_rows_may_be_no_page_or_one(world_with: Callable[..., World], pages: int) -> None:
    assert world_with(zero_rows_total_pages=pages).data("/invoice")["totalPages"] == pages


def test_the_number_of_pages_may_be_missing(world_with: Callable[..., World]) -> None:
    assert "totalPages" not in world_with(total_pages=False).data("/invoice")


def test_unknown_parameters_and_values_are_ignored_or_refused(
    world_with: Callable[..., World],
) -> None:
    mild = world_with()
    strict = world_with(unknown_parameters="reject", unknown_values="reject")

    for query in ({"colour": "red"}, {"status": "Completed"}, {"sort": "colour"}):
        assert mild.get("/invoice", **query).status_code == 200
        assert strict.get("/invoice", **query).status_code == 400


def test_link_headers_are_off_unless_asked_for(world_with: Callable[..., World]) -> None:
    plain, linked = world_with(), world_with(link_header="honest")
    for world in (plain, linked):
        named(world, "a", "b", "c")

    first = linked.get("/invoice", limit=2, updatedAfter=1).links
    last = linked.get("/invoice", limit=2, page=2).links

    assert plain.get("/invoice", limit=2).links == {}
    assert first["next"]["url"].endswith("/api/invoice?limit=2&updatedAfter=1&page=2")
    assert first["next"]["url"].startswith("http://servicetrade.test")
    assert "next" not in last
    assert last["prev"]["url"].endswith("page=1")


def test_a_row_may_be_seen_late_and_its_old_self_until_then(
    world_with: Callable[..., World],
) -> None:
    world = world_with(late_visibility_seconds=30)
    invoice = world.invoice(name="before")
    assert world.ids("invoice", "invoices") == []
    world.clock.seconds += 40
    world.account.edit("invoice", invoice["id"], {"name": "after"})

    listed = world.data("/invoice")["invoices"][0]["name"]
    read = world.data(f"/invoice/{invoice['id']}")["name"]
    world.clock.seconds += 30

    assert (listed, read) == ("before", "after")
    assert world.data("/invoice")["invoices"][0]["name"] == "after"
