"""A small stack on moto and in processes of its own, driven as Lambda would drive it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sandbox.cloud.batches import Delivery
from sandbox.cloud.intrinsics import TemplateError
from sandbox.cloud.local import LocalCloud

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Minutes: {Type: Number, Default: 15}
Globals:
  Function:
    Runtime: python3.13
    Timeout: 20
    Environment:
      Variables: {TABLE: !Ref Table, QUEUE: !Ref Queue, ELSEWHERE: !Ref AWS::NoValue, WHO: shared}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${AWS::StackName}-invoices"
      VisibilityTimeout: 30
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Parked.Arn, maxReceiveCount: 200}
  Parked: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 1209600}}
  Failures: {Type: AWS::SQS::Queue}
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{AttributeName: pk, AttributeType: S}]
      KeySchema: [{AttributeName: pk, KeyType: HASH}]
      BillingMode: PAY_PER_REQUEST
      PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}
      TimeToLiveSpecification: {AttributeName: expires_at, Enabled: true}
  Secret: {Type: AWS::SecretsManager::Secret, Properties: {Description: empty}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}
      LifecycleConfiguration:
        Rules:
          - Id: claims
            Status: Enabled
            Prefix: claims/
            ExpirationInDays: 90
            NoncurrentVersionExpiration: {NoncurrentDays: 1}
  Topic: {Type: AWS::SNS::Topic}
  TickFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/tick
      Handler: app.lambda_handler
      Environment: {Variables: {WHO: tick, MAPPING: !Ref Mapping}}
      EventInvokeConfig:
        MaximumRetryAttempts: 1
        DestinationConfig: {OnFailure: {Type: SQS, Destination: !GetAtt Failures.Arn}}
      Events:
        Tick:
          Type: ScheduleV2
          Properties: {ScheduleExpression: !Sub "rate(${Minutes} minutes)", Input: '{"tick": true}'}
  LoadFunction:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: functions/load, Handler: app.lambda_handler, Timeout: 2}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Queue.Arn
      FunctionName: !Ref LoadFunction
      BatchSize: 25
      FunctionResponseTypes: [ReportBatchItemFailures]
      ScalingConfig: {MaximumConcurrency: 2}
"""

TICK = """
import json, os
import boto3

def lambda_handler(event, context):
    print("a handler may print")
    if event.get("fail"):
        raise ValueError("told to")
    if event.get("off"):
        switch = boto3.client("lambda")
        switch.update_event_source_mapping(UUID=os.environ["MAPPING"], Enabled=False)
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(event))
    return {"who": os.environ["WHO"], "elsewhere": os.environ.get("ELSEWHERE"),
            "left": context.get_remaining_time_in_millis(), "name": context.function_name}
"""

