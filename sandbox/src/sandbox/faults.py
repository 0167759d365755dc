"""A script of faults: which request is to go wrong, how, and how often.

A rule is JSON: ``{"fault": "answer_lost", "route": "POST */batch", "skip": 1, "times": 2,
"with": {"seconds": 30}}``. ``route`` is a glob over ``METHOD path``; the first rule that matches
and is not used up applies. What a fault does is the simulator's affair; this module only chooses.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Self


class UnknownFaultError(ValueError):
    """A script names a fault that this simulator does not know."""


@dataclass
class Rule:
    """One fault, the requests that it meets, and how many of them."""

    fault: str
    route: str = "*"
    skip: int = 0
    times: int | None = 1
    settings: Mapping[str, Any] = field(default_factory=dict)

    def meets(self, route: str) -> bool:
        """Say whether this rule applies to ``route`` now, and count the meeting."""
        if self.times == 0 or not fnmatchcase(route, self.route):
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class FaultScript:
    """The rules in force, in the order in which they were given."""

    def __init__(self, known: Iterable[str], rules: Iterable[Mapping[str, Any]] = ()) -> None:
        """Accept only faults in ``known``."""
        self._known = frozenset(known)
        self._rules: list[Rule] = []
        self.add(rules)

    @classmethod
    def load(cls, known: Iterable[str], path: Path) -> Self:
        """Read a script from a JSON file: a list of rules."""
        return cls(known, json.loads(path.read_text(encoding="utf-8")))

    def add(self, rules: Iterable[Mapping[str, Any]]) -> None:
        """Append rules; all or none."""
        made = [
            Rule(
                fault=str(rule["fault"]),
                route=str(rule.get("route", "*")),
                skip=int(rule.get("skip", 0)),
                times=rule.get("times", 1),
                settings=dict(rule.get("with", {})),
            )
            for rule in rules
        ]
        if unknown := sorted({rule.fault for rule in made} - self._known):
            raise UnknownFaultError(f"unknown faults {unknown}; known: {sorted(self._known)}")
        self._rules.extend(made)

    def clear(self) -> None:
        """Drop every rule."""
        self._rules.clear()

    def draw(self, method: str, path: str) -> Rule | None:
        """Return the rule that applies to this request, or None."""
        route = f"{method} {path}"
        return next((rule for rule in self._rules if rule.meets(route)), None)
