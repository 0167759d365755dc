"""Hold the house rules that no linter knows."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers/invoicesync"
FUNCTIONS = ROOT / "functions"
SOURCE_ROOTS = ("layers/invoicesync", "sandbox/src", "cli/src", ".")

MODULE_LINES = 250
FUNCTION_LINES = 50
HANDLER_LINES = 80

# Where a module meets the outside world, and may ask it for the time or a random number.
OUTSIDE = ("adapters/", "bootstrap/")
CLOCK_AND_CHANCE = re.compile(
    r"random\.\w+|secrets\.\w+|uuid\.uuid[14]|os\.urandom"
    r"|time\.(time|monotonic|perf_counter|process_time)(_ns)?|time\.(sleep|localtime|gmtime)"
    r"|datetime\.(datetime\.)?(now|utcnow|today)|datetime\.date\.today|date\.today"
)
ENVIRONMENT = re.compile(r"os\.(environ|getenv|putenv)(\.\w+)*")


def product() -> list[Path]:
    """List every Python file that ships or that people run."""
    folders = [LAYER / "invoicesync", FUNCTIONS, ROOT / "cli/src", ROOT / "sandbox/src"]
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def none(found: list[str]) -> None:
    """Fail with every finding, one to a line."""
    assert not found, "\n" + "\n".join(found)


def where(path: Path, line: int) -> str:
    return f"{path.relative_to(ROOT)}:{line}"


def names_used(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield each dotted name with its line, imports undone: ``sleep`` is told as ``time.sleep``."""
    origin: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            origin |= {a.asname: a.name for a in node.names if a.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            origin |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            whole = node.id if isinstance(node, ast.Name) else ast.unparse(node)
            first, *rest = whole.split(".")
            yield ".".join([origin.get(first, first), *rest]), node.lineno


def modules_imported(path: Path) -> set[str]:
    """Name all that a file may import; ``from a.b import c`` may mean the module ``a.b.c``."""
    found: set[str] = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module_name(path).split(".")[: -node.level] if node.level else []
            origin = ".".join([*package, *filter(None, [node.module])])
            found |= {origin} | {f"{origin}.{alias.name}" for alias in node.names}
    return found


def module_name(path: Path) -> str:
    for folder in SOURCE_ROOTS:
        if path.is_relative_to(ROOT / folder):
            return ".".join(path.relative_to(ROOT / folder).with_suffix("").parts)
    raise AssertionError(path)


def uses(pattern: re.Pattern[str], paths: list[Path]) -> list[str]:
    return [
        f"{where(path, line)} {name}"
        for path in paths
        for name, line in names_used(parsed(path))
        if pattern.fullmatch(name)
    ]


def layer_outside_of(*rooms: str) -> list[Path]:
    package = LAYER / "invoicesync"
    return [
        path
        for path in sorted(package.rglob("*.py"))
        if not str(path.relative_to(package)).startswith(rooms)
    ]


def test_a_module_fits_on_a_few_screens() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in product()}

    assert len(sizes) > 1
    none([where(path, size) for path, size in sizes.items() if size > MODULE_LINES])


def test_a_function_fits_on_one_screen() -> None:
    too_long = [
        f"{where(path, node.lineno)} {node.name}: {size} lines"
        for path in product()
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    ]

    none(too_long)


