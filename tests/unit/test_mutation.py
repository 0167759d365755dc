from pathlib import Path

import pytest

from tests.mutation.command import complaints, merged, table
from tests.mutation.courses import COURSES, PACKAGE, Mutant, Outcome
from tests.mutation.register import REGISTER, missing_code, registered

_ENTRY = """
[[survivor]]
module = "domain/sample.py"
function = "Sample.twice"
diff = \"\"\"
- return value + value
+ return value * 2
\"\"\"
reason = "the same number"
"""
_MUTANT = Mutant("domain/sample.py", "Sample.twice", "- return value + value\n+ return value * 2")
_CODE = "class Sample:\n    def twice(self, value):\n        return value + value\n"


def _outcome(killed: int, *survivors: Mutant, module: str = "domain/sample.py") -> Outcome:
    return Outcome(module, killed=killed, timed_out=0, survivors=survivors)


def test_every_registered_survivor_names_code_that_exists() -> None:
    entries = registered(REGISTER.read_text(encoding="utf-8"))
    assert [gone for mutant in entries if (gone := missing_code(mutant))] == []


def test_every_module_to_be_changed_exists() -> None:
    for course in COURSES:
        for module in course.modules:
            assert list(PACKAGE.glob(module)), module


def test_an_entry_is_known_by_module_function_and_lines() -> None:
    assert registered(_ENTRY) == {_MUTANT: "the same number"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (_ENTRY.replace("the same number", " "), "none of them empty"),
        (_ENTRY.replace("reason", "because"), "needs"),
        (_ENTRY + _ENTRY, "twice"),
    ],
)
def test_a_register_that_cannot_be_trusted_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        registered(text)


@pytest.mark.parametrize(
    ("code", "gone"),
    [
        (_CODE, None),
        ("\n\n\n" + _CODE, None),
        (_CODE.replace("value + value", "2 * value"), "no line"),
        (_CODE.replace("twice", "double"), "no function"),
    ],
)
def test_an_entry_outlives_moved_lines_and_not_changed_ones(
    tmp_path: Path, code: str, gone: str | None
) -> None:
    (tmp_path / "domain").mkdir()
    (tmp_path / "domain" / "sample.py").write_text(code, encoding="utf-8")
    found = missing_code(_MUTANT, tmp_path)
    assert (found is None) == (gone is None)
    assert (found or "").startswith(gone or "")


def test_an_entry_for_a_module_that_is_gone_is_noticed(tmp_path: Path) -> None:
    assert missing_code(_MUTANT, tmp_path) == "no module domain/sample.py"


def test_a_domain_module_may_miss_one_mutant_in_ten_and_no_more() -> None:
    other = _MUTANT._replace(function="Sample.thrice")
    assert complaints([_outcome(9, _MUTANT)], {}) == []
    first, *listed = complaints([_outcome(9, _MUTANT, other)], {})
    assert first == "domain/sample.py: 9 of 11, below 90 %"
    assert [line.split()[0] for line in listed] == ["Sample.twice", "Sample.thrice"]


@pytest.mark.parametrize("module", ["domain/money.py", "domain/revision.py", "state/looks.py"])
def test_a_guard_may_miss_none_that_is_not_explained(module: str) -> None:
    mutant = _MUTANT._replace(module=module)
    assert complaints([_outcome(999, mutant, module=module)], {}) != []
    assert complaints([_outcome(999, mutant, module=module)], {mutant: "the same"}) == []


def test_an_entry_whose_mutant_is_killed_is_stale() -> None:
    (said,) = complaints([_outcome(10)], {_MUTANT: "the same number"})
    assert "stale" in said


def test_the_table_tells_the_raw_score_whatever_the_register_explains() -> None:
    row = table([_outcome(9, _MUTANT)], {_MUTANT: "the same number"}).splitlines()[-1]
    assert row == "| domain/sample.py | 10 | 9 | 0 | 1 | 90.0 % | 1 | 90 % |"


def test_a_run_of_some_courses_leaves_the_rows_of_the_others() -> None:
    old = table([_outcome(9, _MUTANT), _outcome(5, module="state/looks.py")], {})
    new = table([_outcome(10)], {})

    rows = merged(old, new).splitlines()[2:]

    assert rows == [new.splitlines()[-1], old.splitlines()[-1]]
