"""The workflow for those who fork it: the commands of a desk, few rights, and no stored keys."""

import re
from typing import Any

import pytest
import yaml

from tests.template.conftest import ROOT

PATH = ROOT / ".github/workflows/ci.yml"
TARGETS = re.findall(
    r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE
)


@pytest.fixture(scope="module")
def workflow() -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(PATH.read_text(encoding="utf-8"))
    return found


def steps(workflow: dict[Any, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job["steps"]]


def test_it_checks_tests_and_runs_containers_at_every_push(workflow: dict[Any, Any]) -> None:
    assert workflow["jobs"].keys() == {"check", "test", "template", "containers", "deploy"}
    # YAML 1.1 reads the key `on` as true.
    assert {"push", "pull_request"} <= workflow[True].keys()
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 30


def test_it_may_read_and_nothing_else(workflow: dict[Any, Any]) -> None:
    assert workflow["permissions"] == {"contents": "read"}
    given = {
        name: job["permissions"] for name, job in workflow["jobs"].items() if "permissions" in job
    }
    assert given == {"deploy": {"contents": "read", "id-token": "write"}}
    for step in steps(workflow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_every_action_is_pinned(workflow: dict[Any, Any]) -> None:
    used = {step["uses"] for step in steps(workflow) if "uses" in step}

    assert used
    assert [each for each in used if not re.search(r"@(v\d+(\.\d+)*|[0-9a-f]{40})$", each)] == []


def test_it_types_commands_that_there_are(workflow: dict[Any, Any]) -> None:
    typed = [step["run"] for step in steps(workflow) if "run" in step]

    assert {command.split()[1] for command in typed if command.startswith("make ")} <= {*TARGETS}
    # What somebody may choose reaches a shell by a variable, never by being pasted into a command.
    assert not [command for command in typed if "${{" in command]


def test_nothing_is_deployed_but_by_hand_after_everything_passed(workflow: dict[Any, Any]) -> None:
    deploy = workflow["jobs"]["deploy"]

    assert "github.event_name == 'workflow_dispatch'" in deploy["if"]
    assert "github.ref == 'refs/heads/main'" in deploy["if"]
    assert set(deploy["needs"]) == workflow["jobs"].keys() - {"deploy"}
    assert "environment" in deploy
    stages = workflow[True]["workflow_dispatch"]["inputs"]["stage"]["options"]
    known = (ROOT / "samconfig.toml").read_text(encoding="utf-8")
    assert all(stage == "none" or f"[{stage}.deploy.parameters]" in known for stage in stages)


def test_no_key_is_stored(workflow: dict[Any, Any]) -> None:
    assert "secrets." not in PATH.read_text(encoding="utf-8")
    [signed] = [s for s in steps(workflow) if "configure-aws-credentials" in s.get("uses", "")]
    assert signed["with"].keys() == {"role-to-assume", "aws-region"}
