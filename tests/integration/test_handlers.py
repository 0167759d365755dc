"""The functions as Lambda runs them: their real events, and everything that is no such thing.

Each runs in a process of its own, with the template's environment, on simulators over HTTP.
"""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from invoicesync.errors import MisconfiguredError
from sandbox.cloud.functions import Answer
from sandbox.demo.stage import MAPPING as DEMO_MAPPING
from sandbox.quickbooks.people import People
from tests.integration.conftest import (
    CUSTOMER,
    GO_LIVE,
    Rig,
    event,
)

CANARY = "canary-5b1f-of-a-person"
FUNCTIONS = {
    "ExtractorFunction": event("extractor-schedule.json"),
    "LoaderFunction": event("loader-sqs.json"),
    "AcknowledgerFunction": event("acknowledger-sqs.json"),
    "ReconcilerFunction": event("reconciler-observe.json"),
    "TokenRefresherFunction": event("refresher-schedule.json"),
}


@pytest.fixture(scope="module")
def cold(running: Rig) -> dict[str, str]:
    """Name a process of each function that has never had anything to remember."""
    refresher = running.variant("TokenRefresherFunction", {})
    return {
        "ExtractorFunction": running.variant("ExtractorFunction", {}),
        "LoaderFunction": running.variant(
            "LoaderFunction", {"TOKEN_REFRESHER_FUNCTION": refresher}
        ),
        "TokenRefresherFunction": refresher,
    }


def keeps_silent(rig: Rig, *told: str) -> None:
    """Look for secrets and for the test's canaries in what was said, logged and mailed."""
    logs = "\n".join(path.read_text() for path in rig.cloud._logs.glob("*.log"))
    for canary in (*rig.canaries(), CANARY):
        assert canary not in logs
        for text in told:
            assert canary not in text


def misconfigured(rig: Rig, answer: Answer) -> str:
    """Return what a function that cannot work said of it; people were told the same."""
    assert answer.failed
    assert answer.payload["errorType"] == "MisconfiguredError", answer.error
    message: str = answer.payload["errorMessage"]
    (mail,) = rig.mails()
    assert message in mail
    keeps_silent(rig, json.dumps(answer.payload), mail)
    return message


def send(rig: Rig, *bodies: str) -> None:
    for body in bodies:
        rig.cloud.client("sqs").send_message(
            QueueUrl=rig.cloud.ref("InvoiceQueue"), MessageBody=body
        )


# What the functions are for.


def test_a_tick_brings_the_invoices_of_done_jobs_into_quickbooks(rig: Rig) -> None:
    invoices = [rig.invoice(), rig.invoice()]

    extracted = rig.tick()
    drained = rig.drain()

    assert extracted["complete"]
    assert extracted["enqueued"] >= len(invoices)
    assert (drained.returned, drained.errors) == (0, ())
    for invoice in invoices:
        (there,) = rig.live(invoice)
        assert str(there["TotalAmt"]) == "513.60"
        assert there["DocNumber"] == rig.account.show("invoice", invoice)["invoiceNumber"]


def test_a_second_tick_over_the_same_invoices_writes_nothing(rig: Rig) -> None:
    rig.invoice()
    rig.tick()
    rig.drain()
    changes = len(rig.company.books.store.changes)

    rig.tick()
    drained = rig.drain()

    assert drained.errors == ()
    assert len(rig.company.books.store.changes) == changes


def test_the_loader_takes_a_batch_as_sqs_delivers_it_and_again_without_effect(rig: Rig) -> None:
    batch = event("loader-sqs.json")

    first = rig.invoke("LoaderFunction", batch)
    again = rig.invoke("LoaderFunction", batch)

    assert first.payload == again.payload == {"batchItemFailures": []}
    for record in batch["Records"]:
        invoice = json.loads(record["body"])["source"]["invoice"]
        (there,) = rig.live(invoice["id"])
        assert there["DocNumber"] == invoice["invoiceNumber"]
        assert there["CustomerRef"]["name"] == CUSTOMER


