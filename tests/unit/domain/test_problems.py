import re
from pathlib import Path

import pytest

from invoicesync.domain.explanations import EXPLANATIONS
from invoicesync.domain.problems import Problem, ProblemCode

RUNBOOK = Path(__file__).parents[3] / "docs/runbooks/held-invoices.md"


def test_every_code_is_explained_and_nothing_else() -> None:
    assert list(EXPLANATIONS) == list(ProblemCode)


@pytest.mark.parametrize("code", ProblemCode)
def test_a_code_has_one_sentence_and_one_fix(code: ProblemCode) -> None:
    for text in (EXPLANATIONS[code].sentence, EXPLANATIONS[code].fix):
        assert re.fullmatch(r"[A-Z].{20,}\.", text)
        assert ". " not in text


@pytest.mark.parametrize("code", ProblemCode)
def test_a_code_has_a_paragraph_in_the_runbook(code: ProblemCode) -> None:
    _, found, rest = RUNBOOK.read_text(encoding="utf-8").partition(f"### `{code.value}`\n")

    assert found
    assert len(rest.partition("\n### ")[0].split()) >= 25


def test_the_runbook_tells_of_no_code_that_is_not_there() -> None:
    told = re.findall(r"^### `(\w+)`$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(told) == sorted(code.value for code in ProblemCode)


def test_a_problem_is_written_for_the_ledger() -> None:
    problem = Problem(ProblemCode.PO_MISSING, "Keystone Foods asks for one", "header")

    assert problem.plain() == {
        "code": "po_missing",
        "detail": "Keystone Foods asks for one",
        "where": "header",
    }
