"""The gateway: tokens, realms, rates, sizes, and the shapes of its refusals."""

import re

import pytest

from sandbox.quickbooks.clock import VirtualClock
from sandbox.quickbooks.options import Latency, RateLimits
from tests.unit.sandbox.quickbooks.world import Client, Open, invoice


def test_a_missing_or_expired_token_is_refused_in_lower_case(client: Client) -> None:
    assert isinstance(client.company.clock, VirtualClock)
    malformed = client.get("customer/1", headers={"Authorization": "Bearer"})
    client.company.clock.advance(3600)
    expired = client.get("customer/1")

    for answer in (malformed, expired):
        assert answer.status_code == 401
        assert answer.json()["fault"]["error"][0]["code"] == "3200"
        assert answer.json()["fault"]["type"] == "AUTHENTICATION"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    assert expired.json()["fault"]["error"][0]["detail"].startswith("Token expired")


def test_another_realm_is_forbidden(client: Client) -> None:
    answer = client.session.get("http://quickbooks.test/v3/company/1/customer/1")

    assert answer.status_code == 403
    assert answer.json()["fault"]["error"][0]["code"] == "3100"


def test_an_open_simulator_takes_any_token_and_realm(opened: Open) -> None:
    client = Client(opened(open_to_all=True))
    headers = {"Authorization": "Bearer whatever"}

    answer = client.session.get("http://quickbooks.test/v3/company/1/customer/1", headers=headers)

    assert answer.status_code == 200


def test_ten_requests_a_second_and_the_refusal_is_xml(client: Client) -> None:
    statuses = [client.get("customer/1").status_code for _ in range(11)]
    refused = client.get("customer/1")

    assert statuses == [200] * 10 + [429]
    assert refused.headers["Content-Type"].startswith("application/xml")
    assert '<Error code="3001">' in refused.text
    assert "errorCode=003001; statusCode=429" in refused.text
    assert "Retry-After" not in refused.headers


def test_five_hundred_requests_a_minute(opened: Open) -> None:
    client = Client(opened(limits=RateLimits(requests_per_second=1000)))

    statuses = [client.get("customer/1").status_code for _ in range(501)]

    assert statuses.count(200) == 500
    assert isinstance(client.company.clock, VirtualClock)
    client.company.clock.advance(60)
    assert client.get("customer/1").status_code == 200


def test_forty_batches_a_minute(opened: Open) -> None:
    client = Client(opened(limits=RateLimits(requests_per_second=1000)))
    body = {"BatchItemRequest": [{"bId": "1", "Query": "select count(*) from Invoice"}]}

    statuses = [client.post("batch", body).status_code for _ in range(41)]

    assert statuses == [200] * 40 + [429]
    assert client.get("customer/1").status_code == 200


def test_a_throttled_batch_does_nothing(opened: Open) -> None:
    client = Client(opened(limits=RateLimits(batches_per_minute=0), retry_after_seconds=7))

    answer = client.post(
        "batch",
        {"BatchItemRequest": [{"bId": "1", "operation": "create", "Invoice": invoice()}]},
    )

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"
    assert list(client.company.objects("Invoice")) == []


def test_a_body_over_a_megabyte_is_refused_by_a_page(client: Client) -> None:
    answer = client.post("invoice", {"PrivateNote": "x" * 1_000_001})

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "text/html"


def test_an_unknown_host_route_is_404_and_an_unknown_object_400(client: Client) -> None:
    assert client.root("GET", "/v4/nothing").status_code == 404

    missing = client.get("invoice/99")

    assert missing.status_code == 400
    assert missing.json()["Fault"]["Error"][0]["code"] == "610"


