"""What people change in the app, and what else an account holds."""

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.servicetrade import UnknownRowError
from tests.unit.sandbox.servicetrade.world import World


def test_an_edit_moves_updated_and_is_seen_at_once(world: World) -> None:
    made = world.invoice()
    assert world.data("/invoice")["invoices"] == [made]
    world.clock.seconds += 9

    edited = world.account.edit("invoice", made["id"], {"notes": "Call first"})

    assert edited["updated"] == made["updated"] + 9
    assert world.data("/invoice")["invoices"] == [edited]


def test_an_edit_of_lines_adds_them_up_again(world: World) -> None:
    made = world.invoice()

    edited = world.account.edit("invoice", made["id"], {"items": [{"quantity": 2, "price": 10}]})

    assert (edited["subtotal"], edited["taxAmount"], edited["totalPrice"]) == (20, 0, 20)


def test_what_was_read_before_an_edit_does_not_change(world: World) -> None:
    made = world.invoice()
    row = world.account.row("invoice", made["id"])

    world.account.void(made["id"])

    assert (row["status"], made["status"]) == ("ok", "ok")


def test_a_renamed_customer_shows_in_its_invoices_at_once(world: World) -> None:
    job = world.job()
    made = world.invoice(jobId=job["id"])
    assert world.data("/invoice")["invoices"][0]["customer"]["name"] == "Keystone Foods"

    world.account.edit("company", made["customer"]["id"], {"name": "Keystone Foods, Inc."})

    after = world.data("/invoice")["invoices"][0]
    assert after["customer"]["name"] == "Keystone Foods, Inc."
    assert after["updated"] == made["updated"]


def test_a_renamed_job_shows_in_its_invoices_at_once(world: World) -> None:
    job = world.job()
    world.invoice(jobId=job["id"])
    assert world.data("/invoice")["invoices"][0]["job"]["name"] == job["name"]

    world.account.edit("job", job["id"], {"name": "Boiler room"})

    assert world.data("/invoice")["invoices"][0]["job"]["name"] == "Boiler room"


def test_a_row_that_is_there_after_all_shows_at_once(world: World) -> None:
    world.invoice(customerId=77)
    assert world.data("/invoice")["invoices"][0]["customer"] is None

    world.account.add("company", {"id": 77, "name": "Late Foods"})

    assert world.data("/invoice")["invoices"][0]["customer"]["name"] == "Late Foods"


def test_a_job_is_closed_and_opened_again(world: World) -> None:
    job = world.job()

    closed = world.account.close_job(job["id"])
    opened = world.account.reopen_job(job["id"])

    assert (closed["status"], closed["completedOn"]) == ("completed", 1_790_000_000)
    assert (opened["status"], opened["completedOn"]) == ("scheduled", None)


@pytest.mark.parametrize(("moves", "seconds"), [(True, 60), (False, 0)])
def test_closing_a_job_may_move_updated_of_its_invoices(
    world_with: Callable[..., World], *, moves: bool, seconds: int
) -> None:
    world = world_with(job_moves_invoice=moves)
    job = world.job()
    made = world.invoice(jobId=job["id"])
    world.clock.seconds += 60

    world.account.close_job(job["id"])

    assert world.data(f"/invoice/{made['id']}")["updated"] - made["updated"] == seconds


def test_a_tag_is_put_on_once(world: World) -> None:
    made = world.invoice()

    world.account.tag("invoice", made["id"], "rush")
    tagged = world.account.tag("invoice", made["id"], "rush")

    assert [tag["name"] for tag in tagged["tags"]] == ["rush"]


@pytest.mark.parametrize(
    ("asked", "key", "value"),
    [
        ({"do": "edit", "changes": {"notes": "Hm"}}, "notes", "Hm"),
        ({"do": "void"}, "status", "void"),
        ({"do": "renumber", "number": "77"}, "invoiceNumber", "77"),
    ],
)
def test_people_can_be_asked_over_http(
    world: World, asked: dict[str, Any], key: str, value: str
) -> None:
    made = world.invoice()

    answer = world.call("POST", "/_people", json={**asked, "id": made["id"]})

    assert answer.json()[key] == value
    assert world.data(f"/invoice/{made['id']}")[key] == value


def test_people_close_jobs_and_tag_them_over_http(world: World) -> None:
    job = world.job()["id"]
    for asked in ({"do": "close_job"}, {"do": "tag", "kind": "job", "name": "rush"}):
        assert world.call("POST", "/_people", json={**asked, "id": job}).status_code == 200
    shown = world.data(f"/job/{job}")
    assert (shown["status"], shown["tags"][0]["name"]) == ("completed", "rush")

    world.call("POST", "/_people", json={"do": "reopen_job", "id": job})

    assert world.data(f"/job/{job}")["status"] == "scheduled"


