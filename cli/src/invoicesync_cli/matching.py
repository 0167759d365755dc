"""Find the partner of a name: by its code, by the very name, by a name like it. Pure.

`SURE` is kept for what leaves no choice: one code or one name, the same on both sides once case,
spacing and punctuation are laid aside, and no second candidate that answers to it. All else is
likely at best, because a wrong partner puts money into a wrong account.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

SURE = 1.0
LEAST = 0.6
"""Below this nothing is proposed."""

_LIKE_AT_MOST = 0.95
_PART_AT_MOST = 0.85
_CODE_ALONE = 0.9
_DOUBTED = 0.75
_NEAR = 0.05
_STRANGERS = 50
_MOST_NEAR = 3

_LEGAL_FORMS = frozenset(
    ("inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "company", "lp")
)
_NOT_A_WORD = re.compile(r"[^\w]+|_+")


@dataclass(frozen=True, slots=True)
class Named:
    """Something with a name, on either side; ``code`` is its code or SKU, where it has one."""

    name: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """A partner: how sure (`SURE` is 1), why, and which others came near."""

    name: str
    confidence: float
    why: str
    near: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        """Say whether nothing is left to judge."""
        return self.confidence >= SURE


class Candidates:
    """QuickBooks' side of a list; what bears the same name as another cannot be meant by it."""

    def __init__(self, rows: Iterable[Named]) -> None:
        by_name: dict[str, list[Named]] = defaultdict(list)
        for row in rows:
            by_name[row.name.casefold()].append(row)
        self._rows = [same[0] for same in by_name.values() if len(same) == 1]
        self._by_code = _grouped(self._rows, lambda row: normal(row.code))
        self._by_name = _grouped(self._rows, lambda row: normal(row.name))
        self._by_core = _grouped(self._rows, lambda row: core(row.name))

    def __len__(self) -> int:
        return len(self._rows)

    def match(self, wanted: Named) -> Match | None:
        """Find the partner of something in ServiceTrade, or None."""
        by_code = self._by_code.get(normal(wanted.code), ())
        by_name = self._by_name.get(normal(wanted.name), ())
        if by_code and by_name and set(by_code) != set(by_name):
            return _doubted(by_code[0], "its code, but another has its name", by_name)
        for found, why in ((by_code, f"same code {wanted.code}"), (by_name, "same name")):
            if len(found) == 1 and (found is by_name or _may_be_one(wanted.name, found[0])):
                return Match(found[0], SURE, why)
            if len(found) == 1:
                return Match(found[0], _CODE_ALONE, f"{why}, and quite another name")
            if found:
                return _doubted(found[0], f"{why}, and not the only one", found[1:])
        return self._by_likeness(wanted)

    def _by_likeness(self, wanted: Named) -> Match | None:
        named_as_code = self._by_name.get(normal(wanted.code), ())
        if len(named_as_code) == 1:
            return Match(named_as_code[0], _LIKE_AT_MOST, f"bears the code {wanted.code} as name")
        cores = self._by_core.get(core(wanted.name), ())
        if len(cores) == 1:
            return Match(cores[0], _LIKE_AT_MOST, "same name but for the legal form")
        ranked = sorted(self._alike(wanted.name), reverse=True)
        if not ranked or ranked[0][0] < LEAST:
            return None
        best, name = ranked[0]
        near = tuple(other for score, other in ranked[1 : 1 + _MOST_NEAR] if best - score <= _NEAR)
        if near:
            return _doubted(name, "a name like it, and not the only one", near, best)
        return Match(name, round(best, 2), "a name like it")

    def _alike(self, name: str) -> Iterator[tuple[float, str]]:
        for row in self._rows:
            if (score := likeness(name, row.name)) >= LEAST - _NEAR:
                yield score, row.name


def likeness(one: str, other: str) -> float:
    """Say how alike two names are; different numbers are different things (Net 30 and Net 15)."""
    a, b = normal(one), normal(other)
    if not a or not b or _numbers(a) != _numbers(b):
        return 0.0
    whole = min(fuzz.token_sort_ratio(a, b) / 100, _LIKE_AT_MOST)
    part = _PART_AT_MOST * fuzz.token_set_ratio(a, b) / 100
    return max(whole, part)


def _may_be_one(name: str, other: str) -> bool:
    """Say whether one thing might bear both names; codes such as 100 meet by chance."""
    a, b = normal(name), normal(other)
    return not a or fuzz.token_set_ratio(a, b) >= _STRANGERS


@lru_cache(maxsize=50_000)
def normal(name: str) -> str:
    """Lay case, accents, spacing and punctuation aside."""
    plain = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    bare = "".join(each for each in plain if not unicodedata.combining(each))
    return _NOT_A_WORD.sub(" ", bare).strip()


def core(name: str) -> str:
    """Lay the legal form of a company aside too."""
    words = normal(name).split()
    return " ".join(word for word in words if word not in _LEGAL_FORMS)


@lru_cache(maxsize=50_000)
def _numbers(normalised: str) -> tuple[str, ...]:
    return tuple(sorted(re.findall(r"\d+", normalised)))


def _grouped(rows: Sequence[Named], key: Callable[[Named], str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        if named := key(row):
            found[named].append(row.name)
    return {named: tuple(names) for named, names in found.items()}


def _doubted(name: str, why: str, near: Sequence[str], at_most: float = SURE) -> Match:
    return Match(name, round(min(_DOUBTED, at_most), 2), why, tuple(near[:_MOST_NEAR]))
