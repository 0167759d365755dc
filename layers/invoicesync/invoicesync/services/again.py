"""Ask the extractor for some invoices until each was asked for, a bounded number at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from invoicesync.domain.ids import ServiceTradeId
from invoicesync.errors import RetryableError
from invoicesync.ports import Extractor

AT_ONCE = 100
MOST_CALLS_IN_VAIN = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """``done`` were extracted again and are on their way; the others were not, and why."""

    done: tuple[ServiceTradeId, ...] = ()
    left: tuple[ServiceTradeId, ...] = ()
    why: tuple[str, ...] = ()


def ask_again(extractor: Extractor, ids: Sequence[ServiceTradeId], *, actor: str) -> Asked:
    """Ask for every one of ``ids``; what cannot be had now is in ``left``, and nothing is lost."""
    done: list[ServiceTradeId] = []
    left: list[ServiceTradeId] = []
    why: list[str] = []
    for group in batched(dict.fromkeys(ids), AT_ONCE, strict=False):
        some, reasons = _ask(extractor, group, actor)
        done += some
        left += [id_ for id_ in group if id_ not in some]
        why += reasons
    return Asked(tuple(done), tuple(left), tuple(dict.fromkeys(why)))


def _ask(
    extractor: Extractor, group: Sequence[ServiceTradeId], actor: str
) -> tuple[list[ServiceTradeId], list[str]]:
    wanted, why = list(group), list[str]()
    done: list[ServiceTradeId] = []
    for _ in range(MOST_CALLS_IN_VAIN):
        try:
            told: Any = extractor.by_id(wanted, actor=actor)
        except RetryableError as error:
            why = [str(error)]
            continue
        left = {int(id_) for id_ in told.get("left", ())}
        why = [str(problem) for problem in told.get("problems", ())]
        if told.get("failed"):
            # Which of them failed is not said: all of this call count as not asked for.
            return done, why
        done += [id_ for id_ in wanted if id_ not in left]
        wanted = [id_ for id_ in wanted if id_ in left]
        if not wanted:
            return done, []
    return done, why
