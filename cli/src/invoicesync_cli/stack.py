"""Find a stack: a deployed one by its name, or the sandbox that runs on this machine."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from invoicesync.adapters.aws import clients
from invoicesync.settings import QUICKBOOKS_URLS, SERVICETRADE_URL
from invoicesync_cli.errors import DeskError

LOCAL_FILE = Path("build/up/stack.json")
"""Written by `make up`, and true for as long as that runs."""


class Outputs(BaseModel):
    """What a stack of ours tells of itself."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    state_table: str = Field(alias="StateTableName")
    bucket: str = Field(alias="BucketName")
    invoice_queue_url: str = Field(alias="InvoiceQueueUrl")
    dead_letter_queue_url: str = Field(alias="DeadLetterQueueUrl")
    outcome_queue_url: str = Field(alias="OutcomeQueueUrl")
    extractor_function: str = Field(alias="ExtractorFunctionName")
    loader_function: str = Field(alias="LoaderFunctionName")
    loader_mapping_id: str = Field(alias="LoaderMappingId")
    token_refresher_function: str = Field(alias="TokenRefresherFunctionName")
    reconciler_function: str = Field(alias="ReconcilerFunctionName")
    servicetrade_secret_arn: str = Field(alias="ServiceTradeSecretArn")
    quickbooks_client_secret_arn: str = Field(alias="QuickBooksClientSecretArn")
    quickbooks_token_secret_arn: str = Field(alias="QuickBooksTokenSecretArn")
    finance_topic_arn: str = Field(alias="FinanceTopicArn")
    ops_topic_arn: str = Field(alias="OpsTopicArn")
    quickbooks_environment: str = Field(alias="QuickBooksEnvironment")
    schedule_minutes: int = Field(alias="ScheduleMinutes")


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack, and the addresses of the two systems that it stands between."""

    name: str
    outputs: Outputs
    servicetrade_url: str
    quickbooks_url: str
    is_local: bool = False


def deployed(name: str) -> Stack:
    """Find a deployed stack through its outputs."""
    if region := os.environ.get("AWS_REGION"):
        # AWS's own command heeds this name, boto3 only the other.
        os.environ["AWS_DEFAULT_REGION"] = region
    try:
        answer = clients.cloudformation().describe_stacks(StackName=name)
    except NoCredentialsError:
        raise DeskError(
            "no AWS credentials: run `aws configure` or set AWS_PROFILE, or try --local"
        ) from None
    except NoRegionError:
        raise DeskError("no AWS region: set AWS_REGION, or region in your AWS profile") from None
    except ClientError as error:
        raise DeskError(_refused(name, error)) from None
    except BotoCoreError as error:
        raise DeskError(f"AWS cannot be reached: {error}") from None
    told: Any = answer["Stacks"][0].get("Outputs", [])
    outputs = _read(name, {row["OutputKey"]: row["OutputValue"] for row in told})
    return Stack(
        name,
        outputs,
        servicetrade_url=SERVICETRADE_URL,
        quickbooks_url=QUICKBOOKS_URLS[outputs.quickbooks_environment],
    )


def local(path: Path = LOCAL_FILE) -> Stack:
    """Find the sandbox's stack, and point this process's AWS clients at it."""
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        environment: Mapping[str, str] = told["environment"]
        outputs = _read(str(told["name"]), told["outputs"])
    except FileNotFoundError:
        raise DeskError(f"no sandbox runs: there is no {path}; start one with `make up`") from None
    except (ValueError, KeyError, TypeError):
        raise DeskError(f"{path} cannot be read; start the sandbox anew with `make up`") from None
    os.environ.pop("AWS_PROFILE", None)
    os.environ.update(environment)
    return Stack(
        str(told["name"]),
        outputs,
        servicetrade_url=environment["SERVICETRADE_BASE_URL"],
        quickbooks_url=environment["QUICKBOOKS_BASE_URL"],
        is_local=True,
    )


def _read(name: str, told: Mapping[str, str]) -> Outputs:
    try:
        return Outputs.model_validate(dict(told))
    except ValidationError as error:
        lacking = ", ".join(sorted(str(row["loc"][0]) for row in error.errors()))
        raise DeskError(
            f"stack {name} is not InvoiceSync's, or an older one: its outputs lack {lacking}"
        ) from None


def _refused(name: str, error: ClientError) -> str:
    said = error.response.get("Error", {})
    if "does not exist" in str(said.get("Message", "")):
        return (
            f"there is no stack {name} in this account and region; "
            "its name is stack_name in samconfig.toml"
        )
    return f"AWS refused to show stack {name}: {said.get('Code', 'no code')}"
