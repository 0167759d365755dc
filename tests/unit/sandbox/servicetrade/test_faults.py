"""Each fault, the time budget, the control routes and the webhooks."""

import inspect
import json
import math
from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.faults import UnknownFaultError
from sandbox.http import Server
from sandbox.servicetrade import FAULTS, create_app
from tests.unit.sandbox.servicetrade.world import BASE, World


def faulty(world: World, fault: str, *, times: int = 1, **settings: Any) -> None:
    rule = {"fault": fault, "route": "* /api/invoice*", "times": times, "with": settings}
    assert world.call("POST", "/_faults", json=rule).status_code == 200


def filled(world: World, *names: str) -> list[int]:
    return [int(world.invoice(name=name)["id"]) for name in names or ("a", "b", "c", "d")]


def test_a_row_that_moves_between_two_pages_is_missed_and_another_never(world: World) -> None:
    ids = filled(world)
    faulty(world, "rows_move")

    first = world.ids("invoice", "invoices", limit=2, page=1)
    second = world.ids("invoice", "invoices", limit=2, page=2)

    assert (first, second) == (ids[:2], [ids[3], ids[0]])
    assert ids[2] not in first + second


def test_late_rows_are_not_listed_yet(world: World) -> None:
    old = filled(world, "old")
    world.clock.seconds += 100
    filled(world, "new")
    faulty(world, "late_visibility", seconds=50)

    assert world.ids("invoice", "invoices") == old
    assert len(world.ids("invoice", "invoices")) == 2


def test_a_dead_session_stays_dead_until_the_next_login(world: World) -> None:
    faulty(world, "dead_session")

    assert world.get("/invoice").status_code == 401
    assert world.get("/invoice").status_code == 401
    world.log_in()
    assert world.get("/invoice").status_code == 200


def test_a_token_dies_too(world: World) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": "invoice-sync",
        "client_secret": "keep-it-quiet",
    }
    token = world.call("POST", "/oauth2/token", json=form).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    faulty(world, "dead_session")

    assert world.call("GET", "/invoice", headers=bearer).status_code == 401
    assert world.call("GET", "/invoice", headers=bearer).status_code == 401


def test_a_slow_answer_waits_and_says_so(world: World) -> None:
    faulty(world, "slow", seconds=17)

    answer = world.get("/invoice")

    assert world.slept == [17]
    assert answer.json()["meta"]["stats"]["requestDurationMs"] >= 17_000


def test_json_is_cut(world: World) -> None:
    filled(world)
    faulty(world, "truncated_json")

    answer = world.get("/invoice")

    assert answer.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_a_hostile_link_points_elsewhere(world: World) -> None:
    faulty(world, "hostile_link")
    faulty(world, "hostile_link", link='<//evil.example/api/invoice?page=2>; rel="next"')

    assert world.get("/invoice").links["next"]["url"].startswith("https://elsewhere.example/")
    assert world.get("/invoice").links["next"]["url"].startswith("//evil.example")


def test_throttled_says_when_to_come_back_and_does_nothing(world: World) -> None:
    (invoice,) = filled(world, "a")
    faulty(world, "throttle_429", seconds=33)

    answer = world.call("PUT", f"/invoice/{invoice}", json={"status": "processed"})

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "33")
    assert world.data(f"/invoice/{invoice}")["status"] == "ok"


@pytest.mark.parametrize(
    ("fault", "status"), [("error_500", 500), ("bad_gateway_502_html", 502), ("not_json", 200)]
)
@pytest.mark.parametrize("after", [True, False])
def test_a_server_error_comes_instead_of_the_work_or_after_it(
    world: World, fault: str, status: int, *, after: bool
) -> None:
    (invoice,) = filled(world, "a")
    faulty(world, fault, after=after)

    answer = world.call("PUT", f"/invoice/{invoice}", json={"status": "processed"})

    assert answer.status_code == status
    assert answer.text.startswith("<") is (fault != "error_500")
    kept = world.data(f"/invoice/{invoice}")["status"]
    assert kept == ("processed" if after else "ok")


def test_an_error_hides_in_a_200(world: World) -> None:
    faulty(world, "error_body_200")

    answer = world.get("/invoice")

    assert answer.status_code == 200
    assert "data" not in answer.json()
    assert answer.json()["messages"]["error"]


