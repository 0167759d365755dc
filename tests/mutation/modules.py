"""Which modules are changed, which tests must notice, and how much each module owes."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "invoicesync" / "invoicesync"
FLOOR_OF_DOMAIN, FLOOR_OF_GUARDS = 90.0, 100.0

_UNIT = "tests/unit"
_DOMAIN = (f"{_UNIT}/domain",)
_FAULTS = f"{_UNIT}/adapters/quickbooks"
_LINKS, _TRANSPORT = (
    f"{_UNIT}/adapters/servicetrade/test_links.py",
    f"{_UNIT}/adapters/test_transport.py",
)
# What stands between a fault and a second invoice, a wrong cent or a credential that leaks.
GUARDS: dict[str, tuple[str, ...]] = {
    "domain/money.py": (f"{_UNIT}/domain/test_money.py",),
    "domain/revision.py": (f"{_UNIT}/domain/test_revision.py",),
    "state/looks.py": (f"{_UNIT}/state/test_looks.py",),
    "state/checkpoint.py": (f"{_UNIT}/state/test_checkpoint.py",),
    "state/leases.py": (f"{_UNIT}/state/test_leases.py", f"{_UNIT}/state/test_leases_machine.py"),
    "services/load/triage.py": (f"{_UNIT}/services/load",),
    "adapters/origin.py": (_LINKS, _TRANSPORT),
    "adapters/servicetrade/links.py": (_LINKS,),
    "adapters/transport.py": (_TRANSPORT,),
    "adapters/quickbooks/fault_codes.py": (f"{_FAULTS}/test_fault_codes.py",),
    "adapters/quickbooks/faults.py": (f"{_FAULTS}/test_faults.py",),
    "adapters/quickbooks/outcomes.py": (f"{_FAULTS}/test_outcomes.py",),
}


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
        return FLOOR_OF_GUARDS if self.module in GUARDS else FLOOR_OF_DOMAIN


def modules() -> list[str]:
    """Name all modules to be changed, guards first; without a function nothing is changed."""
    domain = [
        str(path.relative_to(PACKAGE))
        for path in sorted((PACKAGE / "domain").rglob("*.py"))
        if "def " in path.read_text(encoding="utf-8")
    ]
    return [*GUARDS, *(module for module in domain if module not in GUARDS)]


def own_tests(module: str) -> tuple[str, ...]:
    """Name the files of tests that are to notice: those of its name, or the room's if none is."""
    if module in GUARDS:
        return GUARDS[module]
    files = sorted(file for room in _DOMAIN for file in (ROOT / room).rglob("test_*.py"))
    own = tuple(str(file.relative_to(ROOT)) for file in files if concerns(file, module))
    return own or _DOMAIN


def dotted(module: str) -> str:
    """Name `domain/money.py` as Python imports it."""
    return "invoicesync." + module.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def concerns(test: Path, module: str) -> bool:
    """Tell whether a file of tests has the name of the module, or is in a folder that has."""
    named, subject = test.stem.removeprefix("test_"), Path(module)
    folder = subject.parent.name
    return (
        subject.stem.startswith(named)
        or named.startswith(subject.stem)
        or (folder == "comparison" and test.parent.name == folder)
    )
