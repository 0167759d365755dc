"""What the documents name must exist: files, modules, headings, commands and their options."""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from invoicesync_cli.__main__ import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

# A document may name a file from one of these, from the top, or from where it lies itself.
ROOMS = ("layers/invoicesync/invoicesync", "layers/invoicesync", "sandbox/src/sandbox", "tests")
KINDS = r"\.(css|html|in|j2|json|md|py|sh|toml|txt|ya?ml)"
PATH = re.compile(r"[\w.*<>{}-]+(/[\w.*<>{}-]+)*/?")
DOTTED = re.compile(r"(invoicesync|invoicesync_cli|sandbox)(\.[A-Za-z_]\w*)+")
MAKE = re.compile(r"\bmake ([a-z]+)\b")
OPERATE = re.compile(r"(?<![\w.=-])invoicesync ((?:--?[a-z]|[a-z]+\b)[^\n#|;&]*)")
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")
FENCE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)


def quoted(text: str) -> Iterator[str]:
    """Yield what stands in backticks outside code blocks, without line number or call."""
    for found in re.findall(r"`([^`\n]+)`", FENCE.sub("", text)):
        yield re.sub(r"(:\d+|\(\))$", "", found.strip())


@cache
def names_in_the_repository() -> set[str]:
    names: set[str] = set()
    for _, inner, files in ROOT.walk():
        inner[:] = [name for name in inner if not name.startswith(".") or name == ".ci"]
        names |= {*inner, *files}
    return names


MADE_HERE = frozenset({"build", ".aws-sam", ".tools", ".venv"})
"""Folders that commands make: a fresh clone has none of them."""


def is_a_path(text: str) -> bool:
    """Tell a path of this repository from `application/json` and what else has a slash.

    A bare file name counts only if it is source or prose: others may be a reader's own.
    """
    if not PATH.fullmatch(text):
        return False
    first, *rest = text.rstrip("/").split("/")
    if first in MADE_HERE:
        return False
    if not rest:
        return bool(re.search(r"\.(md|py|toml)$", text))
    return bool(re.search(f"{KINDS}$", text)) or (ROOT / first).exists()


def is_there(text: str, beside: Path) -> bool:
    pattern = re.sub(r"<[^>]*>|\{[^}]*\}", "*", text).strip("/")
    if "/" not in pattern and "*" not in pattern:
        return pattern in names_in_the_repository()
    rooms = [beside, ROOT, *(ROOT / room for room in ROOMS)]
    return any(next(room.glob(pattern), None) for room in rooms if room.exists())


def is_defined(dotted: str) -> bool:
    """Follow a dotted name through modules, then through what the last of them holds."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError as error:
            if error.name and dotted.startswith(error.name):
                continue
            raise
        for name in parts[length:]:
            if not hasattr(thing, name) and name not in getattr(thing, "__annotations__", {}):
                return False
            thing = getattr(thing, name, None)
        return True
    return False


def anchors(text: str) -> set[str]:
    """Name a page's headings as a link to them does."""
    headings = re.findall(r"^#+ +(.+?) *$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_a_command(words: list[str]) -> bool:
    """Tell whether the operator's command has this subcommand, and it these options."""
    command: Any = typer.main.get_command(app)
    while commands := getattr(command, "commands", None):
        name = words.pop(0) if words else "--help"
        if name not in commands:
            return name == "--help"
        command = commands[name]
    known = {"--help"}
    for parameter in command.params:
        known |= {*parameter.opts, *parameter.secondary_opts}
    return known.issuperset(word for word in words if word.startswith("--"))


def missing_from(text: str, beside: Path) -> list[str]:
    """List what a page's text names and the repository does not have."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    said = list(quoted(text))
    code = "\n".join([*said, *FENCE.findall(text)])
    lost = [name for name in said if is_a_path(name) and not is_there(name, beside)]
    lost += [name for name in said if DOTTED.fullmatch(name) and not is_defined(name)]
    lost += [f"make {name}" for name in MAKE.findall(code) if name not in targets]
    lost += [
        f"invoicesync {call}" for call in OPERATE.findall(code) if not is_a_command(call.split())
    ]
    for link in LINK.findall(FENCE.sub("", text)):
        target, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        page = beside / target if target else None
        there = anchors(page.read_text("utf-8") if page and page.is_file() else text)
        if (page and not page.exists()) or (anchor and anchor not in there):
            lost.append(link)
    return lost


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_a_page_names_only_what_exists(page: Path) -> None:
    missing = missing_from(page.read_text("utf-8"), page.parent)

    assert not missing, "\n" + "\n".join(missing)


@pytest.mark.parametrize(
    "text",
    [
        "`layers/nowhere/`",
        "`domain/nowhere.py`",
        "`nowhere.md`",
        "`tests/unit/test_nowhere.py:12`",
        "`docs/nowhere/<alarm>.md`",
        "`invoicesync.nowhere`",
        "`invoicesync.errors.NoSuchError`",
        "`make coffee`",
        "```sh\nmake coffee\n```",
        "`invoicesync coffee`",
        "`invoicesync mapping coffee`",
        "`invoicesync held --coffee`",
        "```sh\n.venv/bin/invoicesync held    # today's\ninvoicesync coffee\n```",
        "[there](nowhere.md)",
        "[there](CONTRIBUTING.md#nowhere)",
        "[there](#nowhere)",
    ],
)
def test_a_name_of_nothing_is_noticed(text: str) -> None:
    assert missing_from(text, ROOT)


@pytest.mark.parametrize(
    "text",
    [
        "`application/json`, `GET /v3/company/{realmId}/batch`, `mapping.yaml`, `and/or`",
        "`domain/`, `tests/unit/test_prose.py:1`, `layers/*/pyproject.toml`, `Makefile`",
        "`invoicesync.errors`, `invoicesync.errors.RetryableError`, `invoicesync.domain`",
        "`invoicesync`, `invoicesync held --json`, `sam deploy --tags application=invoicesync now`",
        "```sh\n.venv/bin/invoicesync mapping push mapping.yaml --note x  # --coffee\n```",
        "`make check`, `make -j2`, they make good reading",
        "[a guide](CONTRIBUTING.md), [elsewhere](https://example.com/x.md), [here](#a-b)\n# A b",
    ],
)
def test_what_exists_or_is_not_ours_is_left_alone(text: str) -> None:
    assert missing_from(text, ROOT) == []


def test_each_decision_has_a_number_of_its_own_and_says_it() -> None:
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    numbers = [int(path.name.partition("-")[0]) for path in decisions]

    assert numbers == list(range(1, len(decisions) + 1))
    for path, number in zip(decisions, numbers, strict=True):
        assert path.read_text(encoding="utf-8").startswith(f"# {number}. ")