def test_invoices_are_extracted_by_id(rig: Rig) -> None:
    asked = event("extractor-invoices.json")
    invoices = [rig.invoice() for _ in asked["invoice_ids"]]

    answer = rig.invoke("ExtractorFunction", asked | {"invoice_ids": invoices})
    rig.drain()

    assert answer.payload["rows"] == len(invoices)
    assert [len(rig.live(invoice)) for invoice in invoices] == [1, 1]


def test_a_backfill_brings_in_what_was_created_in_a_time_past(rig: Rig) -> None:
    rig.invoice()
    rig.tick()
    asked = event("extractor-backfill.json")
    window = asked["backfill"]
    moments = (window["start"], window["end"], window["end"] + 1)
    within, last, after = (
        rig.invoice(created=at, updated=at, transactionDate=at) for at in moments
    )

    answer = rig.invoke("ExtractorFunction", asked)
    rig.drain()

    assert answer.payload["kind"] == "backfill 2026-q3"
    assert answer.payload["complete"]
    assert [len(rig.live(invoice)) for invoice in (within, last, after)] == [1, 1, 0]


def test_the_refresher_leaves_young_tokens_and_renews_old_ones(rig: Rig) -> None:
    tick = event("refresher-schedule.json")
    before = rig.stored("QuickBooksTokenSecret")

    young = rig.invoke("TokenRefresherFunction", tick)
    rig.put("QuickBooksTokenSecret", json.dumps(before | {"obtained_at": 0}))
    old = rig.invoke("TokenRefresherFunction", tick)
    after = rig.stored("QuickBooksTokenSecret")

    assert young.payload["renewed"] is False
    assert young.payload["days_left"] > 90
    assert old.payload["renewed"] is True
    assert after["access_token"] != before["access_token"]
    assert after["refresh_token"] != before["refresh_token"]
    invoice = rig.invoice()
    rig.look_at(invoice)
    rig.drain()
    assert len(rig.live(invoice)) == 1
    keeps_silent(rig, json.dumps([young.payload, old.payload]))


def test_a_loader_whose_token_is_refused_has_it_renewed_and_goes_on(rig: Rig) -> None:
    invoice = rig.invoice()
    rig.look_at(invoice)
    rig.fail("unauthorized_401", "POST *batch")

    drained = rig.drain()

    assert (drained.returned, drained.errors) == (0, ())
    assert len(rig.live(invoice)) == 1


def test_servicetrade_is_told_what_became_of_its_invoices_and_programs_hear_it(rig: Rig) -> None:
    heard = rig.listener()
    loaded, held = rig.invoice(), rig.invoice(invoiceNumber="x" * 22)
    rig.look_at(loaded, held)
    rig.drain()

    drained = rig.cloud.drain("AcknowledgerFunction")
    stale = rig.invoke("AcknowledgerFunction", event("acknowledger-sqs.json"))
    again = rig.tick()

    assert (drained.returned, drained.errors) == (0, ())
    assert stale.payload == {"batchItemFailures": []}
    shown = {each: rig.account.show("invoice", each) for each in (loaded, held)}
    assert [shown[each]["status"] for each in (loaded, held)] == ["processed", "failed"]
    comments = [
        str(row["content"])
        for row in rig.account.all("comment")
        if f"[InvoiceSync {held} " in str(row["content"])
    ]
    assert len(comments) == 1
    told = {one["detail"]["servicetrade_id"]: one["detail-type"] for one in heard()}
    assert (told[loaded], told[held]) == ("InvoiceLoaded", "InvoiceHeld")
    # What was told is read by the extractor, and is nothing new.
    assert (again["rows"] > 0, again["enqueued"]) == (True, 0)


