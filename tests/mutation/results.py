"""What was measured, one file for each module, so that an interrupted run is taken up again."""

import hashlib
import json
from pathlib import Path
from typing import Any

from tests.mutation.modules import PACKAGE, ROOT, Mutant, Outcome, own_tests


def keep(folder: Path, outcome: Outcome) -> None:
    """Write an outcome down with what it depends on."""
    told: dict[str, Any] = {
        "fingerprint": fingerprint(outcome.module),
        "killed": outcome.killed,
        "timed_out": outcome.timed_out,
        "survivors": [[mutant.function, mutant.diff] for mutant in outcome.survivors],
    }
    _file(folder, outcome.module).write_text(json.dumps(told, indent=1), encoding="utf-8")


def kept(folder: Path, module: str) -> Outcome | None:
    """Read an outcome back, if neither the module nor its tests were changed since."""
    file = _file(folder, module)
    if not file.is_file():
        return None
    told = json.loads(file.read_text(encoding="utf-8"))
    if told["fingerprint"] != fingerprint(module):
        return None
    survivors = tuple(Mutant(module, *mutant) for mutant in told["survivors"])
    return Outcome(module, told["killed"], told["timed_out"], survivors)


def fingerprint(module: str) -> str:
    """Sum up the text of a module and of its tests."""
    paths = [ROOT / path for path in own_tests(module)]
    tests = [file for path in paths for file in (sorted(path.rglob("*.py")) or [path])]
    told = hashlib.sha256()
    for file in (PACKAGE / module, ROOT / "tests" / "conftest.py", *tests):
        told.update(file.read_bytes())
    return told.hexdigest()


def _file(folder: Path, module: str) -> Path:
    return folder / f"{module.replace('/', '.')}.json"
