"""Drive `sam local` as its users do: its own process, the built template, an environment file."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SAM = ROOT / ".tools/sam/bin/sam"
BUILT = ROOT / ".aws-sam/build/template.yaml"
BASE_IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
THIS_MACHINE = "host.docker.internal"
"""How a container calls the machine that it runs on."""
_START_SECONDS = 180


@dataclass(frozen=True)
class Invocation:
    """What a function answered, and what it wrote while it worked."""

    payload: Any
    log: str

    @property
    def failed(self) -> bool:
        """Say whether the function ended in an error."""
        return isinstance(self.payload, dict) and "errorType" in self.payload


def missing() -> str | None:
    """Say why nothing can be run in containers here."""
    docker = shutil.which("docker")
    if docker is None:
        return "no `docker` command: nothing was run in containers"
    told = _run([docker, "info", "--format", "{{.ServerVersion}}"])
    if told.returncode != 0:
        return (
            f"no Docker engine answers: nothing was run in containers ({told.stderr.strip()[:200]})"
        )
    if not BUILT.exists() or not SAM.exists():
        return "nothing was built: `make test-containers` builds and tests"
    return None


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)  # noqa: S603 - our own words


def _options(variables: Path) -> list[str]:
    # A base image that is there already need not be asked for; some machines reach no registry.
    is_there = _run(["docker", "image", "inspect", BASE_IMAGE]).returncode == 0
    return [
        "--env-vars",
        str(variables),
        "--add-host",
        f"{THIS_MACHINE}:host-gateway",
        *(["--skip-pull-image"] if is_there else []),
    ]


def invoke(function: str, event: Path, variables: Path) -> Invocation:
    """Run a function once, on an event from a file."""
    told = _run(
        [str(SAM), "local", "invoke", function, "--event", str(event), *_options(variables)]
    )
    answer = told.stdout.strip().splitlines()
    assert told.returncode == 0, told.stderr[-4000:]
    assert answer, told.stderr[-4000:]
    return Invocation(json.loads(answer[-1]), told.stderr)


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def start_lambda(port: int, variables: Path, log: Path) -> Generator[str]:
    """Serve Lambda's API from containers; give its address."""
    command = [str(SAM), "local", "start-lambda", "--host", "0.0.0.0", "--port", str(port)]  # noqa: S104 - containers call it
    with log.open("wb") as writing:
        process = subprocess.Popen(  # noqa: S603 - our own words
            [*command, *_options(variables)],
            stdout=writing,
            stderr=writing,
            cwd=ROOT,
            env={**os.environ, "SAM_CLI_TELEMETRY": "0"},
        )
        try:
            _wait(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends and process.poll() is None:
        with socket.socket() as calling:
            if calling.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"start-lambda did not start:\n{log.read_text()[-4000:]}")