def test_a_hint_that_cannot_be_read_comes_again_alone(rig: Rig) -> None:
    batch = event("acknowledger-sqs.json")
    batch["Records"][0]["body"] = "no hint"

    answer = rig.invoke("AcknowledgerFunction", batch)

    named = [{"itemIdentifier": batch["Records"][0]["messageId"]}]
    assert answer.payload == {"batchItemFailures": named}


def test_what_people_change_in_quickbooks_is_noticed_and_told(rig: Rig) -> None:
    invoice = rig.invoice()
    rig.look_at(invoice)
    rig.drain()
    first = rig.invoke("ReconcilerFunction", event("reconciler-observe.json"))
    (there,) = rig.live(invoice)
    People(rig.company).edit("Invoice", str(there["Id"]), {"DueDate": "2027-09-09"})

    second = rig.invoke("ReconcilerFunction", event("reconciler-observe.json"))
    stranger = rig.invoke("ReconcilerFunction", {"job": "dance"})

    assert (first.payload["is_complete"], second.payload["is_complete"]) == (True, True)
    assert second.payload["deeds"] == {"edited": 1}
    assert [mail for mail in rig.mails() if f"(QuickBooks id {there['Id']})" in mail]
    assert rig.live(invoice)[0]["DueDate"] == "2027-09-09"
    assert "the event names no job; there are: observe" in stranger.payload["errorMessage"]


# Messages that are none.


def test_an_unreadable_body_is_parked_with_its_reason_and_harms_no_other(rig: Rig) -> None:
    invoice = rig.invoice()
    rig.look_at(invoice)
    bodies = ["no message at all", "[]", '{"schema": 1, "source": {}}', '{"schema": true']
    send(rig, *bodies)

    drained = rig.drain()

    assert (drained.returned, drained.errors) == (0, ())
    letters = rig.dead_letters()
    assert sorted(letter["body"] for letter in letters) == sorted(bodies)
    assert {letter["reason"] for letter in letters} == {"unreadable_message"}
    assert all(letter["detail"] for letter in letters)
    assert len(rig.live(invoice)) == 1


def test_a_body_that_leaves_no_room_for_a_reason_harms_no_other(rig: Rig) -> None:
    invoice = rig.invoice()
    rig.look_at(invoice)
    send(rig, "x" * 1_048_576)

    drained = rig.drain()

    assert drained.errors == ()
    assert len(rig.live(invoice)) == 1


def test_a_message_of_a_newer_release_goes_back_to_the_queue(rig: Rig) -> None:
    invoice = rig.invoice()
    rig.look_at(invoice)
    send(rig, '{"schema": 2, "what": "only a newer loader knows"}')

    drained = rig.drain()

    assert (drained.returned, drained.errors, drained.hidden) == (1, (), 1)
    assert rig.dead_letters() == []
    assert len(rig.live(invoice)) == 1


def test_an_invoice_that_cannot_be_read_is_held_with_its_reason(rig: Rig) -> None:
    bad, good = rig.invoice(), rig.invoice()
    rig.fail("nan_values", f"GET */invoice/{bad}", at="servicetrade", times=None)

    rig.look_at(bad, good)
    drained = rig.drain()

    assert (drained.returned, drained.errors) == (0, ())
    (letter,) = rig.dead_letters()
    assert letter["invoice"] == str(bad)
    assert letter["reason"] == "unreadable_source"
    assert rig.live(bad) == []
    assert len(rig.live(good)) == 1
    (mail,) = rig.mails()
    number = rig.account.show("invoice", bad)["invoiceNumber"]
    assert number in mail


def test_an_answer_that_is_no_json_leaves_the_others_alone(rig: Rig) -> None:
    bad, good = rig.invoice(), rig.invoice()
    rig.fail("truncated_json", f"GET */invoice/{bad}", at="servicetrade", times=None)

    said = rig.look_at(bad, good)
    rig.drain()

    assert said["failed"] == 1
    assert [problem for problem in said["problems"] if str(bad) in problem]
    assert len(rig.live(good)) == 1


