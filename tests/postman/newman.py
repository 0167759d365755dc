"""Run a collection as its users do: Newman, an environment file, credentials given beside it."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
POSTMAN = ROOT / "postman"
NEWMAN = ROOT / ".tools/newman/node_modules/newman/bin/newman.js"


@dataclass(frozen=True)
class Run:
    """What Newman came to."""

    code: int
    requests: int
    assertions: int
    failures: tuple[str, ...]
    said: str


def missing() -> str | None:
    """Say why Newman cannot be run here."""
    if shutil.which("node") is None:
        return "Node is not installed: the collections are not run"
    if not NEWMAN.exists():
        return "Newman is not installed: `make test-postman` fetches it where npm has a registry"
    return None


def run(
    collection: str,
    values: Mapping[str, str],
    *,
    report: Path,
    environment: str = "local",
    data: Path | None = None,
) -> Run:
    """Run a collection of `postman/` with ``values`` over those of the environment file."""
    command = [
        shutil.which("node") or "node",
        str(NEWMAN),
        "run",
        str(POSTMAN / f"{collection}.postman_collection.json"),
        "--environment",
        str(POSTMAN / f"{environment}.postman_environment.json"),
        "--reporters=cli,json",
        "--reporter-json-export",
        str(report),
        "--color=off",
        "--timeout-request=20000",
    ]
    for name, value in values.items():
        command += ["--env-var", f"{name}={value}"]
    if data is not None:
        command += ["--iteration-data", str(data)]
    # Its punycode is deprecated, which Newman cannot help.
    environ = {**os.environ, "NODE_OPTIONS": "--no-deprecation"}
    done = subprocess.run(  # noqa: S603 - our own collections
        command, capture_output=True, text=True, check=False, timeout=120, env=environ
    )
    told: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))["run"]
    return Run(
        code=done.returncode,
        requests=told["stats"]["requests"]["total"],
        assertions=told["stats"]["assertions"]["total"],
        failures=tuple(_words(failure) for failure in told["failures"]),
        said=done.stdout + done.stderr,
    )


def _words(failure: dict[str, Any]) -> str:
    error = failure["error"]
    return (
        f"{failure.get('source', {}).get('name', '?')}: {error.get('test', '')}: {error['message']}"
    )
