"""Every fault that a script can ask for: what the client sees, and what the books hold after it."""

from typing import Any

import pytest
import requests

from sandbox.quickbooks.app import KNOWN_FAULTS
from sandbox.quickbooks.clock import VirtualClock
from tests.unit.sandbox.quickbooks.world import Client, Open, invoice, line

CREATE = "POST */invoice"


def script(client: Client, fault: str, route: str = CREATE, **settings: Any) -> None:
    client.faults.add([{"fault": fault, "route": route, "with": settings}])


def made(client: Client) -> int:
    return len(list(client.company.objects("Invoice")))


def batch_of(count: int) -> dict[str, Any]:
    return {
        "BatchItemRequest": [
            {"bId": str(each), "operation": "create", "Invoice": invoice()} for each in range(count)
        ]
    }


def test_the_faults_are_known_by_these_names() -> None:
    assert sorted(KNOWN_FAULTS) == [
        "answer_lost",
        "bad_gateway_502_html",
        "batch_item_fault",
        "batch_item_missing",
        "closed_period",
        "commit_late",
        "duplicate_number_by_other",
        "empty_200",
        "error_500",
        "expire_tokens",
        "fault_in_200",
        "forbidden_403_3100",
        "inactive_reference",
        "invalid_grant",
        "late_visibility",
        "request_lost",
        "rotation_race",
        "slow",
        "stale_by_human",
        "tax_recalculated",
        "throttle_json",
        "throttle_xml",
        "timeout_504_xml",
        "truncated_200",
        "unauthorized_401",
    ]


def test_a_lost_answer_leaves_the_work_done(client: Client) -> None:
    script(client, "answer_lost")

    with pytest.raises(requests.ReadTimeout):
        client.post("invoice?requestid=k", invoice())

    assert made(client) == 1
    assert client.post("invoice?requestid=k", invoice()).status_code == 200
    assert made(client) == 1
    assert client.company.calls.newest()[0].status == 0


def test_a_lost_request_leaves_nothing_done(client: Client) -> None:
    script(client, "request_lost")
    with pytest.raises(requests.ReadTimeout):
        client.post("invoice", invoice())
    script(client, "request_lost", refused=True)
    with pytest.raises(requests.ConnectTimeout):
        client.post("invoice", invoice())

    assert made(client) == 0


def test_a_late_commit_happens_when_its_time_has_come(client: Client) -> None:
    assert isinstance(client.company.clock, VirtualClock)
    script(client, "commit_late", seconds=90)
    with pytest.raises(requests.ReadTimeout):
        client.post("invoice?requestid=k", invoice())

    client.company.clock.advance(89)
    client.company.settle()
    assert made(client) == 0
    client.company.clock.advance(1)
    client.get("customer/1")
    assert made(client) == 1


def test_a_late_commit_may_hide_behind_a_503(client: Client) -> None:
    assert isinstance(client.company.clock, VirtualClock)
    script(client, "commit_late", seconds=3600, unavailable=True)

    assert client.post("invoice", invoice()).status_code == 503

    client.company.clock.advance(3600)
    client.company.settle()
    assert made(client) == 1


def test_a_late_commit_after_a_resend_under_the_same_requestid_adds_nothing(
    client: Client,
) -> None:
    assert isinstance(client.company.clock, VirtualClock)
    script(client, "commit_late", seconds=90)
    with pytest.raises(requests.ReadTimeout):
        client.post("invoice?requestid=k", invoice())
    client.post("invoice?requestid=k", invoice())

    client.company.clock.advance(90)
    client.company.settle()

    assert made(client) == 1