def test_the_number_of_pages_is_wrong(world: World) -> None:
    filled(world)
    faulty(world, "wrong_total_pages")
    faulty(world, "wrong_total_pages", pages="many")

    assert world.data("/invoice", limit=2)["totalPages"] == 1
    assert world.data("/invoice", limit=2)["totalPages"] == "many"
    assert world.data("/invoice", limit=2)["totalPages"] == 2


def test_a_page_comes_empty_or_twice(world: World) -> None:
    ids = filled(world)
    faulty(world, "empty_page")
    faulty(world, "repeated_page")

    assert world.ids("invoice", "invoices", limit=2, page=2) == []
    repeated = world.data("/invoice", limit=2, page=2)
    assert repeated["page"] == 2
    assert [row["id"] for row in repeated["invoices"]] == ids[:2]


def test_a_redirect_leads_to_another_host(world: World) -> None:
    faulty(world, "redirect_302")

    answer = world.get("/invoice")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "https://elsewhere.example/api/invoice"


def test_numbers_that_are_none_and_words_that_nobody_knows(world: World) -> None:
    filled(world)
    faulty(world, "nan_values")
    faulty(world, "nan_values", value="-inf", rows=2)
    faulty(world, "unknown_enum", rows=4)

    first, second, third = (world.data("/invoice")["invoices"] for _ in range(3))

    assert math.isnan(first[0]["totalPrice"])
    assert [row["totalPrice"] for row in second[:3]] == [-math.inf, -math.inf, 514.8]
    assert {row["status"] for row in third} == {"awaiting_ratification"}


def test_an_answer_is_lost_after_the_work_and_a_request_before_it(world: World) -> None:
    (invoice,) = filled(world, "a")
    faulty(world, "request_lost")
    faulty(world, "answer_lost")
    body = {"status": "processed"}

    with pytest.raises(requests.exceptions.ConnectTimeout):
        world.call("PUT", f"/invoice/{invoice}", json=body)
    before = world.account.row("invoice", invoice)["status"]
    with pytest.raises(requests.exceptions.ReadTimeout):
        world.call("PUT", f"/invoice/{invoice}", json=body)

    assert (before, world.account.row("invoice", invoice)["status"]) == ("ok", "processed")


def test_every_fault_leaves_a_server_standing(world: World) -> None:
    filled(world)
    for fault in sorted(FAULTS):
        faulty(world, fault)
        try:
            world.get("/invoice")
        except requests.exceptions.Timeout:
            continue
    world.log_in()

    assert world.get("/invoice").status_code == 200


def test_faults_can_be_cleared_and_must_be_known(world: World) -> None:
    faulty(world, "error_500", times=5)

    world.call("DELETE", "/_faults")

    assert world.get("/invoice").status_code == 200
    assert world.call("POST", "/_faults", json={"fault": "meteor"}).status_code == 400
    with pytest.raises(UnknownFaultError, match="meteor"):
        world.faults.add([{"fault": "meteor"}])


def test_server_time_is_spent_and_comes_back_with_the_minute(
    world_with: Callable[..., World],
) -> None:
    world = world_with(budget_ms=100, cost_ms=40.0, cost_ms_a_row=0.0)
    world.clock.seconds = 1_790_000_070.0

    left = [world.get("/invoice").json()["meta"]["stats"]["resourceBalanceMs"] for _ in range(3)]
    spent = world.get("/invoice")
    world.clock.seconds += int(spent.headers["Retry-After"])

    assert left == [60, 20, 0]
    assert (spent.status_code, spent.headers["Retry-After"]) == (429, "30")
    assert world.get("/invoice").status_code == 200


def test_the_budget_can_be_off(world_with: Callable[..., World]) -> None:
    world = world_with(budget_ms=10, throttled=False)

    assert {world.get("/invoice").status_code for _ in range(5)} == {200}


def test_the_date_is_the_accounts_own(world: World) -> None:
    assert world.get("/invoice").headers["Date"] == "Mon, 21 Sep 2026 14:13:20 GMT"


def test_calls_are_counted_and_kept(world: World) -> None:
    faulty(world, "error_500")
    world.get("/invoice", page=1)

    call = world.call("GET", "/_calls").json()["calls"][-1]

    assert (call["path"], call["query"], call["status"]) == ("/api/invoice", {"page": "1"}, 500)
    assert (call["fault"], call["user"]) == ("error_500", world.account.user_id)
    assert world.call("GET", "/_state").json()["calls"] == {"POST auth": 1, "GET invoice": 1}


