"""A mapping that was written is the mapping that is read."""

from hypothesis import given
from hypothesis import strategies as st

from invoicesync.domain.mapping import Mapping, parse_mapping
from invoicesync_cli.mapping_text import Remarks, plain_of, write_mapping
from sandbox.demo.stage import ROOT
from tests.unit.cli.mappings import MAPPINGS


def test_the_mapping_of_the_demo_survives() -> None:
    text = (ROOT / "sandbox/src/sandbox/demo/mapping.yaml").read_text(encoding="utf-8")
    mapping = parse_mapping(text)

    assert parse_mapping(write_mapping(plain_of(mapping))) == mapping


@given(MAPPINGS)
def test_every_mapping_survives(mapping: Mapping) -> None:
    assert parse_mapping(write_mapping(plain_of(mapping))) == mapping


@given(MAPPINGS, st.text(), st.text())
def test_no_remark_changes_what_is_said(mapping: Mapping, head: str, line: str) -> None:
    remarks = Remarks(
        head=[head],
        beside={("go_live",): line},
        under={("items", "by_code"): [line], ("terms",): [line], ("customers", "names"): [line]},
    )

    assert parse_mapping(write_mapping(plain_of(mapping), remarks)) == mapping
