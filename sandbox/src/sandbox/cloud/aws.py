"""moto's AWS services, in a process of their own on a free port."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, Self

import boto3
import requests
from botocore.config import Config

from sandbox.cloud.calls import PATH, Call
from sandbox.http import LOOPBACK

if TYPE_CHECKING:
    from types import TracebackType

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}
"""Accepted by moto, and of no worth elsewhere."""

_CALLS = Config(
    connect_timeout=3,
    read_timeout=60,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=20,
)


class Aws:
    """A running moto server, and clients of it."""

    def __init__(self, region: str, listen: str = LOOPBACK) -> None:
        self._region = region
        self._listen = listen
        self._process: subprocess.Popen[str] | None = None
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()
        self.url = ""

    def start(self) -> Self:
        """Start the server and wait until it listens."""
        self._process = subprocess.Popen(  # noqa: S603  (a module of ours)
            [sys.executable, "-m", "sandbox.cloud.moto_process", self._listen],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C is for us, and we stop what we started
        )
        assert self._process.stdout is not None  # noqa: S101  (it was asked for)
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError(
                f"moto did not start; try: {sys.executable} -m sandbox.cloud.moto_process"
            )
        return self

    def stop(self) -> None:
        """Stop the server; everything in it is gone."""
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self._process is None:
            return
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.terminate()
        self._process.wait(timeout=10)
        self._process = None

    def client(self, service: str) -> Any:  # noqa: ANN401  (boto3 makes its clients at run time)
        """Return a boto3 client of the local service."""
        with self._making:
            if service not in self._clients:
                self._clients[service] = boto3.client(
                    service,  # type: ignore[call-overload]  # any service, by its name
                    endpoint_url=self.url,
                    region_name=self._region,
                    aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
                    aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
                    config=_CALLS,
                )
            return self._clients[service]

    def calls(self) -> list[Call]:
        """List what was asked of the services, by whom."""
        answer = requests.get(f"{self.url}{PATH}", timeout=30)
        return [Call(*each) for each in answer.json()]

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()