def test_control_routes_answer_on_this_machine_only(world: World) -> None:
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/_state",
        "REMOTE_ADDR": "192.0.2.7",
    }
    statuses: list[str] = []

    create_app(world.account)(environ, lambda status, _headers: statuses.append(status))

    assert statuses == ["403 Forbidden"]


def hooked(world: World, **values: Any) -> dict[str, Any]:
    body = {"hookUrl": "https://hook.example/token", **values}
    made: dict[str, Any] = world.call("POST", "/webhook", json=body).json()["data"]
    return made


class Receiver:
    """What a webhook's address got, and what it said."""

    def __init__(self, *statuses: int | None) -> None:
        self.statuses = list(statuses)
        self.messages: list[dict[str, Any]] = []

    def __call__(self, url: str, body: bytes) -> int | None:
        assert url == "https://hook.example/token"
        self.messages.append(json.loads(body))
        return self.statuses.pop(0) if self.statuses else 200


def pump(world: World, receiver: Receiver) -> int:
    hooks = list(world.account.store.rows("webhook"))
    return world.account.outbox.pump(hooks, receiver)


def test_a_webhook_hears_of_many_changes_at_once_and_only_their_ids(world: World) -> None:
    hooked(world)
    made = world.invoice()
    world.account.void(made["id"])
    receiver = Receiver()

    pump(world, receiver)

    (message,) = receiver.messages
    assert message["timestamp"] == "1790000000"
    told = [(entry["action"], entry["entity"]["id"]) for entry in message["data"]]
    assert told[-2:] == [("created", made["id"]), ("updated", made["id"])]
    assert all("changeset" not in entry for entry in message["data"])
    assert pump(world, receiver) == 0


@pytest.mark.parametrize("shape", ["list", "object"])
def test_changesets_tell_the_old_and_the_new(world_with: Callable[..., World], shape: str) -> None:
    world = world_with(changeset_shape=shape)
    events = [{"entityType": 14, "actions": ["updated"]}]
    hooked(world, includeChangesets=True, entityEvents=events)
    world.account.void(world.invoice()["id"])
    receiver = Receiver()

    pump(world, receiver)

    (entry,) = receiver.messages[0]["data"]
    change = {"field": "status", "oldValue": "ok", "newValue": "void"}
    assert entry["changeset"] == ([change] if shape == "list" else change)


def test_a_silent_webhook_is_tried_three_times_and_a_refusing_one_once(world: World) -> None:
    hooked(world)
    world.invoice()
    silent = Receiver(None, 503, 500, 200)
    for _ in range(5):
        pump(world, silent)
        world.clock.seconds += 60
    world.invoice()
    refusing = Receiver(404)
    for _ in range(3):
        pump(world, refusing)
        world.clock.seconds += 60

    assert (len(silent.messages), len(refusing.messages)) == (3, 1)
    assert (world.account.outbox.dropped, world.account.outbox.delivered) == (1, 1)


def test_webhooks_may_come_twice_and_in_any_order(world_with: Callable[..., World]) -> None:
    world = world_with(webhook_duplicated=True, webhook_shuffled=True, webhook_batch=1)
    hooked(world, entityEvents=[{"entityType": 14, "actions": ["created"]}])
    ids = filled(world, *"abcdefgh")
    receiver = Receiver()

    pump(world, receiver)

    told = [message["data"][0]["entity"]["id"] for message in receiver.messages]
    assert sorted(told) == sorted(ids * 2)
    assert told[::2] != ids
    assert told[::2] == told[1::2]


def test_a_disabled_webhook_hears_nothing_and_its_address_is_fixed(world: World) -> None:
    hook = hooked(world)
    body = {"enabled": False, "hookUrl": "https://other.example"}

    changed = world.call("PUT", f"/webhook/{hook['id']}", json=body).json()["data"]
    world.invoice()

    assert (changed["enabled"], changed["hookUrl"]) == (False, "https://hook.example/token")
    assert pump(world, Receiver()) == 0
    assert world.call("DELETE", f"/webhook/{hook['id']}").status_code == 204


def test_the_sandbox_base_is_never_a_real_host() -> None:
    assert BASE.endswith(".test")
    assert inspect.signature(Server).parameters["host"].default == "127.0.0.1"
