"""What the demo knows of the two accounts that it plays with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from sandbox.demo.bookkeeping import Bookkeeping
    from sandbox.demo.contractor import Contractor
    from sandbox.demo.past import Past
    from sandbox.servicetrade import Account


class Moments:
    """A clock that can be ahead of the real one while something is written."""

    def __init__(self, real: Callable[[], float]) -> None:
        self._real = real
        self._ahead = 0.0

    def __call__(self) -> float:
        """Return the time."""
        return self._real() + self._ahead

    def ahead_by(self, seconds: float) -> None:
        """Be ahead by so much from now on; 0: no more."""
        self._ahead = seconds


@dataclass(slots=True)
class World:
    """The two accounts, and what the later acts need to know of them."""

    contractor: Contractor
    books: Bookkeeping
    clock: Moments
    go_live: date
    closed_through: date
    odd: dict[str, list[int]] = field(default_factory=dict)
    """Invoices made to be held, by the code that they are made for."""
    waiting: list[int] = field(default_factory=list)
    in_review: list[int] = field(default_factory=list)
    by_other_apps: set[str] = field(default_factory=set)
    """QuickBooks' Ids of the invoices that another app changed."""
    plain: list[int] = field(default_factory=list)
    """Invoices without anything odd, by id."""
    past: Past | None = None
    """What was typed long before go-live."""

    @property
    def account(self) -> Account:
        """The ServiceTrade account."""
        return self.contractor.account

    def invoices(self) -> Iterator[dict[str, Any]]:
        """Yield every ServiceTrade invoice as its API shows it."""
        return self.account.all("invoice")