def test_a_lambda_is_one_short_file() -> None:
    files = [
        path
        for path in sorted(FUNCTIONS.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}

    assert files
    none([str(path) for path in files if path.relative_to(FUNCTIONS).parts[1:] != ("app.py",)])
    none([where(path, size) for path, size in lines.items() if size > HANDLER_LINES])


def test_a_lambda_imports_the_layer_and_nothing_else_of_ours() -> None:
    ours = re.compile(r"(sandbox|invoicesync_cli|functions|tests)(\..*)?")
    strangers = [
        f"{path.relative_to(ROOT)} {name}"
        for path in FUNCTIONS.rglob("*.py")
        for name in modules_imported(path)
        if ours.fullmatch(name)
    ]

    none(strangers)


def test_only_adapters_and_bootstrap_ask_for_the_time_or_for_chance() -> None:
    none(uses(CLOCK_AND_CHANCE, layer_outside_of(*OUTSIDE)))


def test_only_adapters_and_bootstrap_start_anything_beside_themselves() -> None:
    parallel = re.compile(
        r"(_thread|asyncio|concurrent|multiprocessing|subprocess|threading)(\..*)?"
    )
    found = [
        f"{path.relative_to(ROOT)} {name}"
        for path in layer_outside_of(*OUTSIDE)
        for name in modules_imported(path)
        if parallel.fullmatch(name)
    ]

    none(found)


def test_only_settings_and_bootstrap_read_the_environment() -> None:
    none(uses(ENVIRONMENT, layer_outside_of("settings.py", "bootstrap/")))


def floats(tree: ast.AST) -> Iterator[int]:
    """Yield the lines where a float is written or made; to recognise one is allowed."""
    if isinstance(tree, ast.Call) and ast.unparse(tree.func) == "isinstance":
        return
    if isinstance(tree, ast.Name) and tree.id == "float":
        yield tree.lineno
    if isinstance(tree, ast.Constant) and isinstance(tree.value, float):
        yield tree.lineno
    for child in ast.iter_child_nodes(tree):
        yield from floats(child)


def test_the_domain_makes_no_float() -> None:
    domain = sorted((LAYER / "invoicesync/domain").rglob("*.py"))

    none([where(path, line) for path in domain for line in floats(parsed(path))])


def test_nothing_in_the_layer_prints() -> None:
    none(uses(re.compile(r"print|sys\.std(out|err)(\.\w+)?"), layer_outside_of()))


def test_no_line_is_hidden_from_the_coverage() -> None:
    pragma = re.compile(r"#\s*pragma:\s*no\s*(cover|branch)")
    hidden = [
        where(path, number)
        for path in product()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pragma.search(line)
    ]

    none(hidden)


def test_every_module_is_imported_by_another() -> None:
    imported = {name for path in product() for name in modules_imported(path)}
    entrances = ("__init__.py", "__main__.py", "app.py")
    orphans = [
        str(path.relative_to(ROOT))
        for path in product()
        if path.name not in entrances
        and module_name(path) not in imported
        and 'if __name__ == "__main__":' not in path.read_text(encoding="utf-8")
    ]

    none(orphans)


def test_every_fake_stands_in_for_something_in_a_test() -> None:
    tests = sorted((ROOT / "tests").rglob("*.py"))
    imported = {name for path in tests for name in modules_imported(path)}
    idle = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "tests/fakes").rglob("*.py")
        if path.name != "__init__.py" and module_name(path) not in imported
    ]

    none(idle)


def test_every_event_file_is_used_by_a_test() -> None:
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("*.py"))
    unused = [
        path.name
        for path in sorted((ROOT / "events").glob("*.json"))
        if not re.search(rf"\b{re.escape(path.stem)}(\.json)?[\"']", tests)
    ]

    none(unused)


@pytest.mark.parametrize(
    "source",
    [
        "import time\ntime.time()",
        "import time as t\nt.sleep(1)",
        "from time import monotonic as tick\ntick()",
        "import datetime\ndatetime.datetime.now()",
        "from datetime import datetime, UTC\ndatetime.now(UTC)",
        "from datetime import date\ndate.today()",
        "from uuid import uuid4\nmake = uuid4",
        "import random\nrandom.random()",
        "from secrets import token_hex\ntoken_hex()",
    ],
)
def test_the_rule_about_time_and_chance_sees_every_way_to_ask(source: str) -> None:
    assert any(CLOCK_AND_CHANCE.fullmatch(name) for name, _ in names_used(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "import os\nos.environ['A']",
        "from os import environ\nenviron.get('A')",
        "from os import getenv\ngetenv('A')",
    ],
)
def test_the_rule_about_the_environment_sees_every_way_to_read_it(source: str) -> None:
    assert any(ENVIRONMENT.fullmatch(name) for name, _ in names_used(ast.parse(source)))