@pytest.mark.parametrize("path", ["customer/1/5", "gadget/1", "invoice/1/pdf/x", "reports/None"])
def test_an_unknown_path_under_a_company_is_an_unsupported_operation(
    client: Client, path: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == 400
    assert answer.json()["Fault"]["Error"][0]["code"] == "500"


def test_there_is_no_put_patch_or_delete(client: Client) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = client.session.request(method, f"{client.base}/invoice/1")

        assert answer.json()["Fault"]["Error"][0]["code"] == "500"


def test_a_bad_id_has_no_time_in_its_answer(client: Client) -> None:
    answer = client.get("customer/1.5")

    assert answer.json()["Fault"]["Error"][0]["code"] == "2030"
    assert "time" not in answer.json()


def test_answers_carry_the_headers_of_the_service(client: Client) -> None:
    good, bad = client.get("customer/1"), client.get("customer/99")

    assert re.fullmatch(r"1-[0-9a-f]{8}-[0-9a-f]{24}", good.headers["intuit_tid"])
    assert good.headers["x-amzn-trace-id"] == f"Root={good.headers['intuit_tid']}"
    assert good.headers["intuit_tid"] != bad.headers["intuit_tid"]
    assert good.headers["Content-Type"] == "application/json;charset=utf-8"
    assert bad.headers["Content-Type"] == "application/json"
    assert "Qbo-Version" in good.headers
    assert "Qbo-Version" not in bad.headers


def test_time_is_pacific_with_milliseconds(client: Client) -> None:
    assert client.get("customer/1").json()["time"] == "2026-09-21T07:13:20.000-07:00"


def test_without_accept_an_answer_is_xml(client: Client) -> None:
    answer = client.get("customer/1", headers={"Accept": "*/*"})
    fault = client.get("customer/99", headers={"Accept": "*/*"})

    assert answer.headers["Content-Type"].startswith("application/xml")
    assert "<DisplayName>Keystone Mills</DisplayName>" in answer.text
    assert '<CurrencyRef name="United States Dollar">USD</CurrencyRef>' in answer.text
    assert '<Error code="610"' in fault.text


def test_what_is_no_json_is_refused(client: Client) -> None:
    for body in (b"{", b"[]", b'{"Line": NaN}', b"\xff"):
        answer = client.session.post(f"{client.base}/invoice", data=body)

        assert answer.status_code == 400
        assert answer.json()["Fault"]["Error"][0]["code"] == "2010"


def test_the_usual_routes_answer(client: Client) -> None:
    made = client.post("invoice", invoice(BillEmail={"Address": "a@example.com"})).json()
    identity = made["Invoice"]["Id"]

    assert client.get("companyinfo/1").json()["CompanyInfo"]["Country"] == "US"
    assert "SalesFormsPrefs" in client.get("preferences").json()["Preferences"]
    assert client.get(f"invoice/{identity}/pdf").content.startswith(b"%PDF")
    sent = client.session.post(f"{client.base}/invoice/{identity}/send?sendTo=b@example.com")
    assert sent.json()["Invoice"]["BillEmail"] == {"Address": "b@example.com"}
    voided = client.post("invoice?operation=void", {"Id": identity, "SyncToken": "1"})
    assert voided.json()["Invoice"]["PrivateNote"] == "Voided"
    gone = client.post("invoice?operation=delete", {"Id": identity, "SyncToken": "2"})
    assert gone.json()["Invoice"] == {"domain": "QBO", "status": "Deleted", "Id": identity}


def test_a_payment_is_voided_by_an_update_that_includes_it(client: Client) -> None:
    body = {"CustomerRef": {"value": "1"}, "TotalAmt": 5}
    made = client.post("payment", body).json()["Payment"]

    answer = client.post(
        "payment?operation=update&include=void",
        {"Id": made["Id"], "SyncToken": "0", "sparse": True},
    )

    assert answer.json()["Payment"]["TotalAmt"] == 0


def test_a_used_number_can_be_insisted_on(client: Client) -> None:
    body = invoice(DocNumber="A")
    client.post("invoice", body)

    assert client.post("invoice", body).json()["Fault"]["Error"][0]["code"] == "6140"
    assert client.post("invoice?include=allowduplicatedocnum", body).status_code == 200


def test_latency_grows_with_the_items_and_is_long_now_and_then(opened: Open) -> None:
    waits: list[float] = []
    latency = Latency(base_seconds=0.25, seconds_per_item=0.5, slow_every=3, slow_seconds=30)
    client = Client(opened(latency=latency), sleep=waits.append)

    client.get("customer/1")
    client.post("batch", {"BatchItemRequest": [{"bId": "1", "Query": "x"}] * 2})
    client.get("customer/1")

    assert waits == [0.25, 1.25, 30]
