"""What the searches of the tests looked through and found, told once all tests are over.

A search that nobody can see may have searched nothing. Each notes what it looked at; workers send
their notes to the process that tells the result.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Search:
    """What one kind of search came to, by the place where it looked."""

    texts: Counter[str] = field(default_factory=Counter[str])
    characters: Counter[str] = field(default_factory=Counter[str])
    hits: list[str] = field(default_factory=list)

    def add(self, other: "Search") -> None:
        """Add what another came to."""
        self.texts += other.texts
        self.characters += other.characters
        self.hits += other.hits

    def lines(self, kind: str) -> list[str]:
        """Say what was searched, and what was found."""
        rows = [
            f"  {place:<34} {count:>7,} texts {self.characters[place]:>12,} characters"
            for place, count in sorted(self.texts.items())
        ]
        total = f"{sum(self.texts.values()):,} texts, {sum(self.characters.values()):,} characters"
        found = [f"  ! {hit}" for hit in self.hits]
        return [f"{kind}: {total}, {len(self.hits)} hits", *rows, *found]


class Searches:
    """Every kind of search of one run of the tests."""

    def __init__(self) -> None:
        self.by_kind: dict[str, Search] = {}

    def note(self, kind: str, place: str, texts: Sequence[str], hits: Sequence[str] = ()) -> None:
        """Note that some texts of a place were searched, and what was found in them."""
        self.add(
            kind,
            Search(
                Counter({place: len(texts)}),
                Counter({place: sum(map(len, texts))}),
                [f"{place}: {hit}" for hit in hits],
            ),
        )

    def add(self, kind: str, search: Search) -> None:
        """Add what one search came to."""
        self.by_kind.setdefault(kind, Search()).add(search)

    def plain(self) -> dict[str, Any]:
        """Give all of it as a worker can send it."""
        return {
            kind: [dict(search.texts), dict(search.characters), search.hits]
            for kind, search in self.by_kind.items()
        }

    def take(self, plain: Mapping[str, Any]) -> None:
        """Take what a worker sent."""
        for kind, (texts, characters, hits) in plain.items():
            self.add(kind, Search(Counter(texts), Counter(characters), list(hits)))

    def lines(self) -> list[str]:
        """Say all of it."""
        return [
            line for kind, search in sorted(self.by_kind.items()) for line in search.lines(kind)
        ]


SEARCHES = Searches()
"""Of this process."""
