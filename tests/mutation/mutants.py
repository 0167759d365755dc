"""What mutmut makes of a module: every changed function beside the one as it was."""

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import libcst
from mutmut.mutation.file_mutation import mutate_file_contents

from tests.mutation.modules import PACKAGE, Mutant, dotted

# mutmut knows these; of the others it would change nothing.
_KNOWN = frozenset({"staticmethod", "classmethod"})


@dataclass(frozen=True)
class Mutated:
    """The code of a module with all its mutants, each switched on by its name."""

    module: str
    name: str
    code: str
    mutants: Mapping[str, Mutant]


def mutated(module: str, folder: Path) -> Mutated:
    """Take the mutants of a module from the folder, or make them, which takes seconds."""
    source = (PACKAGE / module).read_text(encoding="utf-8")
    file = folder / f"{hashlib.sha256(source.encode()).hexdigest()}.mutants"
    if not file.is_file():
        made = make(module, source)
        file.write_text(json.dumps([made.code, made.mutants]), encoding="utf-8")
    code, mutants = json.loads(file.read_text(encoding="utf-8"))
    named = {name: Mutant(*mutant) for name, mutant in mutants.items()}
    return Mutated(module, dotted(module), code, named)


def make(module: str, source: str) -> Mutated:
    """Let mutmut change every function of a module, properties and cached ones too."""
    made = mutate_file_contents(module, undecorated(source))
    lines, spans, name = made.code.splitlines(), made.line_span_by_function_name, dotted(module)

    def text(function: str) -> list[str]:
        span, own = spans[function], function_of(function).rpartition(".")[2]
        return [line.replace(function, own) for line in lines[span.start - 1 : span.end]]

    return Mutated(
        module,
        name,
        made.code,
        {
            f"{name}.{mutant}": Mutant(
                module,
                function_of(mutant),
                _difference(text(mutant.rpartition("_")[0] + "_orig"), text(mutant)),
            )
            for mutant in made.mutant_names
        },
    )


def function_of(mutant: str) -> str:
    """Of `xǁLooksǁmark__mutmut_3`, say `Looks.mark`."""
    mangled = mutant.partition("__mutmut_")[0]
    if "ǁ" in mangled:
        return mangled.removeprefix("xǁ").replace("ǁ", ".")
    return mangled.removeprefix("x_")


def undecorated(source: str) -> str:
    """Write decorators as the calls that they are, for mutmut skips what is decorated."""
    return libcst.parse_module(source).visit(_Undecorated()).code


class _Undecorated(libcst.CSTTransformer):
    def leave_FunctionDef(  # noqa: N802 -- the name that libcst calls
        self, original_node: libcst.FunctionDef, updated_node: libcst.FunctionDef
    ) -> libcst.FunctionDef | libcst.FlattenSentinel[libcst.BaseStatement]:
        """Put `twice = property(twice)` below `def twice` for the `@property` above it."""
        del original_node
        decorators = [decorator.decorator for decorator in updated_node.decorators]
        names = {node.value for node in decorators if isinstance(node, libcst.Name)}
        if not decorators or (len(decorators) == 1 and names & _KNOWN):
            return updated_node
        wrapped: libcst.BaseExpression = updated_node.name
        for decorator in reversed(decorators):
            wrapped = libcst.Call(decorator, [libcst.Arg(wrapped)])
        target = [libcst.AssignTarget(updated_node.name)]
        after = libcst.SimpleStatementLine([libcst.Assign(target, wrapped)])
        return libcst.FlattenSentinel([updated_node.with_changes(decorators=[]), after])


def _difference(before: list[str], after: list[str]) -> str:
    changed = (
        f"{line[0]} {line[1:].strip()}"
        for line in difflib.unified_diff(before, after, lineterm="")
        if line[:1] in "+-" and line[:3] not in {"---", "+++"}
    )
    return "\n".join(changed)
