"""Who may do what: the whole list, so that a permission more is a change to this file."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.template.conftest import Resource, Stack, attribute, names_in

# Function, action, and what it may be done to.
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
TRACES = {"xray:PutTelemetryRecords", "xray:PutTraceSegments"}
MEMORY = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}

ALLOWED: dict[str, dict[str, set[str]]] = {
    "ExtractorRole": {
        "ExtractorLogs": LOGS,
        "*": TRACES,
        "StateTable": MEMORY | {"dynamodb:BatchGetItem", "dynamodb:Query"},
        "InvoiceQueue": {"sqs:SendMessage"},
        "InvoiceDLQ": {"sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage"},
        "LoaderMapping": {"lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"},
        "ServiceTradeSecret": {"secretsmanager:GetSecretValue"},
        "Bucket": {"s3:GetObject", "s3:ListBucket", "s3:PutObject"},
        "FinanceTopic": {"sns:Publish"},
        "OpsTopic": {"sns:Publish"},
        "NotificationKey": {"kms:Decrypt", "kms:GenerateDataKey"},
        "InvocationDLQ": {"sqs:SendMessage"},
    },
    "LoaderRole": {
        "LoaderLogs": LOGS,
        "*": TRACES,
        "StateTable": MEMORY | {"dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:Query"},
        "InvoiceQueue": {
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        },
        "InvoiceDLQ": {"sqs:SendMessage"},
        "OutcomeQueue": {"sqs:SendMessage"},
        "QuickBooksTokenSecret": {"secretsmanager:GetSecretValue"},
        "TokenRefresherFunction": {"lambda:InvokeFunction"},
        "Bucket": {"s3:GetObject", "s3:ListBucket", "s3:PutObject"},
        "FinanceTopic": {"sns:Publish"},
        "OpsTopic": {"sns:Publish"},
        "NotificationKey": {"kms:Decrypt", "kms:GenerateDataKey"},
    },
    "AcknowledgerRole": {
        "AcknowledgerLogs": LOGS,
        "*": TRACES,
        "StateTable": {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:UpdateItem"},
        "OutcomeQueue": {
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
        },
        "ServiceTradeSecret": {"secretsmanager:GetSecretValue"},
        "EventBus": {"events:PutEvents"},
        "Bucket": {"s3:GetObject", "s3:ListBucket"},
        "OpsTopic": {"sns:Publish"},
        "NotificationKey": {"kms:Decrypt", "kms:GenerateDataKey"},
    },
    "ReconcilerRole": {
        "ReconcilerLogs": LOGS,
        "*": TRACES,
        "EventBus": {"events:PutEvents"},
        "StateTable": MEMORY | {"dynamodb:BatchGetItem", "dynamodb:Query"},
        "ServiceTradeSecret": {"secretsmanager:GetSecretValue"},
        "ExtractorFunction": {"lambda:InvokeFunction"},
        "QuickBooksTokenSecret": {"secretsmanager:GetSecretValue"},
        "TokenRefresherFunction": {"lambda:InvokeFunction"},
        "Bucket": {"s3:GetObject", "s3:ListBucket", "s3:PutObject"},
        "FinanceTopic": {"sns:Publish"},
        "OpsTopic": {"sns:Publish"},
        "NotificationKey": {"kms:Decrypt", "kms:GenerateDataKey"},
        "InvocationDLQ": {"sqs:SendMessage"},
    },
    "TokenRefresherRole": {
        "TokenRefresherLogs": LOGS,
        "*": TRACES,
        "StateTable": {"dynamodb:UpdateItem"},
        "QuickBooksClientSecret": {"secretsmanager:GetSecretValue"},
        "QuickBooksTokenSecret": {
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
        },
        "OpsTopic": {"sns:Publish"},
        "NotificationKey": {"kms:Decrypt", "kms:GenerateDataKey"},
        "InvocationDLQ": {"sqs:SendMessage"},
    },
    "ScheduleRole": {
        "ExtractorFunction": {"lambda:InvokeFunction"},
        "TokenRefresherFunction": {"lambda:InvokeFunction"},
        "ReconcilerFunction": {"lambda:InvokeFunction"},
        "InvocationDLQ": {"sqs:SendMessage"},
    },
}
PSEUDO = {"AWS::Partition", "AWS::Region", "AWS::AccountId", "AWS::StackName"}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(role: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for policy in role.get("Policies", []):
        yield from policy["PolicyDocument"]["Statement"]


def granted(role: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            target = "*" if resource == "*" else ",".join(sorted(names_in(resource) - PSEUDO))
            found.setdefault(target, set()).update(listed(statement["Action"]))
    return found


def test_every_role_is_listed_here_and_sam_adds_none(stack: Stack) -> None:
    assert {role.name for role in stack.of("IAM::Role")} == ALLOWED.keys()


@pytest.mark.parametrize("role", ALLOWED)
def test_a_role_may_do_exactly_what_is_listed(stack: Stack, role: str) -> None:
    assert granted(stack[role]) == ALLOWED[role]
    assert "ManagedPolicyArns" not in stack[role]


@pytest.mark.parametrize("role", ALLOWED)
def test_no_action_is_a_pattern(stack: Stack, role: str) -> None:
    actions = set[str]().union(*granted(stack[role]).values())
    assert not [action for action in actions if "*" in action]


def test_every_function_has_a_role_of_its_own(stack: Stack) -> None:
    roles = [one.properties["Role"] for one in stack.of("Lambda::Function")]
    assert sorted(names_in(roles)) == [
        "AcknowledgerRole",
        "ExtractorRole",
        "LoaderRole",
        "ReconcilerRole",
        "TokenRefresherRole",
    ]
    assert len(roles) == 5


def holders(stack: Stack, action: str, target: str) -> set[str]:
    return {
        role.name
        for role in stack.of("IAM::Role")
        if action in granted(role.properties).get(target, set())
    }


def test_each_secret_is_read_only_by_who_needs_it(stack: Stack) -> None:
    read = "secretsmanager:GetSecretValue"
    servicetrade_readers = holders(stack, read, "ServiceTradeSecret")
    assert servicetrade_readers == {"AcknowledgerRole", "ExtractorRole", "ReconcilerRole"}
    assert holders(stack, read, "QuickBooksClientSecret") == {"TokenRefresherRole"}
    token_readers = holders(stack, read, "QuickBooksTokenSecret")
    assert token_readers == {"LoaderRole", "ReconcilerRole", "TokenRefresherRole"}


def test_one_function_alone_writes_tokens(stack: Stack) -> None:
    for action in ("PutSecretValue", "UpdateSecretVersionStage"):
        found = {
            (role.name, target)
            for role in stack.of("IAM::Role")
            for target, actions in granted(role.properties).items()
            if f"secretsmanager:{action}" in actions
        }
        assert found == {("TokenRefresherRole", "QuickBooksTokenSecret")}


def test_the_refresher_touches_no_invoice(stack: Stack) -> None:
    [condition] = [
        s["Condition"]
        for s in statements(stack["TokenRefresherRole"])
        if s["Sid"] == "RememberTheRealmAlone"
    ]
    keys = condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert set(keys) == {"REALM#*", "ALERT#*"}


@pytest.mark.parametrize(
    ("role", "keys"),
    [
        ("AcknowledgerRole", ["TOLD#*", "ALERT#*"]),
        (
            "ReconcilerRole",
            ["QBO#*", "CHECKPOINT#books", "REALM#*", "ALERT#*", "REPORT#*", "RECONCILED#*"],
        ),
    ],
)
def test_who_writes_beside_the_ledger_never_writes_into_it(
    stack: Stack, role: str, keys: list[str]
) -> None:
    writing = [
        s["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
        for s in statements(stack[role])
        if {"dynamodb:PutItem", "dynamodb:UpdateItem"} & set(listed(s["Action"]))
    ]
    assert writing == [keys]


def test_no_loader_announces_and_no_bus_but_ours_hears_it(stack: Stack) -> None:
    [bus] = stack.of("Events::EventBus")
    announcing = {"AcknowledgerRole", "ReconcilerRole"}
    assert holders(stack, "events:PutEvents", bus.name) == announcing


def test_only_references_are_ever_deleted(stack: Stack) -> None:
    deleting = [
        (role.name, s.get("Condition"))
        for role in stack.of("IAM::Role")
        for s in statements(role.properties)
        if "dynamodb:DeleteItem" in listed(s["Action"])
    ]
    only = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["REF#*"]}}
    assert deleting == [("LoaderRole", only)]


def prefixes(stack: Stack, role: str, action: str) -> set[str]:
    return {
        resource["Fn::Sub"].partition("/")[2]
        for s in statements(stack[role])
        if action in listed(s["Action"])
        for resource in listed(s["Resource"])
    }


def test_objects_are_read_and_written_by_prefix(stack: Stack) -> None:
    assert prefixes(stack, "ExtractorRole", "s3:PutObject") == {"claims/*"}
    assert prefixes(stack, "ExtractorRole", "s3:GetObject") == {"claims/*", "mapping/*"}
    assert prefixes(stack, "LoaderRole", "s3:PutObject") == {"evidence/*", "journal/*"}
    assert prefixes(stack, "AcknowledgerRole", "s3:GetObject") == {"mapping/*"}
    loads = prefixes(stack, "LoaderRole", "s3:GetObject")
    assert loads == {"claims/*", "journal/*", "mapping/*"}


def test_whoever_reads_objects_can_tell_absence_from_denial(stack: Stack) -> None:
    for role in stack.of("IAM::Role"):
        actions = granted(role.properties).get("Bucket", set())
        assert ("s3:GetObject" in actions) == ("s3:ListBucket" in actions), role.name


def wildcards(resource: Resource) -> set[tuple[str, str]]:
    """Name each statement of a resource that is about everything."""
    documents = [
        *(policy["PolicyDocument"] for policy in resource.properties.get("Policies", [])),
        resource.properties.get("PolicyDocument"),
        resource.properties.get("KeyPolicy"),
    ]
    return {
        (resource.name, statement["Sid"])
        for document in documents
        if document
        for statement in document["Statement"]
        if "*" in listed(statement["Resource"])
    }


def test_every_statement_about_everything_is_listed(stack: Stack) -> None:
    assert set[tuple[str, str]]().union(*map(wildcards, stack.all())) == {
        ("AcknowledgerRole", "Trace"),
        ("ExtractorRole", "Trace"),
        ("LoaderRole", "Trace"),
        ("ReconcilerRole", "Trace"),
        ("TokenRefresherRole", "Trace"),
        ("QueuePolicy", "DenyWithoutTls"),
        ("NotificationKey", "AccountDecides"),
        ("NotificationKey", "AlarmsMayPublish"),
    }


@pytest.mark.parametrize("policy", ["QueuePolicy", "BucketPolicy", "TopicPolicy"])
def test_nothing_is_spoken_to_without_tls(stack: Stack, policy: str) -> None:
    [deny] = [
        statement
        for statement in stack[policy]["PolicyDocument"]["Statement"]
        if statement["Sid"] == "DenyWithoutTls"
    ]
    assert deny["Effect"] == "Deny"
    assert deny["Principal"] == "*"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_queue_and_topic_is_under_those_policies(stack: Stack) -> None:
    queues = {one.name for one in stack.of("SQS::Queue")}
    assert names_in(stack["QueuePolicy"]["Queues"]) == queues
    topics = {one.name for one in stack.of("SNS::Topic")}
    assert names_in(stack["TopicPolicy"]["Topics"]) == topics


def test_whoever_sends_mail_may_use_its_key(stack: Stack) -> None:
    for topic in stack.of("SNS::Topic"):
        assert topic.properties["KmsMasterKeyId"] == attribute("NotificationKey")
        for role in holders(stack, "sns:Publish", topic.name):
            assert granted(stack[role])["NotificationKey"] == {"kms:Decrypt", "kms:GenerateDataKey"}


def test_alarms_may_use_the_key_and_the_topics(stack: Stack) -> None:
    cloudwatch = {"Service": "cloudwatch.amazonaws.com"}
    [key] = [
        s
        for s in stack["NotificationKey"]["KeyPolicy"]["Statement"]
        if s["Principal"] == cloudwatch
    ]
    assert key["Effect"] == "Allow"
    assert set(key["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    [topic] = [
        s
        for s in stack["TopicPolicy"]["PolicyDocument"]["Statement"]
        if s["Principal"] == cloudwatch
    ]
    assert topic["Action"] == "sns:Publish"
    assert names_in(topic["Resource"]) == {"FinanceTopic", "OpsTopic"}
