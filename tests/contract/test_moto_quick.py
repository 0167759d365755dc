"""moto with its slow parts replaced answers as moto does: the same requests, byte for byte."""

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from sandbox.cloud.moto_dynamodb import QUICK

type Answer = tuple[str, str]
type Ask = Callable[[str, dict[str, Any]], Answer]

TABLE = "state"
NAMES = {f"#{at}": name for at, name in enumerate(("pk", "sk", "count", "note", "tags", "nest"))}
VALUES: dict[str, dict[str, Any]] = {
    ":n": {"N": "2"},
    ":s": {"S": "two"},
    ":empty": {"S": ""},
    ":tags": {"SS": ["b", "c"]},
    ":list": {"L": [{"N": "1"}, {"S": ""}, {"BOOL": True}, {"NULL": True}, {"L": []}, {"M": {}}]},
    ":map": {
        "M": {"deep": {"M": {"number": {"N": "7"}, "blob": {"B": "AAEC"}}}, "set": {"NS": ["1"]}}
    },
    ":blob": {"B": "AAEC"},
    ":large": {"S": "x" * 410_000},
}
UPDATES = (
    "SET #2 = :n",
    "SET #2 = :n, #3 = :s, #4 = :tags, #5 = :map",
    "SET #2 = :list, #3 = :blob",
    "SET #3 = :empty",
    "SET #3 = :s REMOVE #4, #5 ADD #2 :n",
    "REMOVE #2, #3, #4",
    "ADD #2 :n",
    "ADD #4 :tags",
    "DELETE #4 :tags",
    "SET #5.deep = :s",
    "SET #5.missing.deeper = :s",
    "SET #2 = #2 + :n",
    "SET #2 = if_not_exists(#2, :n)",
    "SET #5 = list_append(#5, :list)",
    "SET plain = :s",
    "SET size = :s",
    # What DynamoDB refuses, moto has to refuse in its own words.
    "SET #2 = :n, #2 = :s",
    "SET #2 = :n SET #3 = :s",
    "SET #2 = :n REMOVE #2",
    "SET #1 = :s",
    "SET #2 = :nothing",
    "SET #unknown = :n",
    "SET #2 = #3",
    "SET #2 =",
    "ADD #2 :s",
    "ADD #3 :n",
    "SET #2 = :n, #3 = :large",
)
KEYS = [{"pk": {"S": f"INVOICE#{at}"}, "sk": {"S": part}} for at in (2, 1) for part in ("B", "A")]
CONDITIONS = (
    "attribute_not_exists(#0)",
    "#2 >= :n AND (NOT #3 = :s OR begins_with(#3, :s))",
    "#2 BETWEEN :n AND :n OR #3 IN (:s, :empty)",
    "#2 = = :n",
    "size(#3) > :n",
)


@pytest.fixture(scope="module")
def app() -> Any:
    return DomainDispatcherApplication(create_backend_app)


@pytest.fixture
def ask(app: Any) -> Ask:
    def asked(action: str, body: dict[str, Any]) -> Answer:
        status: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(written := json.dumps(body).encode()),
            "CONTENT_LENGTH": str(len(written)),
            "CONTENT_TYPE": "application/x-amz-json-1.0",
            "HTTP_HOST": "127.0.0.1",
            "HTTP_X_AMZ_TARGET": f"DynamoDB_20120810.{action}",
            "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 "
            "Credential=local/20260101/us-east-1/dynamodb/aws4_request",
        }
        try:
            answer = b"".join(app(environ, lambda line, *_: status.append(line)))
        except Exception as error:  # noqa: BLE001  (moto answers some requests with an error of its own)
            return "500", repr(error)
        return status[0], answer.decode()

    return asked


def used(names: dict[str, Any], *texts: str) -> dict[str, Any]:
    words = set(
        " ".join(texts)
        .replace(",", " ")
        .replace("(", " ")
        .replace(")", " ")
        .replace(".", " ")
        .split()
    )
    return {name: value for name, value in names.items() if name in words}


def requests() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is asked of the table, a look at all of it in between."""
    yield from creation()
    for at, expression in enumerate(UPDATES):
        asked = {
            "TableName": TABLE,
            "Key": KEYS[at % len(KEYS)],
            "UpdateExpression": expression,
            "ExpressionAttributeNames": used(NAMES, expression),
            "ExpressionAttributeValues": used(VALUES, expression),
        }
        filled = {name: value for name, value in asked.items() if value}
        for returned in ("ALL_NEW", "UPDATED_OLD"):
            yield "UpdateItem", {**filled, "ReturnValues": returned}
        yield "TransactWriteItems", {"TransactItems": [{"Update": filled}]}
        yield "Scan", {"TableName": TABLE}
    yield from questions()


def creation() -> Iterator[tuple[str, dict[str, Any]]]:
    schema = [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    index = [
        {"AttributeName": "open", "KeyType": "HASH"},
        {"AttributeName": "since", "KeyType": "RANGE"},
    ]
    types = {"pk": "S", "sk": "S", "open": "S", "since": "N"}
    yield (
        "CreateTable",
        {
            "TableName": TABLE,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": schema,
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in types.items()
            ],
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "ByState",
                    "KeySchema": index,
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        },
    )
    for at, key in enumerate(KEYS * 2):
        item: dict[str, Any] = {**key, "open": {"S": "HELD"}, "since": {"N": str(9 - at)}}
        if at % 3 == 0:
            del item["open"]
        yield "PutItem", {"TableName": TABLE, "Item": item}


def questions() -> Iterator[tuple[str, dict[str, Any]]]:
    values = {":k": {"S": "INVOICE#1"}, ":p": {"S": "A"}}
    table = {"TableName": TABLE}
    for condition in ("pk = :k", "pk = :k AND begins_with(sk, :p)", "pk = :k AND sk > :p"):
        asked = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": used(values, condition),
        }
        for forward in (True, False):
            yield "Query", {**table, **asked, "ScanIndexForward": forward, "Limit": 1}
        yield "Query", {**table, **asked, "ExclusiveStartKey": KEYS[3]}
    yield (
        "Query",
        {
            **table,
            "KeyConditionExpression": "pk = :k",
            "ExpressionAttributeValues": {":k": {"S": "nobody"}},
        },
    )
    for since, limit in (("9", 10), ("9", 1), ("3", 10)):
        of_index: dict[str, Any] = {
            "IndexName": "ByState",
            "KeyConditionExpression": "#0 = :state AND since <= :until",
            "ExpressionAttributeNames": {"#0": "open"},
            "ExpressionAttributeValues": {":state": {"S": "HELD"}, ":until": {"N": since}},
            "Limit": limit,
        }
        yield "Query", {**table, **of_index}
    yield "BatchGetItem", {"RequestItems": {TABLE: {"Keys": KEYS}}}
    for condition in CONDITIONS:
        asked = {
            "ConditionExpression": condition,
            "ExpressionAttributeNames": used(NAMES, condition),
            "ExpressionAttributeValues": used(VALUES, condition),
        }
        filled = {name: value for name, value in asked.items() if value}
        failing = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        yield "DeleteItem", {**table, "Key": KEYS[0], **filled, **failing}


def test_every_answer_is_moto_s_own(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list(requests())
    own = [ask(*each) for each in asked]
    ask("DeleteTable", {"TableName": TABLE})
    for replaced in QUICK:
        monkeypatch.setattr(*replaced)

    quick = [ask(*each) for each in asked]

    created = 1  # tells the time
    for each, there, here in zip(asked[created:], own[created:], quick[created:], strict=True):
        assert here == there, each
    assert {status[:3] for status, _ in own} == {"200", "400", "500"}
