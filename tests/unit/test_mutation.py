from pathlib import Path

import pytest

from tests.mutation.command import complaints, merged, table
from tests.mutation.modules import PACKAGE, ROOT, Mutant, Outcome, concerns, modules, own_tests
from tests.mutation.mutants import function_of, make, undecorated
from tests.mutation.register import REGISTER, missing_code, registered
from tests.mutation.results import keep, kept

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


def test_every_module_to_be_changed_exists_and_has_tests() -> None:
    assert len(modules()) == len(set(modules()))
    for module in modules():
        assert (PACKAGE / module).is_file(), module
        assert all((ROOT / path).exists() for path in own_tests(module)), module


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
    explained = {_MUTANT: "the same number", other: "the same number"}
    assert complaints([_outcome(9, _MUTANT)], {_MUTANT: "the same number"}) == []
    (said,) = complaints([_outcome(9, _MUTANT, other)], explained)
    assert said == "domain/sample.py: 9 of 11, below 90 %"


def test_a_survivor_that_nobody_explained_is_a_fault_whatever_the_score() -> None:
    (said,) = complaints([_outcome(999, _MUTANT)], {})
    assert said.startswith("domain/sample.py: survives and is not in survivors.toml: Sample.twice")


@pytest.mark.parametrize("module", ["domain/money.py", "domain/revision.py", "state/looks.py"])
def test_a_guard_may_miss_none_that_is_not_explained(module: str) -> None:
    mutant = _MUTANT._replace(module=module)
    below, unexplained = complaints([_outcome(999, mutant, module=module)], {})
    assert below == f"{module}: 999 of 1000, below 100 %"
    assert "survives" in unexplained
    assert complaints([_outcome(999, mutant, module=module)], {mutant: "the same"}) == []


def test_an_entry_whose_mutant_is_killed_is_stale() -> None:
    (said,) = complaints([_outcome(10)], {_MUTANT: "the same number"})
    assert "stale" in said


def test_the_table_tells_the_raw_score_whatever_the_register_explains() -> None:
    row = table([_outcome(9, _MUTANT)], {_MUTANT: "the same number"}).splitlines()[-1]
    assert row == "| domain/sample.py | 10 | 9 | 0 | 1 | 90.0 % | 1 | 90 % |"


def test_a_run_of_some_modules_leaves_the_rows_of_the_others() -> None:
    money, looks = _outcome(5, module="domain/money.py"), _outcome(5, module="state/looks.py")
    old, new = table([looks, money], {}), table([_outcome(6, module="domain/money.py")], {})

    rows = merged(old, new).splitlines()[2:]

    assert rows == [new.splitlines()[-1], old.splitlines()[-2]]


def test_an_outcome_is_kept_until_the_module_or_a_test_of_its_name_changes(tmp_path: Path) -> None:
    mutant = _MUTANT._replace(module="domain/money.py")
    outcome = _outcome(9, mutant, module="domain/money.py")
    keep(tmp_path, outcome)
    assert kept(tmp_path, "domain/money.py") == outcome
    assert kept(tmp_path, "domain/revision.py") is None
    (file,) = tmp_path.iterdir()
    file.write_text(
        file.read_text(encoding="utf-8").replace('"fingerprint": "', '"fingerprint": "0')
    )
    assert kept(tmp_path, "domain/money.py") is None


@pytest.mark.parametrize(
    ("test", "module", "so"),
    [
        ("tests/unit/domain/test_money.py", "domain/money.py", True),
        ("tests/unit/domain/test_mapping.py", "domain/mapping_values.py", True),
        ("tests/unit/domain/comparison/test_pairing.py", "domain/comparison/compare.py", True),
        ("tests/unit/domain/test_money.py", "domain/revision.py", False),
        ("tests/unit/state/test_looks.py", "state/checkpoint.py", False),
    ],
)
def test_tests_of_the_modules_name_come_first(test: str, module: str, so: bool) -> None:
    assert concerns(Path(test), module) == so


def test_properties_are_changed_too_for_a_decorator_is_but_a_call() -> None:
    source = "class A:\n    @property\n    def twice(self):\n        return 2\n"
    plain = "class A:\n    def twice(self):\n        return 2\n    twice = property(twice)\n"
    assert undecorated(source) == plain
    assert undecorated(plain) == plain


def test_each_change_of_a_function_is_named_by_its_lines() -> None:
    made = make("domain/sample.py", _CODE)
    assert _MUTANT._replace(diff="- return value + value\n+ return value - value") in (
        made.mutants.values()
    )
    assert "value - value" in made.code


def test_a_mutant_is_told_by_the_function_that_it_changes() -> None:
    assert function_of("xǁLooksǁmark__mutmut_3") == "Looks.mark"
    assert function_of("x_parse__mutmut_12") == "parse"
