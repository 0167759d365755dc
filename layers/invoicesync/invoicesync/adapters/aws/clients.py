"""boto3 clients, with the waits and retries that the guarantee was worked out for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from invoicesync.adapters.aws.plain_json import carry_plain_json

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sts import STSClient

_CONNECTIONS = 20
_PATIENT_SECONDS = 120
_LONGEST_SECONDS = 920
"""More than the fifteen minutes that Lambda gives any function."""

_QUICK = Config(
    connect_timeout=3,
    read_timeout=10,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=_CONNECTIONS,
    # The adapters build every argument, and contract tests hold them to it: checking each again
    # costs a loader a twentieth of its CPU.
    parameter_validation=False,
    # Without a name of our own botocore cleans some thirty parts of one, letter by letter, before
    # every call.
    user_agent="invoicesync",
)
# A second invocation would be a second refresh: one call, and the time that it takes.
_PATIENT = Config(
    connect_timeout=3, read_timeout=_PATIENT_SECONDS, retries={"total_max_attempts": 1}
)
_LONG = _PATIENT.merge(Config(read_timeout=_LONGEST_SECONDS))


@cache
def dynamodb() -> DynamoDBClient:
    """Return the client for DynamoDB."""
    client = boto3.client("dynamodb", config=_QUICK)
    carry_plain_json(client)
    return client


@cache
def sqs() -> SQSClient:
    """Return the client for SQS."""
    return boto3.client("sqs", config=_QUICK)


@cache
def s3() -> S3Client:
    """Return the client for S3."""
    return boto3.client("s3", config=_QUICK)


@cache
def sns() -> SNSClient:
    """Return the client for SNS."""
    return boto3.client("sns", config=_QUICK)


@cache
def secretsmanager() -> SecretsManagerClient:
    """Return the client for Secrets Manager."""
    return boto3.client("secretsmanager", config=_QUICK)


@cache
def lambda_control() -> LambdaClient:
    """Return the client for Lambda's settings."""
    return boto3.client("lambda", config=_QUICK)


@cache
def lambda_invoke() -> LambdaClient:
    """Return the client that invokes a function once and waits for its end."""
    return boto3.client("lambda", config=_PATIENT)


@cache
def lambda_wait() -> LambdaClient:
    """Return the client that waits for whatever a function may take."""
    return boto3.client("lambda", config=_LONG)


@cache
def cloudformation() -> CloudFormationClient:
    """Return the client for CloudFormation."""
    return boto3.client("cloudformation", config=_QUICK)


@cache
def sts() -> STSClient:
    """Return the client that says who we are."""
    return boto3.client("sts", config=_QUICK)


@cache
def cloudwatch() -> CloudWatchClient:
    """Return the client for CloudWatch."""
    return boto3.client("cloudwatch", config=_QUICK)


@cache
def scheduler() -> Any:  # noqa: ANN401  (its types are in no package of ours)
    """Return the client for EventBridge Scheduler."""
    made: Any = boto3
    return made.client("scheduler", config=_QUICK)


@cache
def events() -> Any:  # noqa: ANN401  (its types are in no package of ours)
    """Return the client for EventBridge."""
    made: Any = boto3
    return made.client("events", config=_QUICK)