LOAD = """
import json, os, time
import boto3

def lambda_handler(event, context):
    failed = []
    for record in event["Records"]:
        said = json.loads(record["body"])
        if said.get("sleep"):
            time.sleep(said["sleep"])
        if said.get("exit"):
            os._exit(3)
        if said.get("fail") and record["attributes"]["ApproximateReceiveCount"] == "1":
            failed.append({"itemIdentifier": record["messageId"]})
            boto3.client("sqs").change_message_visibility(
                QueueUrl=os.environ["QUEUE"],
                ReceiptHandle=record["receiptHandle"],
                VisibilityTimeout=1,
            )
    if said.get("answer"):
        return said["answer"]
    return {"batchItemFailures": failed}
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    root = tmp_path_factory.mktemp("stack")
    for name, code in (("tick", TICK), ("load", LOAD)):
        (root / "functions" / name).mkdir(parents=True)
        (root / "functions" / name / "app.py").write_text(code)
    (root / "template.yaml").write_text(TEMPLATE)
    with LocalCloud(root / "template.yaml", logs=root / "logs") as running:
        yield running


@pytest.fixture(autouse=True)
def _nothing_waits(cloud: LocalCloud) -> Iterator[None]:
    yield
    (mapping,) = cloud.mappings.values()
    mapping.enabled = True
    for name in ("Queue", "Parked", "Failures"):
        # A queue can be purged once a minute; a new one is empty at once.
        cloud.client("sqs").delete_queue(QueueUrl=cloud.ref(name))
        cloud.template._made.pop(name)
        cloud.template.made(name)


def send(cloud: LocalCloud, *bodies: dict[str, Any]) -> None:
    for body in bodies:
        cloud.client("sqs").send_message(QueueUrl=cloud.ref("Queue"), MessageBody=json.dumps(body))


def test_queues_table_secret_bucket_and_topic_are_as_the_template_has_them(
    cloud: LocalCloud,
) -> None:
    queue = cloud.client("sqs").get_queue_attributes(
        QueueUrl=cloud.ref("Queue"), AttributeNames=["All"]
    )["Attributes"]
    expiry = cloud.client("dynamodb").describe_time_to_live(TableName=cloud.ref("Table"))
    rules = cloud.client("s3").get_bucket_lifecycle_configuration(Bucket=cloud.ref("Bucket"))
    secret = cloud.client("secretsmanager").describe_secret(SecretId=cloud.ref("Secret"))

    assert queue["QueueArn"].endswith(":invoicesync-local-invoices")
    assert queue["VisibilityTimeout"] == "30"
    assert json.loads(queue["RedrivePolicy"])["maxReceiveCount"] == 200
    assert expiry["TimeToLiveDescription"]["AttributeName"] == "expires_at"
    assert rules["Rules"][0]["Expiration"] == {"Days": 90}
    assert not secret.get("VersionIdsToStages")
    assert cloud.ref("Topic").startswith("arn:aws:sns:")


def test_a_schedule_invokes_its_function_with_the_template_s_event_and_environment(
    cloud: LocalCloud,
) -> None:
    (answer,) = cloud.scheduler.fire("TickFunction").values()

    assert answer.payload["who"] == "tick"
    assert answer.payload["elsewhere"] is None
    assert 0 < answer.payload["left"] <= 20_000
    assert answer.payload["name"] == "invoicesync-local-TickFunction"
    assert cloud.drain().messages == 1


def test_an_asynchronous_failure_is_retried_and_then_told_to_its_destination(
    cloud: LocalCloud,
) -> None:
    answer = cloud.functions.invoke_later("TickFunction", {"fail": True})
    told = cloud.client("sqs").receive_message(QueueUrl=cloud.ref("Failures"))["Messages"]

    assert answer.error == "ValueError: told to"
    record = json.loads(told[0]["Body"])
    assert record["requestPayload"] == {"fail": True}
    assert record["requestContext"]["approximateInvokeCount"] == 2


def test_messages_arrive_in_batches_no_larger_than_the_template_says(cloud: LocalCloud) -> None:
    send(cloud, *[{"n": n} for n in range(60)])
    seen: list[Delivery] = []

    drained = cloud.drain(watch=seen.append)

    assert drained.messages == 60
    assert drained.returned == 0
    assert max(each.messages for each in seen) <= 25
    assert len(seen) >= 3


def test_only_the_messages_named_as_failed_come_back_with_a_higher_receive_count(
    cloud: LocalCloud,
) -> None:
    send(cloud, {"n": 1}, {"n": 2, "fail": True}, {"n": 3})

    first = cloud.drain()
    second = cloud.drain(patience_seconds=5)

    assert (first.messages, first.returned, first.hidden) == (3, 1, 1)
    assert (second.messages, second.returned, second.hidden) == (1, 0, 0)


@pytest.mark.parametrize(
    "answer",
    [
        {"batchItemFailures": [{"itemIdentifier": ""}]},
        {"batchItemFailures": [{"itemIdentifier": None}]},
        {"batchItemFailures": [{"wrong": "key"}]},
        {"batchItemFailures": [{"itemIdentifier": "no such message"}]},
    ],
)
def test_a_failure_that_names_no_message_fails_the_batch(
    cloud: LocalCloud, answer: dict[str, Any]
) -> None:
    send(cloud, {"n": 1}, {"n": 2, "answer": answer})

    drained = cloud.drain()

    assert drained.returned == drained.messages == drained.hidden == 2


def test_a_function_that_takes_too_long_is_ended_and_the_next_one_is_new(
    cloud: LocalCloud,
) -> None:
    send(cloud, {"sleep": 30})
    late = cloud.drain()
    send(cloud, {"n": 1})

    assert late.returned == 1
    assert "Sandbox.Timedout" in late.errors[0]
    assert cloud.drain().returned == 0


def test_a_process_that_dies_fails_its_batch(cloud: LocalCloud) -> None:
    send(cloud, {"exit": True})

    drained = cloud.drain()

    assert drained.returned == 1
    assert drained.errors[0].startswith("Runtime.ExitError: the runtime exited with status 3")


def test_a_mapping_that_a_function_turned_off_delivers_nothing(cloud: LocalCloud) -> None:
    answer = cloud.invoke("TickFunction", {"off": True})

    assert not answer.failed
    assert cloud.drain().messages == 0
    assert cloud.client("sqs").receive_message(QueueUrl=cloud.ref("Queue"))["Messages"]


def test_lambda_s_api_invokes_a_function_and_tells_of_mappings(cloud: LocalCloud) -> None:
    where = cloud.overrides()
    client = boto3.client(
        "lambda",
        endpoint_url=where["AWS_ENDPOINT_URL_LAMBDA"],
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}),
    )
    (identity,) = cloud.mappings

    good = client.invoke(FunctionName="invoicesync-local-TickFunction", Payload=b"{}")
    bad = client.invoke(FunctionName="invoicesync-local-TickFunction", Payload=b'{"fail": 1}')
    mapping = client.get_event_source_mapping(UUID=identity)

    assert json.load(good["Payload"])["who"] == "tick"
    assert bad["FunctionError"] == "Unhandled"
    assert json.load(bad["Payload"])["errorType"] == "ValueError"
    assert (mapping["State"], mapping["BatchSize"]) == ("Enabled", 25)
    assert len(client.list_event_source_mappings()["EventSourceMappings"]) == 1
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.invoke(FunctionName="nobody", Payload=b"{}")
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_event_source_mapping(UUID=identity[::-1])
    client.close()


def test_a_canceled_transaction_leaves_nothing_behind(cloud: LocalCloud) -> None:
    dynamodb = cloud.client("dynamodb")
    table = cloud.ref("Table")
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "old"}, "n": {"N": "1"}})
    update = {
        "TableName": table,
        "Key": {"pk": {"S": "old"}},
        "UpdateExpression": "SET n = :two",
        "ExpressionAttributeValues": {":two": {"N": "2"}},
    }
    put = {"TableName": table, "Item": {"pk": {"S": "new"}}}
    refused = {
        "TableName": table,
        "Key": {"pk": {"S": "other"}},
        "ConditionExpression": "attribute_exists(pk)",
    }

    with pytest.raises(dynamodb.exceptions.TransactionCanceledException):
        dynamodb.transact_write_items(
            TransactItems=[{"Update": update}, {"Put": put}, {"ConditionCheck": refused}]
        )

    left = dynamodb.scan(TableName=table)["Items"]
    assert left == [{"pk": {"S": "old"}, "n": {"N": "1"}}]


def test_an_update_does_all_that_its_expression_says(cloud: LocalCloud) -> None:
    dynamodb = cloud.client("dynamodb")
    asked = {
        "TableName": cloud.ref("Table"),
        "Key": {"pk": {"S": "updated"}},
        "ReturnValues": "ALL_NEW",
    }
    dynamodb.update_item(
        **asked,
        UpdateExpression="SET #a = :a, #b = :b, #c = if_not_exists(#c, :one) ADD #n :one",
        ExpressionAttributeNames={"#a": "S", "#b": "b", "#c": "c", "#n": "n"},
        ExpressionAttributeValues={
            ":a": {"M": {"S": {"S": "an attribute called S"}, "L": {"L": [{"NULL": True}]}}},
            ":b": {"SS": ["x", "y"]},
            ":one": {"N": "1"},
        },
    )

    told = dynamodb.update_item(
        **asked,
        UpdateExpression="SET #c = #c + :one REMOVE #b ADD #n :one",
        ExpressionAttributeNames={"#b": "b", "#c": "c", "#n": "n"},
        ExpressionAttributeValues={":one": {"N": "1"}},
    )

    assert told["Attributes"] == {
        "pk": {"S": "updated"},
        "S": {"M": {"S": {"S": "an attribute called S"}, "L": {"L": [{"NULL": True}]}}},
        "c": {"N": "2"},
        "n": {"N": "2"},
    }
    dynamodb.delete_item(TableName=cloud.ref("Table"), Key=asked["Key"])


def test_an_update_with_the_same_clause_twice_is_refused(cloud: LocalCloud) -> None:
    dynamodb = cloud.client("dynamodb")

    with pytest.raises(dynamodb.exceptions.ClientError, match="ValidationException"):
        dynamodb.update_item(
            TableName=cloud.ref("Table"),
            Key={"pk": {"S": "updated"}},
            UpdateExpression="SET a = :a SET b = :a",
            ExpressionAttributeValues={":a": {"S": "x"}},
        )


def test_the_environment_file_names_what_the_template_declares(
    cloud: LocalCloud, tmp_path: Path
) -> None:
    path = cloud.environment_file(tmp_path / "env.json", host="host.docker.internal")

    file = json.loads(path.read_text())
    assert set(file["TickFunction"]) == {"TABLE", "QUEUE", "WHO", "MAPPING"}
    assert "//host.docker.internal:" in file["LoadFunction"]["QUEUE"]


def test_what_a_function_prints_is_in_its_log(cloud: LocalCloud) -> None:
    cloud.invoke("TickFunction", {})

    log = cloud._logs / "TickFunction.log"
    assert "a handler may print" in log.read_text()


@pytest.mark.parametrize(
    ("added", "named"),
    [
        ("  Odd: {Type: AWS::Kinesis::Stream}", "AWS::Kinesis::Stream"),
        ("  Odd: {Type: AWS::SQS::Queue, Properties: {Colour: blue}}", "Colour"),
    ],
)
def test_what_the_local_cloud_cannot_create_is_refused_by_name(
    tmp_path: Path, added: str, named: str
) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(f"Resources:\n{added}\n")

    with pytest.raises(TemplateError, match=named), LocalCloud(path, logs=tmp_path / "logs"):
        pass
