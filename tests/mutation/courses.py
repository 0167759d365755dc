"""Which modules are changed, which tests must notice, and how mutmut is told."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "invoicesync" / "invoicesync"
FLOOR_OF_DOMAIN, FLOOR_OF_GUARDS = 90.0, 100.0
# How mutmut writes down what became of a mutant.
_KILLED = frozenset({1, 3})
_TIMED_OUT = frozenset({24, 36, 152, 255, -24})
_SURVIVED = frozenset({0, 5, 33})
# Guards that live in the domain are held to the floor of guards.
GUARDS = frozenset({"domain/money.py", "domain/revision.py"})


@dataclass(frozen=True)
class Course:
    """Modules of one room, and the tests of that room."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


COURSES = (
    Course("money", ("domain/money.py", "domain/revision.py"), ("tests/unit/domain",)),
    Course("looks", ("state/looks.py",), ("tests/unit/state",)),
    Course("checkpoint", ("state/checkpoint.py",), ("tests/unit/state",)),
    Course("leases", ("state/leases.py",), ("tests/unit/state",)),
    Course("triage", ("services/load/triage.py",), ("tests/unit/services/load",)),
    Course(
        "addresses",
        ("adapters/origin.py", "adapters/servicetrade/links.py", "adapters/transport.py"),
        ("tests/unit/adapters/servicetrade", "tests/unit/adapters/test_transport.py"),
    ),
    Course(
        "faults",
        (
            "adapters/quickbooks/fault_codes.py",
            "adapters/quickbooks/faults.py",
            "adapters/quickbooks/outcomes.py",
        ),
        ("tests/unit/adapters/quickbooks",),
    ),
    Course("domain", ("domain/*",), ("tests/unit/domain",)),
)


class Mutant(NamedTuple):
    """One change, named so that it keeps its name when lines move."""

    module: str
    function: str
    diff: str


@dataclass(frozen=True)
class Outcome:
    """What became of the mutants of one module."""

    module: str
    killed: int
    timed_out: int
    survivors: tuple[Mutant, ...]

    @property
    def mutants(self) -> int:
        """How many changes were tried."""
        return self.killed + self.timed_out + len(self.survivors)

    @property
    def floor(self) -> float:
        """The score that this module owes."""
        domain = self.module.startswith("domain/") and self.module not in GUARDS
        return FLOOR_OF_DOMAIN if domain else FLOOR_OF_GUARDS


def prepare(course: Course, folder: Path) -> None:
    """Lay the package out as mutmut expects it: its modules are named by their path in `src`."""
    shutil.rmtree(folder, ignore_errors=True)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PACKAGE, folder / "src" / "invoicesync", ignore=unwanted)
    for name in ("tests", "sandbox", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
    lists = {
        "do_not_mutate": [
            f"src/invoicesync/{module}"
            for other in COURSES
            if other is not course
            for module in other.modules
            if module not in course.modules and not module.endswith("*")
        ],
        "only_mutate": [f"src/invoicesync/{module}" for module in course.modules],
        "pytest_add_cli_args_test_selection": list(course.tests),
        "pytest_add_cli_args": ["--hypothesis-profile=mutation", "-p", "no:cacheprovider"],
        "also_copy": ["sandbox", "docs"],
        "source_paths": ["src"],
    }
    # The JSON of a list of plain words is TOML too.
    mutmut = "\n".join(f"{key} = {json.dumps(value)}" for key, value in lists.items())
    (folder / "pyproject.toml").write_text(
        f"""[tool.pytest.ini_options]
pythonpath = ["."]
addopts = ["--import-mode=importlib", "--strict-markers", "--allow-hosts=127.0.0.1,::1"]
filterwarnings = ["error"]

[tool.mutmut]
track_dependencies = false
use_git_change_detection = false
{mutmut}
""",
        encoding="utf-8",
    )


def run(folder: Path, workers: int) -> None:
    """Let mutmut try every mutant; what it says goes to a file of its own."""
    said = folder / "mutmut.txt"
    with said.open("wb") as output:
        done = _mutmut(folder, "run", "--max-children", str(workers), output=output)
    if done.returncode:
        raise RuntimeError(f"mutmut ended with {done.returncode} in {folder}: read {said}")


def outcomes(folder: Path) -> list[Outcome]:
    """Read what mutmut wrote down, module by module."""
    source = folder / "mutants" / "src" / "invoicesync"
    return [
        outcome
        for meta in sorted(source.rglob("*.py.meta"))
        if (outcome := _outcome(folder, meta, source)).mutants
    ]


def _outcome(folder: Path, meta: Path, source: Path) -> Outcome:
    module = str(meta.relative_to(source)).removesuffix(".meta")
    codes = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    odd = {k: code for k, code in codes.items() if code not in _KILLED | _TIMED_OUT | _SURVIVED}
    if odd:
        raise RuntimeError(f"mutmut did not settle these mutants of {module}: {odd}")
    return Outcome(
        module,
        killed=sum(code in _KILLED for code in codes.values()),
        timed_out=sum(code in _TIMED_OUT for code in codes.values()),
        survivors=tuple(
            Mutant(module, _function(name), _diff(folder, name))
            for name, code in codes.items()
            if code in _SURVIVED
        ),
    )


def _function(name: str) -> str:
    """Of `invoicesync.state.looks.xǁLooksǁmark__mutmut_3`, say `Looks.mark`."""
    mangled = name.rpartition(".")[2].partition("__mutmut_")[0]
    if "ǁ" in mangled:
        return mangled.removeprefix("xǁ").replace("ǁ", ".")
    return mangled.removeprefix("x_")


def _diff(folder: Path, name: str) -> str:
    shown = _mutmut(folder, "show", name, output=subprocess.PIPE)
    lines = shown.stdout.decode().splitlines()
    changed = [line for line in lines if line[:1] in "+-" and line[:3] not in {"---", "+++"}]
    return "\n".join(f"{line[0]} {line[1:].strip()}" for line in changed if line)


def _mutmut(
    folder: Path, *words: str, output: IO[bytes] | int
) -> subprocess.CompletedProcess[bytes]:
    command = Path(sys.executable).with_name("mutmut")
    return subprocess.run(  # noqa: S603 -- our own words
        [command, *words],
        cwd=folder,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        stdout=output,
        stderr=subprocess.STDOUT,
        check=False,
    )
