"""What the doctor asks of a deployed stack's AWS, asked of moto."""

from collections.abc import Callable
from typing import Any

from invoicesync_cli.doctor.cloud import list_alarms, list_schedules, list_subscriptions
from invoicesync_cli.doctor.upkeep import Alarm, Schedule, Subscription

type MakeClient = Callable[[str], Any]

EXTRACTOR = "doctored-ExtractorFunction-1"


def schedule(aws: MakeClient, name: str, function: str, state: str) -> None:
    aws("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="rate(5 minutes)",
        State=state,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": f"arn:aws:lambda:us-east-1:123456789012:function:{function}",
            "RoleArn": "arn:aws:iam::123456789012:role/schedule",
        },
    )


def test_schedules_are_found_by_the_function_that_they_start(aws: MakeClient) -> None:
    schedule(aws, "doctored-one", EXTRACTOR, "ENABLED")
    schedule(aws, "doctored-two", "refresher", "DISABLED")
    schedule(aws, "somebody-elses", "another", "ENABLED")

    found = list_schedules(aws("scheduler"), {EXTRACTOR, "refresher"})

    assert sorted(found, key=lambda each: each.name) == [
        Schedule(EXTRACTOR, "rate(5 minutes)", is_enabled=True),
        Schedule("refresher", "rate(5 minutes)", is_enabled=False),
    ]


def alarm(aws: MakeClient, name: str, state: str, **settings: Any) -> None:
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        MetricName="SyncRunCompleted",
        Namespace="InvoiceSync",
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=2,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        **settings,
    )
    aws("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="a test")


def test_alarms_are_found_by_the_stacks_name(aws: MakeClient) -> None:
    topic = ["arn:aws:sns:us-east-1:123456789012:ops"]
    alarm(aws, "doctored-One-1", "OK", AlarmActions=topic)
    alarm(aws, "doctored-Two-1", "ALARM", AlarmActions=topic, ActionsEnabled=False)
    alarm(aws, "doctored-Three-1", "OK")
    alarm(aws, "doctoredtoo-One-1", "ALARM", AlarmActions=topic)

    found = list_alarms(aws("cloudwatch"), "doctored")

    assert sorted(found, key=lambda each: each.name) == [
        Alarm("doctored-One-1", "OK", tells=True),
        Alarm("doctored-Three-1", "OK", tells=False),
        Alarm("doctored-Two-1", "ALARM", tells=False),
    ]


def test_subscriptions_are_listed_by_topic(aws: MakeClient) -> None:
    finance, ops = (
        aws("sns").create_topic(Name=f"doctored-{name}")["TopicArn"] for name in ("finance", "ops")
    )
    aws("sns").subscribe(TopicArn=finance, Protocol="email", Endpoint="finance@example.com")

    found = list_subscriptions(aws("sns"), [finance, ops])

    assert found == [Subscription("doctored-finance", "finance@example.com", is_confirmed=True)]


class Unconfirmed:
    """SNS as it answers, by its documentation, before a reader has followed the link in its mail.

    moto confirms whatever is subscribed.
    """

    def get_paginator(self, operation: str) -> "Unconfirmed":
        assert operation == "list_subscriptions_by_topic"
        return self

    def paginate(self, **asked: str) -> list[dict[str, Any]]:
        row = {"Endpoint": "a@example.com", "SubscriptionArn": "PendingConfirmation", **asked}
        return [{"Subscriptions": [row]}]


def test_a_subscription_that_waits_for_its_reader_is_not_confirmed() -> None:
    sns: Any = Unconfirmed()

    (found,) = list_subscriptions(sns, ["arn:aws:sns:us-east-1:123456789012:finance"])

    assert found == Subscription("finance", "a@example.com", is_confirmed=False)
