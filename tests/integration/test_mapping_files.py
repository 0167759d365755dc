"""A mapping on its way through files: drafted, edited as a spreadsheet, proved, put in force."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from invoicesync.domain.mapping import parse_mapping
from tests.integration.conftest import GO_LIVE, Rig
from tests.integration.operator import Operator

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
    assert (told["unread"], told["tax_rules"]) == ({}, "missing")
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


def test_a_draft_goes_through_a_spreadsheet_into_force(operator: Operator, tmp_path: Path) -> None:
    rig = operator.rig
    rig.invoice()
    base = written(
        tmp_path, f"{{go_live: {FIRST_DAY}, mode: auto, tax: {{rules: [{{code: TAX}}]}}}}\n"
    )
    draft, sheet, edited = (str(tmp_path / name) for name in ("d.yaml", "d.xlsx", "e.yaml"))
    operator.json("mapping", "suggest", draft, "--base", base, "--accept-above", "0.9", exit_code=1)

    operator.json("mapping", "export", sheet, "--from", draft)
    told = operator.json("mapping", "import", sheet, "--to", edited)
    assert parse_mapping(Path(edited).read_text()) == parse_mapping(Path(draft).read_text())
    assert told["same_as_in_force"] is False

    book = load_workbook(sheet)
    book["departments.by_office"].append(["Pittsburgh", "Wset"])
    book["terms"].append(["Net 30", None])
    book.save(sheet)
    code, said, complained = operator.run("mapping", "import", sheet, "--to", edited, "--force")
    assert (code, said) == (2, "")
    assert "terms!B2: is empty: write what 'Net 30' is in QuickBooks" in complained
    book["terms"]["B2"].value = "Net 30 days"
    book.save(sheet)
    operator.json("mapping", "import", sheet, "--to", edited, "--force")

    proofs = operator.json("mapping", "check", edited, exit_code=1)
    (broken,) = [each for each in proofs["names"] if each["problem"]]
    assert broken["path"] == "departments.by_office.Pittsburgh"
    assert "did you mean 'West'" in broken["problem"]
    book["departments.by_office"]["B2"].value = "West"
    book.save(sheet)
    operator.json("mapping", "import", sheet, "--to", edited, "--force")
    said = operator.run("mapping", "check", edited)[1]
    assert "every one resolves" in said
    assert "Sales" in said
    pushed = operator.json("mapping", "push", edited, "--yes", "--note", "by spreadsheet")
    assert pushed["mode"] == "auto"

    again = str(tmp_path / "again.csv")
    operator.json("mapping", "export", again)
    assert operator.json("mapping", "import", again)["same_as_in_force"] is True
    assert parse_mapping((tmp_path / "again.yaml").read_text()).departments.by_office == {
        "Pittsburgh": "West"
    }
    rig.look_at(made := rig.invoice())
    rig.drain()
    assert len(rig.live(made)) == 1
    rig.forget("CHECKPOINT#")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["export", "mapping.ods"], "must end with .csv or .xlsx"),
        (["import", "mapping.yaml"], "must end with .csv or .xlsx"),
        (["import", "none.xlsx"], "there is no file"),
        (["export", "x.csv", "--serial", "99"], "no mapping 99"),
        (["export", "x.csv", "--from", "none.yaml"], "there is no file"),
        (["suggest", "x.yaml", "--base", "none.yaml"], "there is no file"),
    ],
)
def test_what_cannot_be_exchanged_is_said_in_one_line(
    operator: Operator, words: list[str], why: str, tmp_path: Path
) -> None:
    placed = [str(tmp_path / word) if "." in word else word for word in words]

    assert why in operator.refused("mapping", *placed)