@pytest.mark.parametrize(
    ("fault", "status", "kind", "words", "does"),
    [
        ("timeout_504_xml", 504, "application/xml", "errorCode=006002", 1),
        ("throttle_xml", 429, "application/xml", "errorCode=003001", 0),
        ("throttle_json", 429, "application/json", "errorCode=003001", 0),
        ("unauthorized_401", 401, "application/json", "errorCode=003200", 0),
        ("forbidden_403_3100", 403, "application/json", "errorCode=003100", 0),
        ("bad_gateway_502_html", 502, "text/html", "Bad Gateway", 0),
        ("error_500", 500, "application/json", "InternalServerError", 0),
        ("fault_in_200", 200, "application/json", '"code":"10000"', 0),
        ("expire_tokens", 401, "application/json", "Token expired", 0),
    ],
)
def test_an_answer_that_goes_wrong(
    client: Client, fault: str, status: int, kind: str, words: str, does: int
) -> None:
    script(client, fault)

    answer = client.post("invoice", invoice())

    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(kind)
    assert words in answer.text
    assert made(client) == does


@pytest.mark.parametrize(
    "fault", ["timeout_504_xml", "bad_gateway_502_html", "error_500", "empty_200"]
)
@pytest.mark.parametrize("commit", [True, False])
def test_a_rule_says_whether_the_work_is_done_behind_an_error(
    client: Client, fault: str, commit: bool
) -> None:
    script(client, fault, commit=commit)

    client.post("invoice", invoice())

    assert made(client) == commit


def test_an_empty_and_a_cut_answer_come_after_the_work(client: Client) -> None:
    script(client, "empty_200")
    script(client, "truncated_200")

    empty, cut = client.post("invoice", invoice()), client.post("invoice", invoice())

    assert (empty.status_code, empty.content) == (200, b"")
    assert cut.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        cut.json()
    assert made(client) == 2


def test_a_throttle_may_say_how_long(client: Client) -> None:
    script(client, "throttle_xml", retry_after=9)

    assert client.post("invoice", invoice()).headers["Retry-After"] == "9"


def test_expired_tokens_stay_expired(client: Client) -> None:
    script(client, "expire_tokens", "GET *")
    client.get("customer/1")

    assert client.get("customer/1").status_code == 401


@pytest.mark.parametrize(("commit", "after"), [(True, 3), (False, 2)])
def test_an_item_missing_from_a_batch_answer(client: Client, commit: bool, after: int) -> None:
    script(client, "batch_item_missing", "POST */batch", items=[1], commit=commit)

    answers = client.post("batch", batch_of(3)).json()["BatchItemResponse"]

    assert [each["bId"] for each in answers] == ["0", "2"]
    assert made(client) == after


def test_an_item_refused_in_a_batch(client: Client) -> None:
    script(client, "batch_item_fault", "POST */batch", items=[0, 2], code="6210")

    answers = client.post("batch", batch_of(3)).json()["BatchItemResponse"]

    codes = [each.get("Fault", {}).get("Error", [{}])[0].get("code") for each in answers]
    assert codes == ["6210", None, "6210"]
    assert made(client) == 1


def test_a_person_was_quicker(client: Client) -> None:
    client.post("invoice", invoice(PrivateNote="mine"))
    script(client, "stale_by_human")

    answer = client.post("invoice", {"Id": "1", "SyncToken": "0", "sparse": True, "DocNumber": "Z"})

    assert answer.json()["Fault"]["Error"][0]["code"] == "5010"
    assert client.company.read("Invoice", "1")["PrivateNote"] == "mine seen"


def test_a_person_was_quicker_in_a_batch(client: Client) -> None:
    client.post("invoice", invoice())
    script(client, "stale_by_human", "POST */batch", change={"DocNumber": "P"})
    note = {"Id": "1", "SyncToken": "0", "sparse": True, "PrivateNote": "x"}

    answer = client.post(
        "batch", {"BatchItemRequest": [{"bId": "1", "operation": "update", "Invoice": note}]}
    )

    assert answer.json()["BatchItemResponse"][0]["Fault"]["Error"][0]["code"] == "5010"
    assert client.company.read("Invoice", "1")["DocNumber"] == "P"


@pytest.mark.parametrize("entity", ["Item", "Customer"])
def test_a_reference_was_made_inactive(client: Client, entity: str) -> None:
    script(client, "inactive_reference", entity=entity)

    answer = client.post("invoice", invoice())

    assert answer.json()["Fault"]["Error"][0]["code"] == "2500"
    assert client.company.read(entity, "1")["Active"] is False