@pytest.mark.parametrize(
    "asked",
    [{"invoice_ids": "17"}, {"invoice_id": [17]}, {"backfill": {"name": CANARY, "start": "then"}}],
)
def test_an_event_that_cannot_be_read_is_refused(rig: Rig, asked: dict[str, Any]) -> None:
    answer = rig.invoke("ExtractorFunction", asked)

    assert answer.payload["errorType"] == "MisconfiguredError"
    assert "the event cannot be read" in answer.payload["errorMessage"]
    assert rig.mails() == []
    keeps_silent(rig, json.dumps(answer.payload))


# Functions that cannot work.


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_variable_that_is_missing_is_named_at_once(rig: Rig, function: str) -> None:
    given = rig.function(function).environment
    machinery = ("AWS_", "POWERTOOLS_", "LOG_LEVEL", "SERVICETRADE_BASE", "QUICKBOOKS_BASE")
    with_defaults = {"BATCHES_PER_MINUTE", "BOOKS_CLOSE_DAY", "COMPANY", "INVOICE_LINK"}
    needed = {name for name in given if not name.startswith(machinery)} - with_defaults
    empty = rig.variant(function, {name: None if len(name) % 2 else "" for name in needed})

    answer = rig.invoke(empty, FUNCTIONS[function])

    assert answer.payload["errorType"] == "MisconfiguredError"
    named = {
        part.split(":")[0] for part in answer.payload["errorMessage"].split(": ", 1)[1].split("; ")
    }
    knows_no_quickbooks = {"ExtractorFunction", "AcknowledgerFunction"}
    expected = needed - ({"QUICKBOOKS_ENVIRONMENT"} if function in knows_no_quickbooks else set())
    assert named == expected
    keeps_silent(rig, json.dumps(answer.payload))


def test_a_host_that_is_not_the_vendors_is_refused_where_aws_is_real(rig: Rig) -> None:
    local = rig.function("LoaderFunction").environment
    real = rig.variant("LoaderFunction", {"AWS_ENDPOINT_URL": None, "BATCHES_PER_MINUTE": CANARY})

    answer = rig.invoke(real, FUNCTIONS["LoaderFunction"])

    message = answer.payload["errorMessage"]
    assert "QUICKBOOKS_BASE_URL: " in message
    assert "BATCHES_PER_MINUTE: " in message
    assert local["QUICKBOOKS_BASE_URL"] not in message
    keeps_silent(rig, json.dumps(answer.payload))


@pytest.mark.parametrize(
    ("function", "secret", "named"),
    [
        ("ExtractorFunction", "ServiceTradeSecret", "connect servicetrade"),
        ("LoaderFunction", "QuickBooksTokenSecret", "connect quickbooks"),
        ("TokenRefresherFunction", "QuickBooksTokenSecret", "connect quickbooks"),
        ("TokenRefresherFunction", "QuickBooksClientSecret", "connect quickbooks"),
    ],
)
def test_a_secret_that_is_empty_or_unreadable_is_said_to_be(
    rig: Rig, cold: dict[str, str], function: str, secret: str, named: str
) -> None:
    halves = {"username": CANARY, "client_id": CANARY, "access_token": CANARY, "realm_id": "1"}
    for value in (" ", CANARY, f'["{CANARY}"]', '"7"', json.dumps(halves)):
        with rig.secret(secret, value):
            answer = rig.invoke(cold[function], FUNCTIONS[function])
        assert named in misconfigured(rig, answer), value
        rig.forget("ALERT#")


