"""What the auditors found."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise."""

    kind: str
    detail: str
    at: float


class Violations:
    """Collects violations; the first few of a kind tell enough."""

    def __init__(self, now: Callable[[], float], note: Callable[[str], None]) -> None:
        self._now = now
        self._note = note
        self.found: list[Violation] = []

    def add(self, kind: str, detail: str) -> None:
        """Note a broken promise."""
        self._note(f"VIOLATION {kind}: {detail}")
        self.found.append(Violation(kind, detail, self._now()))
