"""Read from AWS what only a deployed stack has: schedules, alarms, who is told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from invoicesync.adapters.aws.failures import translated
from invoicesync_cli.doctor.upkeep import Alarm, Schedule, Subscription

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_sns import SNSClient


def list_schedules(client: Any, functions: Collection[str]) -> list[Schedule]:  # noqa: ANN401
    """Find the schedules that start one of ``functions``; each bears its function's name."""
    with translated("listing schedules"):
        pages = client.get_paginator("list_schedules").paginate()
        summaries = [row for page in pages for row in page["Schedules"]]
        found: list[Schedule] = []
        for row in summaries:
            function = row["Target"]["Arn"].rpartition(":function:")[2]
            if function in functions:
                told = client.get_schedule(GroupName=row["GroupName"], Name=row["Name"])
                is_enabled = told["State"] == "ENABLED"
                found.append(Schedule(function, told["ScheduleExpression"], is_enabled))
    return found


def list_alarms(client: CloudWatchClient, stack: str) -> list[Alarm]:
    """Find the alarms of a stack by the name that CloudFormation gives them."""
    with translated("listing alarms"):
        pages = client.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack}-")
        return [
            Alarm(
                row.get("AlarmName", ""),
                row.get("StateValue", ""),
                tells=bool(row.get("ActionsEnabled") and row.get("AlarmActions")),
            )
            for page in pages
            for row in page.get("MetricAlarms", [])
        ]


def list_subscriptions(client: SNSClient, topics: Sequence[str]) -> list[Subscription]:
    """List who is told by each topic; AWS gives an unconfirmed subscription no address."""
    with translated("listing subscriptions"):
        return [
            Subscription(
                name_of(topic),
                row.get("Endpoint", ""),
                is_confirmed=row.get("SubscriptionArn", "").startswith("arn:"),
            )
            for topic in topics
            for page in client.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
            for row in page["Subscriptions"]
        ]


def name_of(arn: str) -> str:
    """Return the name in a topic's ARN."""
    return arn.rpartition(":")[2]
