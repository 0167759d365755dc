"""What a defence is, and how a part of the product is replaced for a while."""

from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

type Make = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Replacement:
    """One name of a module or class of the product, and what makes its stand-in of the original."""

    owner: Any
    name: str
    make: Make


@dataclass(frozen=True, slots=True)
class Defence:
    """One row of the table.

    ``twins`` are further defences that stand behind it and go with it; ``needs`` names classes of
    mishaps without which it is never called upon: a seed that has none of them is not played.
    ``breaks`` names what must be found where a twin alone already breaks something else.
    """

    name: str
    what: str
    replacements: tuple[Replacement, ...]
    twins: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    breaks: tuple[str, ...] = ()


def by(owner: Any, name: str, stand_in: Any) -> Replacement:
    """Replace by a value or function that has no use for the original."""
    return Replacement(owner, name, lambda _: stand_in)


def around(owner: Any, name: str, make: Make) -> Replacement:
    """Replace by a function that is made of the original."""
    return Replacement(owner, name, make)


@contextmanager
def removed(replacements: Sequence[Replacement]) -> Generator[None]:
    """Take defences out for the duration; what the product no longer has is an error."""
    with ExitStack() as back:
        for one in replacements:
            if one.name not in vars(one.owner):
                raise LookupError(
                    f"{one.owner.__name__} has no {one.name} of its own any more: "
                    "say in the ablation table what stands in its place"
                )
            original = vars(one.owner)[one.name]
            setattr(one.owner, one.name, one.make(original))
            back.callback(setattr, one.owner, one.name, original)
        yield
