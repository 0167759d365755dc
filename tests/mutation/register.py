"""The changes that no test can notice, each with the reason."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.mutation.modules import PACKAGE, Mutant

REGISTER = Path(__file__).with_name("survivors.toml")
_KEYS = {"module", "function", "diff", "reason"}


def registered(text: str) -> dict[Mutant, str]:
    """Read the register; say what is wrong with it, and where, if it cannot be read."""
    reasons: dict[Mutant, str] = {}
    for number, entry in enumerate(tomllib.loads(text).get("survivor", []), start=1):
        if set(entry) != _KEYS or not all(str(value).strip() for value in entry.values()):
            raise ValueError(f"survivor {number} needs {sorted(_KEYS)}, none of them empty")
        mutant = Mutant(entry["module"], entry["function"], entry["diff"].strip())
        if mutant in reasons:
            raise ValueError(f"survivor {number} stands in the register twice: {mutant}")
        reasons[mutant] = entry["reason"].strip()
    return reasons


def missing_code(mutant: Mutant, package: Path = PACKAGE) -> str | None:
    """Say what of this mutant's code is gone, or nothing if all of it is there."""
    module = package / mutant.module
    if not module.is_file():
        return f"no module {mutant.module}"
    source = module.read_text(encoding="utf-8")
    functions = dict(_functions(ast.parse(source), ""))
    if mutant.function not in functions:
        return f"no function {mutant.function} in {mutant.module}"
    body = ast.get_source_segment(source, functions[mutant.function]) or ""
    lines = {line.strip() for line in body.splitlines()}
    for line in mutant.diff.splitlines():
        if line.startswith("- ") and line[2:] not in lines:
            return f"no line {line[2:]!r} in {mutant.function} of {mutant.module}"
    return None


def _functions(node: ast.AST, inside: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{inside}{child.name}.")
        elif isinstance(child, ast.FunctionDef):
            yield f"{inside}{child.name}", child
