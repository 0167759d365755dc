"""The stack as CloudFormation gets to see it: the template after the SAM transform."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SAM_PYTHON = ROOT / ".tools/sam/bin/python"


@dataclass(frozen=True)
class Resource:
    """One resource of the stack."""

    name: str
    type: str
    properties: dict[str, Any]
    rest: dict[str, Any]


class Stack:
    """The transformed template, to be asked questions."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self._resources = {
            name: Resource(name, written["Type"], written.get("Properties", {}), written)
            for name, written in document["Resources"].items()
        }

    def __getitem__(self, name: str) -> dict[str, Any]:
        """Return the properties of a resource."""
        return self._resources[name].properties

    def of(self, kind: str) -> list[Resource]:
        """Return the resources of a type; a question about none is a mistake in the test."""
        found = [one for one in self._resources.values() if one.type == f"AWS::{kind}"]
        assert found, f"the stack has no AWS::{kind}"
        return found

    def all(self) -> Iterator[Resource]:
        """Yield every resource."""
        yield from self._resources.values()

    def environment(self, function: str) -> dict[str, Any]:
        """Return a function's environment."""
        found: dict[str, Any] = self[function]["Environment"]["Variables"]
        return found


@pytest.fixture(scope="session")
def stack() -> Stack:
    """Transform the template once."""
    if not SAM_PYTHON.exists():
        pytest.skip("sam is not installed in .tools/sam: run `make build` once")
    done = subprocess.run(  # noqa: S603 - our own script, no input
        [SAM_PYTHON, "tools/expand.py", "template.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Stack(json.loads(done.stdout))


def attribute(name: str, attribute: str = "Arn") -> dict[str, Any]:
    """Write what `!GetAtt` becomes."""
    return {"Fn::GetAtt": [name, attribute]}


def ref(name: str) -> dict[str, Any]:
    """Write what `!Ref` becomes."""
    return {"Ref": name}


def names_in(value: Any) -> set[str]:
    """Name every resource and parameter that a value stands on."""
    match value:
        case {"Ref": str(name), **rest} if not rest:
            return {name}
        case {"Fn::GetAtt": [name, *_], **rest} if not rest:
            return {str(name)}
        case {"Fn::Sub": str(text), **rest} if not rest:
            found = [part.split("}")[0] for part in text.split("${")[1:]]
            return {part.split(".")[0] for part in found}
        case dict():
            return set[str]().union(*map(names_in, value.values()))
        case list():
            return set[str]().union(*map(names_in, value))
        case _:
            return set()