def test_what_is_written_can_stay_out_of_queries(client: Client) -> None:
    assert isinstance(client.company.clock, VirtualClock)
    script(client, "late_visibility", seconds=30)
    client.post("invoice", invoice(DocNumber="A"))
    asked = "select * from Invoice where DocNumber = 'A'"

    assert client.query(asked) == {}
    client.company.clock.advance(30)
    assert client.query(asked)["maxResults"] == 1


def test_a_late_update_shows_its_old_version(client: Client) -> None:
    client.post("invoice", invoice(DocNumber="A"))
    script(client, "late_visibility", seconds=30)
    client.post("invoice", {"Id": "1", "SyncToken": "0", "sparse": True, "DocNumber": "B"})

    assert client.query("select * from Invoice")["Invoice"][0]["DocNumber"] == "A"


def test_the_books_can_be_closed_for_one_call_or_for_good(client: Client) -> None:
    script(client, "closed_period")
    script(client, "closed_period", stays=True)

    once = client.post("invoice", invoice()).json()
    between = client.company.create("Invoice", invoice())
    again = client.post("invoice", invoice()).json()
    after = client.post("invoice", invoice()).json()

    codes = [each["Fault"]["Error"][0]["code"] for each in (once, again, after)]
    assert codes == ["6200", "6200", "6200"]
    assert between["Id"] == "1"


def test_the_service_may_find_another_tax(client: Client) -> None:
    script(client, "tax_recalculated", amount="0.07")

    body = client.post("invoice", invoice(line("10.00"))).json()["Invoice"]

    assert (body["TotalAmt"], body["TxnTaxDetail"]["TotalTax"]) == (10.07, 0.07)
    assert body["Balance"] == 10.07
    assert body["SyncToken"] == "0"


def test_somebody_else_takes_the_number(client: Client, opened: Open) -> None:
    script(client, "duplicate_number_by_other")
    answer = client.post("invoice", invoice(DocNumber="A"))
    assert answer.json()["Fault"]["Error"][0]["code"] == "6140"
    assert made(client) == 1

    unwarned = Client(opened(warn_duplicate_number=False))
    script(unwarned, "duplicate_number_by_other")
    assert unwarned.post("invoice", invoice(DocNumber="A")).status_code == 200
    assert made(unwarned) == 2


def test_a_slow_answer_waits_and_past_the_cut_off_is_a_504(opened: Open) -> None:
    waits: list[float] = []
    client = Client(opened(), sleep=waits.append)
    script(client, "slow", seconds=5)
    script(client, "slow", seconds=130)

    statuses = [client.post("invoice", invoice()).status_code for _ in range(2)]

    assert statuses == [200, 504]
    assert waits == [5, 120]
    assert made(client) == 2


def test_another_worker_has_just_refreshed(client: Client) -> None:
    script(client, "rotation_race", "POST /oauth2/*")

    answer = refresh(client)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


def test_a_refresh_is_refused_and_the_token_still_good(client: Client) -> None:
    script(client, "invalid_grant", "POST /oauth2/*")

    assert refresh(client).json()["error"] == "invalid_grant"
    assert refresh(client).status_code == 200


def refresh(client: Client) -> requests.Response:
    form = {"grant_type": "refresh_token", "refresh_token": client.tokens["refresh_token"]}
    ours = (client.company.oauth.client_id, client.company.oauth.client_secret)
    headers = {"Authorization": ""}
    return client.root("POST", "/oauth2/v1/tokens/bearer", data=form, auth=ours, headers=headers)


def test_a_rule_meets_voids_apart_from_other_writes(client: Client) -> None:
    client.post("invoice", invoice())
    script(client, "error_500", "POST */invoice[?]operation=void")

    assert client.post("invoice", invoice()).status_code == 200
    void = client.post("invoice?operation=void", {"Id": "1", "SyncToken": "0"})
    assert void.status_code == 500
