"""Two stages, or two companies, live in one account: nothing bears a name that another would."""

from typing import Any

from tests.template.conftest import Stack, names_in

# Where a type of resource keeps the name that must be its own in an account and a region.
NAMED = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
}
NAMELESS = {
    "AWS::Events::EventBusPolicy",
    "AWS::KMS::Key",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}
# A layer of the same name becomes its next version; each stack keeps the version that it made.
SHARED = {"AWS::Lambda::LayerVersion"}


def clashing(stack: Stack) -> list[str]:
    """Name each resource whose name a second stack of the account would want too."""
    return [
        f"{one.name}: {one.properties[key]}"
        for one in stack.all()
        if (key := NAMED.get(one.type)) in one.properties
        and one.type not in SHARED
        and not names_in(one.properties[key]) & {"AWS::StackName", "AWS::StackId"}
    ]


def test_no_name_is_fixed(stack: Stack) -> None:
    assert clashing(stack) == []


def test_every_type_is_known_to_have_a_name_or_none(stack: Stack) -> None:
    assert {one.type for one in stack.all()} <= NAMED.keys() | NAMELESS


def test_nothing_is_exported_under_a_fixed_name(stack: Stack) -> None:
    outputs: dict[str, Any] = stack.document.get("Outputs", {})
    exported = [output["Export"]["Name"] for output in outputs.values() if "Export" in output]
    assert all("AWS::StackName" in names_in(name) for name in exported)


def test_a_fixed_name_is_noticed(stack: Stack) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "invoices"}}
    resources = {**stack.document["Resources"], "Planted": queue}

    assert clashing(Stack({**stack.document, "Resources": resources})) == ["Planted: invoices"]
