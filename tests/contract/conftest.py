"""AWS on this machine: one moto server for the contract tests of a process."""

from collections.abc import Callable, Generator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config

from invoicesync.adapters.aws.plain_json import carry_plain_json
from sandbox.cloud.aws import Aws

type MakeClient = Callable[[str], Any]

S3_PAGE = 10
"""What S3 lists at once is a thousand; here it is less, or the tests would store that many."""


@pytest.fixture(scope="session")
def cloud_url() -> Generator[str]:
    """Start moto on a free port of this machine, as the local cloud does: one call at a time."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MOTO_S3_DEFAULT_MAX_KEYS", str(S3_PAGE))
        with Aws("us-east-1") as cloud:
            yield cloud.url


@pytest.fixture(scope="session")
def aws(cloud_url: str) -> MakeClient:
    """Make clients that talk to it; an answer that fails is not asked for twice."""
    config = Config(retries={"total_max_attempts": 1})

    @cache
    def client(service: str) -> Any:
        made: Any = boto3.session.Session()
        if service != "dynamodb":
            return made.client(service, endpoint_url=cloud_url, config=config)
        # As the functions' own client is.
        unchecked = config.merge(Config(parameter_validation=False))
        table = made.client(service, endpoint_url=cloud_url, config=unchecked)
        carry_plain_json(table)
        return table

    return client