def test_a_secret_that_was_never_filled_is_said_to_be(rig: Rig) -> None:
    made = rig.cloud.client("secretsmanager").create_secret(Name="never-filled")
    empty = rig.variant("ExtractorFunction", {"SERVICETRADE_SECRET_ARN": made["ARN"]})

    answer = rig.invoke(empty, {})

    assert "connect servicetrade" in misconfigured(rig, answer)


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_the_half_of_a_client_that_is_missing_is_named(
    rig: Rig, cold: dict[str, str], missing: str
) -> None:
    client = {"client_id": CANARY, "client_secret": CANARY} | {missing: ""}
    with rig.secret("QuickBooksClientSecret", json.dumps(client)):
        answer = rig.invoke(cold["TokenRefresherFunction"], {})

    message = misconfigured(rig, answer)
    assert f"lacks {missing};" in message


def test_credentials_that_servicetrade_refuses_stop_the_extractor_and_nothing_else(
    rig: Rig, cold: dict[str, str]
) -> None:
    wrong = {"username": rig.account.login.username, "password": CANARY}
    with rig.secret("ServiceTradeSecret", json.dumps(wrong)):
        answer = rig.invoke(cold["ExtractorFunction"], {})

    message = misconfigured(rig, answer)
    assert "log in to ServiceTrade was refused" in message
    assert "connect servicetrade" in message
    assert rig.tick()["complete"]


@contextmanager
def old_tokens(rig: Rig, **changes: str) -> Generator[None]:
    """Let the tokens be old for a while, or wrong."""
    tokens = rig.stored("QuickBooksTokenSecret")
    with rig.secret("QuickBooksTokenSecret", json.dumps(tokens | {"obtained_at": 0, **changes})):
        yield


def test_a_client_that_intuit_does_not_know_is_said_to_be(rig: Rig, cold: dict[str, str]) -> None:
    wrong = json.dumps({"client_id": rig.company.oauth.client_id, "client_secret": CANARY})
    with rig.secret("QuickBooksClientSecret", wrong), old_tokens(rig):
        answer = rig.invoke(cold["TokenRefresherFunction"], {})

    message = misconfigured(rig, answer)
    assert "invalid_client" in message
    assert "client id and secret" in message
    rig.put(
        "QuickBooksTokenSecret",
        json.dumps(rig.stored("QuickBooksTokenSecret") | {"obtained_at": 0}),
    )
    mended = rig.invoke(cold["TokenRefresherFunction"], {})
    assert mended.payload["renewed"] is True


def test_a_wrong_client_leaves_every_message_on_the_queue(rig: Rig, cold: dict[str, str]) -> None:
    wrong = json.dumps({"client_id": rig.company.oauth.client_id, "client_secret": CANARY})
    batch = event("loader-sqs.json")
    for record in batch["Records"]:
        record["body"] = record["body"].replace("2100000000000", "2200000000000")
    with rig.secret("QuickBooksClientSecret", wrong), old_tokens(rig, access_token=CANARY):
        answer = rig.invoke(cold["LoaderFunction"], batch)
        mails = rig.mails()

    assert answer.payload["errorType"] == "MisconfiguredError"
    keeps_silent(rig, json.dumps(answer.payload), *mails)
    assert sorted(mail.partition("\n")[0] for mail in mails) == [
        "InvoiceSync: the loader cannot work",
        "InvoiceSync: tokens cannot be renewed",
    ]


# The mapping.


@contextmanager
def no_mapping(rig: Rig) -> Generator[None]:
    dynamodb, table = rig.cloud.client("dynamodb"), rig.cloud.ref("StateTable")
    key = {"pk": {"S": "MAPPING"}, "sk": {"S": "CURRENT"}}
    item = dynamodb.delete_item(TableName=table, Key=key, ReturnValues="ALL_OLD")["Attributes"]
    try:
        yield
    finally:
        dynamodb.put_item(TableName=table, Item=item)


@pytest.mark.parametrize("function", ["ExtractorFunction", "LoaderFunction"])
def test_without_a_mapping_nothing_runs_and_people_are_told_to_publish_one(
    rig: Rig, function: str
) -> None:
    with no_mapping(rig):
        answer = rig.invoke(function, FUNCTIONS[function])

    assert "no mapping is published" in misconfigured(rig, answer)


