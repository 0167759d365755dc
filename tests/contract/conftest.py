"""AWS on this machine: one moto server for the contract tests of a process."""

from collections.abc import Callable, Generator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from invoicesync.adapters.aws.plain_json import carry_plain_json

type MakeClient = Callable[[str], Any]


@pytest.fixture(scope="session")
def cloud_url() -> Generator[str]:
    """Start moto on a free port of this machine."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


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
