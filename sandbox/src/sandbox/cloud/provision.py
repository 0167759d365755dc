"""Create what the template describes, by the API of each service."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.cloud.buckets import make_bucket
from sandbox.cloud.intrinsics import TemplateError
from sandbox.cloud.properties import Properties
from sandbox.cloud.template import Made

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sandbox.cloud.aws import Aws
    from sandbox.cloud.template import Place, Resource

_LOOKS = {
    "AWS::CloudWatch::Alarm": "moto never evaluates alarms",
    "AWS::CloudWatch::CompositeAlarm": "moto never evaluates alarms",
    "AWS::CloudWatch::Dashboard": "nobody looks at it here",
    "AWS::IAM::Role": "moto enforces no policies; tests/template checks them",
    "AWS::IAM::ManagedPolicy": "moto enforces no policies; tests/template checks them",
    "AWS::Lambda::Permission": "moto enforces no policies; tests/template checks them",
    "AWS::S3::BucketPolicy": "moto denies without reading conditions, such as a missing TLS",
    "AWS::SNS::TopicPolicy": "moto enforces no policies; tests/template checks them",
    "AWS::SQS::QueuePolicy": "moto enforces no policies; tests/template checks them",
    "AWS::Serverless::LayerVersion": "functions import the layer from its ContentUri",
}
"""Types that are left out, and why that changes nothing that the product can see."""

_QUEUE_ATTRIBUTES = (
    "DelaySeconds",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)


class Provisioner:
    """Creates resources on the local services; functions and mappings are made by the cloud."""

    def __init__(
        self, aws: Aws, place: Place, others: Mapping[str, Callable[[Resource], Made]]
    ) -> None:
        self._aws = aws
        self._place = place
        self._others = others
        self.evaluate: Callable[[Any], Any] = lambda value: value

    def make(self, resource: Resource) -> Made:
        """Create one resource, or say by name that its type is unknown."""
        if resource.type in self._others:
            return self._others[resource.type](resource)
        if resource.type in _LOOKS:
            return self._looks_like(resource)
        maker = _MAKERS.get(resource.type)
        if maker is None:
            raise TemplateError(
                f"{resource.name}: the local cloud cannot create {resource.type};"
                " teach it, or give a reason for leaving it out"
            )
        values = Properties(resource.name, self.evaluate(resource.properties))
        values.set_aside("Tags")
        made = maker(self._aws, self._name_of(resource, values), values, self._place)
        values.close()
        return made

    def _name_of(self, resource: Resource, values: Properties) -> str:
        # KMS and mappings have no name; the first property that ends so is the name of the others.
        for name in ("QueueName", "TableName", "BucketName", "TopicName", "LogGroupName"):
            if (given := values.take(name)) is not None:
                return str(given)
        name = f"{self._place.stack}-{resource.name}"
        return name.lower() if resource.type == "AWS::S3::Bucket" else name

    def _looks_like(self, resource: Resource) -> Made:
        name = f"{self._place.stack}-{resource.name}"
        service = resource.type.split("::")[1].lower()
        arn = self._place.arn(service, f"{resource.type.rpartition('::')[2].lower()}/{name}")
        if resource.type == "AWS::Serverless::LayerVersion":
            return Made(ref=str(resource.properties["ContentUri"]))
        return Made(ref=name, attributes={"Arn": arn})


def _queue(aws: Aws, name: str, values: Properties, _: Place) -> Made:
    attributes = values.take_all(*_QUEUE_ATTRIBUTES)
    url = aws.client("sqs").create_queue(
        QueueName=name,
        Attributes={key: _attribute(each) for key, each in attributes.items()},
    )["QueueUrl"]
    asked = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = asked["Attributes"]["QueueArn"]
    return Made(ref=url, attributes={"Arn": arn, "QueueName": name, "QueueUrl": url})


def _attribute(value: Any) -> str:  # noqa: ANN401  (any JSON value)
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, dict) else str(value)


def _table(aws: Aws, name: str, values: Properties, _: Place) -> Made:
    dynamodb = aws.client("dynamodb")
    recovery = values.take("PointInTimeRecoverySpecification")
    expiry = values.take("TimeToLiveSpecification")
    encryption = values.take("SSESpecification")
    asked = values.take_all(
        *("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"),
        *("DeletionProtectionEnabled", "TableClass", "OnDemandThroughput"),
    )
    if encryption:
        asked["SSESpecification"] = {
            "Enabled": encryption.pop("SSEEnabled", False),
            **encryption,
        }
    told = dynamodb.create_table(TableName=name, **asked)
    if recovery:
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification=recovery
        )
    if expiry:
        dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    return Made(ref=name, attributes={"Arn": told["TableDescription"]["TableArn"]})


def _secret(aws: Aws, name: str, values: Properties, _: Place) -> Made:
    asked = values.take_all("Description", "KmsKeyId", "SecretString")
    arn = aws.client("secretsmanager").create_secret(Name=values.take("Name", name), **asked)["ARN"]
    return Made(ref=arn, attributes={"Id": arn})


def _topic(aws: Aws, name: str, values: Properties, _: Place) -> Made:
    attributes = values.take_all("DisplayName", "KmsMasterKeyId")
    subscriptions = values.take("Subscription", [])
    sns = aws.client("sns")
    arn = sns.create_topic(Name=name, Attributes=attributes)["TopicArn"]
    for each in subscriptions:
        sns.subscribe(TopicArn=arn, Protocol=each["Protocol"], Endpoint=each["Endpoint"])
    return Made(ref=arn, attributes={"TopicArn": arn, "TopicName": name})


def _event_bus(aws: Aws, name: str, values: Properties, _: Place) -> Made:
    given = str(values.take("Name", name))
    arn = aws.client("events").create_event_bus(Name=given, **values.take_all("Description"))
    return Made(ref=given, attributes={"Arn": arn["EventBusArn"], "Name": given})


def _subscription(aws: Aws, _: str, values: Properties, __: Place) -> Made:
    arn = aws.client("sns").subscribe(
        TopicArn=values.need("TopicArn"),
        Protocol=values.need("Protocol"),
        Endpoint=values.need("Endpoint"),
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return Made(ref=arn, attributes={"Arn": arn})


def _key(aws: Aws, _: str, values: Properties, __: Place) -> Made:
    rotates = values.take("EnableKeyRotation", default=False)
    values.set_aside("PendingWindowInDays")
    kms = aws.client("kms")
    told = kms.create_key(
        Policy=json.dumps(values.need("KeyPolicy")), **values.take_all("Description")
    )["KeyMetadata"]
    if rotates:
        kms.enable_key_rotation(KeyId=told["KeyId"])
    return Made(ref=told["KeyId"], attributes={"Arn": told["Arn"], "KeyId": told["KeyId"]})


def _alias(aws: Aws, _: str, values: Properties, __: Place) -> Made:
    name = values.need("AliasName")
    aws.client("kms").create_alias(AliasName=name, TargetKeyId=values.need("TargetKeyId"))
    return Made(ref=name)


def _log_group(aws: Aws, name: str, values: Properties, place: Place) -> Made:
    logs = aws.client("logs")
    days = values.take("RetentionInDays")
    logs.create_log_group(logGroupName=name)
    if days is not None:
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))
    values.set_aside("KmsKeyId", "LogGroupClass")
    return Made(ref=name, attributes={"Arn": place.arn("logs", f"log-group:{name}:*")})


_MAKERS: Mapping[str, Callable[[Aws, str, Properties, Place], Made]] = {
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _event_bus,
    "AWS::KMS::Alias": _alias,
    "AWS::KMS::Key": _key,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": make_bucket,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::SecretsManager::Secret": _secret,
}