def test_an_unknown_key_is_not_published_and_the_mapping_in_force_stays(rig: Rig) -> None:
    text = DEMO_MAPPING.read_text(encoding="utf-8")
    wrong = text.replace("create_missing:", "create_mising:").replace("mode: auto", "mode: atuo")
    before = rig.cloud.client("s3").list_objects_v2(
        Bucket=rig.cloud.ref("Bucket"), Prefix="mapping/"
    )["KeyCount"]

    with pytest.raises(MisconfiguredError) as refused:
        rig.stage.publish_mapping(GO_LIVE, wrong)

    told = str(refused.value)
    assert "customers.create_mising: is no setting" in told
    assert "did you mean create_missing?" in told
    assert "mode: is none of the choices" in told
    assert "did you mean auto?" in told
    after = rig.cloud.client("s3").list_objects_v2(
        Bucket=rig.cloud.ref("Bucket"), Prefix="mapping/"
    )["KeyCount"]
    assert after == before
    assert rig.tick()["complete"]


def test_a_mapping_that_this_release_cannot_read_stops_the_functions_by_name(rig: Rig) -> None:
    s3, bucket = rig.cloud.client("s3"), rig.cloud.ref("Bucket")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="mapping/")["Contents"]
    key = max(each["Key"] for each in listed)
    before = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.put_object(Bucket=bucket, Key=key, Body=b"go_live: 2026-06-01\ncustomer: {}\n")
    try:
        answer = rig.invoke(rig.variant("ExtractorFunction", {}), {})
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=before)

    message = misconfigured(rig, answer)
    assert "customer: is no setting" in message
    assert "did you mean customers?" in message


# What QuickBooks refuses.


@pytest.mark.parametrize(
    ("fault", "route", "settings", "status"),
    [
        ("unauthorized_401", "* *query*", {}, 401),
        ("unauthorized_401", "POST *batch", {}, 401),
        ("forbidden_403_3100", "* *query*", {}, 403),
        ("forbidden_403_3100", "POST *batch", {}, 403),
        ("throttle_json", "* *query*", {}, 429),
        ("throttle_xml", "POST *batch", {}, 429),
        ("batch_item_fault", "POST *batch", {"code": "6000"}, 200),
        ("fault_in_200", "POST *batch", {"code": "2010"}, 200),
    ],
)
def test_a_refusal_leaves_evidence_that_names_nobody(
    rig: Rig, fault: str, route: str, settings: dict[str, Any], status: int
) -> None:
    before = set(rig.evidence())
    invoice = rig.invoice(notes=CANARY)
    rig.look_at(invoice)
    rig.fail(fault, route, settings=settings)

    drained = rig.drain()

    assert drained.errors == ()
    (key,) = set(rig.evidence()) - before
    record = rig.evidence()[key]
    text = json.dumps(record)
    assert f"quickbooks-{status}-" in key
    assert record["answer"]["status"] == status
    assert record["request"]["method"] in {"GET", "POST"}
    assert record["request"].keys() & {"body", "statement"}
    assert record["intuit_tid"]
    assert record["intuit_tid"] in key
    for personal in ("Keystone", "1 Test Way", "Mill Street", "Pittsburgh", CANARY, "Bearer"):
        assert personal not in text
    keeps_silent(rig, text)


def test_a_void_that_quickbooks_refuses_with_400_leaves_evidence(rig: Rig) -> None:
    invoice = rig.invoice()
    rig.look_at(invoice)
    rig.drain()
    before = set(rig.evidence())
    rig.account.void(invoice)
    rig.look_at(invoice)
    rig.fail("stale_by_human", "POST *invoice*")

    drained = rig.drain()

    assert drained.errors == ()
    (key,) = set(rig.evidence()) - before
    record = rig.evidence()[key]
    assert record["answer"]["status"] == 400
    assert record["intuit_tid"]
    assert "Keystone" not in json.dumps(record)
