"""What a command comes to: text for people, JSON for programs, an exit code for both."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Any

from rich.console import Console


class Exit(IntEnum):
    """Exit codes, the same for every command."""

    FINE = 0
    FOUND = 1
    """The command did its work, and what it found needs a person."""
    FAILED = 2
    """The command could not do its work."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer in both forms; ``plain`` holds nothing but what JSON has, and `Decimal`."""

    plain: Mapping[str, Any]
    show: Callable[[Console], None]
    exit: Exit = Exit.FINE
    notes: list[str] = field(default_factory=list[str])


def give(answer: Answer, console: Console, *, as_json: bool) -> None:
    """Print an answer."""
    if as_json:
        console.file.write(f"{json.dumps(answer.plain, default=_plain, indent=2)}\n")
        return
    answer.show(console)
    for note in answer.notes:
        console.print(note, style="dim")


def _plain(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    raise TypeError(f"an answer holds a {type(value).__name__}")
