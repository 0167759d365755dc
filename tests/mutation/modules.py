"""Which modules are changed, which tests must notice, and how much each module owes."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "layers" / "invoicesync" / "invoicesync"
FLOOR_OF_DOMAIN, FLOOR_OF_GUARDS = 90.0, 100.0

_DOMAIN = "tests/unit/domain"
_ADDRESSES = ("tests/unit/adapters/servicetrade", "tests/unit/adapters/test_transport.py")
_FAULTS = ("tests/unit/adapters/quickbooks",)
# What stands between a fault and a second invoice, a wrong cent or a credential that leaks.
GUARDS: dict[str, tuple[str, ...]] = {
    "domain/money.py": (_DOMAIN,),
    "domain/revision.py": (_DOMAIN,),
    "state/looks.py": ("tests/unit/state",),
    "state/checkpoint.py": ("tests/unit/state",),
    "state/leases.py": ("tests/unit/state",),
    "services/load/triage.py": ("tests/unit/services/load",),
    "adapters/origin.py": _ADDRESSES,
    "adapters/servicetrade/links.py": _ADDRESSES,
    "adapters/transport.py": _ADDRESSES,
    "adapters/quickbooks/fault_codes.py": _FAULTS,
    "adapters/quickbooks/faults.py": _FAULTS,
    "adapters/quickbooks/outcomes.py": _FAULTS,
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


def rooms_of(module: str) -> tuple[str, ...]:
    """Name the folders and files of tests from which those that reach the module are taken."""
    return GUARDS.get(module, (_DOMAIN,))


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