def test_people_are_told_what_they_can_do(world: World) -> None:
    answer = world.call("POST", "/_people", json={"do": "dance"})

    assert answer.status_code == 400
    assert "close_job" in answer.json()["error"]


def test_there_is_no_row_of_an_unknown_id(world: World) -> None:
    with pytest.raises(UnknownRowError, match="invoice 5"):
        world.account.edit("invoice", 5, {})
    with pytest.raises(UnknownRowError, match=r"known: .*company"):
        world.account.add("invoices", {})


def test_a_comment_is_kept_with_its_author(world: World) -> None:
    job = world.job()["id"]
    body = {"entityType": 3, "entityId": job, "content": "Held: no tax code"}

    made = world.call("POST", "/comment", json=body).json()["data"]

    assert made["author"]["id"] == world.account.user_id
    assert world.data("/comment", entityType=3, entityId=job)["comments"] == [made]
    assert world.data("/comment", entityType=3, entityId=job + 1)["comments"] == []


@pytest.mark.parametrize(("number", "status"), [(14, 200), (None, 400)])
def test_invoices_may_not_be_commented_on(
    world_with: Callable[..., World], number: int | None, status: int
) -> None:
    world = world_with(invoice_entity_type=number)
    body = {"entityType": 14, "entityId": world.invoice()["id"], "content": "Held"}

    assert world.call("POST", "/comment", json=body).status_code == status


def test_a_tag_of_a_known_name_is_the_known_tag(world: World) -> None:
    job = world.job()["id"]
    first = world.call("POST", "/tag", json={"name": "rush"}).json()["data"]

    body = {"name": "rush", "entityType": 3, "entityId": job}
    again = world.call("POST", "/tag", json=body).json()["data"]

    assert again == first
    assert [tag["id"] for tag in world.data(f"/job/{job}")["tags"]] == [first["id"]]


def test_users_are_read_only_and_show_no_secret(world: World) -> None:
    shown = world.data(f"/user/{world.account.user_id}")

    assert "password" not in shown
    for verb, path in (("POST", "/user"), ("PUT", f"/user/{shown['id']}")):
        assert world.call(verb, path, json={"name": "x"}).status_code == 405


def test_clock_events_are_paired_and_summed(world: World) -> None:
    job = world.job()["id"]
    world.call("POST", f"/job/{job}/clockin", json={"lat": 40.4, "lon": -80.0})
    world.clock.seconds += 5400
    world.call("POST", f"/job/{job}/clockout", json={})

    hours = world.data(f"/job/{job}/clockevent")

    assert hours["activityTime"]["onsite"] == 5400
    assert [pair["elapsedTime"] for pair in hours["pairedEvents"]] == [5400]
    assert len(world.data("/clock", jobId=job)["events"]) == 2
    assert len(world.data("/clock", startTime=1_790_000_001)["events"]) == 1


def test_a_job_needs_a_place_a_vendor_and_a_type(world: World) -> None:
    answer = world.call("POST", "/job", json={"type": "repair"})

    assert answer.status_code == 400
    assert len(answer.json()["messages"]["validation"]) == 2


def test_completing_a_job_over_the_api_dates_it(world: World) -> None:
    job = world.job()["id"]

    done = world.call("PUT", f"/job/{job}", json={"status": "completed"}).json()["data"]

    assert (done["status"], done["completedOn"]) == ("completed", 1_790_000_000)


def test_deleting_answers_204_without_a_body(world: World) -> None:
    job = world.job()["id"]

    answer = world.call("DELETE", f"/job/{job}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert world.get(f"/job/{job}").status_code == 404


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("company", "companies"),
        ("location", "locations"),
        ("paymentterms", "paymentTerms"),
        ("taxgroup", "taxGroups"),
        ("libitem", "libItems"),
        ("serviceline", "serviceLines"),
        ("contract", "contracts"),
    ],
)
def test_what_an_invoice_refers_to_can_be_listed(world: World, kind: str, plural: str) -> None:
    line = {"libItem": "Filter", "serviceLine": "HVAC", "taxGroup": {"name": "PA", "rate": "6"}}
    world.invoice(jobId=world.job()["id"], items=[line], paymentTerms="Net 30")

    rows = world.data(f"/{kind}", limit=50)[plural]

    assert rows
    if kind != "serviceline":
        assert world.data(f"/{kind}/{rows[0]['id']}") == rows[0]


def test_two_accounts_of_one_seed_are_equal(world_with: Callable[..., World]) -> None:
    first, second = world_with(seed=7), world_with(seed=7)
    for world in (first, second):
        world.invoice(jobId=world.job()["id"])

    assert first.get("/_state").content == second.get("/_state").content
    assert first.session.headers["Cookie"] == second.session.headers["Cookie"]
    assert world_with(seed=8).session.headers["Cookie"] != first.session.headers["Cookie"]
