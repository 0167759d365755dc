"""A mapping on its way through files: drafted, edited as a spreadsheet, proved, put in force."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from invoicesync.domain.mapping import parse_mapping
from tests.integration.conftest import GO_LIVE, Rig
from tests.integration.test_operator import Operator

FIRST_DAY = GO_LIVE.isoformat()


@pytest.fixture
def operator(rig: Rig, tmp_path: Path) -> Iterator[Operator]:
    yield Operator(rig, tmp_path)
    rig.forget("INVOICE#")


def written(folder: Path, text: str, name: str = "base.yaml") -> str:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return str(file)


def by_path(answer: Any) -> dict[str, Any]:
    return {f"{each['path']}.{each['name']}": each for each in answer["proposals"]}


def test_a_draft_sets_what_is_sure_and_names_the_rest(operator: Operator, tmp_path: Path) -> None:
    operator.rig.invoice()
    base = written(tmp_path, f"go_live: {FIRST_DAY}\n")
    file = str(tmp_path / "draft.yaml")

    told = operator.json("mapping", "suggest", file, "--base", base, exit_code=1)

    found = by_path(told)
    assert found["items.by_code.LAB"] == {
        "path": "items.by_code",
        "name": "LAB",
        "label": "Labor",
        "partner": "Labor",
        "confidence": 1.0,
        "why": "same name",
        "near": [],
        "set": True,
    }
    keystone = found["customers.names.Keystone Foods"]
    assert (keystone["partner"], keystone["confidence"], keystone["set"]) == (
        "Keystone Foods, Inc.",
        0.95,
        False,
    )
    assert found["departments.by_office.Pittsburgh"]["partner"] is None
    assert told["unread"] == {}
    draft = Path(file).read_text(encoding="utf-8")
    assert "    # Keystone Foods: Keystone Foods, Inc.  # 0.95" in draft
    assert "    # Pittsburgh:  # nothing in QuickBooks is like it" in draft
    assert parse_mapping(draft).customers.names == {}
    assert operator.json("mapping", "check", file)["broken"] == 0

    assert "is there already" in operator.refused("mapping", "suggest", file)
    said = operator.run("mapping", "suggest", file, "--base", base, "--force")[1]
    assert "Nothing is in force yet" in said
    above = ("--accept-above", "0.9", "--force")
    accepted = operator.json("mapping", "suggest", file, "--base", base, *above, exit_code=1)
    assert by_path(accepted)["customers.names.Keystone Foods"]["set"] is True
    assert parse_mapping(Path(file).read_text()).customers.names == {
        "Keystone Foods": "Keystone Foods, Inc."
    }
